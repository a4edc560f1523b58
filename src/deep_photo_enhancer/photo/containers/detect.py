"""Which format a file has, told from its first bytes."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from deep_photo_enhancer.photo.formats import AVIF, HEIC, JPEG, JPEG_2000, JPEG_XL, PNG, RAW, RAW_SUFFIXES, TIFF, WEBP

_STARTS: dict[bytes, str] = {
    b"\xff\xd8\xff": JPEG,
    b"\x89PNG\r\n\x1a\n": PNG,
    b"\0\0\0\x0cjP  \r\n\x87\n": JPEG_2000,
    b"\xff\x4f\xff\x51": JPEG_2000,
    b"\0\0\0\x0cJXL \r\n\x87\n": JPEG_XL,
    b"\xff\x0a": JPEG_XL,
    b"FUJIFILMCCD-RAW": RAW,
    b"IIRO": RAW,
    b"IIRS": RAW,
    b"MMOR": RAW,
    b"IIU\0": RAW,
    b"FOVb": RAW,
    b"\0MRM": RAW,
    b"II\x1a\0\0\0HEAPCCDR": RAW,
}
_REFUSED_STARTS: dict[bytes, str] = {
    b"GIF8": "a GIF picture",
    b"BM": "a BMP picture",
    b"8BPS": "a Photoshop document",
    b"%PDF": "a PDF document",
    b"v/1\x01": "an OpenEXR picture with floating-point pixels",
    b"#?RADIANCE": "a Radiance picture with floating-point pixels",
    b"<svg": "an SVG drawing",
    b"<?xml": "an XML document",
    b"P6": "a PPM picture",
    b"P5": "a PGM picture",
}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"mif1", b"mif2", b"heif", b"MiHB", b"MiHE", b"MiHA"}
_SEQUENCE_BRANDS = {b"avis", b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"}
_TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_SUB_IFDS, _PHOTOMETRIC, _DNG_VERSION = 0x14A, 0x106, 0xC612
_MOSAICS = {32803, 34892}
"""TIFF's photometric values for the pixels of a sensor, before and after the colours are interpolated."""
HEAD = 1 << 16
"""Bytes at the beginning of a file that its format is told from."""


def detect(head: bytes, suffix: str = "") -> str | None:
    """The format of a file, one of the names above, by its first HEAD bytes; None for one that is not known.

    The suffix decides only between TIFF and RAW, which many cameras write as a TIFF of their own.
    """
    for start, name in _STARTS.items():
        if head.startswith(start):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head[4:8] == b"ftyp":
        return _by_brands(_brands(head))
    if head.startswith(_TIFF_STARTS):
        return RAW if suffix.lower() in RAW_SUFFIXES or is_raw_tiff(head) else TIFF
    return None


def known_by_name(head: bytes) -> str | None:
    """What a file is that is not read, for the message; None for nothing that is known."""
    for start, name in _REFUSED_STARTS.items():
        if head.lstrip()[: len(start)] == start:
            return name
    return "a video" if head[4:8] in (b"ftyp", b"moov", b"mdat") else None


def is_sequence(head: bytes) -> bool:
    """Whether an AVIF or HEIC file says that it is a sequence of pictures."""
    return head[4:8] == b"ftyp" and head[8:12] in _SEQUENCE_BRANDS


def _brands(head: bytes) -> list[bytes]:
    size = min(struct.unpack(">I", head[:4])[0], 4096)
    return [head[8:12], *(head[at : at + 4] for at in range(16, size, 4))]


def _by_brands(brands: list[bytes]) -> str | None:
    if b"crx " in brands:
        return RAW
    if b"avif" in brands or b"avis" in brands:
        return AVIF
    return HEIC if brands[0] in _SEQUENCE_BRANDS or _HEIC_BRANDS.intersection(brands) else None


def is_raw_tiff(head: bytes) -> bool:
    """Whether a TIFF holds the pixels of a sensor, or says that it is a DNG. Looks at the directories within `head`."""
    if head[8:10] == b"CR":  # Canon's CR2
        return True
    order = "<" if head[:2] == b"II" else ">"
    if len(head) < 8 or head[:4] not in (b"II*\0", b"MM\0*"):
        return False
    first = struct.unpack_from(f"{order}I", head, 4)[0]
    waiting, seen = [first], set[int]()
    while waiting and len(seen) < 16:
        at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        for tag, kind, count, value, place in _entries(head, at, order):
            if tag == _DNG_VERSION or (tag == _PHOTOMETRIC and value in _MOSAICS):
                return True
            if tag == _SUB_IFDS and kind in (4, 13):
                waiting += _offsets(head, place if count == 1 else value, count, order)
    return False


def _entries(head: bytes, at: int, order: str) -> Iterator[tuple[int, int, int, int, int]]:
    """Tag, type, count, value as a number, and place of the value, of each entry of a TIFF directory."""
    if at + 2 > len(head):
        return
    for place in range(at + 2, at + 2 + 12 * min(struct.unpack_from(f"{order}H", head, at)[0], 512), 12):
        if place + 12 > len(head):
            return
        tag, kind, count = struct.unpack_from(f"{order}HHI", head, place)
        value = struct.unpack_from(f"{order}H" if kind == 3 else f"{order}I", head, place + 8)[0]
        yield tag, kind, count, value, place + 8


def _offsets(head: bytes, at: int, count: int, order: str) -> list[int]:
    count = min(count, 8)
    return list(struct.unpack_from(f"{order}{count}I", head, at)) if at + 4 * count <= len(head) else []
