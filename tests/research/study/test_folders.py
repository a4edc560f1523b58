from __future__ import annotations

from pathlib import Path

import pytest

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.research.study.folders import match_folders, shape_problems
from tests.synthetic import grey, write_photo


def test_photos_are_matched_by_stem_and_systems_are_called_after_folders(tmp_path: Path) -> None:
    for name in ("a/2.png", "a/1.png", "b/1.jpg", "b/2.tif"):
        write_photo(tmp_path / name, grey(9))
    found = match_folders([tmp_path / "b", tmp_path / "a"])
    assert found.systems == ("b", "a")
    assert found.versions == {
        "1": {"b": tmp_path / "b" / "1.jpg", "a": tmp_path / "a" / "1.png"},
        "2": {"b": tmp_path / "b" / "2.tif", "a": tmp_path / "a" / "2.png"},
    }
    assert found.problems == []


def test_a_dot_stands_for_the_name_of_the_folder_one_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("here/1.png", "there/1.png"):
        write_photo(tmp_path / name, grey(9))
    monkeypatch.chdir(tmp_path / "here")
    assert match_folders([Path(), Path("../there")]).systems == ("here", "there")


def test_photos_that_some_systems_lack_and_equal_names_are_problems(tmp_path: Path) -> None:
    for name in ("a/1.png", "a/deeper/1.jpg", "a/2.png", "b/1.png", "c/1.png"):
        write_photo(tmp_path / name, grey(9))
    a, b, c = (tmp_path / name for name in "abc")
    assert match_folders([a, b, c]).problems == [
        f"{a / 'deeper' / '1.jpg'}: has the same name as {a / '1.png'}; rename or remove one",
        f"2: no photo of this name in {b}, {c}",
    ]


def test_one_folder_and_two_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("a/out/1.png", "b/out/1.png"):
        write_photo(tmp_path / name, grey(9))
    with pytest.raises(DataError, match="compares two systems or more"):
        match_folders([tmp_path / "a" / "out"])
    with pytest.raises(DataError, match=r"b/out: another folder is also called out"):
        match_folders([tmp_path / "a" / "out", tmp_path / "b" / "out"])


def test_versions_of_another_size_are_welcome_and_of_another_shape_are_not() -> None:
    a, b, c = Path("a"), Path("b"), Path("c")
    assert shape_problems({a: (1500, 1000), b: (512, 341), c: (3000, 2000)}) == []  # 341 is 341.3 rounded
    (problem,) = shape_problems({a: (1500, 1000), b: (256, 256)})
    assert problem == "b: 256 x 256 pixels is not the shape of a with 1500 x 1000; versions must show the same part"
