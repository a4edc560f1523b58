from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np

from deep_photo_enhancer.research.evaluation.pairs import PairFiles
from deep_photo_enhancer.research.reproduce.pictures import draw_curves, write_sheet
from tests.enhancing_fixtures import opened
from tests.research.reproduce.fixtures import plan
from tests.synthetic import grey, write_photo


def test_curves_leave_out_steps_without_validation(tmp_path: Path) -> None:
    run = plan("table2", "U-Net")
    run = replace(run, config=replace(run.config, run=str(tmp_path)))
    with (tmp_path / "log.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["step", "psnr"], ["100", ""], ["200", "21.5"]])
    draw_curves([run], tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 1000


def test_without_runs_the_sheet_shows_inputs_and_labels(tmp_path: Path) -> None:
    files = []
    for i in range(7):
        x, y = (write_photo(tmp_path / f"{name}{i}.png", grey(code, 20, 30)) for name, code in (("x", 40), ("y", 90)))
        files.append((x, y))
    write_sheet([], PairFiles(files), "cpu", tmp_path / "sheet.jpg")
    sheet = np.asarray(opened(tmp_path / "sheet.jpg"))
    assert sheet.shape == (14 + 5 * 34, 2 * 34, 3)
    assert abs(int(sheet[24, 10, 0]) - 40) < 6
    assert abs(int(sheet[24, 44, 0]) - 90) < 6
