"""Photoshop image resources, the home of IPTC in JPEG, TIFF and PNG files.

Adobe Photoshop File Formats Specification (2019), "Image Resource Blocks".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from deep_photo_enhancer.photo.containers.bytes import DamagedError, numbers

IPTC = 0x0404
_STALE = {0x0409, 0x040C, 0x040F, 0x0422, 0x0423, 0x0424}
"""Two forms of the thumbnail, and copies of the colour profile, of EXIF and of XMP."""
_SIGNATURES = (b"8BIM", b"PHUT", b"AgHg", b"DCSR", b"MeSa")


def repair(resources: bytes) -> tuple[bytes, bool]:
    """The resources before the first that cannot be read, and whether these are all."""
    readable: list[bytes] = []
    try:
        readable.extend(whole for _, whole, _ in _resources(resources))
    except DamagedError:
        return b"".join(readable), False
    return b"".join(readable), True


def drop_stale(resources: bytes) -> bytes | None:
    """The resources that hold for the enhanced photo too; None when there are none. DamagedError when they cannot be read."""
    return b"".join(whole for number, whole, _ in _resources(resources) if number not in _STALE) or None


def iptc_record(resources: bytes) -> bytes | None:
    """The IPTC record alone."""
    return next((value for number, _, value in _resources(resources) if number == IPTC), None)


def drop_iptc_record(resources: bytes) -> bytes | None:
    """The other resources; None when there are none."""
    return b"".join(whole for number, whole, _ in _resources(resources) if number != IPTC) or None


def strip_padding(record: bytes) -> bytes:
    """An IPTC record without the zeros that make it up to a number of LONGs. IPTC IIM 4.2 section 1.5."""
    at = 0
    while record[at : at + 1] == b"\x1c" and at + 5 <= len(record):
        (length,) = numbers(">H", record, at + 3)
        if length & 0x8000:  # the length of a length: longer than any text
            return record
        at += 5 + length
    return record[:at] if not record[at:].strip(b"\0") else record


def add_iptc_record(resources: bytes, record: bytes) -> bytes:
    """Resources with this IPTC record, unless they hold one."""
    if iptc_record(resources) is not None:
        return resources
    return b"8BIM" + struct.pack(">HxxI", IPTC, len(record)) + record + bytes(len(record) % 2) + resources


def _resources(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Number, all bytes and value of each; what is left at the end, shorter than a resource, is padding."""
    at = 0
    while at + 12 <= len(data):
        if data[at : at + 4] not in _SIGNATURES:
            if data[at:].strip(b"\0"):
                raise DamagedError
            return
        number, name = numbers(">HB", data, at + 4)
        value = at + 6 + (name + 2) // 2 * 2 + 4
        (length,) = numbers(">I", data, value - 4)
        if value + length > len(data):
            raise DamagedError
        end = value + length + length % 2
        yield number, data[at:end].ljust(end - at, b"\0"), data[value : value + length]
        at = end
