from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.color import rgb2xyz, xyz2rgb

from deep_photo_enhancer.training.data.light import (
    LUMINANCE,
    cast,
    compress_about_mean,
    compress_between_ends,
    deepen_shadows,
    desaturate,
    expose,
    lift_blacks,
    roll_off,
    srgb_decode,
    srgb_encode,
    veil,
)

Photo = NDArray[np.float32]


def greys(*levels: float) -> Photo:
    """A row of grey pixels."""
    return np.repeat(np.array(levels, np.float32)[None, :, None], 3, axis=2)


def plain(level: float, height: int, width: int) -> Photo:
    return np.full((height, width, 3), level, np.float32)


def test_srgb_is_scikit_images() -> None:
    encoded = np.linspace(0, 1, 256, dtype=np.float32)
    photo = np.repeat(encoded[None, :, None], 3, axis=2)
    xyz_of_white = rgb2xyz(np.ones((1, 1, 3)))[0, 0]
    linear = rgb2xyz(photo)[0, :, 1] / xyz_of_white[1]
    np.testing.assert_allclose(srgb_decode(encoded), linear, atol=1e-6)
    np.testing.assert_allclose(srgb_encode(linear.astype(np.float32)), xyz2rgb(rgb2xyz(photo))[0, :, 1], atol=1e-5)


def test_encoding_undoes_decoding_and_takes_negative_light_for_black() -> None:
    encoded = np.linspace(0, 1, 1001, dtype=np.float32)
    np.testing.assert_allclose(srgb_encode(srgb_decode(encoded)), encoded, atol=2e-6)
    assert srgb_encode(np.array([-0.5], np.float32)).tolist() == [0]


def test_a_stop_halves_or_doubles_linear_light_and_clips_at_white() -> None:
    # 188 / 255: 0.50289 in linear light -> 0.25144, encoded 0.53852; 1.00578 is clipped
    np.testing.assert_allclose(expose(greys(188 / 255, 0), -1)[0, :, 0], [0.53852, 0], atol=1e-4)
    np.testing.assert_allclose(expose(greys(188 / 255, 137.3 / 255), 1)[0, :, 0], [1, 188 / 255], atol=1e-3)


def test_a_cast_keeps_greys_luminance_and_divides_blue_by_what_red_is_multiplied_with() -> None:
    light = srgb_decode(cast(greys(0.5), warmth=0.2, tint=0.05))[0, 0]
    assert light @ LUMINANCE == pytest.approx(0.21404, rel=1e-4)
    assert light[0] / light[2] == pytest.approx(np.exp(0.4), rel=1e-4)
    assert light[1] ** 2 / (light[0] * light[2]) == pytest.approx(np.exp(0.1), rel=1e-4)


def test_a_veil_takes_the_place_of_a_share_of_the_light() -> None:
    # black: 0.5 * 0.6 = 0.3 of green light, encoded 0.58381; white: 0.5 + 0.3 = 0.8, encoded 0.90633
    np.testing.assert_allclose(veil(greys(0, 1), 0.5, 0.6)[0, :, 1], [0.58381, 0.90633], atol=1e-4)


def test_lifted_blacks_leave_white() -> None:
    np.testing.assert_allclose(lift_blacks(greys(0, 0.5, 1), 0.2)[0, :, 0], [0.2, 0.6, 1], atol=1e-6)


def test_colours_are_drawn_towards_their_luma() -> None:
    # luma 0.299 * 0.8 + 0.587 * 0.4 + 0.114 * 0.2 = 0.4968
    x = np.array([[[0.8, 0.4, 0.2]]], np.float32)
    np.testing.assert_allclose(desaturate(x, 0.5)[0, 0], [0.6484, 0.4484, 0.3484], atol=1e-5)


def test_contrast_about_the_mean_moves_the_ends_and_the_curve_between_them_does_not() -> None:
    x = greys(0, 0.25, 0.75, 1)
    np.testing.assert_allclose(compress_about_mean(x, 0.5)[0, :, 0], [0.25, 0.375, 0.625, 0.75], atol=1e-6)
    # at 0.75: 2x - 1 = 0.5; (1 + 0.5 * 0.5 + 0.5 * 0.125) / 2 = 0.65625
    np.testing.assert_allclose(compress_between_ends(x, 0.5)[0, :, 0], [0, 0.34375, 0.65625, 1], atol=1e-6)


def test_highlights_roll_off_towards_white() -> None:
    # 0.8 + 0.2 (1 - 1/e) = 0.92642
    np.testing.assert_allclose(roll_off(np.array([0.5, 0.8, 1, 9], np.float32)), [0.5, 0.8, 0.92642, 1], atol=1e-5)


def test_deep_shadows_darken_the_dark_half_and_leave_the_bright_one() -> None:
    x = np.concatenate([plain(40 / 255, 60, 60), plain(180 / 255, 60, 60)], axis=1)
    deepened = deepen_shadows(x, 1.0)
    np.testing.assert_allclose(deepened[:, 75:], 180 / 255, atol=1e-5)
    # log2 of linear light + 0.001: -5.49 and -1.13; the dark half lies 2.18 below the mean: 0.0212 * 2^-2.18 = 0.00468,
    # encoded 0.0579
    np.testing.assert_allclose(deepened[:, :45], 0.0579, atol=0.006)


def test_deep_shadows_keep_the_contrast_of_fine_texture() -> None:
    texture = np.tile(np.array([[36, 44], [44, 36]], np.float32) / 255, (30, 30))
    dark = np.repeat(texture[..., None], 3, axis=2)
    deepened = deepen_shadows(np.concatenate([dark, plain(180 / 255, 60, 60)], axis=1), 0.5)
    before, after = (srgb_decode(photo[20:40, 10:40, 0]) for photo in (dark, deepened))
    assert after.max() < 0.7 * before.min()
    assert after.max() / after.min() == pytest.approx(before.max() / before.min(), rel=0.1)
