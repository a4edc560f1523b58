"""What the boxes of an AVIF or HEIC file say of its colours (ISO/IEC 14496-12 and 23008-12)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_LONGEST_META = 1 << 22


@dataclass(frozen=True)
class Description:
    """Of the pictures in a file: the first of its properties of each kind."""

    cicp: tuple[int, int] | None = None
    """Colour primaries and transfer characteristics, by ITU-T H.273."""
    channels: int | None = None


def description(file: BinaryIO) -> Description:
    """What the properties say; nothing where they cannot be read."""
    properties = _inside(_meta(file)[4:], b"iprp", b"ipco")
    cicp = channels = None
    for name, content in boxes(properties):
        if name == b"colr" and content[:4] == b"nclx" and len(content) >= 8 and cicp is None:
            cicp = struct.unpack(">HH", content[4:8])
        elif name == b"pixi" and len(content) > 4 and channels is None:
            channels = content[4]
    return Description(cicp, channels)


def boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of each box that lies within these bytes; a last one that does not is cut."""
    at = 0
    while at + 8 <= len(content):
        size, name = struct.unpack(">I4s", content[at : at + 8])
        begin = at + 8
        if size == 1 and at + 16 <= len(content):
            size, begin = struct.unpack(">Q", content[at + 8 : at + 16])[0], at + 16
        size = size or len(content) - at
        if size < begin - at:
            return
        yield name, content[begin : at + size]
        at += size


def _inside(content: bytes, *names: bytes) -> bytes:
    for wanted in names:
        content = next((inner for name, inner in boxes(content) if name == wanted), b"")
    return content


def _meta(file: BinaryIO) -> bytes:
    file.seek(0)
    for _ in range(64):
        start = file.read(8)
        if len(start) < 8:
            break
        size, name = struct.unpack(">I4s", start)
        if name == b"meta":
            return file.read(min(size - 8, _LONGEST_META)) if size > 8 else b""
        if size < 8:
            break
        file.seek(size - 8, 1)
    return b""
