from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deep_photo_enhancer.errors import TrainingError
from deep_photo_enhancer.training.log import COLUMNS, RunLog, contact_sheet, write_picture
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


def test_small_numbers_keep_six_digits_and_steps_are_exact(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    RunLog(tmp_path, 0, 10).line({"step": 12345678, "learning_rate": 1.23456789e-7})
    assert (tmp_path / "log.csv").read_text().split() == ["step,learning_rate", "12345678,1.23457e-07"]
    assert capsys.readouterr().err == "step 12345678  learning_rate 1.23457e-07\n"


@pytest.mark.parametrize("end", ["\r\n", "6\r\n", "6", "6,0.", "half,0.7\r\n", ",\r\n", "\0\0\0\0"])
def test_a_line_that_was_cut_short_does_not_stop_a_resumed_run(tmp_path: Path, end: str) -> None:
    log = RunLog(tmp_path, 0, 10)
    for step in (2, 4):
        log.line({"step": step, "loss": step / 10})
    with log.file.open("a", newline="") as file:
        file.write(end)
    RunLog(tmp_path, 6, 10).line({"step": 8, "loss": 0.8})
    assert log.file.read_text().split() == ["step,loss", "2,0.2", "4,0.4", "8,0.8"]


@pytest.mark.parametrize("content", ["", "step,lo", "step,loss\r\n", "step,loss\r\n2,0.2\r\n"])
def test_a_log_without_lines_that_count_begins_anew(tmp_path: Path, content: str) -> None:
    (tmp_path / "log.csv").write_text(content)
    RunLog(tmp_path, 1, 10).line({"step": 2, "loss": 0.3})
    assert (tmp_path / "log.csv").read_text().split() == ["step,loss", "2,0.3"]


def test_a_kill_while_lines_are_dropped_does_not_lose_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = RunLog(tmp_path, 0, 10)
    for step in (2, 4):
        log.line({"step": step, "loss": step / 10})
    before = log.file.read_text()

    def killed(_source: Path, _target: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        RunLog(tmp_path, 2, 10)
    assert log.file.read_text() == before


def test_a_folder_that_cannot_be_made_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.write_text("a file is in the way")
    with pytest.raises(TrainingError) as caught:
        RunLog(run, 0, 10)
    assert str(caught.value) == f"{run}: cannot write there: File exists; choose another folder: --set run=..."


def test_a_folder_that_vanishes_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    log = RunLog(tmp_path / "run", 0, 10)
    (tmp_path / "run").rmdir()
    message = f"^{re.escape(str(tmp_path / 'run'))}: cannot write there: No such file or directory; .* continue the run$"
    with pytest.raises(TrainingError, match=message):
        log.line({"step": 1, "loss": 0.5})
    with pytest.raises(TrainingError, match=message):
        log.picture("00000001", [[grey(1)]])


def test_a_line_says_about_how_long_the_rest_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([1000.0, 1020.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    log = RunLog(tmp_path, 4, 100)
    for _ in range(4):
        log.step()
    log.line({"step": 8, "loss": 0.5})  # four steps took 20 s; 92 are left
    log.line({"step": 100, "loss": 0.4})
    assert capsys.readouterr().err.splitlines() == ["step 8  loss 0.5  about 0:07:40 left", "step 100  loss 0.4"]


def test_pictures_show_the_photos_of_a_report_and_the_progress_of_all(tmp_path: Path) -> None:
    log = RunLog(tmp_path, 0, 100)
    photos = [grey(10, 8, 12), grey(11, 12, 8)]
    for step in range(1, 2 * COLUMNS + 1):
        log.picture(f"{step:08d}", [[photo, grey(100 + step, 12, 12), grey(9, 12, 12)] for photo in photos])
    sheet = np.asarray(Image.open(tmp_path / "samples" / "00000003.png"))
    assert sheet.shape == (24, 36, 3)
    np.testing.assert_array_equal(sheet[0, ::12, 0], [10, 103, 9])
    progress = np.asarray(Image.open(tmp_path / "progress.png"))
    assert progress.shape == (24, (1 + COLUMNS) * 12, 3)
    for row, code in ((0, 10), (12, 11)):
        np.testing.assert_array_equal(progress[row, ::12, 0], [code, *range(102, 102 + 2 * COLUMNS, 2)])


def test_the_progress_of_few_reports_has_a_column_for_each(tmp_path: Path) -> None:
    log = RunLog(tmp_path, 0, 100)
    for step in (1, 2, 3):
        log.picture(f"{step:08d}", [[grey(5, 4, 4), grey(100 + step, 4, 4)]])
    progress = np.asarray(Image.open(tmp_path / "progress.png"))
    assert progress[0, ::4, 0].tolist() == [5, 101, 102, 103]


def test_a_resumed_run_drops_the_pictures_after_its_checkpoint(tmp_path: Path) -> None:
    log = RunLog(tmp_path, 0, 10)
    for step in (2, 4, 6):
        log.picture(f"{step:08d}", [[grey(5, 4, 4), grey(100 + step, 4, 4)]])
    resumed = RunLog(tmp_path, 4, 10)
    assert sorted(path.name for path in (tmp_path / "samples").iterdir()) == ["00000002.png", "00000004.png"]
    resumed.picture("00000008", [[grey(5, 4, 4), grey(108, 4, 4)]])
    progress = np.asarray(Image.open(tmp_path / "progress.png"))
    assert progress[0, ::4, 0].tolist() == [5, 102, 104, 108]


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
