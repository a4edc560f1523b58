"""Text for people: lines on a terminal, numbers with nouns, and tables in Markdown, whatever stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_NUMBER = re.compile(r"[+±-]?\d.*|[+-]?inf|-?", re.DOTALL)
"""What goes to the right in a table: a number, with what follows it, or nothing."""


def one_line(text: object) -> str:
    """A message that names files of any name, for a terminal: what cannot be printed is written as an escape."""
    return "".join(map(_printable, str(text)))


def quantity(number: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun: "1 photo", "2 photos"."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def escape_markdown(text: str) -> str:
    """The text on one line, nothing in it markup, and what cannot be printed as an escape such as \\x1b."""
    return "".join(f"\\{letter}" if letter in r"\|`*_<>#" else _printable(letter) for letter in " ".join(text.split()))


def table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown that also reads well as it is: columns of even width, those of numbers to the right.

    Cells hold any text; it is shown as it stands. ValueError for a row that has not one cell a column.
    """
    heading, *body = cells = [list(map(escape_markdown, row)) for row in (columns, *rows)]
    if any(len(row) != len(heading) for row in body):
        raise ValueError(f"each row of this table needs {len(heading)} cells")
    columns_of_cells = list(zip(*cells, strict=True))
    widths = [max(3, *map(len, column)) for column in columns_of_cells]
    to_right = [bool(body) and all(map(_NUMBER.fullmatch, column[1:])) for column in columns_of_cells]
    rule = ["-" * (width - right) + ":" * right for width, right in zip(widths, to_right, strict=True)]
    return "\n".join(_table_row(row, widths, to_right) for row in (heading, rule, *body))


def _table_row(cells: Sequence[str], widths: Sequence[int], to_right: Sequence[bool]) -> str:
    padded = (
        cell.rjust(width) if right else cell.ljust(width) for cell, width, right in zip(cells, widths, to_right, strict=True)
    )
    return f"| {' | '.join(padded)} |"


def _printable(letter: str) -> str:
    return letter if letter.isprintable() else ascii(letter)[1:-1]
