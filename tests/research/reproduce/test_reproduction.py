"""The smoke budget trains, judges and reports every table and the figure."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deep_photo_enhancer.cli import main
from deep_photo_enhancer.research.reproduce.paper_tables import TABLES
from deep_photo_enhancer.research.reproduce.photos import make_stand_in
from deep_photo_enhancer.research.reproduce.synthetic import write_synthetic_photos
from deep_photo_enhancer.training.checkpoint import load_checkpoint


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared by the tables, as a user's is."""
    return tmp_path_factory.mktemp("reproduce")


def dpe(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


EVERY_BRANCH = {
    "table1": ("DPED", "8RESBLK", "FCN", "CRN", "U-Net", "global U-Net"),
    "table2": ("FCN", "U-Net"),
    "table3": ("GAN", "LSGAN", "DRAGAN", "A-WGAN", "LSGAN, pooled critic"),
    "table4": ("A-WGAN, one-way", "WGAN-GP, two-way", "A-WGAN, two-way", "A-WGAN, two-way, iBN, pooled critic"),
}
"""Rows that together train with every network, label, objective, critic, way and kind of batch norm; A-WGAN one-way is the same
run in both tables."""


@pytest.mark.parametrize("name", EVERY_BRANCH)
def test_a_table_is_trained_judged_and_written_with_its_pictures(name: str, folder: Path) -> None:
    rows = [row for row in TABLES[name].rows if row.name in EVERY_BRANCH[name]]
    chosen = [word for row in rows for word in ("--system", row.name)]
    result = dpe("reproduce", name, "--budget", "smoke", "-o", folder, *chosen)
    assert result.exit_code == 0, result.output
    report = (folder / "smoke" / name / "report.md").read_text(encoding="utf-8")
    for row in rows:
        (cells,) = re.findall(rf"^\| {re.escape(row.name)} +\| (.*) \|$", report, re.MULTILINE)
        runs, psnr = (cell.strip() for cell in cells.split("|")[:2])
        assert runs == "a single run"
        assert 3 < float(psnr) < 40
        if row.paper:
            assert f"| {row.paper['psnr']:.2f} |" in cells + " |"
    assert (folder / "smoke" / name / "curves.png").stat().st_size > 1000
    assert (folder / "smoke" / name / "pictures.jpg").stat().st_size > 1000


def test_the_rows_that_are_trained_here_leave_no_branch_out() -> None:
    every, trained = set(), set()
    for name, chosen in EVERY_BRANCH.items():
        for row in TABLES[name].rows:
            settings = {(key, value) for key, value in row.settings.items() if key != "gan.penalty_weight"}
            every |= settings
            trained |= settings if row.name in chosen else set()
    assert trained == every


def test_what_is_done_is_not_trained_again(folder: Path) -> None:
    arguments = ("reproduce", "table2", "--budget", "smoke", "-o", folder, "--system", "U-Net")
    assert dpe(*arguments).exit_code == 0
    logs = {log: log.stat().st_mtime_ns for log in (folder / "smoke" / "runs").glob("*/log.csv")}
    assert logs
    assert dpe(*arguments).exit_code == 0
    assert {log: log.stat().st_mtime_ns for log in (folder / "smoke" / "runs").glob("*/log.csv")} == logs


def test_figure_3_reports_both_objectives_from_every_start(folder: Path) -> None:
    result = dpe("reproduce", "figure3", "--budget", "smoke", "-o", folder)
    assert result.exit_code == 0, result.output
    report = (folder / "smoke" / "figure3" / "report.md").read_text(encoding="utf-8")
    for objective in ("wgan-gp", "a-wgan"):
        for start in ("0.01", "0.1", "1", "10", "100"):
            assert re.search(rf"^\| {objective} +\| {re.escape(start)} +\| +[\d.e+]+ \|", report, re.MULTILINE)
    assert (folder / "smoke" / "figure3" / "swiss-roll.png").stat().st_size > 1000


def test_a_data_set_that_is_smaller_than_the_budget_is_refused(tmp_path: Path) -> None:
    made = make_stand_in(write_synthetic_photos(tmp_path / "photos", 8), tmp_path, 64)
    result = dpe("reproduce", "table1", "--data", made.folder, "--budget", "medium", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "its photos have 64 pixels, but the budget medium needs 128" in result.output


def test_an_output_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "smoke").write_text("in the way")
    for what in ("table2", "figure3"):
        result = dpe("reproduce", what, "--budget", "smoke", "-o", tmp_path)
        assert result.exit_code == 1
        assert "cannot be read or written" in result.output
        assert "Traceback" not in result.output


def test_a_checkpoint_remembers_its_network(folder: Path) -> None:
    assert dpe("reproduce", "table2", "--budget", "smoke", "-o", folder, "--system", "FCN").exit_code == 0
    runs = list((folder / "smoke" / "runs").glob("fcn-*"))
    assert runs
    assert {load_checkpoint(run).config["network"]["architecture"] for run in runs} == {"fcn"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("table1",), "the budget small needs photos"),
        (("table1", "--budget", "smoke", "--system", "VGG"), "VGG: no row of table1; there are DPED; 8RESBLK"),
        (("table1", "--data", "nowhere"), "nowhere: no such folder"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(arguments: tuple[str, ...], sentence: str, tmp_path: Path) -> None:
    result = dpe("reproduce", *arguments, "-o", tmp_path)
    assert result.exit_code != 0
    assert sentence in result.output
    assert "Traceback" not in result.output
