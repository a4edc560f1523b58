"""Work on many items, with a bar on a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tqdm import tqdm

from deep_photo_enhancer.system.streams import is_terminal

In = TypeVar("In")
Out = TypeVar("Out")


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
