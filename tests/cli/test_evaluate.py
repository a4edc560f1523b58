from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deep_photo_enhancer.cli import main
from tests.synthetic import synthetic_photo, write_photo


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["evaluate", *map(str, arguments)])


@pytest.fixture
def folders(tmp_path: Path) -> list[str | Path]:
    """The options for two pairs."""
    for i in range(2):
        write_photo(tmp_path / "inputs" / f"a{i}.png", synthetic_photo(i))
        write_photo(tmp_path / "labels" / f"a{i}.png", synthetic_photo(i + 5))
    return ["--inputs", tmp_path / "inputs", "--labels", tmp_path / "labels"]


def test_a_table_on_the_terminal_and_files_in_a_folder(folders: list[str | Path], tmp_path: Path) -> None:
    result = run("input", tmp_path / "inputs", *folders, "-o", tmp_path / "out", "--size", "48")
    assert result.exit_code == 0, result.output
    heading, first, second, *_ = result.stdout.splitlines()
    assert heading.split()[:3] == ["system", "photos", "PSNR"]
    assert first.split()[1] == "2"
    assert first.split()[1:] == second.split()[1:]
    assert "Photos and labels are scaled down to a long side of 48 pixels." in result.stdout
    assert result.stdout.endswith(f"wrote {tmp_path / 'out'}\n")
    results = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert results["photos"] == 2
    assert (tmp_path / "out" / "pictures" / "00002-2.jpg").is_file()


def test_problems_are_listed_a_line_each(folders: list[str | Path], tmp_path: Path) -> None:
    write_photo(tmp_path / "inputs" / "more.png", synthetic_photo(0))
    (tmp_path / "labels" / "a1.png").write_bytes(b"nothing")
    result = run("input", *folders)
    assert result.exit_code == 1
    *lines, last = result.stderr.splitlines()
    assert last.startswith(f"  {tmp_path / 'labels' / 'a1.png'}: damaged, or not a photo in a form that is known")
    assert lines == [
        "Error: 2 problems with the photos:",
        f"  {tmp_path / 'inputs' / 'more.png'}: no label of this name in {tmp_path / 'labels'}",
    ]


@pytest.mark.parametrize("options", [[], ["--inputs", "a"], ["--data", "a", "--labels", "b"]])
def test_photos_are_named_in_one_of_two_ways(options: list[str]) -> None:
    result = run("input", *options)
    assert result.exit_code == 2
    assert "Give either --data, or both --inputs and --labels." in result.stderr


def test_an_unknown_system_is_one_line(folders: list[str | Path]) -> None:
    result = run("naturl", *folders)
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: naturl: no such system; there are the models natural")
    assert len(result.stderr.splitlines()) == 1
