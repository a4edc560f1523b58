from __future__ import annotations

import pytest

from deep_photo_enhancer.enhancement.batch.names import comparison_names, name_key, number_names, output_names
from deep_photo_enhancer.enhancement.batch.plan import output_name


def chosen(*names: str, suffix: str | None = None) -> list[str]:
    return list(output_names({name: output_name(name, suffix) for name in names}).values())


@pytest.mark.parametrize(
    ("name", "suffix", "output"),
    [
        ("a.JPG", None, "a.JPG"),
        ("a.CR2", None, "a.jpg"),
        ("a.heic", None, "a.heic"),
        ("scan", None, "scan.jpg"),
        ("scan.2021", None, "scan.2021.jpg"),
        ("a.heic", ".jpg", "a.jpg"),
        ("a.JPEG", ".jpg", "a.JPEG"),
        ("a.b.png", ".webp", "a.b.webp"),
        ("scan.2021", ".png", "scan.2021.png"),
    ],
)
def test_an_output_keeps_its_name_and_changes_its_suffix_only_where_the_format_changes(
    name: str, suffix: str | None, output: str
) -> None:
    assert output_name(name, suffix) == output


def test_who_keeps_the_name_has_it_and_the_next_keeps_the_old_suffix() -> None:
    assert chosen("a.cr2", "a.jpg") == ["a.cr2.jpg", "a.jpg"]
    assert chosen("a.jpg", "a.cr2") == ["a.jpg", "a.cr2.jpg"]
    assert chosen("a.heic", "a.png", "b.png", suffix=".jpg") == ["a.jpg", "a.png.jpg", "b.jpg"]


def test_names_that_some_file_systems_take_for_the_same_are_told_apart() -> None:
    assert chosen("IMG.CR2", "IMG.JPG") == ["IMG.CR2.jpg", "IMG.JPG"]
    assert chosen("A.jpg", "a.jpg") == ["A.jpg", "a-2.jpg"]
    assert chosen("\u00e9.jpg", "e\u0301.jpg") == ["\u00e9.jpg", "e\u0301-2.jpg"]


def test_where_the_old_suffix_does_not_help_numbers_do() -> None:
    assert chosen("a.cr2", "a.cr2.jpg", "a.jpg") == ["a-2.jpg", "a.cr2.jpg", "a.jpg"]
    assert chosen("a.cr2", "a.cr2.jpg", "a.jpg", "a-2.jpg")[0] == "a-3.jpg"


def test_the_choice_does_not_depend_on_names_that_do_not_meet() -> None:
    few = dict(zip(["a.cr2", "a.jpg"], chosen("a.cr2", "a.jpg"), strict=True))
    many = chosen("0.png", "a.cr2", "a.jpg", "z.nef")
    assert many[1:3] == list(few.values())


def test_comparisons_stand_apart_from_outputs_and_from_each_other() -> None:
    assert comparison_names(["a.jpg", "a.png"]) == ["a-compare.jpg", "a.png-compare.jpg"]
    assert comparison_names(["a.jpg", "a-compare.jpg"]) == ["a.jpg-compare.jpg", "a-compare-compare.jpg"]


def test_new_names_are_free_and_no_others_output() -> None:
    present = {name_key(name) for name in ("A.jpg", "b.jpg", "b-2.jpg")}
    assert number_names(["a.jpg", "b.jpg", "c.jpg"], present) == ["a-2.jpg", "b-3.jpg", "c.jpg"]
    assert number_names(["a.jpg", "a-2.jpg"], {"a.jpg"}) == ["a-3.jpg", "a-2.jpg"]
