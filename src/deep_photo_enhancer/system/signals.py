"""Ctrl-C, a terminal that is closed, or the system's wish to end the process: a run ends in good order."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType
from typing import NoReturn

from deep_photo_enhancer.system.files import remove_unfinished_files

INTERRUPTED = 130
"""Exit status, as shells have it."""
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Those that ask a process to end; Windows has no SIGHUP."""


def ignore_the_terminal() -> None:
    """For a process that works for another: Ctrl-C and a closed terminal reach both, and the other one ends it, by SIGTERM."""
    for number in _SIGNALS:
        if number != signal.SIGTERM:
            signal.signal(number, signal.SIG_IGN)


def interrupt() -> NoReturn:
    """What Ctrl-C does without `stop_signals`."""
    raise KeyboardInterrupt


def end_at_once() -> NoReturn:
    """The process ends here: without waiting for its threads, as leaving Python would, and without leaving unfinished files."""
    remove_unfinished_files()
    os._exit(INTERRUPTED)


@contextmanager
def stop_signals(say: str | None, end_at_once: Callable[[], NoReturn] = interrupt) -> Iterator[Event]:
    """An event that the first signal to end sets, with a line for standard error; the second calls `end_at_once`.

    SIGHUP stays ignored where the process was started so, as nohup does.
    """
    stop = Event()

    def handle(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            end_at_once()
        stop.set()
        if say is not None:
            _say(say)

    with _handling(handle):
        yield stop


@contextmanager
def interrupting_signals(end: Callable[[], NoReturn] = interrupt) -> Iterator[None]:
    """All signals to end do what Ctrl-C does: what is unfinished is removed on the way out.

    Work that calls Python from a library, as libvips does for its log, swallows an interrupt: it takes `end_at_once`.
    """

    def handle(_number: int, _frame: FrameType | None) -> None:
        end()

    with _handling(handle):
        yield


@contextmanager
def _handling(handle: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # only there Python takes signals
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    before = {number: old for number, old in before.items() if old is not signal.SIG_IGN or number == signal.SIGINT}
    for number in before:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _say(line: str) -> None:
    """Past Python's buffers, which may be at work where the signal came; on a terminal below the progress bar."""
    start = "\n" if os.isatty(2) else ""
    try:
        os.write(2, f"{start}{line}\n".encode())
    except OSError:  # nobody reads it
        return
