from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.research.fivek import load_prepared
from deep_photo_enhancer.research.reproduce.photos import fllf, make_stand_in, write_fllf_labels
from deep_photo_enhancer.research.reproduce.synthetic import write_synthetic_photos
from tests.synthetic import write_photo


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return write_synthetic_photos(tmp_path / "photos", 20)


def sources(paths: list[Path], folder: Path) -> set[str]:
    by_file = {entry.file: entry.source for entry in load_prepared(folder).manifest.photos}
    return {by_file[path.relative_to(folder).as_posix()] for path in paths}


def test_test_photos_and_both_halves_have_no_photo_in_common_and_miss_none(photos: Path, tmp_path: Path) -> None:
    made = make_stand_in(photos, tmp_path, 64)
    parts = [
        sources(paths, made.folder) for paths in ([y for _, y in made.test], [y for _, y in made.train], made.unpaired_labels)
    ]
    assert [len(part) for part in parts] == [2, 9, 9]
    assert set.union(*parts) == {path.name for path in photos.iterdir()}


def test_an_input_is_its_label_flattened(photos: Path, tmp_path: Path) -> None:
    made = make_stand_in(photos, tmp_path, 64)
    for x, y in made.train + made.test:
        assert x.name == y.name
        flat, label = (np.asarray(Image.open(path)).astype(float) for path in (x, y))
        assert flat.shape == label.shape
        assert max(flat.shape) == 64
        assert not np.array_equal(flat, label)
        assert np.corrcoef(flat.ravel(), label.ravel())[0, 1] > 0.6


def test_it_is_made_once_and_again_for_other_photos_or_another_size(photos: Path, tmp_path: Path) -> None:
    first = make_stand_in(photos, tmp_path, 64)
    written = (first.folder / "manifest.json").stat().st_mtime_ns
    assert make_stand_in(photos, tmp_path, 64).folder == first.folder
    assert (first.folder / "manifest.json").stat().st_mtime_ns == written
    assert make_stand_in(photos, tmp_path, 32).folder != first.folder
    (photos / "000.png").unlink()
    assert make_stand_in(photos, tmp_path, 64).folder != first.folder


def test_two_commands_that_make_it_at_once_both_get_it_whole(photos: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(lambda _: make_stand_in(photos, tmp_path / "made", 64), range(2))
    assert first.folder == second.folder
    assert list((tmp_path / "made").iterdir()) == [first.folder]
    assert len(list(first.folder.rglob("*.png"))) == len(first.manifest.photos)


def test_its_own_copies_below_the_photos_are_no_photos(photos: Path) -> None:
    first = make_stand_in(photos, photos / "runs", 64)
    assert make_stand_in(photos, photos / "runs", 64).folder == first.folder
    assert sources([y for _, y in first.train + first.test] + first.unpaired_labels, first.folder) == {
        path.name for path in photos.glob("*.png")
    }


def test_of_equal_photos_one_is_taken(photos: Path, tmp_path: Path) -> None:
    for path in sorted(photos.iterdir()):
        shutil.copy(path, photos / f"copy-{path.name}")
    made = make_stand_in(photos, tmp_path, 64)
    assert len(made.test) + len(made.train) + len(made.unpaired_labels) == 20


def test_an_edited_photo_of_equal_length_makes_a_new_one(photos: Path, tmp_path: Path) -> None:
    for path in sorted(photos.iterdir()):
        Image.open(path).save(path.with_suffix(".tif"), compression=None)
        path.unlink()
    first = make_stand_in(photos, tmp_path, 64)
    length = (photos / "000.tif").stat().st_size
    pixels = np.asarray(Image.open(photos / "000.tif"))
    Image.fromarray(255 - pixels).save(photos / "000.tif", compression=None)
    assert (photos / "000.tif").stat().st_size == length
    assert make_stand_in(photos, tmp_path, 64).folder != first.folder


def test_photos_that_are_too_small_are_named(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"20 photos have no side of 128 pixels, such as .*000\.png"):
        make_stand_in(photos, tmp_path, 128)


def test_too_few_photos_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"few: 7 photos are too few"):
        make_stand_in(write_synthetic_photos(tmp_path / "few", 7), tmp_path, 64)


def test_filtered_labels_have_the_inputs_names_and_only_missing_ones_are_made(photos: Path, tmp_path: Path) -> None:
    made = make_stand_in(photos, tmp_path, 64)
    labels = write_fllf_labels(made, tmp_path / "labels")
    x = made.test[0][0]
    label = labels / "test" / x.name
    assert np.array_equal(np.asarray(Image.open(label)), fllf(np.asarray(Image.open(x))))
    assert sum(1 for _ in labels.rglob("*.png")) == len(made.test) + len(made.train)
    kept = label.stat().st_mtime_ns
    (labels / "train" / made.train[0][0].name).unlink()
    assert write_fllf_labels(made, tmp_path / "labels") == labels
    assert label.stat().st_mtime_ns == kept
    assert (labels / "train" / made.train[0][0].name).exists()


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Twenty finished photos and their flat versions, of half the contrast, in two formats."""
    folder = tmp_path / "pairs"
    for path in sorted(write_synthetic_photos(folder / "finished", 20).iterdir()):
        flat = 64 + np.asarray(Image.open(path)) // 2
        write_photo(folder / "flat" / f"{path.stem}.tif", flat)
    return folder


def test_pairs_give_x_of_one_half_y_of_the_other_and_the_listed_ones_for_the_test(pairs: Path, tmp_path: Path) -> None:
    (pairs / "test.txt").write_text("003.tif\n007.tif # kept\n011.tif\n", encoding="utf-8")
    made = make_stand_in(pairs, tmp_path, 64)
    test, train = (sources([x for x, _ in part], made.folder) for part in (made.test, made.train))
    assert test == {"flat/003.tif", "flat/007.tif", "flat/011.tif"}
    assert sources(made.unpaired_inputs, made.folder) == train
    finished = {source.replace("finished", "flat").replace("png", "tif") for source in sources(made.unpaired_labels, made.folder)}
    assert (len(train), len(finished)) == (9, 8)
    assert not train & finished
    assert len(test | train | finished) == 20
    for x, y in made.test + made.train:
        flat, label = (np.asarray(Image.open(path)).astype(float) for path in (x, y))
        assert abs(flat - 64 - label / 2).mean() < 1
    assert made.warnings == ["Not FiveK: pairs of a folder, its flat photos the inputs and its finished ones the labels"]


def test_without_a_list_a_tenth_of_the_pairs_is_kept_and_with_one_it_is_another_data_set(pairs: Path, tmp_path: Path) -> None:
    made = make_stand_in(pairs, tmp_path, 64)
    assert len(made.test) == 2
    (pairs / "test.txt").write_text("003.tif\n", encoding="utf-8")
    assert make_stand_in(pairs, tmp_path, 64).folder != made.folder


def test_a_pair_without_partner_and_a_list_of_other_photos_are_refused(pairs: Path, tmp_path: Path) -> None:
    (pairs / "test.txt").write_text("nothing.tif\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"test\.txt: 1 of its names belong to no photo, such as nothing\.tif"):
        make_stand_in(pairs, tmp_path, 64)
    (pairs / "flat" / "003.tif").unlink()
    with pytest.raises(DataError, match=r"1 problems:\n  .*003\.png: no input of this name"):
        make_stand_in(pairs, tmp_path, 64)
