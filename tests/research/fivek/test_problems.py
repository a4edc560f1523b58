from __future__ import annotations

from deep_photo_enhancer.research.fivek.problems import BadDataError, Problem, full_list, is_long, summarise

FEW = [Problem("damaged", "a0001"), Problem("lost", "a0002"), Problem("damaged", "a0003")]
MANY = [Problem("damaged", f"a{number:04d}") for number in range(1, 8)]


def test_a_summary_counts_by_kind_and_names_the_first_five() -> None:
    assert summarise(FEW) == ["2 x damaged: a0001, a0003", "1 x lost: a0002"]
    assert summarise(MANY) == ["7 x damaged: a0001, a0002, a0003, a0004, a0005 and 2 more"]
    assert (is_long(FEW), is_long(MANY)) == (False, True)


def test_the_full_list_has_a_line_for_each_whatever_its_name() -> None:
    assert full_list(FEW) == "damaged (2):\n  a0001\n  a0003\n\nlost (1):\n  a0002\n"
    assert full_list([Problem("damaged", "two\nlines")]) == "damaged (1):\n  two\\nlines\n"


def test_the_error_is_the_summary() -> None:
    assert str(BadDataError(FEW)) == "3 problems with the data:\n  2 x damaged: a0001, a0003\n  1 x lost: a0002"
