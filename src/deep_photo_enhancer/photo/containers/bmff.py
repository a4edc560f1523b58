"""Boxes: the common form of HEIC, AVIF, JPEG XL, JPEG 2000 and Canon's CR3 files. ISO/IEC 14496-12 section 4.2."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """Where a box lies in its file: it begins `at`, its content goes from `body` to `end`."""

    kind: bytes
    at: int
    body: int
    end: int


def boxes(data: bytes | mmap.mmap, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes that lie in a stretch of the file, by default all of it, up to the first that does not.

    Length 1 means that 64 bits follow, 0 a box up to the end.
    """
    at, stop = start, len(data) if end is None else end
    while at + 8 <= stop:
        length, kind = struct.unpack_from(">I4s", data, at)
        body = at + 8
        if length == 1 and at + 16 <= stop:
            (length,) = struct.unpack_from(">Q", data, at + 8)
            body = at + 16
        box_end = stop if length == 0 else at + length
        if box_end < body or box_end > stop:
            return
        yield Box(kind, at, body, box_end)
        at = box_end


def contents(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each box."""
    return ((box.kind, data[box.body : box.end]) for box in boxes(data))


def encoded(kind: bytes, body: bytes) -> bytes:
    """A box of less than 4 GB."""
    return struct.pack(">I4s", len(body) + 8, kind) + body


@dataclass(frozen=True)
class Properties:
    """Of the pictures in a file: the first of each kind."""

    cicp: tuple[int, int] | None = None
    """Colour primaries and transfer characteristics, by ITU-T H.273."""
    channels: int | None = None


def heif_properties(data: bytes) -> Properties:
    """What the properties say; nothing where they cannot be read."""
    cicp = channels = None
    meta = _inside(data, b"meta")[4:]
    for kind, content in contents(_inside(meta, b"iprp", b"ipco")):
        if kind == b"colr" and content[:4] == b"nclx" and len(content) >= 8 and cicp is None:
            cicp = struct.unpack(">HH", content[4:8])
        elif kind == b"pixi" and len(content) > 4 and channels is None:
            channels = content[4]
    return Properties(cicp, channels)


def _inside(data: bytes, *kinds: bytes) -> bytes:
    for wanted in kinds:
        data = next((content for kind, content in contents(data) if kind == wanted), b"")
    return data
