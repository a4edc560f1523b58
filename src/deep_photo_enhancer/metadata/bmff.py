"""Boxes: the common form of HEIC, AVIF, JPEG XL, JPEG 2000 and Canon's CR3 files. ISO/IEC 14496-12 section 4.2."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from deep_photo_enhancer.metadata.blocks import Data, numbers


@dataclass(frozen=True)
class Box:
    kind: bytes
    at: int
    body: int
    end: int


def boxes(data: Data, start: int, end: int) -> Iterator[Box]:
    """The boxes that lie in a stretch of the file, up to the first that does not."""
    at = start
    while at + 8 <= end:
        length, kind = numbers(">I4s", data, at)
        body = at + 8
        if length == 1 and at + 16 <= end:
            (length,) = numbers(">Q", data, at + 8)
            body = at + 16
        box_end = end if length == 0 else at + length
        if box_end < body or box_end > end:
            return
        yield Box(kind, at, body, box_end)
        at = box_end


def encoded(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, kind) + body
