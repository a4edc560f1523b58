from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.training.data.flattening import FlatteningConfig, flatten
from deep_photo_enhancer.training.data.light import LUMINANCE, srgb_decode
from tests.synthetic import grey, synthetic_photo

NEUTRAL = FlatteningConfig(
    unchanged=0,
    exposure_mean=0,
    exposure_std=0,
    midtones=(1, 1),
    contrast=(1, 1),
    saturation=(1, 1),
    cast=0,
    tint=0,
)
"""Commits no fault but the highlights' shoulder."""


def flattened(y: Pixels, seed: int = 0, **faults: Any) -> Pixels:
    return flatten(y, replace(NEUTRAL, **faults), np.random.default_rng(seed))


def codes(*values: int) -> Pixels:
    """A row of grey pixels."""
    return np.repeat(np.array(values, np.uint8)[None, :, None], 3, axis=2)


def test_the_same_seed_gives_the_same_x_and_another_seed_another() -> None:
    y = synthetic_photo(0)
    config = FlatteningConfig(unchanged=0)
    first, again, other = (flatten(y, config, np.random.default_rng(seed)) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.5
    assert first.dtype == np.uint8
    assert first.shape == y.shape


def test_without_a_shoulder_white_stays_and_what_is_brighter_is_clipped() -> None:
    y = codes(0, 120, 200, 255)
    np.testing.assert_array_equal(flattened(y, shoulder=False), y)
    assert flattened(y, shoulder=False, exposure_mean=1)[0, 2:, 0].tolist() == [255, 255]
    assert flattened(y)[0, -1, 0] < 255


def test_unchanged_photos_are_their_own_x() -> None:
    y = synthetic_photo(0)
    np.testing.assert_array_equal(flatten(y, FlatteningConfig(unchanged=1), np.random.default_rng(0)), y)


def test_the_share_of_unchanged_photos_is_the_wanted_one() -> None:
    y = grey(120)
    config = replace(NEUTRAL, unchanged=0.3, exposure_mean=-1)
    unchanged = sum(bool((flatten(y, config, np.random.default_rng(seed)) == y).all()) for seed in range(500))
    assert unchanged / 500 == pytest.approx(0.3, abs=0.06)  # three standard deviations


def test_without_faults_all_but_the_highlights_stay() -> None:
    y = np.minimum(synthetic_photo(0), 230)  # 230 is 0.791 in linear light; the shoulder begins at 0.8
    np.testing.assert_array_equal(flattened(y), y)


def test_highlights_roll_off_towards_white() -> None:
    # White is 1 in linear light: 0.8 + 0.2 (1 - 1/e) = 0.92642; 1.055 * 0.92642^(1/2.4) - 0.055 = 0.96693; x 255 = 246.57
    assert flattened(codes(255)).max() == 247
    bright = flattened(codes(225, 235, 245, 255))[0, :, 0].astype(int)
    assert (np.diff(bright) > 0).all()


def test_one_stop_less_light_halves_linear_light() -> None:
    # 255: 1 -> 0.5, encoded 1.055 * 0.5^(1/2.4) - 0.055 = 0.73536, x 255 = 187.5 (187.516)
    # 188: ((188/255 + 0.055) / 1.055)^2.4 = 0.50289 -> 0.25144, encoded 0.53852, x 255 = 137.3
    # 10: 10/255/12.92 = 0.0030353 -> 0.0015176, encoded 12.92 * 0.0015176 = 0.019608, x 255 = 5.0
    assert flattened(codes(255, 188, 10, 0), exposure_mean=-1)[0, :, 0].tolist() == [188, 137, 5, 0]


def test_midtones_are_an_exponent_on_linear_light() -> None:
    # 188: 0.50289^2 = 0.25290, encoded 0.53995, x 255 = 137.7; black stays
    assert flattened(codes(188, 0), midtones=(2, 2))[0, :, 0].tolist() == [138, 0]


def test_contrast_is_a_factor_on_the_distance_to_the_mean() -> None:
    assert flattened(codes(100, 200), contrast=(0.5, 0.5))[0, :, 0].tolist() == [125, 175]


def test_saturation_is_a_factor_on_the_distance_to_the_luma() -> None:
    y = np.array([[[200, 100, 50]]], np.uint8)
    # luma 0.299 * 200 + 0.587 * 100 + 0.114 * 50 = 124.2
    assert flattened(y, saturation=(0, 0))[0, 0].tolist() == [124, 124, 124]
    assert flattened(y, saturation=(0.5, 0.5))[0, 0].tolist() == [162, 112, 87]


def test_a_cast_colours_grey_and_keeps_its_luminance() -> None:
    luminance = srgb_decode(np.full(1, 128 / 255, np.float32))[0]
    coloured = 0
    for seed in range(20):
        x = flattened(grey(128), seed, cast=0.2, tint=0.1)
        linear = srgb_decode(x.astype(np.float32) / 255)
        np.testing.assert_allclose(linear @ LUMINANCE, luminance, rtol=0.01)  # half a code is 0.9 %
        coloured += int(np.ptp(x[0, 0].astype(int)) > 5)
    assert coloured > 10


def test_a_warm_cast_gains_on_red_what_it_loses_on_blue() -> None:
    x = flattened(grey(128), seed=3, cast=0.2)
    red, green, blue = srgb_decode(x[0, 0].astype(np.float32) / 255)
    assert red / green == pytest.approx(green / blue, rel=0.03)
    assert red != pytest.approx(blue, rel=0.1)


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("unchanged", 1.1, "unchanged is a share"),
        ("unchanged", float("nan"), "unchanged is a share"),
        ("exposure_std", -1.0, "exposure_std is a standard deviation"),
        ("tint", -0.1, "tint is a standard deviation"),
        ("contrast", (1.0, 0.5), "contrast is a range from low to high"),
        ("midtones", (-0.1, 0.1), "midtones is a range from low to high"),
    ],
)
def test_impossible_strengths_are_refused(name: str, value: object, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        FlatteningConfig(**{name: value})  # type: ignore[arg-type]
