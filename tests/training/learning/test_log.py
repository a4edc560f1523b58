from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deep_photo_enhancer.enhancement.captions import AS_TAKEN
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.training.learning.copies import AS_LIKED, AS_ORDINARY, SHOWN, SHOWN_SIDE
from deep_photo_enhancer.training.learning.log import LearningLog, describe_distance, read_reports
from deep_photo_enhancer.training.learning.picture import GAP, LETTERS, PAPER, carry_change, draw_column, draw_sheet
from deep_photo_enhancer.training.log import COLUMNS, Results
from tests.synthetic import grey, synthetic_photo, write_photo

CAPTION = 2 * LETTERS


def log_in(run: Path, first_step: int = 0, steps: int = 100, preparing: int = 0) -> LearningLog:
    return LearningLog(run, first_step, steps, preparing, image_size=64)


def lighter(photo: Pixels) -> Pixels:
    result: Pixels = np.minimum(photo.astype(int) + 30, 255).astype(np.uint8)
    return result


def report(log: LearningLog, step: int, distance: float) -> None:
    log.line({"step": step, "look_distance": distance, "ssim_to_x": 0.9})
    log.show(Results(step, rows=lambda: [], enhance=lighter))


def write_shown(run: Path, name: str) -> list[Pixels]:
    photos = [synthetic_photo(0, 213, SHOWN_SIDE), synthetic_photo(1, SHOWN_SIDE, 200)]
    for i, photo in enumerate(photos):
        write_photo(run / SHOWN / name / f"{i}.png", photo)
    return photos


# When


def test_a_report_comes_before_the_first_step_and_then_every_ten(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    due = []
    for step in range(25):
        if log.is_due(step, 10):
            due.append(step)
            log.line({"step": step, "look_distance": 5.0, "ssim_to_x": 1.0})
    assert due == [0, 10, 20]


def test_a_report_comes_after_a_minute_in_any_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = log_in(tmp_path)
    now = log.last_time
    monkeypatch.setattr(time, "monotonic", lambda: now + 59)
    assert not log.is_due(3, 10)
    monkeypatch.setattr(time, "monotonic", lambda: now + 61)
    assert log.is_due(3, 10)
    log.line({"step": 3, "look_distance": 5.0, "ssim_to_x": 1.0})
    assert next(step for step in range(4, 15) if log.is_due(step, 10)) == 13


def test_no_report_comes_while_the_network_stays_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = log_in(tmp_path, preparing=20)
    due = []
    for step in range(1, 23):
        log.step()
        due += [step] if log.is_due(step, 10) else []
    assert due == [21, 22]  # the last line was after step 10
    assert log.steps_done == 2  # by which the rest is reckoned
    assert capsys.readouterr().err == "step 10 of 100: preparing; the look is learned after step 20\n"


# What is said


def test_a_line_says_how_far_the_look_has_come(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = log_in(tmp_path)
    log.line({"step": 0, "look_distance": 11.24, "ssim_to_x": 0.961, "loss": float("nan")})
    log.line({"step": 10, "look_distance": 6.31, "ssim_to_x": 0.9, "loss": 2.0})
    similar = "similarity to the photos before (SSIM)"
    assert capsys.readouterr().err.splitlines() == [
        f"step 0 of 100: look distance 11.2, lower is nearer; {similar} 0.961",
        f"step 10 of 100: look distance from 11.2 to 6.3, lower is nearer; {similar} 0.900",
    ]
    assert describe_distance(read_reports(tmp_path / "log.csv")) == "from 11.2 to 6.3, lower is nearer"


def test_a_continued_run_counts_from_its_first_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for step in (0, 10):
        log_in(tmp_path, first_step=step).line({"step": step, "look_distance": 9.0 - step / 10, "ssim_to_x": 1.0})
    assert "from 9.0 to 8.0" in capsys.readouterr().err


# What is shown


def test_the_picture_has_captions_whole_photos_and_a_column_a_report(tmp_path: Path) -> None:
    photos = write_shown(tmp_path, AS_TAKEN)
    log = log_in(tmp_path)
    for step in (0, 10):
        report(log, step, 5.0)
    sheet = np.asarray(Image.open(tmp_path / "progress.png"))
    height = sum(len(photo) + GAP for photo in photos)
    assert sheet.shape == (CAPTION + height, 3 * SHOWN_SIDE + 2 * GAP, 3)
    left = SHOWN_SIDE + GAP  # of the column of step 0
    np.testing.assert_array_equal(sheet[CAPTION : CAPTION + 213, :SHOWN_SIDE], photos[0])
    before, after = (sheet[CAPTION : CAPTION + 213, x : x + SHOWN_SIDE].astype(int) for x in (0, left))
    assert np.median(after - before) == pytest.approx(30, abs=2)
    captions = sheet[:CAPTION]
    assert all((captions[:, x : x + SHOWN_SIDE] < 100).any() for x in (0, left, 2 * left))
    tall = sheet[CAPTION + 213 + GAP : CAPTION + 213 + GAP + SHOWN_SIDE, :SHOWN_SIDE]
    np.testing.assert_array_equal(tall[:, 60:260], photos[1])
    assert (tall[:, :60] == PAPER).all()  # nothing mirrored


def test_liked_photos_stand_beside_what_is_made_of_them(tmp_path: Path) -> None:
    write_shown(tmp_path, AS_ORDINARY)
    liked = write_shown(tmp_path, AS_LIKED)
    report(log_in(tmp_path), 0, 5.0)
    sheet = np.asarray(Image.open(tmp_path / "progress.png"))
    assert sheet.shape[1] == 3 * SHOWN_SIDE + 2 * GAP
    np.testing.assert_array_equal(sheet[CAPTION : CAPTION + 213, -SHOWN_SIDE:], liked[0])


def test_the_page_holds_its_pictures_and_asks_nothing_of_the_network(tmp_path: Path) -> None:
    run = tmp_path / "warm <b>-run"
    write_shown(run, AS_TAKEN)
    log = log_in(run, steps=20)
    report(log, 0, 11.24)
    page = (run / "progress.html").read_text()
    assert "<title>warm &lt;b&gt;: step 0 of 20</title>" in page
    assert "kept aside 11.2, lower is nearer" in " ".join(page.split())
    report(log, 10, 6.31)
    page = (run / "progress.html").read_text()
    assert "from 11.2 to 6.3, lower is nearer" in " ".join(page.split())
    assert re.findall(r"<figcaption>(.*?)</figcaption>", page) == ["as taken", "step 0", "step 10"]
    assert page.count('src="data:image/jpeg;base64,') == 3
    assert 'points="0.0,10.9 300.0,58.8"' in page  # 600 x 120, to a tenth above 11.24
    assert 'http-equiv="refresh"' in page
    assert "http:" not in page
    assert "https:" not in page
    report(log, 20, 6.0)
    assert 'http-equiv="refresh"' not in (run / "progress.html").read_text()


def test_many_reports_are_shown_by_the_first_the_last_and_some_between(tmp_path: Path) -> None:
    write_photo(tmp_path / SHOWN / AS_TAKEN / "0.png", grey(100, 20, 30))
    log = log_in(tmp_path, steps=1000)
    for step in range(0, 110, 10):
        report(log, step, 5.0)
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", (tmp_path / "progress.html").read_text())
    assert len(captions) == 1 + COLUMNS
    assert (captions[0], captions[1], captions[-1]) == ("as taken", "step 0", "step 100")


def test_a_change_is_carried_to_the_photos_own_size() -> None:
    photo = synthetic_photo(3, 120, 160)
    changed = carry_change(photo, 64, lambda x: (x * [1.0, 0.9, 0.5]).astype(np.uint8))
    assert changed.shape == photo.shape
    assert np.abs(changed - photo * [1.0, 0.9, 0.5]).mean() < 2


def test_columns_are_drawn_side_by_side() -> None:
    column = draw_column([grey(10, 4, 6), grey(20, 5, 10)], 10)
    assert column.shape == (4 + 5 + 2 * GAP, 10, 3)
    assert column[0, :, 0].tolist() == [PAPER, PAPER, *[10] * 6, PAPER, PAPER]
    sheet = draw_sheet({"a": column, "b": column})
    assert sheet.shape == (CAPTION + len(column), 20 + GAP, 3)
    np.testing.assert_array_equal(sheet[CAPTION:, 10 + GAP :], column)
