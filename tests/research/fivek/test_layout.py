from __future__ import annotations

from pathlib import Path

import pytest

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.research.fivek.layout import find_folders, number_photos, parse_number
from tests.research.fivek.fixtures import settings
from tests.synthetic import grey, write_photo


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("a0001-jmac_DSC1459.tif", 1),
        ("a4999.png", 4999),
        ("0001.png", 1),
        ("A0210-IMG.TIF", 210),
        ("17.jpg", 17),
        ("a1234", 1234),
        ("1459_0.tif", 1459),
    ],
)
def test_names_begin_with_the_number(name: str, number: int) -> None:
    assert parse_number(name) == number


@pytest.mark.parametrize("name", ["IMG_0001.png", "a5001.png", "a0000.png", "a12345.png", "b0001.png", "notes.txt", "", "a.png"])
def test_other_names_have_none(name: str) -> None:
    assert parse_number(name) is None


@pytest.mark.parametrize("name", ["2014-05-01 beach.jpg", "4k-wall.png", "17-x.png", "1459 copy.jpg", "1.5x.jpg", "1080p.png"])
def test_names_that_begin_with_another_number_have_none(name: str) -> None:
    assert parse_number(name) is None


@pytest.mark.parametrize(
    ("inputs", "labels"),
    [
        ("InputAsShotZeroed", "expertC"),
        ("input", "C"),
        ("inputs", "labels"),
        ("original", "expert_c"),
        ("tiff16_inputAsShotZeroed", "tiff16_c"),
        ("fivek_dataset/raw_photos", "tiff16_c"),
        ("raw", "processed/tiff16_c"),
        ("FiveK/input", "FiveK/expertC"),
    ],
)
def test_folders_that_people_have_are_found(tmp_path: Path, inputs: str, labels: str) -> None:
    root = tmp_path / "disk"
    for folder in (inputs, labels, "tiff16_a", "segmentations"):
        (root / folder / "deeper").mkdir(parents=True)
    found = find_folders(settings(tmp_path))
    assert (found.inputs, found.labels) == (root / inputs, root / labels)


def test_the_export_of_the_paper_s_collection_is_taken_before_raw_files_and_other_inputs(tmp_path: Path) -> None:
    for name in ("raw_photos", "input", "InputAsShotZeroed", "expertC"):
        (tmp_path / "disk" / name).mkdir(parents=True)
    assert find_folders(settings(tmp_path)).inputs == tmp_path / "disk" / "InputAsShotZeroed"


def test_several_likely_folders_and_none_are_errors_that_name_the_option(tmp_path: Path) -> None:
    (tmp_path / "disk" / "expertC").mkdir(parents=True)
    with pytest.raises(DataError, match=r"no folder of inputs there \(looked for inputasshotzeroed, .*--inputs"):
        find_folders(settings(tmp_path))
    for name in ("input", "Inputs"):
        (tmp_path / "disk" / name).mkdir()
    with pytest.raises(DataError, match=r"several folders may hold the inputs: .*Inputs, .*input; name one with --inputs"):
        find_folders(settings(tmp_path))


def test_given_folders_are_taken_as_they_are_and_may_not_be_the_same(tmp_path: Path) -> None:
    for name in ("disk", "mine", "yours"):
        (tmp_path / name).mkdir()
    found = find_folders(settings(tmp_path, inputs=tmp_path / "mine", labels=tmp_path / "yours"))
    assert (found.inputs.name, found.labels.name) == ("mine", "yours")
    with pytest.raises(DataError, match="name two folders"):
        find_folders(settings(tmp_path, inputs=tmp_path / "mine", labels=tmp_path / "mine"))
    with pytest.raises(DataError, match="no such folder"):
        find_folders(settings(tmp_path, root=tmp_path / "nowhere"))


def test_what_the_command_made_itself_below_the_root_is_not_taken_for_data(tmp_path: Path) -> None:
    root = tmp_path / "disk"
    for name in ("input", "expertC", "ready/inputs", "ready/labels", "ready.unfinished/inputs"):
        (root / name).mkdir(parents=True)
    assert find_folders(settings(tmp_path, output=root / "ready")).inputs == root / "input"


def test_photos_are_found_below_the_folder_by_number_and_others_counted(tmp_path: Path) -> None:
    for name in ("a0002-x.tif", "HQ/photos/a0001-y.png", "holiday.png", ".a0003.png"):
        write_photo(tmp_path / name, grey(10))
    (tmp_path / "a0004.dng").write_bytes(b"raw")
    found = number_photos(tmp_path, "inputs")
    assert {number: path.name for number, path in found.photos.items()} == {1: "a0001-y.png", 2: "a0002-x.tif", 4: "a0004.dng"}
    assert (found.problems, found.ignored) == ([], 1)
    assert 4 not in number_photos(tmp_path, "labels").photos


def test_two_files_of_one_number_are_a_problem_that_names_both(tmp_path: Path) -> None:
    for name in ("JPG/a0001.jpg", "PNG/a0001.png"):
        write_photo(tmp_path / name, grey(10))
    (problem,) = number_photos(tmp_path, "inputs").problems
    assert problem.item == str(Path("PNG/a0001.png")) + " and " + str(Path("JPG/a0001.jpg"))
    assert "--inputs" in problem.kind


def test_a_folder_without_any_number_is_an_error(tmp_path: Path) -> None:
    write_photo(tmp_path / "holiday.png", grey(10))
    with pytest.raises(DataError, match="none of its 1 photos is named like FiveK's"):
        number_photos(tmp_path, "labels")
