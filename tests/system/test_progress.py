from __future__ import annotations

import sys
import threading

import pytest

from deep_photo_enhancer.system.progress import map_in_threads, show_progress


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
