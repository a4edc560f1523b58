from __future__ import annotations

from deep_photo_enhancer.system.markdown import in_markdown


def test_text_is_one_cell_without_markup() -> None:
    assert in_markdown("a|b\\c") == "a\\|b\\\\c"
    assert in_markdown("*x* `y` _z_ <b> #1") == "\\*x\\* \\`y\\` \\_z\\_ \\<b\\> \\#1"
    assert in_markdown(" two\nlines\r\n\tthree\u2028four ") == "two lines three four"


def test_what_cannot_be_printed_is_written_as_an_escape() -> None:
    assert in_markdown("\x1b[31mred\x9b\u202e\udc80 é") == "\\x1b[31mred\\x9b\\u202e\\udc80 é"
