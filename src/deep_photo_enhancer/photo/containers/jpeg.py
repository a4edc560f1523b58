"""JPEG: a row of segments, each behind its marker, up to the scans of the picture. ITU-T T.81 annex B."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from deep_photo_enhancer.photo.containers.bytes import Data, numbers

SIGNATURE = b"\xff\xd8\xff"
END_OF_IMAGE = b"\xff\xd9"

APP0, APP1, APP2, APP11, APP13 = 0xE0, 0xE1, 0xE2, 0xEB, 0xED
COMMENT, TABLES, SCAN = 0xFE, 0xDB, 0xDA
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of the header that gives the picture's size and components (SOF)."""
ROOM = 65533
"""Bytes that a segment's content may have."""

_TEMPORARY, _END, _FILL = 0x01, 0xD9, 0xFF
_ALONE = range(0xD0, 0xD9)
"""Markers without content, beside the temporary one: restarts and the start of the image."""
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


@dataclass(frozen=True)
class Segment:
    """Where a segment lies: its marker begins `at`, its content goes from `body` to `end`."""

    marker: int
    at: int
    body: int
    end: int


def segments(data: Data) -> Iterator[Segment]:
    """The segments up to the header of the first scan; ends where the file does."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == _FILL:
            at += 1
        elif marker == _TEMPORARY or marker in _ALONE:
            at += 2
        elif marker == _END:
            return
        else:
            end = at + 2 + numbers(">H", data, at + 2)[0]
            if end < at + 4 or end > len(data):
                return
            yield Segment(marker, at, at + 4, end)
            if marker == SCAN:
                return
            at = end


def end_of_image(data: Data, at: int) -> int | None:
    """The place behind the picture whose first scan begins `at`; None where its end is missing."""
    while hit := _AFTER_SCAN.search(data, at):
        at = hit.end()
        if data[at - 1] == _END:
            return at
        if at + 2 > len(data):
            return None
        at += max(2, numbers(">H", data, at)[0])
    return None


def encode_segment(marker: int, body: bytes) -> bytes:
    """A segment of at most ROOM bytes."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
