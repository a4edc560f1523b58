"""Text of any kind in Markdown tables."""

from __future__ import annotations


def in_markdown(text: str) -> str:
    """The text as one cell: on one line, nothing in it markup, and what cannot be printed as an escape such as \\x1b."""
    return "".join(map(_letter, " ".join(text.split())))


def _letter(letter: str) -> str:
    if not letter.isprintable():
        return ascii(letter)[1:-1]
    return f"\\{letter}" if letter in r"\|`*_<>#" else letter
