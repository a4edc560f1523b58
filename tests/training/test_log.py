from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deep_photo_enhancer.training.log import RunLog, contact_sheet, write_picture
from tests.synthetic import grey, synthetic_photo


def test_lines_become_a_table_with_one_header(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = RunLog(tmp_path / "run", 0, 10)
    log.line({"step": 1, "loss": 0.12345678})
    log.line({"step": 2, "loss": 0.1})
    log.close()
    assert (tmp_path / "run" / "log.csv").read_text().split() == ["step,loss", "1,0.123457", "2,0.1"]
    assert capsys.readouterr().err.splitlines() == ["step 1  loss 0.123457", "step 2  loss 0.1"]


def test_a_resumed_run_drops_the_lines_after_its_checkpoint(tmp_path: Path) -> None:
    log = RunLog(tmp_path, 0, 10)
    for step in (2, 4, 6):
        log.line({"step": step, "loss": step / 10})
    resumed = RunLog(tmp_path, 4, 10)
    assert (tmp_path / "log.csv").read_text().split() == ["step,loss", "2,0.2", "4,0.4"]
    resumed.line({"step": 6, "loss": 0.7})
    assert (tmp_path / "log.csv").read_text().split() == ["step,loss", "2,0.2", "4,0.4", "6,0.7"]


def test_a_contact_sheet_has_each_photo_in_its_square() -> None:
    wide, tall = synthetic_photo(0, 8, 12), synthetic_photo(1, 12, 6)
    sheet = contact_sheet([[wide, grey(9, 12, 12)], [tall, wide]])
    assert sheet.shape == (24, 24, 3)
    np.testing.assert_array_equal(sheet[:8, :12], wide)
    np.testing.assert_array_equal(sheet[8:12, :12], wide[:3:-1])  # the last four rows, mirrored
    np.testing.assert_array_equal(sheet[:12, 12:], grey(9, 12, 12))
    np.testing.assert_array_equal(sheet[12:, :6], tall)
    np.testing.assert_array_equal(sheet[12:, 6:12], tall[:, ::-1])


def test_a_picture_is_written_whole(tmp_path: Path) -> None:
    photo = synthetic_photo(0)
    write_picture(photo[:, ::-1], tmp_path / "a.png")
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "a.png")), photo[:, ::-1])
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
