from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from scipy.stats import wasserstein_distance
from skimage.color import lab2rgb, rgb2lab

from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.training.metrics.look_distance import (
    Floats,
    colour_distance,
    directions,
    look_distance,
    sliced_wasserstein,
    tone_distance,
)
from tests.synthetic import grey, synthetic_photo

Distance = Callable[[Sequence[Pixels], Sequence[Pixels]], float]
every_distance = pytest.mark.parametrize("distance", [colour_distance, tone_distance, look_distance])


def lightness(code: int) -> float:
    """L* of a grey, from sRGB (IEC 61966-2-1) and CIE 15, for codes above 24."""
    return float(116 * (((code / 255 + 0.055) / 1.055) ** 2.4) ** (1 / 3) - 16)


def sliced_by_scipy(a: Floats, b: Floats) -> float:
    return float(np.mean([wasserstein_distance(a @ axis, b @ axis) for axis in directions(a.shape[1])]))


def shuffled(photo: Pixels) -> Pixels:
    return np.random.default_rng(7).permutation(photo.reshape(-1, 3)).reshape(photo.shape)


@every_distance
def test_a_set_is_nowhere_from_itself_in_any_order(distance: Distance) -> None:
    photos = [synthetic_photo(seed, 40 + seed, 50) for seed in range(5)]
    assert distance(photos, photos) == 0
    assert distance(photos, photos[::-1]) == pytest.approx(0, abs=1e-9)
    assert distance(photos, photos * 2) == pytest.approx(0, abs=1e-9)


@every_distance
def test_it_is_as_far_from_a_to_b_as_from_b_to_a(distance: Distance) -> None:
    a, b = [synthetic_photo(seed) for seed in range(3)], [synthetic_photo(seed, 60, 60) for seed in range(3, 8)]
    assert distance(a, b) == pytest.approx(distance(b, a))
    assert distance(a, b) > 1


@every_distance
def test_it_sees_the_look_and_not_the_places_of_the_colours(distance: Distance) -> None:
    a, b = [synthetic_photo(0), synthetic_photo(1)], [synthetic_photo(2)]
    assert distance([shuffled(photo) for photo in a], b) == distance(a, b)


@every_distance
def test_a_large_photo_counts_as_much_as_a_small_one(distance: Distance) -> None:
    unequal, equal = [grey(230, 90, 80), grey(40, 3, 5)], [grey(230, 8, 8), grey(40, 8, 8)]
    assert distance(unequal, equal) == pytest.approx(0, abs=1e-9)
    assert distance(unequal, [grey(230)]) == pytest.approx(distance(equal, [grey(230)]))


@every_distance
def test_an_empty_set_is_an_error(distance: Distance) -> None:
    with pytest.raises(ValueError, match="a set is empty"):
        distance([], [grey(100)])
    with pytest.raises(ValueError, match="a set is empty"):
        distance([grey(100)], [])


def test_the_lightness_of_code_119_is_50_and_of_white_100() -> None:
    assert lightness(119) == pytest.approx(50.03, abs=0.01)
    assert lightness(255) == pytest.approx(100)


def test_greys_are_as_far_apart_as_their_lightness_seen_along_the_directions() -> None:
    # sRGB greys differ in L* alone: every projection of the difference is |cos| times it, half of it in the mean over the sphere.
    apart = lightness(180) - lightness(100)
    mean_cosine = np.abs(directions(3)[:, 0]).mean()
    assert mean_cosine == pytest.approx(0.5, rel=0.05)
    assert colour_distance([grey(100)] * 3, [grey(180)] * 2) == pytest.approx(apart * mean_cosine, abs=0.01)


def test_one_of_three_photos_changed_counts_a_third() -> None:
    a, b = [grey(60), grey(100), grey(150)], [grey(60), grey(100), grey(200)]
    apart = (lightness(200) - lightness(150)) / 3
    assert tone_distance(a, b) == pytest.approx(apart, abs=0.01)
    assert colour_distance(a, b) == pytest.approx(apart / 2, rel=0.05)


def test_photos_that_are_all_brighter_by_d_are_d_apart_in_tone() -> None:
    assert tone_distance([grey(100)] * 3, [grey(180)] * 2) == pytest.approx(lightness(180) - lightness(100), abs=0.01)
    ramp = np.linspace(20, 80, 64 * 64).reshape(64, 64)
    darker, brighter = (np.rint(255 * lab2rgb(np.stack([tone, 0 * tone, 0 * tone], -1))) for tone in (ramp, ramp + 5))
    shift = tone_distance([darker.astype(np.uint8)], [brighter.astype(np.uint8)])
    assert shift == pytest.approx(5, abs=0.1)  # 8-bit codes are 0.4 L* apart


def test_tone_curves_that_differ_by_level_are_about_their_root_mean_square_apart() -> None:
    # Black below the median and white above it, against grey: the levels differ by L and by 100 - L.
    contrast = np.concatenate([grey(0, 8, 8), grey(255, 8, 8)])
    middle = lightness(119)
    expected = np.sqrt((middle**2 + (100 - middle) ** 2) / 2)
    assert tone_distance([contrast], [grey(119)]) == pytest.approx(expected, rel=0.05)


def test_a_shift_of_hue_moves_the_colours_and_not_the_tones() -> None:
    ramp = np.linspace(35, 75, 32 * 32).reshape(32, 32)
    neutral, warm = (np.stack([ramp, 0 * ramp, 0 * ramp + b], -1) for b in (0, 20))
    a, b = (np.rint(255 * lab2rgb(lab)).astype(np.uint8) for lab in (neutral, warm))
    assert tone_distance([a], [b]) < 0.2
    assert colour_distance([a], [b]) == pytest.approx(20 / 2, rel=0.05)


def test_only_the_tones_tell_flat_photos_from_contrast_within_each() -> None:
    contrast = np.concatenate([grey(60, 8, 8), grey(200, 8, 8)])
    flat = [grey(60, 8, 8), grey(200, 8, 8)]
    assert colour_distance([contrast, contrast], flat) == pytest.approx(0, abs=1e-9)
    assert tone_distance([contrast, contrast], flat) > 20


def test_look_is_the_mean_of_colour_and_tone() -> None:
    a, b = [synthetic_photo(0)], [synthetic_photo(1), synthetic_photo(2)]
    assert look_distance(a, b) == pytest.approx((colour_distance(a, b) + tone_distance(a, b)) / 2)


@pytest.mark.parametrize(("n", "m"), [(6, 6), (7, 5), (12, 8), (1, 9)])
def test_each_projection_is_as_far_as_scipy_says(n: int, m: int) -> None:
    rng = np.random.default_rng(n)
    a, b = rng.normal(size=(n, 3)), rng.normal(1, 2, size=(m, 3))
    assert sliced_wasserstein(a, b) == pytest.approx(sliced_by_scipy(a, b))


def test_the_sample_stands_for_all_pixels() -> None:
    photos = [synthetic_photo(seed, 120, 160) for seed in range(2)]
    all_pixels = [rgb2lab(photo).reshape(-1, 3) for photo in photos]
    assert colour_distance(photos[:1], photos[1:]) == pytest.approx(sliced_by_scipy(*all_pixels), rel=0.01)


def test_directions_are_orthonormal_frames_and_always_the_same() -> None:
    frames = directions(5).reshape(-1, 5, 5)
    np.testing.assert_allclose(frames @ frames.transpose(0, 2, 1), np.broadcast_to(np.eye(5), frames.shape), atol=1e-12)
    np.testing.assert_array_equal(directions(5), directions(5))
