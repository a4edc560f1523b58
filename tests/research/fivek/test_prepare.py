from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.research.fivek import BadDataError, Prepared, load_prepared, work
from deep_photo_enhancer.research.fivek.looks import INPUTS, LABELS
from deep_photo_enhancer.research.fivek.prepare import prepare
from deep_photo_enhancer.research.fivek.source import load_pixels
from deep_photo_enhancer.research.fivek.splits import Task
from deep_photo_enhancer.training.data.config import DataConfig
from deep_photo_enhancer.training.data.pairs import load_photos
from deep_photo_enhancer.training.data.unpaired import load_unpaired
from tests.enhancing_fixtures import in_profile, opened, smooth_photo
from tests.photo.fuzz_samples import dng
from tests.research.fivek.fixtures import PROPHOTO, SIZE, cut_short, exports, lists, photo, settings, write

TRAIN, UNPAIRED, TEST = range(1, 24, 2), range(2, 19, 2), (20, 22, 24)


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exports(tmp_path_factory.mktemp("fivek") / "disk")


@pytest.fixture
def root(disk: Path, tmp_path: Path) -> Path:
    """24 pairs of a test's own, and lists beside them."""
    lists(tmp_path / "lists", TRAIN, UNPAIRED, TEST)
    return shutil.copytree(disk, tmp_path / "disk")


def run(tmp_path: Path, **changes: Any) -> tuple[Prepared, list[str]]:
    said: list[str] = []
    return prepare(settings(tmp_path, **{"splits": tmp_path / "lists", **changes}), said.append), said


def problems(tmp_path: Path, **changes: Any) -> dict[str, list[str]]:
    """Names by the first words of the kind."""
    with pytest.raises(BadDataError) as caught:
        run(tmp_path, **changes)
    assert not (tmp_path / "fivek").exists()
    found: dict[str, list[str]] = {}
    for problem in caught.value.problems:
        found.setdefault(problem.kind, []).append(problem.item)
    return found


def counting(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that are decoded from now on."""
    decoded: list[str] = []

    def noted(task: Task, size: tuple[int, int]) -> Pixels:
        decoded.append(task.name)
        return load_pixels(task, size)

    monkeypatch.setattr(work, "load_pixels", noted)
    return decoded


def numbers(paths: list[Path]) -> list[int]:
    return [int(path.stem[1:]) for path in paths]


def test_each_photo_that_a_method_needs_is_there_once(root: Path, tmp_path: Path) -> None:
    prepared, said = run(tmp_path)
    assert numbers([x for x, _ in prepared.train]) == numbers([y for _, y in prepared.train]) == list(TRAIN)
    assert numbers(prepared.unpaired_inputs) == list(TRAIN)
    assert numbers(prepared.unpaired_labels) == list(UNPAIRED)
    assert numbers([x for x, _ in prepared.test]) == numbers([y for _, y in prepared.test]) == list(TEST)
    assert len(list((tmp_path / "fivek").rglob("*.png"))) == 2 * len(TRAIN) + len(UNPAIRED) + 2 * len(TEST)
    assert not any("warning" in line for line in said)
    assert "labels: 16 bits, no profile (24)" in said
    assert prepared.paper_splits
    assert sorted(path.name for path in tmp_path.iterdir()) == ["disk", "fivek", "lists"]
    assert root.is_dir()


def test_prepared_photos_have_the_size_and_the_sources_colours(root: Path, tmp_path: Path) -> None:
    smooth = smooth_photo(48, 64)
    write(root / "expertC" / "a0001-photo.tif", smooth, bits=16, profile=PROPHOTO)
    prepared, said = run(tmp_path)
    x, y = (np.asarray(opened(path)) for path in prepared.train[0])
    assert x.shape == y.shape == (SIZE * 3 // 4, SIZE, 3)
    assert x.dtype == np.uint8
    assert np.abs(y.astype(int) - smooth.reshape(24, 2, 32, 2, 3).mean((1, 3))).mean() < 1.5
    assert "labels: 16 bits, ProPhoto RGB (1)" in said
    assert any("23 x labels without a colour profile, taken for sRGB, while others have ProPhoto RGB" in line for line in said)


@pytest.mark.usefixtures("root")
def test_the_supervised_method_trains_on_the_first_half_and_validates_with_the_test_pairs(tmp_path: Path) -> None:
    prepared, _ = run(tmp_path)
    training, validation = load_photos(DataConfig(**prepared.data("supervised"), crop=1.0), SIZE)
    assert training.names == [f"a{number:04d}.png" for number in TRAIN]
    assert validation.names == [f"a{number:04d}.png" for number in TEST]
    assert training.x is not None
    assert np.array_equal(training.x[0], np.asarray(opened(prepared.train[0][0])))


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("method", ["one_way", "two_way"])
def test_the_unpaired_methods_see_no_pair_and_validate_with_the_test_pairs(tmp_path: Path, method: str) -> None:
    prepared, _ = run(tmp_path)
    domains, validation = load_unpaired(DataConfig(**prepared.data(method), crop=1.0), SIZE, seed=1)
    assert (len(domains.x), len(domains.y)) == (len(TRAIN), len(UNPAIRED))
    assert np.array_equal(domains.y[0], np.asarray(opened(prepared.unpaired_labels[0])))
    assert validation.paired
    for (x, y), shown_x, shown_y in zip(prepared.test, validation.x, validation.y, strict=True):
        assert np.array_equal(shown_x, np.asarray(opened(x)))
        assert np.array_equal(shown_y, np.asarray(opened(y)))


def test_the_manifest_names_sources_and_contents(root: Path, tmp_path: Path) -> None:
    prepared, said = run(tmp_path)
    content = json.loads((tmp_path / "fivek" / "manifest.json").read_text())
    entry = next(entry for entry in content["photos"] if entry["file"] == "unpaired/labels/a0002.png")
    source = root / "expertC" / "a0002-photo.tif"
    assert entry["source"] == "a0002-photo.tif"
    assert entry["source_sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()
    assert entry["sha256"] == hashlib.sha256((tmp_path / "fivek" / entry["file"]).read_bytes()).hexdigest()
    assert (entry["width"], entry["height"], entry["split"], entry["role"]) == (32, 24, "unpaired", "labels")
    assert content["notes"] == said
    assert prepared.fingerprint == load_prepared(tmp_path / "fivek").fingerprint


@pytest.mark.usefixtures("root")
def test_the_fingerprint_does_not_depend_on_where_the_data_lie(tmp_path: Path) -> None:
    first, _ = run(tmp_path)
    (tmp_path / "disk").rename(tmp_path / "elsewhere")
    second, _ = run(tmp_path, root=tmp_path / "elsewhere", output=tmp_path / "again")
    assert first.fingerprint == second.fingerprint
    third, _ = run(tmp_path, root=tmp_path / "elsewhere", output=tmp_path / "smaller", size=16)
    assert third.fingerprint != first.fingerprint


@pytest.mark.usefixtures("root")
def test_without_lists_the_split_is_by_number_and_said_to_be_another(tmp_path: Path) -> None:
    prepared, said = run(tmp_path, splits=None)
    assert (len(prepared.train), len(prepared.unpaired_labels), len(prepared.test)) == (11, 11, 2)
    assert not prepared.paper_splits
    assert any(line.startswith("warning: split by number, not by the paper's lists") for line in said)
    assert prepared.warnings == [line.removeprefix("warning: ") for line in said if line.startswith("warning: ")]


def test_everything_wrong_is_told_at_once_and_nothing_is_made(root: Path, tmp_path: Path) -> None:
    inputs, labels = root / "InputAsShotZeroed", root / "expertC"
    cut_short(labels / "a0001-photo.tif")
    (inputs / "a0003-photo.tif").write_bytes(b"no picture")
    (inputs / "a0005-photo.tif").unlink()
    (labels / "a0007-photo.tif").unlink()
    shutil.copy(labels / "a0009-photo.tif", labels / "a0009-photo-2.tif")
    shutil.copy(labels / "a0002-photo.tif", labels / "a0004-photo.tif")
    write(labels / "a0011-photo.tif", photo(11, LABELS, 64, 48))
    broken = write(labels / "a0013-photo.tif", photo(13), profile=PROPHOTO)
    broken.write_bytes(broken.read_bytes().replace(b"rXYZ", b"\0\0\0\0"))
    lists(tmp_path / "lists", TRAIN, [*UNPAIRED, 4000], [*TEST, 5])
    assert problems(tmp_path) == {
        "files that are damaged or cut short; copy or export them again": [
            str(inputs / "a0003-photo.tif"),
            str(labels / "a0001-photo.tif"),
        ],
        f"photos of the lists that are not in the folder of inputs {inputs}": ["a0005", "a0005"],
        f"photos of the lists that are not in the folder of labels {labels}": ["a0007", "a4000"],
        "labels with a number that another one has; keep one of each, or name a folder with one with --labels": [
            "a0009-photo.tif and a0009-photo-2.tif"
        ],
        "photos that are in train_input.txt and in test.txt; the lists may have none in common": ["a0005"],
        "pairs of different shapes; was one of them cropped or turned?": ["a0011 (64 x 48 and 48 x 64)"],
        "files whose colour profile cannot be used; export them again as sRGB": [f"{broken} (ProPhoto RGB)"],
        "files with the same content; each photo may be there once": ["labels a0002-photo.tif = labels a0004-photo.tif"],
    }


def test_copies_of_one_photo_under_two_names_are_told(root: Path, tmp_path: Path) -> None:
    shutil.copy(root / "expertC" / "a0002-photo.tif", root / "expertC" / "a0004-photo.tif")
    shutil.copy(root / "expertC" / "a0001-photo.tif", root / "InputAsShotZeroed" / "a0001-photo.tif")
    assert problems(tmp_path) == {
        "files with the same content; each photo may be there once": [
            "inputs a0001-photo.tif = labels a0001-photo.tif",
            "labels a0002-photo.tif = labels a0004-photo.tif",
        ]
    }


def test_without_lists_photos_without_partner_are_told(root: Path, tmp_path: Path) -> None:
    (root / "expertC" / "a0003-photo.tif").unlink()
    (root / "InputAsShotZeroed" / "a0004-photo.tif").unlink()
    assert problems(tmp_path, splits=None) == {
        f"inputs without a label in {root / 'expertC'}": ["a0003"],
        f"labels without an input in {root / 'InputAsShotZeroed'}": ["a0004"],
    }


def test_swapped_folders_are_an_error(root: Path, tmp_path: Path) -> None:
    lists(tmp_path / "lists", range(1, 21), (21, 22), (23, 24))
    (kind,) = problems(tmp_path, inputs=root / "expertC", labels=root / "InputAsShotZeroed")
    assert kind.startswith("folders that look swapped")


def test_prophoto_codes_without_their_profile_and_default_renderings_are_warned_of(tmp_path: Path) -> None:
    for number in range(1, 25):
        write(tmp_path / "disk" / "original" / f"{number:04d}.png", photo(number, np.array([113, 53, 200, 46.0])))
        write(
            tmp_path / "disk" / "C" / f"{number:04d}.jpg", in_profile(photo(number, LABELS * np.array([1, 1, 1, 0.9])), PROPHOTO)
        )
    lists(tmp_path / "lists", range(1, 21), (21, 22), (23, 24))
    prepared, _ = run(tmp_path)
    assert [warning.split(" (")[0] for warning in prepared.warnings] == ["the inputs look finished", "the labels are pale"]


def test_the_original_download_is_developed_and_said_not_to_be_lightroom_s(tmp_path: Path) -> None:
    pytest.importorskip("rawpy")
    for number in (1, 2, 3):
        folder = tmp_path / "disk" / "raw_photos" / ("HQa1to700" if number < 3 else "HQa701to1400") / "photos"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"a{number:04d}-photo.dng").write_bytes(dng(photo(number, INPUTS, 96, 130)))
        write(
            tmp_path / "disk" / "tiff16_c" / f"a{number:04d}-photo.tif", photo(number, LABELS, 96, 128), bits=16, profile=PROPHOTO
        )
    prepared, said = run(tmp_path, splits=None)
    assert all(opened(x).size == opened(y).size == (32, 24) for x, y in prepared.train + prepared.test)
    assert any(line.startswith("warning: the inputs are developed from raw files by LibRaw") for line in said)
    assert prepared.manifest.photos[0].source == "HQa1to700/photos/a0001-photo.dng"


def test_a_second_run_makes_only_what_the_first_could_not(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = (root / "expertC" / "a0001-photo.tif").read_bytes()
    cut_short(root / "expertC" / "a0001-photo.tif")
    problems(tmp_path)
    made = tmp_path / "fivek.unfinished"
    (made / "inputs" / "train" / "a0005.png").write_bytes(b"damaged")
    (made / "labels" / "test" / "a0020.png").unlink()
    (root / "expertC" / "a0001-photo.tif").write_bytes(whole)
    write(root / "expertC" / "a0003-photo.tif", photo(300, LABELS), bits=16)
    decoded = counting(monkeypatch)
    run(tmp_path)
    assert sorted(decoded) == ["a0001-photo.tif", "a0003-photo.tif", "a0005-photo.tif", "a0020-photo.tif"]
    assert not made.exists()


@pytest.mark.usefixtures("root")
def test_a_complete_folder_is_kept_and_other_settings_need_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path)
    decoded = counting(monkeypatch)
    run(tmp_path)
    assert decoded == []
    with pytest.raises(DataError, match="made of other files or with other settings"):
        run(tmp_path, size=16)


def test_a_source_that_was_exported_again_with_equal_length_is_noticed(root: Path, tmp_path: Path) -> None:
    run(tmp_path)
    source = root / "expertC" / "a0001-photo.tif"
    content = bytearray(source.read_bytes())
    content[len(content) // 2] ^= 1
    source.write_bytes(content)
    with pytest.raises(DataError, match=r"1 sources have changed .*a0001-photo\.tif; remove it"):
        run(tmp_path)


@pytest.mark.usefixtures("root")
def test_a_prepared_photo_that_was_changed_is_named(tmp_path: Path) -> None:
    prepared, _ = run(tmp_path)
    shutil.copy(prepared.test[0][0], prepared.test[0][1])
    with pytest.raises(DataError, match=r"1 files have changed .*labels/test/a\d{4}\.png; remove the folder"):
        load_prepared(tmp_path / "fivek")


@pytest.mark.usefixtures("root")
def test_a_run_that_was_killed_at_its_very_end_is_begun_again(tmp_path: Path) -> None:
    first, _ = run(tmp_path)
    (tmp_path / "fivek").rename(tmp_path / "fivek.unfinished")
    again, _ = run(tmp_path)
    assert again.fingerprint == first.fingerprint
    assert sorted(path.name for path in (tmp_path / "fivek").iterdir()) == [
        "inputs",
        "labels",
        "manifest.json",
        "test.txt",
        "unpaired",
    ]


def test_photos_of_an_earlier_split_do_not_stay(root: Path, tmp_path: Path) -> None:
    cut_short(root / "expertC" / "a0024-photo.tif")
    problems(tmp_path)
    lists(tmp_path / "lists", (2, 4), (1, 3), (5,))
    prepared, _ = run(tmp_path)
    assert len(list((tmp_path / "fivek").rglob("*.png"))) == 2 * 2 + 2 + 2
    assert numbers(prepared.unpaired_labels) == [1, 3]


def test_an_interrupted_run_leaves_no_folder_that_looks_complete(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(work, "load_pixels", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path)
    assert root.is_dir()
    assert not (tmp_path / "fivek").exists()


@pytest.mark.usefixtures("root")
def test_folders_with_something_else_in_them_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "fivek").mkdir()
    run(tmp_path)  # an empty one is filled
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("mine")
    with pytest.raises(DataError, match="mine: holds something else already"):
        run(tmp_path, output=tmp_path / "mine")
    (tmp_path / "other.unfinished").mkdir()
    (tmp_path / "other.unfinished" / "diary.txt").write_text("mine")
    with pytest.raises(DataError, match=r"other\.unfinished: is not from an earlier run"):
        run(tmp_path, output=tmp_path / "other")


@pytest.mark.usefixtures("root")
def test_a_place_that_cannot_be_written_to_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "fivek.unfinished").write_text("a file where the work should lie")
    with pytest.raises(DataError, match=r"fivek\.unfinished: cannot write there: .*; choose another folder"):
        run(tmp_path)


@pytest.mark.usefixtures("root")
def test_a_prepared_folder_that_lost_photos_or_was_never_one_is_not_loaded(tmp_path: Path) -> None:
    prepared, _ = run(tmp_path)
    for path in prepared.unpaired_labels[:2]:
        path.unlink()
    with pytest.raises(DataError, match=r"2 files are missing, the first unpaired/labels/a0002\.png"):
        load_prepared(tmp_path / "fivek")
    with pytest.raises(DataError, match="not a folder that `dpe data fivek` prepared"):
        load_prepared(tmp_path / "disk")
