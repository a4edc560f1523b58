from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.training.data.config import DataConfig
from deep_photo_enhancer.training.data.drawing import Draws, resize_pixels, to_sample
from tests.synthetic import grey, synthetic_photo

WHOLE = DataConfig(labels=("unused",), crop=1, flip=False)
"""Takes each photo as it is."""


def draws_of(photos: list[Pixels], config: DataConfig, seeds: Sequence[int] = (0,)) -> Draws:
    return Draws(photos, config, 64, seeds)


def cuts_of(draws: Draws, count: int) -> list[Pixels]:
    drawn = [draws[n] for n in range(count)]
    return [draw.cut(draws.photos[draw.index]) for draw in drawn]


def test_a_draw_depends_on_the_seeds_and_its_number_alone() -> None:
    photos = [synthetic_photo(i, 300, 400) for i in range(4)]
    config = DataConfig(labels=("unused",))
    in_order = draws_of(photos, config)
    drawn = [in_order[n] for n in range(9)]
    direct = draws_of(photos, config)[8]
    assert (direct.index, direct.box, direct.flip, direct.turns) == (drawn[8].index, drawn[8].box, drawn[8].flip, 0)
    assert direct.rng.random() == drawn[8].rng.random()
    for other in (draws_of(photos, config, [1])[8], draws_of(photos, config, [0, 1])[8]):
        assert other.box != direct.box
    assert len({draw.box for draw in drawn}) == 9


def test_each_photo_comes_once_an_epoch_in_an_order_of_the_epochs_own() -> None:
    draws = draws_of([grey(1)] * 10, WHOLE)
    order = [draws[n].index for n in range(30)]
    epochs = [order[i : i + 10] for i in (0, 10, 20)]
    for epoch in epochs:
        assert sorted(epoch) == list(range(10))
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_turns_and_flips_make_the_eight_views_of_a_photo_alike_often() -> None:
    photo = synthetic_photo(0, 64, 48)
    views = [np.rot90(flipped, turns).tobytes() for flipped in (photo, photo[:, ::-1]) for turns in range(4)]
    cuts = cuts_of(draws_of([photo], replace(WHOLE, flip=True, rotate=True)), 400)
    counts = Counter(cut.tobytes() for cut in cuts)
    assert counts.keys() == set(views)
    assert min(counts.values()) > 25  # of 50, near four standard deviations
    assert {cut.shape for cut in cuts} == {(64, 48, 3), (48, 64, 3)}


def test_input_and_label_are_turned_alike_and_padded_after_it() -> None:
    photo = synthetic_photo(0, 64, 48)
    draws = draws_of([photo], replace(WHOLE, rotate=True))
    for n in range(8):
        draw = draws[n]
        x, y = draw.cut(photo // 2), draw.cut(photo)
        np.testing.assert_array_equal(x, y // 2)
        _, mask = to_sample(y, 64)
        assert mask.sum() == 64 * 48


def test_wanted_label_statistics_weigh_the_draw() -> None:
    # luma mean and 95th percentile 50 and 200; 80 is four parts of the first and one of the second
    config = replace(WHOLE, label_statistics=(80.0, 0.0, 80.0, 0.0))
    draws = draws_of([grey(50, 4, 4), grey(200, 4, 4)], config)
    assert draws.weights is not None
    np.testing.assert_allclose(draws.weights, [0.8, 0.2], atol=1e-5)
    drawn = Counter(draws[n].index for n in range(400))
    assert drawn[0] / 400 == pytest.approx(0.8, abs=0.06)  # three standard deviations


def test_photos_that_are_no_labels_are_drawn_alike() -> None:
    config = replace(WHOLE, label_statistics=(80.0, 0.0, 80.0, 0.0))
    draws = Draws([grey(50), grey(200)], config, 64, [0], weighted=False)
    assert draws.weights is None
    assert Counter(draws[n].index for n in range(20)) == {0: 10, 1: 10}


def test_a_cut_takes_its_box_and_makes_the_long_side_s() -> None:
    photo = synthetic_photo(0, 60, 100)
    draws = draws_of([photo], DataConfig(labels=("unused",), crop=0.4))
    for n in range(6):
        draw = draws[n]
        top, left, height, width = draw.box
        assert 0 <= top <= 60 - height
        assert 0 <= left <= 100 - width
        assert 0.4 <= width / 100 <= 1
        assert height / 60 == pytest.approx(width / 100, abs=0.02)
        cut = draw.cut(photo)
        assert cut.shape == (round(64 * height / width), 64, 3)
        expected = resize_pixels(photo[top : top + height, left : left + width], 64)
        np.testing.assert_array_equal(cut, expected[:, ::-1] if draw.flip else expected)


def test_half_of_the_photos_are_mirrored_left_to_right() -> None:
    left_dark = np.concatenate([grey(20, 64, 32), grey(220, 64, 32)], axis=1)
    mirrored = sum(cut[5, 5, 0] > 128 for cut in cuts_of(draws_of([left_dark], replace(WHOLE, flip=True)), 200))
    assert mirrored / 200 == pytest.approx(0.5, abs=0.11)  # three standard deviations
    assert all(cut[5, 5, 0] < 128 for cut in cuts_of(draws_of([left_dark], WHOLE), 20))


@pytest.mark.parametrize(("fit", "shape"), [("pad", (32, 64, 3)), ("crop", (64, 64, 3))])
def test_fit_decides_between_the_photos_shape_and_a_square(fit: str, shape: tuple[int, ...]) -> None:
    draws = draws_of([synthetic_photo(0, 48, 96)], replace(WHOLE, fit=fit, crop=0.6))
    assert {cut.shape for cut in cuts_of(draws, 10)} == {shape}


def test_crops_have_at_least_the_smallest_share_and_lie_everywhere() -> None:
    ramp = np.broadcast_to(np.arange(200, dtype=np.uint8)[:, None, None], (200, 200, 3)).copy()
    cuts = cuts_of(draws_of([ramp], replace(WHOLE, crop=0.5)), 200)
    tops = [int(cut[0, 0, 0]) for cut in cuts]
    shares = [(int(cut[-1, 0, 0]) - top) / 200 for cut, top in zip(cuts, tops, strict=True)]
    assert 0.47 < min(shares) < 0.55
    assert 0.94 < max(shares) < 1
    assert min(tops) < 5
    assert max(tops) > 60


def test_a_square_is_cut_even_from_a_photo_one_pixel_wide() -> None:
    draws = draws_of([grey(100, 40, 1)], replace(WHOLE, fit="crop", crop=0.3))
    for cut in cuts_of(draws, 20):
        assert cut.shape == (64, 64, 3)
        assert (cut == 100).all()


@pytest.mark.parametrize("long_side", [33, 64, 150])
def test_resizing_is_pillows_antialiased_bicubic(long_side: int) -> None:
    photo = synthetic_photo(0)
    resized = resize_pixels(photo, long_side)
    height = round(long_side * 72 / 96)
    assert resized.shape == (height, long_side, 3)
    expected = np.asarray(Image.fromarray(photo).resize((long_side, height), Image.Resampling.BICUBIC))
    assert np.abs(resized.astype(int) - expected).max() <= 1


def test_the_mask_is_1_on_the_photo_and_0_on_its_mirrored_padding() -> None:
    photo = synthetic_photo(0, 32, 64)
    padded, mask = to_sample(photo, 64)
    assert (padded.shape, mask.shape) == ((3, 64, 64), (1, 64, 64))
    assert (mask[0, :32] == 1).all()
    assert (mask[0, 32:] == 0).all()
    expected = torch.from_numpy(photo).permute(2, 0, 1) / 255
    torch.testing.assert_close(padded[:, :32], expected)
    torch.testing.assert_close(padded[:, 32:], expected.flip(1))


def test_a_photo_becomes_a_tensor_from_0_to_1() -> None:
    black, mask = to_sample(grey(0, 2, 4), 4)
    white, _ = to_sample(grey(255, 2, 4), 4)
    assert black.dtype == white.dtype == mask.dtype == torch.float32
    assert black.max() == 0
    assert white.min() == 1
    assert mask[0].tolist() == [[1] * 4, [1] * 4, [0] * 4, [0] * 4]
