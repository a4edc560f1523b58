"""Ctrl-C, or the system's wish to end the process, ends a run in good order."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType
from typing import NoReturn

INTERRUPTED = 130
"""Exit status, as shells have it."""


def interrupt() -> NoReturn:
    """What Ctrl-C does without `stop_signals`."""
    raise KeyboardInterrupt


@contextmanager
def stop_signals(say: str | None, end_at_once: Callable[[], NoReturn] = interrupt) -> Iterator[Event]:
    """An event that the first SIGINT or SIGTERM sets, with a line for standard error; the second calls `end_at_once`."""
    stop = Event()

    def handle(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            end_at_once()
        stop.set()
        if say is not None:
            _say(say)

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(line: str) -> None:
    """Past Python's buffers, which may be at work where the signal came; on a terminal below the progress bar."""
    start = "\n" if os.isatty(2) else ""
    try:
        os.write(2, f"{start}{line}\n".encode())
    except OSError:  # nobody reads it
        return
