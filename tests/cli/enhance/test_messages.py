from __future__ import annotations

import io
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from deep_photo_enhancer.cli.enhance.messages import Messages, colour_text, summary
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
        "1 of 13 photos enhanced, 1 already exists, 2 exist with other settings (--existing update makes them again), "
        "2 exist without a record of settings (--existing overwrite makes them again), 3 failed, 4 not started, "
        "5 other files ignored"
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
