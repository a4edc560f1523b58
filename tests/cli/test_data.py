from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from deep_photo_enhancer.cli import main
from tests.research.fivek.fixtures import exports, lists


def fivek(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["data", "fivek", *map(str, arguments)])


def test_exports_are_prepared_and_the_counts_told(tmp_path: Path) -> None:
    exports(tmp_path / "disk", range(1, 6), ".png", "{:04d}")
    splits = lists(tmp_path / "lists", (1, 2), (3, 4), (5,))
    result = fivek(tmp_path / "disk", "-o", tmp_path / "fivek", "--splits", splits, "--size", "32")
    assert result.exit_code == 0
    assert result.stdout == f"{tmp_path / 'fivek'}: 2 training pairs, 2 unpaired labels, 1 test pairs\n"
    assert (tmp_path / "fivek" / "test.txt").read_text() == "a0005.png\n"


def test_problems_are_listed_with_counts_and_all_names_in_a_file(tmp_path: Path) -> None:
    exports(tmp_path / "disk", range(1, 4))
    splits = lists(tmp_path / "lists", (1, *range(11, 18)), (2,), (3,))
    result = fivek(tmp_path / "disk", "-o", tmp_path / "fivek", "--splits", splits)
    assert result.exit_code == 1
    labels = tmp_path / "disk" / "expertC"
    assert f"7 x photos of the lists that are not in the folder of labels {labels}: a0011, a0012" in result.stderr
    assert "a0015 and 2 more" in result.stderr
    assert f"14 problems with the photos; {tmp_path / 'fivek'} was not made; all names are in" in result.stderr
    assert "  a0017\n" in (tmp_path / "fivek.problems.txt").read_text()
    assert not (tmp_path / "fivek").exists()
