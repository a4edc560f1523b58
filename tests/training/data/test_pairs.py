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
from deep_photo_enhancer.training.data.faults import FaultsConfig
from deep_photo_enhancer.training.data.flattening import FlatteningConfig
from deep_photo_enhancer.training.data.pairs import Photos, TrainingPairs, load_photos, validation_pairs
from tests.photo.samples import refusal
from tests.synthetic import grey, synthetic_photo, write_photo

WHOLE = DataConfig(labels=("unused",), crop=1, flip=False, flattening=FlatteningConfig(unchanged=1))
"""Takes each photo as it is."""


def photos_of(y: list[Pixels], x: list[Pixels] | None = None) -> Photos:
    return Photos([f"{i}.png" for i in range(len(y))], y, x)


def pairs_of(photos: Photos, config: DataConfig, seed: int = 0, length: int = 100) -> TrainingPairs:
    return TrainingPairs(photos, config, 64, seed, length)


def test_a_sample_depends_on_the_seed_and_its_number_alone() -> None:
    photos = photos_of([synthetic_photo(i) for i in range(4)])
    config = DataConfig(labels=("unused",), flattening=FlatteningConfig(unchanged=0))
    sequential = pairs_of(photos, config)
    in_order = [sequential[n] for n in range(9)]
    direct = pairs_of(photos, config, length=1000)[8]
    for tensor, again in zip(in_order[8], direct, strict=True):
        assert torch.equal(tensor, again)
    assert not torch.equal(direct[0], pairs_of(photos, config, seed=1)[8][0])
    same_photo_next_epoch = [n for n in range(9) if torch.equal(in_order[n][0], direct[0])]
    assert same_photo_next_epoch == [8]


def test_wanted_label_statistics_weigh_the_pairs() -> None:
    # luma mean and 95th percentile 50 and 200; 80 is four parts of the first and one of the second
    config = replace(WHOLE, label_statistics=(80.0, 0.0, 80.0, 0.0))
    pairs = pairs_of(photos_of([grey(50, 4, 4), grey(200, 4, 4)]), config)
    assert pairs.photos_used == 2
    drawn = [round(pairs[n][1][0, 0, 0].item() * 255) for n in range(400)]
    assert set(drawn) == {50, 200}
    assert drawn.count(50) / 400 == pytest.approx(0.8, abs=0.06)  # three standard deviations


def test_the_mask_is_1_on_the_photo_and_0_on_its_mirrored_padding() -> None:
    y = synthetic_photo(0, 32, 64)
    x, padded, mask = pairs_of(photos_of([y]), WHOLE)[0]
    assert (x.shape, padded.shape, mask.shape) == ((3, 64, 64), (3, 64, 64), (1, 64, 64))
    assert (mask[0, :32] == 1).all()
    assert (mask[0, 32:] == 0).all()
    expected = torch.from_numpy(y).permute(2, 0, 1) / 255
    torch.testing.assert_close(padded[:, :32], expected)
    torch.testing.assert_close(padded[:, 32:], expected.flip(1))
    torch.testing.assert_close(x, padded)


def test_a_pair_is_cut_and_mirrored_alike() -> None:
    y = synthetic_photo(0, 64, 90)
    photos = photos_of([y], [255 - y])
    pairs = pairs_of(photos, DataConfig(labels=("y",), inputs=("x",), crop=0.5))
    seen = []
    for n in range(12):
        x, label, _ = pairs[n]
        # The negative of the label; the bicubic filter's overshoot is clipped and rounded on both sides.
        assert (x + label - 1).abs().max() < 3 / 255
        seen.append(label)
    assert len({label.numpy().tobytes() for label in seen}) == 12


def test_a_flattened_x_belongs_to_its_y() -> None:
    darker = FlatteningConfig(unchanged=0, exposure_mean=-1, exposure_std=0, cast=0, tint=0)
    pairs = pairs_of(photos_of([synthetic_photo(0)]), DataConfig(labels=("unused",), flattening=darker))
    x, y, _ = pairs[0]
    assert x.mean() < 0.8 * y.mean()
    assert np.corrcoef(x.numpy().ravel(), y.numpy().ravel())[0, 1] > 0.95


def test_faults_are_drawn_over_x_and_y_stays() -> None:
    photos = photos_of([synthetic_photo(0)], [synthetic_photo(0)])
    plain, spoilt = (
        pairs_of(photos, DataConfig(labels=("unused",), inputs=("x",), crop=1, flip=False, faults=FaultsConfig(share)))
        for share in (0, 1)
    )
    for n in range(5):
        x, y, _ = spoilt[n]
        assert torch.equal(y, plain[n][1])
        assert torch.equal(plain[n][0], plain[n][1])
        assert (x - y).abs().mean() > 0.01
    assert torch.equal(spoilt[3][0], spoilt[3][0])


def test_validation_pairs_are_whole_photos_with_x_always_the_same() -> None:
    photos = photos_of([synthetic_photo(0, 72, 96), synthetic_photo(1, 96, 48)])
    first, again, other = (validation_pairs(photos, FlatteningConfig(unchanged=0), 64, seed) for seed in (0, 0, 1))
    assert first.paired
    assert [x.shape for x in first.x] == [y.shape for y in first.y] == [(48, 64, 3), (64, 32, 3)]
    for i in range(2):
        np.testing.assert_array_equal(first.x[i], again.x[i])
        np.testing.assert_array_equal(first.y[i], again.y[i])
        np.testing.assert_array_equal(first.y[i], other.y[i])
        assert (first.x[i] != other.x[i]).any()


def test_validation_pairs_of_two_folders_are_the_photos_themselves() -> None:
    y, x = synthetic_photo(0, 48, 64), synthetic_photo(1, 48, 64)
    validation = validation_pairs(photos_of([y], [x]), FlatteningConfig(), 64, 0)
    assert validation.paired
    np.testing.assert_array_equal(validation.x, [x])
    np.testing.assert_array_equal(validation.y, [y])


def config_for(folder: Path, **settings: Any) -> DataConfig:
    return DataConfig(labels=(str(folder),), **settings)


def test_a_list_chooses_the_validation_photos_and_another_leaves_photos_out(photo_folder: Path, tmp_path: Path) -> None:
    kept, left_out = tmp_path / "kept.txt", tmp_path / "left_out.txt"
    kept.write_text("# a comment\nphoto1.png  # the second\n\nphoto4.png\n")
    left_out.write_text("photo2.png\n")
    training, validation = load_photos(config_for(photo_folder, validation=str(kept), leave_out=str(left_out), crop=0.5), 64)
    assert training.names == ["photo0.png", "photo3.png", "photo5.png"]
    assert validation.names == ["photo1.png", "photo4.png"]
    assert training.x is None
    np.testing.assert_array_equal(validation.y[0], synthetic_photo(1))


def test_without_a_list_every_how_manieth_photo_is_kept(photo_folder: Path) -> None:
    training, validation = load_photos(config_for(photo_folder, validation_share=1 / 3), 64)
    assert validation.names == ["photo0.png", "photo3.png"]
    assert training.names == ["photo1.png", "photo2.png", "photo4.png", "photo5.png"]


def test_listed_photos_that_do_not_exist_are_named(photo_folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text("photo1.png\nphoto9.png\nphoto8.png\n")
    with pytest.raises(DataError, match=r"kept\.txt: lists photos .*: photo8\.png, photo9\.png$"):
        load_photos(config_for(photo_folder, validation=str(kept)), 64)


def test_photos_to_leave_out_that_do_not_exist_are_named(photo_folder: Path, tmp_path: Path) -> None:
    left_out = tmp_path / "left_out.txt"
    left_out.write_text("photo1.png\nphoto9.png\nphoto8.png\n")
    with pytest.raises(DataError, match=r"left_out\.txt: lists photos that are not in the folders: photo8\.png, photo9\.png$"):
        load_photos(config_for(photo_folder, leave_out=str(left_out)), 64)


def test_a_photo_that_is_left_out_cannot_be_validated_with(photo_folder: Path, tmp_path: Path) -> None:
    for name in ("kept", "left_out"):
        (tmp_path / f"{name}.txt").write_text("photo1.png\n")
    with pytest.raises(DataError, match=r"kept\.txt: lists photos .*: photo1\.png$"):
        load_photos(config_for(photo_folder, validation=str(tmp_path / "kept.txt"), leave_out=str(tmp_path / "left_out.txt")), 64)


def test_a_split_that_leaves_no_photos_is_an_error(photo_folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text("".join(f"photo{i}.png\n" for i in range(6)))
    with pytest.raises(DataError, match="no photos left for training"):
        load_photos(config_for(photo_folder, validation=str(kept)), 64)
    kept.write_text("# none\n")
    with pytest.raises(DataError, match="no photos left for validation"):
        load_photos(config_for(photo_folder, validation=str(kept)), 64)


def test_copies_leave_room_for_the_smallest_crop(tmp_path: Path) -> None:
    for i in range(2):
        write_photo(tmp_path / "y" / f"{i}.png", synthetic_photo(i, 150, 200))
    training, validation = load_photos(config_for(tmp_path / "y", crop=0.5), 64)
    assert training.y[0].shape == validation.y[0].shape == (96, 128, 3)


def test_inputs_keep_the_order_of_their_labels(tmp_path: Path) -> None:
    for i in range(4):
        write_photo(tmp_path / "x" / f"a{i}.png", grey(10 * i, 20, 20))
        write_photo(tmp_path / "y" / f"a{i}.jpg", grey(100 + 10 * i, 20, 20))
    training, validation = load_photos(config_for(tmp_path / "y", inputs=(str(tmp_path / "x"),), validation_share=0.25), 64)
    assert training.names == ["a1.jpg", "a2.jpg", "a3.jpg"]
    assert training.x is not None
    assert validation.x is not None
    assert [x[0, 0, 0] for x in validation.x + training.x] == [0, 10, 20, 30]
    assert [round(y.mean() / 10) * 10 for y in validation.y + training.y] == [100, 110, 120, 130]


def test_unreadable_inputs_and_labels_are_listed_together(tmp_path: Path) -> None:
    for folder, broken in (("x", "a0"), ("y", "a1")):
        for stem in ("a0", "a1", "a2"):
            write_photo(tmp_path / folder / f"{stem}.png", grey(10))
        (tmp_path / folder / f"{broken}.png").write_text("not a photo")
    with pytest.raises(DataError) as caught:
        load_photos(config_for(tmp_path / "y", inputs=(str(tmp_path / "x"),)), 64)
    assert str(tmp_path / "x" / "a0.png") in str(caught.value)
    assert str(tmp_path / "y" / "a1.png") in str(caught.value)


@pytest.mark.parametrize(("inputs", "labels"), [(("a", "b"), ("c",)), (("a",), ("b", "c"))])
def test_pairs_need_one_folder_of_each(inputs: tuple[str, ...], labels: tuple[str, ...]) -> None:
    with pytest.raises(DataError, match=f"^{', '.join(inputs)}: pairs need exactly one folder of inputs and one of labels$"):
        load_photos(DataConfig(labels, inputs), 64)


def test_everything_that_is_wrong_with_two_folders_and_the_lists_is_in_one_error(tmp_path: Path) -> None:
    x, y = tmp_path / "x", tmp_path / "y"
    for name in ("good", "twice", "sized", "broken_x", "broken_y"):
        write_photo(x / f"{name}.png", grey(1, 4, 6))
        write_photo(y / f"{name}.png", grey(1, 4, 7 if name == "sized" else 6))
    write_photo(x / "without_label.png", grey(1))
    write_photo(y / "twice.jpg", grey(1))
    for broken in (x / "broken_x.png", y / "broken_y.png", y / "without_input.png"):
        broken.write_text("not a photo")
    left_out = tmp_path / "left_out.txt"
    left_out.write_text("nobody.png\nwithout_input.png\n")
    with pytest.raises(DataError) as caught:
        load_photos(config_for(y, inputs=(str(x),), leave_out=str(left_out)), 64)
    assert str(caught.value).splitlines() == [
        "8 problems with the training photos:",
        f"  {y / 'twice.png'}: has the same name as {y / 'twice.jpg'}",
        f"  {x / 'without_label.png'}: no label of this name in {y}",
        f"  {y / 'without_input.png'}: no input of this name in {x}",
        f"  {x / 'sized.png'}: 6 x 4 pixels, but its label {y / 'sized.png'} has 7 x 4",
        f"  {left_out}: lists photos that are not in the folders: nobody.png",
        *(f"  {refusal(path)}" for path in (y / "broken_y.png", x / "broken_x.png", y / "without_input.png")),
    ]
