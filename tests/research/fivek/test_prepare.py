from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.research.fivek.looks import INPUTS, LABELS
from tests.enhancing_fixtures import in_profile, opened, smooth_photo
from tests.photo.fuzz_samples import dng
from tests.research.fivek.fixtures import (
    PROPHOTO,
    SIZE,
    TEST,
    TRAIN,
    UNPAIRED,
    lists,
    numbers,
    photo,
    problems,
    record_decoding,
    run,
    write,
)


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


def test_copies_of_one_photo_under_two_names_are_reported(root: Path, tmp_path: Path) -> None:
    shutil.copy(root / "expertC" / "a0002-photo.tif", root / "expertC" / "a0004-photo.tif")
    shutil.copy(root / "expertC" / "a0001-photo.tif", root / "InputAsShotZeroed" / "a0001-photo.tif")
    assert problems(tmp_path) == {
        "files with the same content; each photo may be there once": [
            "inputs a0001-photo.tif = labels a0001-photo.tif",
            "labels a0002-photo.tif = labels a0004-photo.tif",
        ]
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


@pytest.mark.usefixtures("root")
def test_a_complete_folder_is_kept_and_other_settings_need_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path)
    decoded = record_decoding(monkeypatch)
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
def test_a_run_that_was_killed_at_its_very_end_is_started_again(tmp_path: Path) -> None:
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


@pytest.mark.usefixtures("root")
def test_folders_with_something_else_in_them_are_kept(tmp_path: Path) -> None:
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
