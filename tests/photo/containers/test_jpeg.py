from __future__ import annotations

import pytest

from deep_photo_enhancer.photo.containers.jpeg import (
    COMMENT,
    SCAN,
    Segment,
    encode_segment,
    end_of_image,
    lacks_only_end,
    segments,
)
from tests.enhancing_fixtures import jpeg_bytes, smooth_photo


def test_segments_lie_behind_fill_bytes_and_markers_without_content() -> None:
    data = (
        b"\xff\xd8" + b"\xff\x01" + b"\xff\xff" + encode_segment(COMMENT, b"hello") + encode_segment(SCAN, b"") + b"\x12\xff\xe0"
    )
    assert list(segments(data)) == [Segment(COMMENT, 6, 10, 15), Segment(SCAN, 15, 19, 19)]


@pytest.mark.parametrize("rest", [b"\xff\xe0\0\1", b"\xff\xe0\xff\xff..", b"\xff\xd9\xff\xe0\0\2", b"no marker", b"\xff"])
def test_what_is_no_segment_ends_the_walk(rest: bytes) -> None:
    assert [each.marker for each in segments(b"\xff\xd8" + encode_segment(COMMENT, b"") + rest)] == [COMMENT]


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_the_end_of_the_image_lies_behind_all_scans(options: dict[str, bool]) -> None:
    data = jpeg_bytes(smooth_photo(), **options)
    scan = next(each for each in segments(data) if each.marker == SCAN)
    assert end_of_image(data + b"more \xff\xd9", scan.end) == len(data)
    assert end_of_image(data[:-2], scan.end) is None


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_the_end_alone_is_missing_where_all_scans_are_there(options: dict[str, bool]) -> None:
    data = jpeg_bytes(smooth_photo(), **options)
    assert not lacks_only_end(data)
    assert not lacks_only_end(data + b"a trailer")
    assert lacks_only_end(data[:-2])
    assert lacks_only_end(data[:-1])
    scan = next(each for each in segments(data) if each.marker == SCAN)
    assert not lacks_only_end(data[: scan.at])
    assert lacks_only_end(data[: scan.end + 10]) == (not options)  # of a progressive picture, scans are missing


@pytest.mark.parametrize("scan", [b"", b"\3", b"\1\1\0\0\x3f\0", b"\3\1\0\2\0\3\0\1\x3f\0", b"\3\1\0\2\0\3\0\0\x3f\1"])
def test_a_scan_of_one_component_or_of_some_bits_is_not_all(scan: bytes) -> None:
    frame = encode_segment(0xC2, b"\x08\0\x10\0\x10\3" + b"\1\x11\0\2\x11\1\3\x11\1")
    assert not lacks_only_end(b"\xff\xd8" + frame + encode_segment(SCAN, scan))
    assert lacks_only_end(b"\xff\xd8" + frame + encode_segment(SCAN, b"\3\1\0\2\0\3\0\0\x3f\0"))
