"""What is wrong with the data: found all together, listed by kind."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.system.text import one_line

LIST_START = rb"[^\n]+ \(\d+\):\n  "
"""How a list of problems in a file begins."""
SHOWN = 5
"""Names that are shown for each kind of problem."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one photo."""

    kind: str
    """What is wrong and what to do, in words that go with many photos."""
    item: str
    """Which photo."""


class BadDataError(DataError):
    """Data that cannot be prepared as they are. The message has a line for each kind of problem."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n  ".join([f"{len(self.problems)} problems with the data:", *summarise(self.problems)]))


def summarise(problems: Sequence[Problem]) -> list[str]:
    """A line for each kind: how many, what, and the first names; what cannot be printed as an escape."""
    lines = []
    for kind, items in _by_kind(problems).items():
        more = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
        lines.append(one_line(f"{len(items)} x {kind}: {', '.join(items[:SHOWN])}{more}"))
    return lines


def is_long(problems: Sequence[Problem]) -> bool:
    """Whether `summarise` leaves names out."""
    return any(len(items) > SHOWN for items in _by_kind(problems).values())


def full_list(problems: Sequence[Problem]) -> str:
    """All of them, a line each, under their kinds."""
    parts = []
    for kind, items in _by_kind(problems).items():
        parts.append(f"{kind} ({len(items)}):\n" + "".join(f"  {one_line(item)}\n" for item in items))
    return "\n".join(parts)


def remove_list(path: Path) -> None:
    """Remove the list that an earlier run wrote; a file that is none stays."""
    if path.is_file() and re.match(LIST_START, path.read_bytes()):
        path.unlink()


def _by_kind(problems: Sequence[Problem]) -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {}
    for problem in problems:
        kinds.setdefault(problem.kind, []).append(problem.item)
    return kinds
