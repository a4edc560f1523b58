"""Whether a picture was cut off, told by its frame alone, without decoding it."""

from __future__ import annotations

import struct
from typing import BinaryIO

_PNG_START, _PNG_END = b"\x89PNG\r\n\x1a\n", b"\0\0\0\0IEND\xaeB\x60\x82"
_END_OF_IMAGE = b"\xff\xd9"
_PICTURES = ({b"meta", b"mdat"}, {b"jp2c"}, {b"jxlc"}, {b"jxlp"})
"""The boxes that hold the picture, in HEIC and AVIF, in JP2, and in JPEG XL."""
_OFFSETS, _LENGTHS = (273, 324), (279, 325)
"""TIFF's tags of where its strips or tiles are, and how long."""
_TYPES = {3: "H", 4: "I", 16: "Q"}
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Bytes of a value of each of TIFF's types."""


def ends_well(file: BinaryIO, size: int) -> bool | None:
    """Whether a file of `size` bytes ends as its format prescribes; None for a JPEG XL codestream, whose end cannot be told.

    JPEG and JPEG 2000 codestreams by their last marker, PNG by its last chunk, WebP by the length in its header, HEIC, AVIF, JP2
    and JPEG XL by the lengths of their boxes, TIFF by the places of its strips or tiles. False for all other formats.
    """
    start = file.read(16)
    if start.startswith(b"\xff\x0a"):
        return None
    if start.startswith((b"\xff\xd8\xff", b"\xff\x4f\xff\x51")):
        return _last(file, size, 2) == _END_OF_IMAGE
    if start.startswith(_PNG_START):
        return _last(file, size, 12) == _PNG_END
    if start[:4] == b"RIFF" and len(start) >= 8:
        length = 8 + int.from_bytes(start[4:8], "little")
        return length <= size <= length + 1
    if start[4:8] in (b"ftyp", b"jP  ", b"JXL "):
        return _boxes_end_well(file, size)
    try:
        return start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+") and _strips_are_there(file, size, start)
    except (struct.error, KeyError, ValueError, OverflowError):
        return False


def _last(file: BinaryIO, size: int, count: int) -> bytes:
    file.seek(max(0, size - count))
    return file.read(count)


def _boxes_end_well(file: BinaryIO, size: int) -> bool:
    """ISO/IEC 14496-12, 4.2: boxes follow each other; length 1 means that 64 bits follow, 0 a box up to the end of the file."""
    at, found = 0, set()
    while at < size:
        head = _read(file, at, 16)
        length, name = int.from_bytes(head[:4], "big"), head[4:8]
        found.add(name)
        if length == 0 and len(name) == 4:
            return name != b"jp2c" or _last(file, size, 2) == _END_OF_IMAGE
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if length < 8:
            return False
        at += length
    return at == size and any(found >= needed for needed in _PICTURES)


def _strips_are_there(file: BinaryIO, size: int, start: bytes) -> bool:
    """Of the first picture of a TIFF or BigTIFF."""
    order = "<" if start[:1] == b"I" else ">"
    word, counter = ("Q", "Q") if 43 in start[2:4] else ("I", "H")
    (at,) = struct.unpack_from(order + word, start, 8 if word == "Q" else 4)
    (entries,) = _numbers(file, at, order + counter, 1)
    entry = struct.Struct(f"{order}HH{word}")
    places: dict[int, tuple[int, ...]] = {}
    for number in range(entries):
        begin = at + struct.calcsize(counter) + number * (entry.size + struct.calcsize(word))
        tag, kind, count = entry.unpack(_read(file, begin, entry.size))
        value = begin + entry.size
        if _SIZES[kind] * count > struct.calcsize(word):
            (value,) = _numbers(file, value, order + word, 1)
        if value + _SIZES[kind] * count > size:
            return False
        if tag in _OFFSETS + _LENGTHS:
            places[tag] = _numbers(file, value, order + _TYPES[kind], count)
    offsets, lengths = ([at for tag in tags for at in places.get(tag, ())] for tags in (_OFFSETS, _LENGTHS))
    return bool(offsets) and all(offset + length <= size for offset, length in zip(offsets, lengths, strict=True))


def _numbers(file: BinaryIO, at: int, kind: str, count: int) -> tuple[int, ...]:
    return struct.unpack(f"{kind[0]}{count}{kind[1]}", _read(file, at, struct.calcsize(kind) * count))


def _read(file: BinaryIO, at: int, count: int) -> bytes:
    file.seek(at)
    return file.read(count)
