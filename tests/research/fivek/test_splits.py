from __future__ import annotations

from pathlib import Path

import pytest

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.research.fivek.splits import read_splits, split_by_number
from tests.research.fivek.fixtures import lists


def test_lists_are_read_with_any_spelling_of_the_numbers(tmp_path: Path) -> None:
    lists(tmp_path, [1], [2], [3])
    (tmp_path / "train_input.txt").write_bytes(
        b"\xef\xbb\xbfa0007\r\n\r\n# comment\r\n12  # why\r\n0003.png\r\na0005-jmac_DSC.tif"
    )
    splits = read_splits(tmp_path)
    assert (splits.train, splits.unpaired, splits.test) == ((7, 12, 3, 5), (2,), (3,))
    assert splits.from_lists
    assert [problem.item for problem in splits.problems] == ["a0003"]


def test_everything_wrong_with_the_lists_is_told(tmp_path: Path) -> None:
    lists(tmp_path, [1, 2, 2], [2, 4], [4, 5])
    with (tmp_path / "test.txt").open("a") as file:
        file.write("a5001\n")
    found = {(problem.kind.split(";")[0], problem.item) for problem in read_splits(tmp_path).problems}
    assert found == {
        ("numbers that a list has twice", "a0002 in train_input.txt"),
        ("photos that are in train_input.txt and in train_label.txt", "a0002"),
        ("photos that are in train_label.txt and in test.txt", "a0004"),
        ("lines of the lists that are no FiveK number", "test.txt line 3 (a5001)"),
    }


def test_an_empty_list_is_a_problem_and_a_missing_one_an_error(tmp_path: Path) -> None:
    lists(tmp_path, [1], [], [3])
    assert [problem.item for problem in read_splits(tmp_path).problems] == ["train_label.txt"]
    (tmp_path / "test.txt").unlink()
    with pytest.raises(DataError, match=r"test\.txt: cannot read this list .*train_input\.txt, train_label\.txt, test\.txt"):
        read_splits(tmp_path)


@pytest.mark.parametrize(
    ("count", "parts"),
    [(4998, (2250, 2250, 498)), (5000, (2251, 2251, 498)), (100, (45, 45, 10)), (4, (1, 1, 2)), (3, (1, 1, 1))],
)
def test_without_lists_the_photos_are_split_by_number_in_the_paper_s_proportions(count: int, parts: tuple[int, int, int]) -> None:
    splits = split_by_number(set(range(1, count + 1)))
    assert (len(splits.train), len(splits.unpaired), len(splits.test)) == parts
    assert splits.train + splits.unpaired + splits.test == tuple(range(1, count + 1))
    assert not splits.from_lists


def test_two_photos_cannot_be_split() -> None:
    with pytest.raises(DataError, match="three are the least"):
        split_by_number({1, 2})
