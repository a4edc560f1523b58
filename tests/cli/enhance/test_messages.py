from __future__ import annotations

import io
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from deep_photo_enhancer.cli.enhance.messages import NOT_COMPILED, Messages, colour_text, summary
from deep_photo_enhancer.enhancement.batch import Job, Outcome


def test_the_summary_counts_everything() -> None:
    assert summary(Counter({("enhanced", "missing"): 3}), "into out", Counter()) == "3 of 3 photos enhanced into out"
    assert summary(Counter({("enhanced", "other"): 1}), "into out", Counter({"GIF": 1})) == (
        "1 of 1 photo enhanced into out, 1 of them again, for its settings have changed, "
        "1 picture of other formats not taken (1 GIF)"
    )
    states = Counter({
        ("enhanced", "missing"): 1, ("skipped", "same"): 1, ("skipped", "other"): 2, ("skipped", "unrecorded"): 2,
        ("failed", "missing"): 3, ("stopped", "missing"): 4,
    })  # fmt: skip
    assert summary(states, "into out", Counter({"other file": 2, "hidden file": 3})) == (
        "1 of 13 photos enhanced into out, 1 already exists, 2 exist with other settings (--existing update makes them again), "
        "2 exist without a record of settings (--existing overwrite makes them again), 3 failed, 4 not started, "
        "5 other files ignored"
    )
    folder = Counter({("folder", "missing"): 1})
    assert summary(folder, "into out", Counter()) == "no photo enhanced, 1 folder gave none"
    assert summary(folder + Counter({("enhanced", "missing"): 2}), "into out", Counter()) == (
        "2 of 2 photos enhanced into out, 1 folder gave none"
    )


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colour_only_on_a_terminal_and_never_with_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert colour_text("Error:", "red", io.StringIO()) == "Error:"
    assert colour_text("Error:", "red", Terminal()) == "\x1b[31mError:\x1b[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert colour_text("Error:", "red", Terminal()) == "Error:"


def test_the_bar_shows_photos_a_minute_and_leaves_out_what_was_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    messages = Messages(10, quiet=False, verbose=False, stream=io.StringIO())
    job = Job(Path("a.jpg"), Path("b.jpg"))
    for status in ("skipped", "skipped", "enhanced", "failed"):
        messages.show(Outcome(job, status=status))
        time.sleep(0.12)
    messages.end("into out", Counter())
    assert " 2/8 photos, " in terminal.getvalue()
    assert " a minute, " in terminal.getvalue()


def test_the_bar_moves_within_a_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    messages = Messages(4, quiet=False, verbose=False, stream=io.StringIO())
    first, second = (Job(Path(name), Path("out") / name) for name in ("a.jpg", "b.jpg"))
    for job, share in ((first, 0.5), (second, 0.5), (first, 1.0)):
        time.sleep(0.12)
        messages.move(job, share)
    messages.show(Outcome(first))
    time.sleep(0.12)
    messages.show(Outcome(second))
    messages.end("into out", Counter())
    percentages = [line.split()[0] for line in terminal.getvalue().split("\r") if "photos" in line]
    assert list(dict.fromkeys(percentages)) == ["0%", "12%", "25%", "38%", "50%"]
    assert " 1/4 photos, " in terminal.getvalue()


def test_an_installation_without_compiler_says_so_once_at_the_first_large_photo(capsys: pytest.CaptureFixture[str]) -> None:
    job = Job(Path("a.jpg"), Path("b.jpg"))
    for is_compiled, times in ((False, 1), (True, 0)):
        messages = Messages(3, quiet=False, verbose=False, stream=io.StringIO(), is_compiled=is_compiled)
        messages.show(Outcome(job, size=(1000, 1000)))
        assert capsys.readouterr().err == ""
        for _ in range(2):
            messages.show(Outcome(job, size=(6000, 4000)))
        assert capsys.readouterr().err == f"{NOT_COMPILED}\n" * times
