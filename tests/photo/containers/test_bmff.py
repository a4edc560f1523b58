from __future__ import annotations

import struct

import pytest

from deep_photo_enhancer.photo.containers.bmff import Box, HeifProperties, boxes, contents, encode_box, heif_properties


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


def meta(*, ipco: bytes, ipma: bytes, iref: bytes = b"") -> bytes:
    """A file whose primary picture is number 2."""
    parts = encode_box(b"pitm", b"\0\0\0\0\0\2") + encode_box(b"iprp", encode_box(b"ipco", ipco) + encode_box(b"ipma", ipma))
    parts += encode_box(b"iref", bytes(4) + iref) if iref else b""
    return encode_box(b"ftyp", b"avif") + encode_box(b"meta", bytes(4) + parts)


def associations(*lists: tuple[int, list[int]], wide: bool = False) -> bytes:
    body = b"\0\0\0" + bytes([wide]) + struct.pack(">I", len(lists))
    for item, indices in lists:
        body += struct.pack(">HB", item, len(indices))
        body += b"".join(struct.pack(">H", index | 0x8000) if wide else bytes([index | 0x80]) for index in indices)
    return body


GREY, COLOUR = encode_box(b"pixi", b"\0\0\0\0\1\x08"), encode_box(b"pixi", b"\0\0\0\0\3\x08\x08\x08")
P3, REC_2020 = encode_box(b"colr", b"nclx\0\x0c\0\x0d\0\6\x80"), encode_box(b"colr", b"nclx\0\x09\0\1\0\6\x80")
IPCO = GREY + P3 + COLOUR + REC_2020


@pytest.mark.parametrize("wide", [False, True])
def test_the_primary_pictures_own_properties_count_and_not_the_first(wide: bool) -> None:
    data = meta(ipco=IPCO, ipma=associations((1, [1, 2]), (2, [4, 3]), wide=wide))
    assert heif_properties(data) == HeifProperties(cicp=(9, 1), channels=3)
    data = meta(ipco=IPCO, ipma=associations((1, [3, 4]), (2, [1]), wide=wide))
    assert heif_properties(data) == HeifProperties(cicp=None, channels=1)


def test_a_picture_of_tiles_has_what_its_tiles_have() -> None:
    tiles = encode_box(b"dimg", struct.pack(">HHHH", 2, 2, 5, 6))
    data = meta(ipco=IPCO, ipma=associations((1, [1, 2]), (2, [3]), (5, [4, 1])), iref=tiles)
    assert heif_properties(data) == HeifProperties(cicp=(9, 1), channels=3)
    circle = encode_box(b"dimg", struct.pack(">HHH", 2, 1, 2))
    assert heif_properties(meta(ipco=IPCO, ipma=associations((2, [3])), iref=circle)) == HeifProperties(channels=3)


def test_colours_multiplied_by_their_transparency_are_known() -> None:
    prem = encode_box(b"prem", struct.pack(">HHH", 2, 1, 1))
    assert heif_properties(meta(ipco=IPCO, ipma=associations((2, [3])), iref=prem)).premultiplied
    other = encode_box(b"prem", struct.pack(">HHH", 1, 1, 3))
    assert not heif_properties(meta(ipco=IPCO, ipma=associations((2, [3])), iref=other)).premultiplied


@pytest.mark.parametrize(
    "ipma", [b"", bytes(8), associations((2, [0, 9])), associations((2, [1]))[:-1], b"\0\0\0\0\xff\xff\xff\xff"]
)
def test_properties_that_cannot_be_read_are_none(ipma: bytes) -> None:
    assert heif_properties(meta(ipco=IPCO, ipma=ipma)) == HeifProperties()
    assert heif_properties(b"no boxes at all") == HeifProperties()
