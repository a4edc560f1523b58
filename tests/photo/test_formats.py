from __future__ import annotations

from deep_photo_enhancer.photo import RAW_SUFFIXES, SAVERS, output_suffix


def test_outputs_keep_the_suffix_that_can_be_written_and_raw_becomes_jpeg() -> None:
    assert [output_suffix(suffix) for suffix in (".HEIC", ".jpg", ".jxl", ".NEF", ".gif")] == [
        ".HEIC",
        ".jpg",
        ".jxl",
        ".jpg",
        ".jpg",
    ]
    assert not RAW_SUFFIXES & set(SAVERS)
