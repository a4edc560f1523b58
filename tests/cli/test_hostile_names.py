"""Files may have any name: none reaches a terminal as a command, as a second line, or from right to left."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deep_photo_enhancer.cli import main
from tests.research.fivek.fixtures import exports
from tests.synthetic import synthetic_photo, write_photo

NAME = "two\nlines\x1b[31m\u202ered"
SHOWN = r"two\nlines\x1b[31m\u202ered"


def dpe(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


def check(result: Result, exit_code: int) -> None:
    """The name is shown, and every line is printable and no part of the name alone."""
    assert result.exit_code == exit_code, result.output
    assert SHOWN in result.output or SHOWN.replace(r"\n", " ") in result.output  # in Markdown
    for line in result.output.splitlines():
        assert line.isprintable()
        assert not line.startswith("lines")


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """Two folders with two photos of the same names; everything has a hostile name."""
    made = [tmp_path / f"{name}-{NAME}" for name in ("a", "b")]
    for i, folder in enumerate(made):
        for j in range(2):
            write_photo(folder / f"{j}-{NAME}.png", synthetic_photo(i + 2 * j, 48, 64))
    return made


def test_evaluate(folders: list[Path], tmp_path: Path) -> None:
    a, b = folders
    check(dpe("evaluate", a, "input", "--inputs", a, "--labels", b, "-o", tmp_path / NAME), 0)


def test_evaluate_with_problems(folders: list[Path]) -> None:
    a, b = folders
    (a / f"0-{NAME}.png").write_bytes(b"no photo")
    (b / f"1-{NAME}.png").unlink()
    result = dpe("evaluate", "input", a, "--inputs", a, "--labels", b)
    check(result, 1)
    assert len(result.output.splitlines()) == 4  # the count, the lost one, the broken one, and that again as a picture


def test_study(folders: list[Path], tmp_path: Path) -> None:
    check(dpe("study", *folders, "-o", tmp_path / NAME), 0)
    (folders[0] / f"0-{NAME}.png").unlink()
    check(dpe("study", *folders, "-o", tmp_path / f"{NAME}2"), 1)


def test_votes(tmp_path: Path) -> None:
    votes = tmp_path / NAME
    votes.write_text(f'participant,photo,winner,loser\nanna,sea,"{NAME}",b\nanna,sea,"{NAME}",c\n')
    check(dpe("study", "report", "--votes", votes), 0)
    votes.write_text(f'participant,photo,winner,loser\nanna,sea,"{NAME}","{NAME}"\n')
    check(dpe("study", "report", "--votes", votes), 1)


def test_data_fivek(tmp_path: Path) -> None:
    disk = exports(tmp_path / NAME, range(1, 6), ".png", "{:04d}")
    check(dpe("data", "fivek", disk, "-o", tmp_path / f"made-{NAME}", "--size", "32"), 0)
    (disk / "expertC" / "0001.png").write_bytes(b"no photo")
    check(dpe("data", "fivek", disk, "-o", tmp_path / f"bad-{NAME}", "--size", "32"), 1)


def test_reproduce(tmp_path: Path) -> None:
    check(dpe("reproduce", "table2", "--budget", "smoke", "--system", "FCN", "-o", tmp_path / NAME), 0)
    check(dpe("reproduce", "table2", "--data", tmp_path / NAME / "nothing", "-o", tmp_path / NAME), 1)
