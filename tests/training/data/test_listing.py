from __future__ import annotations

from pathlib import Path

import pytest

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.training.data.listing import every_nth, problems_of_list, read_names


def test_a_list_has_a_name_a_line_and_comments(tmp_path: Path) -> None:
    file = tmp_path / "kept.txt"
    file.write_text("# a comment\nphoto1.png  # the second\n\n  café.jpg\nphoto1.png\n", encoding="utf-8")
    assert read_names(str(file)) == {"photo1.png", "café.jpg"}


def test_a_list_that_cannot_be_read_is_an_error_and_no_list_is_empty(tmp_path: Path) -> None:
    assert read_names(None) == frozenset()
    with pytest.raises(DataError, match=r"nowhere\.txt: cannot read this list"):
        read_names(str(tmp_path / "nowhere.txt"))
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9.png\n")
    with pytest.raises(DataError, match=r"latin\.txt: cannot read this list"):
        read_names(str(tmp_path / "latin.txt"))


def test_names_that_no_photo_has_are_one_problem_in_order() -> None:
    assert problems_of_list("kept.txt", set()) == []
    assert problems_of_list(None, set()) == []
    (problem,) = problems_of_list("kept.txt", {"b.png", "a.png"})
    assert problem.startswith("kept.txt: lists photos that are not in the folders")
    assert problem.endswith(": a.png, b.png")


@pytest.mark.parametrize(("share", "expected"), [(0.5, "0 2 4 6 8"), (1 / 3, "0 3 6 9"), (0.1, "0"), (0.25, "0 4 8")])
def test_every_how_manieth_photo_is_kept(share: float, expected: str) -> None:
    paths = [Path(f"folder/{i}") for i in range(10)]
    assert every_nth(paths, share) == set(expected.split())
    assert every_nth([], share) == frozenset()
