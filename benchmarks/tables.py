"""Tables of figures that take long to measure."""

from collections.abc import Iterable

from deep_photo_enhancer.system.text import escape_markdown


def print_table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print a table in Markdown, each row as soon as it is measured; columns are not padded, as the next rows are not known."""
    columns = list(columns)
    _print_row(columns)
    print("|---" * len(columns) + "|", flush=True)
    for row in rows:
        _print_row(row)


def _print_row(cells: Iterable[str]) -> None:
    print(f"| {' | '.join(map(escape_markdown, cells))} |", flush=True)
