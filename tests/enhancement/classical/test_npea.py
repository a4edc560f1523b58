from __future__ import annotations

import colorsys

import numpy as np
import pytest

from deep_photo_enhancer.enhancement.classical import npea
from deep_photo_enhancer.enhancement.classical.npea import bi_log, bright_pass


def test_the_bright_pass_filter_of_three_pixels_by_hand() -> None:
    """Q: 10 and 10 are neighbours twice (one pair, both ways), 10 and 40 once; each is spread over nine levels.

    The left 10 sees itself, its mirror image and the middle 10, all of weight 2 / 9; the middle one also sees 40, of 1 / 9.
    """
    levels = np.array([[10, 10, 40]])
    mirrored_three_times = bright_pass(levels, 1) * 255  # a row's mirrored rows count alike above and below
    np.testing.assert_allclose(mirrored_three_times, [[10, (2 * 10 + 2 * 10 + 40) / 5, 40]], atol=1e-4)


def test_the_illumination_is_never_below_the_lightness() -> None:
    levels = np.random.default_rng(0).integers(0, 256, (40, 50))
    illumination = bright_pass(levels, 3)
    assert (illumination >= levels / 255 - 1e-6).all()
    assert illumination.max() <= 1
    assert illumination.mean() > levels.mean() / 255 + 0.05


def test_two_levels_are_mapped_as_by_hand() -> None:
    """Half the pixels at 15, half at 255: the first have log(16) / (log(16) + log(256)) = 1 / 3 of the weighted histogram."""
    illumination = np.repeat(np.array([15, 255], np.float32) / 255, 50).reshape(10, 10)
    curve = bi_log(illumination) * 255
    cumulated = np.cumsum(np.log(np.arange(256) + 1.0))
    wanted = np.interp(1 / 3, cumulated / cumulated[-1], np.arange(256))
    assert curve[15] == pytest.approx(wanted, abs=1e-6)
    assert 90 < wanted < 110
    assert curve[255] == pytest.approx(255)
    assert curve[0] == 0
    assert (np.diff(curve) >= 0).all()


def test_bright_photos_do_not_get_darker() -> None:
    illumination = np.random.default_rng(1).uniform(0.7, 1, (50, 50)).astype(np.float32)
    assert (bi_log(illumination) >= np.arange(256) / 255).all()


def test_the_order_of_lightness_between_large_areas_stays() -> None:
    tones = np.array([0.05, 0.9, 0.2, 0.4, 0.1], np.float32)
    photo = np.repeat(np.tile(np.repeat(tones, 30), (60, 1))[..., None], 3, 2)
    middles = npea(photo)[30, 15::30, 0]
    np.testing.assert_array_equal(np.argsort(middles), np.argsort(tones))
    assert (np.diff(np.sort(middles)) > 0.01).all()


def test_a_dark_photo_gets_brighter_within_the_range() -> None:
    photo = np.random.default_rng(2).random((60, 80, 3), np.float32) * np.float32(0.2)
    photo[:12, :16] *= 5  # a lamp
    enhanced = npea(photo)
    assert enhanced[12:].mean() > photo[12:].mean() + 0.1
    assert enhanced.min() >= 0
    assert enhanced.max() <= 1
    assert enhanced.dtype == np.float32


def test_a_photo_of_one_colour_stays_one_colour_of_the_same_hue() -> None:
    photo = np.full((20, 30, 3), (0.3, 0.2, 0.1), np.float32)
    enhanced = npea(photo)
    assert np.ptp(enhanced, (0, 1)).max() < 1e-5
    np.testing.assert_allclose(enhanced[0, 0] / enhanced[0, 0, 0], [1, 2 / 3, 1 / 3], atol=1e-5)


def test_black_stays_black() -> None:
    black = np.zeros((9, 9, 3), np.float32)
    np.testing.assert_array_equal(npea(black), black)


def test_hue_and_saturation_stay() -> None:
    photo = np.random.default_rng(3).random((30, 40, 3), np.float32) * 0.4 + 0.05
    enhanced = npea(photo)
    assert abs(enhanced - photo).max() > 0.1
    for old, new in zip(photo[::7, ::7].reshape(-1, 3), enhanced[::7, ::7].reshape(-1, 3), strict=True):
        assert colorsys.rgb_to_hsv(*new)[:2] == pytest.approx(colorsys.rgb_to_hsv(*old)[:2], abs=1e-4)


def test_a_large_photo_is_enhanced_as_its_small_copy_is() -> None:
    """The filter works on a small copy; edges of the full size stay where they are."""
    tones = np.array([0.1, 0.5, 0.2, 0.9], np.float32)
    small = np.repeat(np.tile(np.repeat(tones, 192), (40, 1))[..., None], 3, 2)
    large = small.repeat(2, 0).repeat(2, 1)
    difference = abs(npea(large)[::2, ::2] - npea(small))
    assert difference[:, 96::192].max() < 0.02
    assert difference.mean() < 0.01


@pytest.mark.parametrize("wrong", [{"window": 4}, {"window": -1}, {"epsilon": 0.5}])
def test_parameters_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="window is odd"):
        npea(np.zeros((8, 8, 3), np.float32), **wrong)  # type: ignore[arg-type]
