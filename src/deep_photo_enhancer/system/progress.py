"""Work on many items, with a bar on a terminal."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from tqdm import tqdm

from deep_photo_enhancer.system.streams import is_terminal

In = TypeVar("In")
Out = TypeVar("Out")


SILENCE = 10.0
"""Seconds without a line of progress where there is no terminal, at most."""
_HEARER: ContextVar[Callable[[float], None] | None] = ContextVar("hearer", default=None)


@contextmanager
def hearing(hear: Callable[[float], None]) -> Iterator[None]:
    """In the block, and in its thread, `hear` is told the share of a long piece of work that is done, from 0 to 1, by `track`."""
    before = _HEARER.set(hear)
    try:
        yield
    finally:
        _HEARER.reset(before)


def track(steps: Sequence[In]) -> Iterator[In]:
    """The steps of a long piece of work one by one; whoever is hearing learns how far it is."""
    hear = _HEARER.get()
    for number, step in enumerate(steps, 1):
        yield step
        if hear is not None:
            hear(number / len(steps))


@contextmanager
def progress_bar(total: int) -> Iterator[Callable[[str], None]]:
    """What it gives is called after each of `total` steps, with what was done: standard error shows a bar on a terminal.

    Elsewhere it gets a line when something else is done than before, and every ten seconds.
    """
    if not is_terminal(sys.stderr):
        yield _line_writer(total)
        return
    with tqdm(total=total, leave=False, mininterval=0, bar_format="{percentage:3.0f}% {bar} {desc}") as bar:

        def advance(text: str) -> None:
            bar.set_description_str(text, refresh=False)
            bar.update()

        yield advance


def _line_writer(total: int) -> Callable[[str], None]:
    done, last, silent_since = 0, "", 0.0

    def advance(text: str) -> None:
        nonlocal done, last, silent_since
        done += 1
        if text != last or time.monotonic() - silent_since >= SILENCE:
            print(f"{done / total:4.0%} {text}", file=sys.stderr, flush=True)
            last, silent_since = text, time.monotonic()

    return advance


def show_progress(items: Iterable[In], text: str, total: int, unit: str = "photo") -> Iterator[In]:
    """The items one by one; on a terminal with a progress bar that starts with the text."""
    yield from tqdm(items, text, total, leave=False, unit=unit, disable=not is_terminal(sys.stderr))


def map_in_threads(work: Callable[[In], Out], items: Sequence[In], text: str | None = None, unit: str = "photo") -> list[Out]:
    """What the work makes of each item, in their order, in a thread on every core.

    With a text, a progress bar is shown on a terminal. The first error, and Ctrl-C, end it: items that have not been started are
    left out.
    """
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        done = pool.map(work, items)
        return list(done if text is None else show_progress(done, text, len(items), unit))
    finally:
        pool.shutdown(cancel_futures=True)
