from __future__ import annotations

import colorsys

import numpy as np
import pytest

from deep_photo_enhancer.enhancement.classical import clhe
from deep_photo_enhancer.enhancement.classical.clhe import local_range, saturation_ratio, tone_curve
from deep_photo_enhancer.enhancement.classical.luma import luma
from deep_photo_enhancer.photo.arrays import Floats

TONES = np.random.default_rng(0).beta(2, 9, (40, 50))


def hazy(seed: int = 1) -> Floats:
    """Smooth colours around a light grey, without contrast."""
    rng = np.random.default_rng(seed)
    coarse = rng.random((6, 8, 3)).repeat(10, 0).repeat(10, 1)
    return (0.5 + 0.2 * coarse + 0.05 * rng.random((60, 80, 3))).astype(np.float32)


@pytest.mark.parametrize("limit", [1.0, 1.3, 3.0, 1000.0])
def test_the_tone_curve_rises_from_black_to_white_no_steeper_than_its_limit(limit: float) -> None:
    curve = tone_curve(TONES, np.ones_like(TONES), limit)
    slopes = np.diff(curve) * 256
    assert (curve[0], curve[-1]) == (0, pytest.approx(1))
    assert slopes.min() >= 0
    assert slopes.max() <= limit + 1e-6
    assert slopes.max() > min(limit, 4) - 1e-6  # the limit is reached


def test_without_a_limit_it_is_plain_equalisation() -> None:
    curve = tone_curve(TONES, np.ones_like(TONES), 1e6)
    share = [np.mean(TONES.ravel() < edge / 256) for edge in range(256)]
    np.testing.assert_allclose(curve[:-1], share, atol=1e-4)


def test_pixels_that_weigh_more_get_more_of_the_tones() -> None:
    curve = tone_curve(TONES, np.where(TONES < 0.1, 10.0, 1.0), 1e6)
    even = tone_curve(TONES, np.ones_like(TONES), 1e6)
    assert curve[26] > even[26] + 0.2


def test_the_limit_of_one_leaves_the_photo() -> None:
    photo = hazy()
    np.testing.assert_allclose(clhe(photo, clip_limit=1), photo, atol=2e-5)
    assert abs(clhe(photo) - photo).max() > 0.05


def test_contrast_grows_within_the_limit() -> None:
    photo = hazy()
    growth = np.ptp(luma(clhe(photo, clip_limit=2))) / np.ptp(luma(photo))
    assert 1.3 < growth < 2.01


def test_saturation_follows_the_local_contrast_by_hand() -> None:
    before, after = np.array([0.4, 0.1, 0.0]), np.array([0.6, 0.3, 0.0])
    np.testing.assert_allclose(saturation_ratio(before, after, 0.2), [1.5, 2, 1], atol=1e-6)


def test_the_local_range_is_that_of_a_square_of_five() -> None:
    plane = np.zeros((9, 12), np.float32)
    plane[4, 6] = 1
    low, high = local_range(plane)
    assert low.shape == high.shape == plane.shape
    assert (low.max(), high.sum()) == (0, 25)
    assert (high[2:7, 4:9] == 1).all()


def test_a_hazy_photo_becomes_more_colourful_and_keeps_its_hues() -> None:
    photo = hazy()
    enhanced = clhe(photo)
    assert np.ptp(enhanced, 2).mean() > 1.15 * np.ptp(photo, 2).mean()
    for old, new in zip(photo[::7, ::7].reshape(-1, 3), enhanced[::7, ::7].reshape(-1, 3), strict=True):
        turn = abs(colorsys.rgb_to_hsv(*new)[0] - colorsys.rgb_to_hsv(*old)[0])
        assert min(turn, 1 - turn) < 1e-3


def test_values_stay_in_range_and_grey_stays_grey() -> None:
    rng = np.random.default_rng(4)
    wild = clhe(rng.random((50, 60, 3), np.float32) ** 2, clip_limit=8)
    assert (wild.min(), wild.max()) == (pytest.approx(0, abs=0.1), pytest.approx(1, abs=0.1))
    assert wild.min() >= 0
    assert wild.max() <= 1 + 1e-6
    grey = clhe(np.repeat(rng.random((50, 60, 1), np.float32), 3, 2))
    assert np.ptp(grey, 2).max() < 1e-5


def test_colours_without_room_for_saturation_keep_their_hue() -> None:
    """Beside black, contrast and with it saturation grow; no channel may be cut off at 0."""
    photo = hazy() * np.array([1, 0.6, 0.05], np.float32)
    new = clhe(photo, clip_limit=8)
    old_share, new_share = ((colours[..., 1] - colours[..., 2]) / np.ptp(colours, 2) for colours in (photo, new))
    np.testing.assert_allclose(new_share[np.ptp(new, 2) > 0.1], old_share[np.ptp(new, 2) > 0.1], atol=1e-3)


@pytest.mark.parametrize("wrong", [{"clip_limit": 0.9}, {"contrast_limit": 0.0}, {"contrast_limit": 1.1}])
def test_parameters_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="clip_limit is 1 or more"):
        clhe(np.zeros((8, 8, 3), np.float32), **wrong)
