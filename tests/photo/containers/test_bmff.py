from __future__ import annotations

import struct

from deep_photo_enhancer.photo.containers.bmff import Box, boxes, contents, encode_box


def test_boxes_follow_each_other() -> None:
    data = encode_box(b"ftyp", b"heic") + encode_box(b"free", b"")
    assert data == b"\0\0\0\x0cftypheic\0\0\0\x08free"
    assert list(boxes(data)) == [Box(b"ftyp", 0, 8, 12), Box(b"free", 12, 20, 20)]
    assert list(boxes(b"...." + data + b"....", 4, 24)) == [Box(b"ftyp", 4, 12, 16), Box(b"free", 16, 24, 24)]
    assert list(contents(data)) == [(b"ftyp", b"heic"), (b"free", b"")]


def test_lengths_of_64_bits_and_boxes_up_to_the_end() -> None:
    data = struct.pack(">I4sQ", 1, b"long", 16 + 3) + b"abc" + struct.pack(">I4s", 0, b"rest") + b"defg"
    assert list(contents(data)) == [(b"long", b"abc"), (b"rest", b"defg")]


def test_a_box_that_does_not_lie_within_the_file_ends_the_walk() -> None:
    for length in (7, 13, 1 << 31):
        data = encode_box(b"good", b"") + struct.pack(">I4s", length, b"evil") + b"1234"
        assert [kind for kind, _ in contents(data)] == [b"good"]
    assert list(boxes(struct.pack(">I4sQ", 1, b"evil", 1 << 63))) == []
    assert list(boxes(struct.pack(">I4sQ", 1, b"evil", 15))) == []
