from __future__ import annotations

import numpy as np

from deep_photo_enhancer.enhancement.classical.luma import luma
from deep_photo_enhancer.enhancement.split import BLACK, Amounts, blend, light_part

RNG = np.random.default_rng(0)
X = RNG.random((20, 30, 3), np.float32)
Y = RNG.random((20, 30, 3), np.float32)


def test_the_part_of_light_has_the_luma_of_y_and_stays_in_the_range() -> None:
    light = light_part(X, Y)
    np.testing.assert_allclose(luma(light), luma(Y), atol=1e-6)
    assert light.max() <= 1 + 1e-6
    assert light.min() >= -BLACK


def test_by_hand() -> None:
    x = np.array([[[0.4, 0.2, 0.1]]], np.float32)  # luma 0.2353
    light = light_part(x, x + np.float32(0.1))
    gain = (0.2353 + 0.1 + 0.02) / (0.2353 + 0.02)
    np.testing.assert_allclose(light[0, 0], (np.array([0.4, 0.2, 0.1]) + 0.02) * gain - 0.02, atol=1e-4)


def test_a_longer_exposure_is_all_light_but_for_black() -> None:
    x = X / 3 + np.float32(0.1)
    np.testing.assert_allclose(light_part(x, 2 * x), 2 * x, atol=0.04)


def test_the_same_light_is_no_change_of_light() -> None:
    rotated = X + (Y - luma(Y)[..., None])
    inside = (rotated.min(2) > 0) & (rotated.max(2) < 1)
    np.testing.assert_allclose(light_part(X, rotated)[inside], X[inside], atol=1e-6)


def test_black_becomes_grey_and_grey_stays_grey() -> None:
    black = np.zeros((1, 1, 3), np.float32)
    np.testing.assert_allclose(light_part(black, black + np.float32(0.3)), black + 0.3, atol=1e-6)
    grey = np.repeat(X[..., :1], 3, 2)
    assert np.ptp(light_part(grey, Y), 2).max() < 1e-6


def test_amounts_blend() -> None:
    light = light_part(X, Y)
    np.testing.assert_allclose(blend(X, Y, Amounts()), Y, atol=1e-6)
    np.testing.assert_array_equal(blend(X, Y, Amounts(0.5)), X + np.float32(0.5) * (Y - X))
    np.testing.assert_allclose(blend(X, Y, Amounts(colour=0)), light, atol=1e-6)
    np.testing.assert_allclose(luma(blend(X, Y, Amounts(2, 0.0, 1.5))), luma(X), atol=1e-5)
    np.testing.assert_allclose(blend(X, Y, Amounts(0.5, 0.6, 2)), X + 0.3 * (light - X) + (Y - light), atol=1e-6)


def test_a_greyscale_photos_change_is_all_light() -> None:
    assert Amounts(0.5, 0.4, 2).on(1) == Amounts(0.5, 0.4, 0.4)
    assert Amounts(0.5, 0.4, 2).on(3) == Amounts(0.5, 0.4, 2)
    assert Amounts(1, 0, 2).on(1).are_nothing
