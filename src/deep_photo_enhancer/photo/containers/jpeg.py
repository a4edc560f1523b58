"""JPEG: a row of segments, each behind its marker, up to the scans of the picture. ITU-T T.81 annex B."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from deep_photo_enhancer.photo.containers.bytes import Data, numbers

SIGNATURE = b"\xff\xd8\xff"
END_OF_IMAGE = b"\xff\xd9"

APP0, APP1, APP2, APP3, APP4, APP8, APP10, APP11, APP13, APP14 = 0xE0, 0xE1, 0xE2, 0xE3, 0xE4, 0xE8, 0xEA, 0xEB, 0xED, 0xEE
COMMENT, TABLES, SCAN, END = 0xFE, 0xDB, 0xDA, 0xD9
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of the header that gives the picture's size and components (SOF)."""
ROOM = 65533
"""Bytes that a segment's content may have."""

_TEMPORARY, _FILL = 0x01, 0xFF
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
        elif marker == END:
            return
        else:
            end = at + 2 + numbers(">H", data, at + 2)[0]
            if end < at + 4 or end > len(data):
                return
            yield Segment(marker, at, at + 4, end)
            if marker == SCAN:
                return
            at = end


def later_segments(data: Data, at: int) -> Iterator[Segment]:
    """The segments behind the first scan, whose data begin `at`, up to the end of the image, which is the last of them."""
    while hit := _AFTER_SCAN.search(data, at):
        marker, body = data[hit.end() - 1], hit.end() + 2
        if marker == END:
            yield Segment(marker, hit.start(), hit.end(), hit.end())
            return
        if body > len(data):
            return
        at = max(body, hit.end() + numbers(">H", data, hit.end())[0])
        yield Segment(marker, hit.start(), body, at)


def end_of_image(data: Data, at: int) -> int | None:
    """The place behind the picture whose first scan has its data `at`; None where its end is missing."""
    return next((segment.end for segment in later_segments(data, at) if segment.marker == END), None)


def lacks_only_end(data: Data) -> bool:
    """Whether the end of the image is missing and every scan has begun, so that its data may be whole."""
    if data[-2:] == END_OF_IMAGE:
        return False
    headers = list(segments(data))
    if not headers or headers[-1].marker != SCAN:
        return False
    later = list(later_segments(data, headers[-1].end))
    if later and later[-1].marker == END:
        return False
    frame = next((data[each.body : each.end] for each in headers if each.marker in FRAMES), b"")
    scans = (data[each.body : each.end] for each in (headers[-1], *later) if each.marker == SCAN)
    return _has_every_scan(frame, list(scans))


def _has_every_scan(frame: bytes, scans: list[bytes]) -> bool:
    """Whether the scans' headers name the last bit of every coefficient of every component. ITU-T T.81 B.2.2, B.2.3, G.1.1."""
    if len(frame) < 6 or len(frame) < 6 + 3 * frame[5] or not frame[5]:
        return False
    missing = {(frame[6 + 3 * number], coefficient) for number in range(frame[5]) for coefficient in range(64)}
    for scan in scans:
        count = scan[0] if scan else 0
        if len(scan) < 4 + 2 * count or scan[3 + 2 * count] & 15:
            continue
        first, last = scan[1 + 2 * count], scan[2 + 2 * count]
        missing -= {(scan[1 + 2 * number], each) for number in range(count) for each in range(first, last + 1)}
    return not missing


def encode_segment(marker: int, body: bytes) -> bytes:
    """A segment of at most ROOM bytes."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
