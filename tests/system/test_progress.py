from __future__ import annotations

import sys
import threading

import pytest

from deep_photo_enhancer.system import progress
from deep_photo_enhancer.system.progress import hearing, map_in_threads, progress_bar, show_progress, track


def test_results_keep_the_order_and_nothing_is_shown_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert map_in_threads(lambda number: number * number, range(50), "squaring") == [number * number for number in range(50)]
    assert map_in_threads(str, []) == []
    assert capsys.readouterr() == ("", "")


def test_a_terminal_gets_a_bar(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert list(show_progress(iter("abc"), "reading", 3, "file")) == ["a", "b", "c"]
    assert "reading:" in capsys.readouterr().err


def test_an_error_ends_it_before_all_items_were_started() -> None:
    started = []
    broken = threading.Event()

    def work(number: int) -> None:
        started.append(number)
        if number == 0:
            broken.set()
            raise ValueError("of the first")
        assert broken.wait(10)

    with pytest.raises(ValueError, match="of the first"):
        map_in_threads(work, range(10_000))
    assert len(started) < 10_000


def test_who_is_hearing_learns_how_far_a_long_piece_of_work_is() -> None:
    heard: list[float] = []
    assert list(track("ab")) == ["a", "b"]
    with hearing(heard.append):
        assert list(track("abcd")) == list("abcd")
    assert list(track("ab")) == ["a", "b"]
    assert heard == [0.25, 0.5, 0.75, 1.0]


def test_a_bar_says_what_was_done(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with progress_bar(40) as advance:
        for text in ("reading", "reading", "writing"):
            advance(text)
        monkeypatch.setattr(progress, "SILENCE", 0.0)
        advance("writing")
    assert capsys.readouterr().err == "  2% reading\n  8% writing\n 10% writing\n"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress_bar(1) as advance:
        advance("reading")
    assert "reading" in capsys.readouterr().err
