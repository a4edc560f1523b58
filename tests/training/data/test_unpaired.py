from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.training.data.config import DataConfig
from deep_photo_enhancer.training.data.drawing import Draws
from deep_photo_enhancer.training.data.flattening import FlatteningConfig, flatten
from deep_photo_enhancer.training.data.unpaired import Domains, UnpairedSamples, load_unpaired
from tests.photo.samples import refusal
from tests.synthetic import grey, synthetic_photo, write_photo

DARKER = FlatteningConfig(unchanged=0, exposure_mean=-2, exposure_std=0, midtones=(1, 1), contrast=(1, 1))
WHOLE = DataConfig(labels=("y",), inputs=("x",), crop=1, flip=False, flattening=DARKER)
"""Takes each photo as it is."""


def samples_of(x: list[Pixels], y: list[Pixels], config: DataConfig, seed: int = 0, length: int = 100) -> UnpairedSamples:
    return UnpairedSamples(Domains(x, y), config, 64, seed, length)


def codes(samples: UnpairedSamples, count: int) -> list[tuple[int, int]]:
    """The grey codes of x and y of each sample."""
    drawn = [samples[n] for n in range(count)]
    return [(round(x[0, 0, 0].item() * 255), round(y[0, 0, 0].item() * 255)) for x, _, y, _ in drawn]


# Samples


def test_a_sample_is_two_photos_each_with_its_own_mask() -> None:
    samples = samples_of([synthetic_photo(0, 32, 64)], [synthetic_photo(1, 64, 48)], WHOLE)
    x, mask_x, y, mask_y = samples[0]
    assert x.shape == y.shape == (3, 64, 64)
    assert mask_x.shape == mask_y.shape == (1, 64, 64)
    for padded, mask, photo in ((x, mask_x, synthetic_photo(0, 32, 64)), (y, mask_y, synthetic_photo(1, 64, 48))):
        height, width = photo.shape[:2]
        torch.testing.assert_close(padded[:, :height, :width], torch.from_numpy(photo).permute(2, 0, 1) / 255)
        assert mask.sum() == height * width
        assert (mask[0, :height, :width] == 1).all()


def test_a_sample_depends_on_the_seed_and_its_number_alone() -> None:
    photos = [synthetic_photo(i) for i in range(4)]
    config = DataConfig(labels=("y",))
    in_order = samples_of(photos, photos, config)
    sample = [in_order[n] for n in range(9)][8]
    direct = samples_of(photos, photos, config, length=1000)[8]
    for tensor, again in zip(sample, direct, strict=True):
        assert torch.equal(tensor, again)
    other = samples_of(photos, photos, config, seed=1)[8]
    assert not torch.equal(direct[0], other[0])
    assert not torch.equal(direct[2], other[2])


def test_each_domain_has_epochs_of_its_own_length() -> None:
    samples = samples_of([grey(i, 4, 4) for i in range(3)], [grey(100 + i, 4, 4) for i in range(5)], WHOLE)
    assert (samples.photos_used, len(samples)) == (3 + 5, 100)
    drawn = codes(samples, 15)
    for start in range(0, 15, 3):
        assert sorted(x for x, _ in drawn[start : start + 3]) == [0, 1, 2]
    for start in range(0, 15, 5):
        assert sorted(y for _, y in drawn[start : start + 5]) == [100, 101, 102, 103, 104]


def test_x_and_y_have_nothing_to_do_with_each_other() -> None:
    photos = [grey(i, 90, 120) for i in range(10)]
    for config in (WHOLE, replace(WHOLE, inputs=())):
        samples = samples_of(photos, photos, replace(config, crop=0.3, flip=True))
        drawn = [(samples.draws_x[n], samples.draws_y[n]) for n in range(400)]
        # by chance: the same photo in one of 10, the same flip in one of 2; within three standard deviations
        assert np.mean([x.index == y.index for x, y in drawn]) == pytest.approx(0.1, abs=0.045)
        assert np.mean([x.flip == y.flip for x, y in drawn]) == pytest.approx(0.5, abs=0.075)
        sizes = np.array([(x.box[2], y.box[2]) for x, y in drawn])
        assert abs(np.corrcoef(sizes.T)[0, 1]) < 0.15


def test_neither_domain_is_drawn_like_the_supervised_pairs() -> None:
    photos = [grey(i, 300, 400) for i in range(10)]
    samples = samples_of(photos, photos, replace(WHOLE, crop=0.3))
    pairs = Draws(photos, samples.config, 64, [0])
    streams = (samples.draws_x, samples.draws_y, pairs)
    assert len({draws[n].box for draws in streams for n in range(20)}) == 60
    assert len({tuple(draws[n].index for n in range(10)) for draws in streams}) == 3


@pytest.mark.parametrize(
    ("settings", "flattened"),
    [({}, False), ({"flatten_inputs": True}, True), ({"inputs": ()}, True)],
    ids=["inputs", "inputs-to-flatten", "no-inputs"],
)
def test_x_is_flattened_only_when_asked_for_or_without_inputs(settings: dict[str, Any], flattened: bool) -> None:
    samples = samples_of([grey(120, 8, 8)], [grey(200, 8, 8)], replace(WHOLE, **settings))
    ((x, y),) = codes(samples, 1)
    assert y == 200
    assert x < 90 if flattened else x == 120
    assert samples.photos_used == (1 if settings == {"inputs": ()} else 2)


@pytest.mark.parametrize(
    ("settings", "weighted"),
    [({}, False), ({"flatten_inputs": True}, True), ({"inputs": ()}, True)],
    ids=["inputs", "inputs-to-flatten", "no-inputs"],
)
def test_wanted_statistics_weigh_labels_and_whatever_is_flattened(settings: dict[str, Any], weighted: bool) -> None:
    photos = [grey(50, 4, 4), grey(200, 4, 4)]
    # luma mean and 95th percentile 50 and 200; 80 is four parts of the first and one of the second
    samples = samples_of(photos, photos, replace(WHOLE, label_statistics=(80.0, 0.0, 80.0, 0.0), **settings))
    assert samples.draws_y.weights is not None
    np.testing.assert_allclose(samples.draws_y.weights, [0.8, 0.2], atol=1e-5)
    if weighted:
        assert samples.draws_x.weights is not None
        np.testing.assert_allclose(samples.draws_x.weights, [0.8, 0.2], atol=1e-5)
    else:
        assert samples.draws_x.weights is None


# Loading


def write_greys(folder: Path, photos: dict[str, int], shape: tuple[int, int] = (6, 8)) -> None:
    for name, code in photos.items():
        write_photo(folder / name, grey(code, *shape))


def listed(file: Path, *names: str) -> str:
    file.write_text("".join(f"{name}\n" for name in names))
    return str(file)


def codes_of(photos: list[Pixels]) -> list[int]:
    return [int(photo[0, 0, 0]) for photo in photos]


@pytest.fixture
def strangers(tmp_path: Path) -> DataConfig:
    """Six ordinary photos, 0 to 5, and four good ones, 100 to 103: other names, sizes and formats, in folders below folders."""
    write_greys(tmp_path / "x", {f"ordinary{i}.png": i for i in range(3)})
    write_greys(tmp_path / "x" / "some more", {f"other{i}.png": i for i in range(3, 6)}, (8, 5))
    write_greys(tmp_path / "y", {f"good{i}.png": 100 + i for i in range(4)}, (10, 10))
    return DataConfig(labels=(str(tmp_path / "y"),), inputs=(str(tmp_path / "x"),), validation_share=0.5)


@pytest.fixture
def relatives(tmp_path: Path) -> DataConfig:
    """Four good photos, 100 to 103; their inputs, 0 to 3, have the same stems, and there are two inputs more."""
    write_greys(tmp_path / "x", {f"a{i}.png": i for i in range(6)})
    write_greys(tmp_path / "y", {f"a{i}.tif": 100 + i for i in range(4)})
    return DataConfig(labels=(str(tmp_path / "y"),), inputs=(str(tmp_path / "x"),), validation_share=0.5)


def test_folders_of_other_names_and_counts_are_validated_unpaired(strangers: DataConfig) -> None:
    domains, validation = load_unpaired(strangers, 64, 0)
    assert not validation.paired
    assert codes_of(validation.x) == [0, 2, 4]
    assert codes_of(domains.x) == [1, 3, 5]
    assert codes_of(validation.y) == [100, 102]
    assert codes_of(domains.y) == [101, 103]
    assert [photo.shape for photo in validation.x] == [(48, 64, 3), (48, 64, 3), (64, 40, 3)]
    assert domains.x[0].shape == (6, 8, 3)  # small photos are enlarged when they are drawn


def test_a_list_may_name_photos_of_both_domains(strangers: DataConfig, tmp_path: Path) -> None:
    kept = listed(tmp_path / "kept.txt", "other4.png", "good1.png", "good3.png")
    domains, validation = load_unpaired(replace(strangers, validation=kept), 64, 0)
    assert (codes_of(validation.x), codes_of(validation.y)) == ([4], [101, 103])
    assert (codes_of(domains.x), codes_of(domains.y)) == ([0, 1, 2, 3, 5], [100, 102])


def test_a_list_of_labels_alone_leaves_the_choice_of_inputs_to_the_share(strangers: DataConfig, tmp_path: Path) -> None:
    kept = listed(tmp_path / "kept.txt", "good3.png")
    domains, validation = load_unpaired(replace(strangers, validation=kept), 64, 0)
    assert (codes_of(validation.x), codes_of(validation.y)) == ([0, 2, 4], [103])
    assert (codes_of(domains.x), codes_of(domains.y)) == ([1, 3, 5], [100, 101, 102])


def test_inputs_of_the_same_stems_are_validated_as_pairs(relatives: DataConfig, tmp_path: Path) -> None:
    domains, validation = load_unpaired(relatives, 64, 0)
    assert validation.paired
    assert (codes_of(validation.x), codes_of(validation.y)) == ([0, 2], [100, 102])
    assert (codes_of(domains.x), codes_of(domains.y)) == ([1, 3, 4, 5], [101, 103])
    kept = listed(tmp_path / "kept.txt", "a3.tif", "a1.tif")
    domains, validation = load_unpaired(replace(relatives, validation=kept), 64, 0)
    assert validation.paired
    assert (codes_of(validation.x), codes_of(validation.y)) == ([1, 3], [101, 103])
    assert (codes_of(domains.x), codes_of(domains.y)) == ([0, 2, 4, 5], [100, 102])


def test_photos_of_the_same_stem_but_other_sizes_are_no_pairs(relatives: DataConfig, tmp_path: Path) -> None:
    write_greys(tmp_path / "x", {"a2.png": 2}, (8, 6))
    _, validation = load_unpaired(relatives, 64, 0)
    assert not validation.paired
    assert (codes_of(validation.x), codes_of(validation.y)) == ([0, 2], [100, 102])


def test_a_held_label_without_an_input_ends_the_pairing_and_its_relatives_are_still_not_trained_on(
    relatives: DataConfig, tmp_path: Path
) -> None:
    write_greys(tmp_path / "y", {"b.tif": 110})
    kept = listed(tmp_path / "kept.txt", "a1.tif", "b.tif")
    domains, validation = load_unpaired(replace(relatives, validation=kept), 64, 0)
    assert not validation.paired
    assert codes_of(validation.y) == [101, 110]
    assert codes_of(validation.x) == [0, 2, 4]
    assert codes_of(domains.x) == [3, 5]  # 1 is the input of a label that is kept
    assert codes_of(domains.y) == [100, 102, 103]


def test_listed_inputs_are_not_trained_on_even_where_the_labels_have_inputs_of_their_own(
    relatives: DataConfig, tmp_path: Path
) -> None:
    kept = listed(tmp_path / "kept.txt", "a1.tif", "a4.png")
    domains, validation = load_unpaired(replace(relatives, validation=kept), 64, 0)
    assert validation.paired
    assert codes_of(validation.x) == [1]
    assert codes_of(domains.x) == [0, 2, 3, 5]


def test_photos_to_leave_out_are_left_out_of_both_domains(strangers: DataConfig, tmp_path: Path) -> None:
    left_out = listed(tmp_path / "left_out.txt", "ordinary0.png", "other5.png", "good0.png")
    domains, validation = load_unpaired(replace(strangers, leave_out=left_out), 64, 0)
    assert sorted(codes_of(domains.x) + codes_of(validation.x)) == [1, 2, 3, 4]
    assert sorted(codes_of(domains.y) + codes_of(validation.y)) == [101, 102, 103]


@pytest.mark.parametrize("flatten_inputs", [False, True])
def test_flattened_labels_are_what_is_validated_with_unless_inputs_are_taken_as_they_are(
    strangers: DataConfig, flatten_inputs: bool
) -> None:
    config = replace(
        strangers, inputs=strangers.inputs if flatten_inputs else (), flatten_inputs=flatten_inputs, flattening=DARKER
    )
    domains, validation = load_unpaired(config, 64, 3)
    assert validation.paired
    assert codes_of(validation.y) == [100, 102]
    for i, (x, y) in enumerate(zip(validation.x, validation.y, strict=True)):
        np.testing.assert_array_equal(x, flatten(y, DARKER, np.random.default_rng([3, 2, i])))
        assert x.mean() < 0.8 * y.mean()
    assert codes_of(domains.y) == [101, 103]
    assert codes_of(domains.x) == ([0, 1, 2, 3, 4, 5] if flatten_inputs else [101, 103])


def test_inputs_to_flatten_that_are_partners_of_the_labels_are_validated_with_as_they_are(relatives: DataConfig) -> None:
    domains, validation = load_unpaired(replace(relatives, flatten_inputs=True, flattening=DARKER), 64, 0)
    assert validation.paired
    assert (codes_of(validation.x), codes_of(validation.y)) == ([0, 2], [100, 102])
    assert codes_of(domains.x) == [1, 3, 4, 5]


def test_listed_inputs_are_not_flattened_for_training_either(relatives: DataConfig, tmp_path: Path) -> None:
    kept = listed(tmp_path / "kept.txt", "a1.tif", "a5.png")
    domains, _ = load_unpaired(replace(relatives, validation=kept, flatten_inputs=True), 64, 0)
    assert codes_of(domains.x) == [0, 2, 3, 4]


def test_everything_that_is_wrong_is_in_one_error(strangers: DataConfig, tmp_path: Path) -> None:
    for broken in (tmp_path / "x" / "broken.png", tmp_path / "y" / "broken.tif"):
        broken.write_text("not a photo")
    left_out = listed(tmp_path / "left_out.txt", "good0.png", "nobody.png")
    kept = listed(tmp_path / "kept.txt", "good0.png", "good1.png", "ordinary1.png", "stranger.png")
    with pytest.raises(DataError) as caught:
        load_unpaired(replace(strangers, leave_out=left_out, validation=kept), 64, 0)
    first, *problems = str(caught.value).splitlines()
    assert first == "4 problems with the training photos:"
    assert problems[0].startswith(f"  {left_out}: lists photos that are not")
    assert problems[0].endswith(": nobody.png")
    assert problems[1].startswith(f"  {kept}: lists photos that are not")
    assert problems[1].endswith(": good0.png, stranger.png")  # the first is left out
    assert problems[2:] == [f"  {refusal(path)}" for path in (tmp_path / "y" / "broken.tif", tmp_path / "x" / "broken.png")]


ORDINARY = [*(f"ordinary{i}.png" for i in range(3)), *(f"other{i}.png" for i in range(3, 6))]
GOOD = [f"good{i}.png" for i in range(4)]


@pytest.mark.parametrize(
    ("setting", "names", "folder", "split"),
    [
        ("validation", [*GOOD, "other3.png"], "y", "training"),
        ("validation", ["good0.png", *ORDINARY], "x", "training"),
        ("validation", ["other3.png"], "y", "validation"),
        ("leave_out", ORDINARY, "x", "training"),
        ("leave_out", GOOD, "y", "training"),
    ],
)
def test_a_domain_without_photos_is_an_error(
    strangers: DataConfig, tmp_path: Path, setting: str, names: list[str], folder: str, split: str
) -> None:
    config = replace(strangers, **{setting: listed(tmp_path / "list.txt", *names)})  # type: ignore[arg-type]
    with pytest.raises(DataError, match=f"^{tmp_path / folder}: no photos left for {split}$"):
        load_unpaired(config, 64, 0)
