from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from skimage.color import rgb2xyz, xyz2rgb

from deep_photo_enhancer.training.data.flattening import LUMINANCE, FlatteningConfig, flatten, srgb_decode, srgb_encode
from tests.synthetic import Pixels, grey, synthetic_photo

NEUTRAL = FlatteningConfig(
    unchanged=0,
    exposure_mean=0,
    exposure_std=0,
    midtones=(1, 1),
    contrast=(1, 1),
    saturation=(1, 1),
    cast=0,
    strong_cast_share=0,
    tint=0,
    shadows_share=0,
    black_lift=(0, 0),
    noise=(0, 0),
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


def test_blacks_are_lifted_and_the_rest_makes_room() -> None:
    # 0.2 * 255 = 51; 51 + 0.8 * 200 = 211
    assert flattened(codes(0, 200), black_lift=(0.2, 0.2))[0, :, 0].tolist() == [51, 211]


def test_noise_has_the_wanted_standard_deviation() -> None:
    x = flattened(grey(128, 100, 100), noise=(0.02, 0.02)).astype(np.float64)
    # 0.02 * 255 = 5.1; rounding to codes adds 1/12 to the variance
    assert x.std() == pytest.approx((5.1**2 + 1 / 12) ** 0.5, rel=0.02)
    assert x.mean() == pytest.approx(128, abs=0.15)
    assert abs(np.corrcoef(x[..., 0].ravel(), x[..., 1].ravel())[0, 1]) < 0.05


@pytest.mark.parametrize("faults", [{"cast": 0.2, "tint": 0.1}, {"strong_cast": 0.3, "strong_cast_share": 1.0}])
def test_a_cast_colours_grey_and_keeps_its_luminance(faults: dict[str, float]) -> None:
    luminance = srgb_decode(np.full(1, 128 / 255, np.float32))[0]
    coloured = 0
    for seed in range(20):
        x = flattened(grey(128), seed, **faults)
        linear = srgb_decode(x.astype(np.float32) / 255)
        np.testing.assert_allclose(linear @ LUMINANCE, luminance, rtol=0.01)  # half a code is 0.9 %
        coloured += int(np.ptp(x[0, 0].astype(int)) > 5)
    assert coloured > 10


def test_a_warm_cast_gains_on_red_what_it_loses_on_blue() -> None:
    x = flattened(grey(128), seed=3, cast=0.2)
    red, green, blue = srgb_decode(x[0, 0].astype(np.float32) / 255)
    assert red / green == pytest.approx(green / blue, rel=0.03)
    assert red != pytest.approx(blue, rel=0.1)


def test_three_in_four_strong_casts_are_warm() -> None:
    warm = 0
    for seed in range(300):
        x = flattened(grey(128, 1, 1), seed, strong_cast=10.0, strong_cast_share=1.0)[0, 0].astype(int)
        warm += int(x[0] > x[2])
    assert warm / 300 == pytest.approx(0.75, abs=0.08)  # three standard deviations


def test_deep_shadows_darken_the_dark_half_and_leave_the_bright_one() -> None:
    y = np.concatenate([grey(40, 60, 60), grey(180, 60, 60)], axis=1)
    x = flattened(y, shadows_share=1.0, shadows=(1.0, 1.0))
    assert (x[:, 75:] == 180).all()
    # log2 of linear light + 0.001: -5.49 and -1.13; the dark half lies 2.18 below the mean: 0.0212 * 2^-2.18 = 0.00468,
    # encoded 0.0579, x 255 = 14.8
    assert np.abs(x[:, :45].astype(float) - 14.8).max() < 1.5


def test_deep_shadows_keep_the_contrast_of_fine_texture() -> None:
    texture = np.tile(np.array([[36, 44], [44, 36]], np.uint8), (30, 30))
    dark = np.repeat(texture[..., None], 3, axis=2)
    x = flattened(np.concatenate([dark, grey(180, 60, 60)], axis=1), shadows_share=1.0, shadows=(0.5, 0.5))
    before, after = (srgb_decode(photo[20:40, 10:40, 0].astype(np.float32) / 255) for photo in (dark, x))
    assert after.max() < 0.7 * before.min()
    assert after.max() / after.min() == pytest.approx(before.max() / before.min(), rel=0.1)


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


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("unchanged", 1.1, "unchanged is a share"),
        ("strong_cast_share", -0.1, "strong_cast_share is a share"),
        ("shadows_share", float("nan"), "shadows_share is a share"),
        ("exposure_std", -1.0, "exposure_std is a standard deviation"),
        ("tint", -0.1, "tint is a standard deviation"),
        ("contrast", (1.0, 0.5), "contrast is a range from low to high"),
        ("noise", (-0.1, 0.1), "noise is a range from low to high"),
    ],
)
def test_impossible_strengths_are_refused(name: str, value: object, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        FlatteningConfig(**{name: value})  # type: ignore[arg-type]
