from __future__ import annotations

import re
from pathlib import Path

import pytest

from deep_photo_enhancer.system.text import escape_markdown, one_line, quantity, table


def test_text_is_one_cell_without_markup() -> None:
    assert escape_markdown("a|b\\c") == "a\\|b\\\\c"
    assert escape_markdown("*x* `y` _z_ <b> #1") == "\\*x\\* \\`y\\` \\_z\\_ \\<b\\> \\#1"
    assert escape_markdown(" two\nlines\r\n\tthree\u2028four ") == "two lines three four"


def test_what_cannot_be_printed_is_written_as_an_escape() -> None:
    assert escape_markdown("\x1b[31mred\x9b\u202e\udc80 é") == "\\x1b[31mred\\x9b\\u202e\\udc80 é"


def test_a_line_shows_what_cannot_be_printed() -> None:
    assert one_line("a\nb\x1b[2J \udc80 é") == "a\\nb\\x1b[2J \\udc80 é"
    assert one_line(Path("x\ty")) == "x\\ty"


def test_a_table_has_even_columns_with_numbers_to_the_right() -> None:
    assert table(["name", "dB", "range"], [["a", "1.5", "+1 to 2"], ["longer", "", "-"]]).splitlines() == [
        "| name   |  dB |   range |",
        "| ------ | --: | ------: |",
        "| a      | 1.5 | +1 to 2 |",
        "| longer |     |       - |",
    ]


def test_what_stands_in_a_cell_does_not_break_the_table() -> None:
    for name in ("a|b", "a\nb", "**", "`", "\\", "<script>", "\u2028", "\x1b[31m"):
        _heading, _rule, row = table(["file", "n"], [[name, "1"]]).splitlines()
        assert len(re.findall(r"(?<!\\)\|", row.replace("\\\\", ""))) == 3
        assert row.isprintable()


def test_a_row_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(ValueError, match="2 cells"):
        table(["a", "b"], [["1"]])


def test_numbers_with_nouns() -> None:
    assert [quantity(number, "photo") for number in (0, 1, 2)] == ["0 photos", "1 photo", "2 photos"]
    assert quantity(2, "box", "boxes") == "2 boxes"
