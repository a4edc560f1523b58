from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from skimage.color import rgb2lab

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.training.learning.ordinary import (
    LookStatistics,
    make_ordinary,
    measure,
    ordinary_statistics,
    write_statistics,
)
from tests.synthetic import grey, synthetic_photo, write_photo

ORDINARY = [synthetic_photo(seed, 60, 80) for seed in range(12)]


def warm(photo: Pixels) -> Pixels:
    return (photo * [1.0, 0.92, 0.75] + 0.5).astype(np.uint8)


def faded(photo: Pixels) -> Pixels:
    return (60 + photo * 0.6).astype(np.uint8)


def pale(photo: Pixels) -> Pixels:
    mean = photo.mean(2, keepdims=True)
    paler: Pixels = (mean + (photo - mean) * 0.6 + 0.5).astype(np.uint8)
    return paler


def mean_lab(photos: list[Pixels]) -> list[float]:
    return [float(value) for value in np.mean([rgb2lab(photo).reshape(-1, 3).mean(0) for photo in photos], 0)]


def test_a_set_of_greys_has_their_mean_lightness_and_no_colour() -> None:
    statistics = measure([grey(round(2.55 * 40)), grey(round(2.55 * 60))])
    lightness = rgb2lab(np.array([[[102, 102, 102], [153, 153, 153]]], np.uint8))[0, :, 0].mean()
    np.testing.assert_allclose(statistics.curve[:, 0], lightness, atol=1e-6)
    np.testing.assert_allclose(statistics.curve[:, 1:], 0, atol=0.01)
    assert statistics.saturation == pytest.approx(0, abs=0.01)
    assert statistics.photos == 2


def test_a_curve_rises_and_colours_off_it_are_saturation() -> None:
    red_and_green = np.zeros((8, 8, 3), np.uint8)
    red_and_green[:, :4, 0], red_and_green[:, 4:, 1] = 200, 100
    statistics = measure([red_and_green])
    a_b = rgb2lab(np.array([[[200, 0, 0], [0, 100, 0]]], np.uint8))[0, :, 1:]
    assert (np.diff(statistics.curve[:, 0]) >= 0).all()
    assert statistics.saturation < np.linalg.norm(a_b[0] - a_b[1]) / 2  # lightness tells the two apart: most is on the curve
    assert measure(ORDINARY).saturation > measure([pale(photo) for photo in ORDINARY]).saturation * 1.3


@pytest.mark.parametrize("look", [warm, faded, pale])
def test_what_all_photos_share_is_taken_off(look: Callable[[Pixels], Pixels]) -> None:
    liked = [look(photo) for photo in ORDINARY]
    wanted, common = measure(ORDINARY), measure(liked)
    made = measure([make_ordinary(photo, common, wanted) for photo in liked])
    before = np.abs(common.curve - wanted.curve).mean(), abs(common.saturation - wanted.saturation)
    after = np.abs(made.curve - wanted.curve).mean(), abs(made.saturation - wanted.saturation)
    assert max(before) > 3
    assert after[0] < 0.4 * before[0]
    assert after[1] < max(0.4 * before[1], 0.8)


def test_of_warm_photos_neutral_ones_are_made_so_that_the_look_to_learn_is_warm() -> None:
    liked = [warm(photo) for photo in ORDINARY]
    made = [make_ordinary(photo, measure(liked), measure(ORDINARY)) for photo in liked]
    b_before, b_liked, b_made = (mean_lab(photos)[2] for photos in (ORDINARY, liked, made))
    assert b_liked > b_before + 8
    assert b_made == pytest.approx(b_before, abs=1)
    for photo, ordinary in zip(liked, made, strict=True):
        assert mean_lab([photo])[2] > mean_lab([ordinary])[2] + 5  # in every pair


def test_a_set_that_is_ordinary_stays_nearly_as_it_is() -> None:
    wanted = measure(ORDINARY)
    for photo in ORDINARY[:3]:
        assert np.abs(make_ordinary(photo, wanted, wanted).astype(int) - photo).max() <= 2


def test_black_and_white_stay_and_steepness_is_bounded() -> None:
    dark = LookStatistics(np.column_stack([np.linspace(1, 8, 32), np.zeros(32), np.zeros(32)]), 10, 1)
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, 2)
    made = make_ordinary(ramp, dark, ordinary_statistics())
    lightness = rgb2lab(made)[0, :, 0]
    assert lightness[0] < 5
    assert lightness[-1] > 95
    steps = np.diff(lightness) / np.diff(rgb2lab(ramp)[0, :, 0])
    assert steps.min() > -0.5
    assert steps[20:].max() < 4.5  # codes' rounding beside


def test_the_bundled_statistics_are_those_of_ordinary_photos() -> None:
    ordinary = ordinary_statistics()
    assert ordinary.photos > 2000
    assert ordinary.curve.shape == (32, 3)
    assert (np.diff(ordinary.curve[:, 0]) > 0).all()
    assert 2 < ordinary.curve[0, 0] < 12
    assert 80 < ordinary.curve[-1, 0] < 95
    assert np.abs(ordinary.curve[:, 1:]).max() < 12  # no strong tint
    assert 15 < ordinary.saturation < 30


def test_statistics_are_written_of_folders(tmp_path: Path) -> None:
    for i, photo in enumerate(ORDINARY[:2]):
        write_photo(tmp_path / "photos" / f"{i}.png", photo)
    written = write_statistics([str(tmp_path / "photos")], tmp_path / "own.json")
    values = json.loads((tmp_path / "own.json").read_text())
    assert values["photos"] == written.photos == 2
    np.testing.assert_allclose(values["curve"], written.curve, atol=0.01)
    with pytest.raises(DataError, match="nowhere: no such folder"):
        write_statistics([str(tmp_path / "nowhere")], tmp_path / "own.json")


def test_colours_that_no_light_has_are_clipped_without_a_word() -> None:
    blue = np.zeros((8, 8, 3), np.uint8)
    blue[..., 2] = 255
    blue[4:] = 40
    common, ordinary = measure([blue // 4 + 96]), measure([blue])
    assert make_ordinary(blue, common, ordinary)[0, 0, 2] == 255
