"""Standard input, output and error, also where whoever started the program closed them."""

from __future__ import annotations

import os
import sys

NAMES = ("stdin", "stdout", "stderr")
CLOSED: set[str] = set()
"""Names of those that were closed at the start."""


def open_closed_streams() -> None:
    """Let what is closed lead nowhere: else a photo's file could get its number, and messages would go into the photo."""
    for number, name in enumerate(NAMES):
        if getattr(sys, name) is not None:
            continue
        CLOSED.add(name)
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
        setattr(sys, name, open(os.devnull, "w" if number else "r", encoding="utf-8"))  # noqa: SIM115, PTH123


def is_terminal(stream: object) -> bool:
    """Also for a stream that is closed."""
    return bool(stream is not None and getattr(stream, "isatty", bool)())
