"""Which format a file has, known from its first bytes."""

from __future__ import annotations

import struct

from deep_photo_enhancer.photo.containers import jpeg, png
from deep_photo_enhancer.photo.containers.bytes import DamagedError, Data
from deep_photo_enhancer.photo.containers.tiff import MARKS, Tiff
from deep_photo_enhancer.photo.formats import AVIF, HEIC, JPEG, JPEG_2000, JPEG_XL, PNG, RAW, RAW_SUFFIXES, TIFF, WEBP

HEAD = 1 << 16
"""Bytes at the beginning of a file that its format is known from."""

JP2_SIGNATURE, JPEG_2000_CODESTREAM = b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"
JXL_SIGNATURE, JXL_CODESTREAM = b"\0\0\0\x0cJXL \r\n\x87\n", b"\xff\x0a"

HEIF, RAF, CR3 = "HEIF", "RAF", "CR3"
"""Containers that are no formats of photos: the one of HEIC and AVIF, Fujifilm's and Canon's own."""

_CONTAINERS: dict[bytes, str] = {
    jpeg.SIGNATURE: JPEG,
    png.SIGNATURE: PNG,
    JP2_SIGNATURE: JPEG_2000,
    JPEG_2000_CODESTREAM: JPEG_2000,
    JXL_SIGNATURE: JPEG_XL,
    JXL_CODESTREAM: JPEG_XL,
    b"FUJIFILMCCD-RAW": RAF,
}
_RAW_STARTS = (b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb", b"\0MRM", b"II\x1a\0\0\0HEAPCCDR")
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
_SUB_IFDS, _PHOTOMETRIC, _DNG_VERSION = 0x14A, 0x106, 0xC612
_MOSAICS = {32803, 34892}
"""TIFF's photometric values for the pixels of a sensor, before and after the colours are interpolated."""
_MOST_DIRECTORIES, _MOST_BELOW = 16, 8


def container_of(head: Data) -> str | None:
    """How a file is put together: HEIF, RAF, CR3 or a format's own name; TIFF for many cameras' RAW files. None if not known."""
    start = head[:16]
    for signature, container in _CONTAINERS.items():
        if start.startswith(signature):
            return container
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return WEBP
    if start[4:8] == b"ftyp":
        return CR3 if start[8:12] == b"crx " else HEIF
    order = {b"II": "<H", b"MM": ">H"}.get(start[:2])
    return TIFF if order and len(start) >= 4 and struct.unpack(order, start[2:4])[0] in MARKS else None


def detect(head: bytes, suffix: str = "") -> str | None:
    """The format of a file, one of `photo.formats`, by its first HEAD bytes; None for one that is not known.

    The suffix decides only between TIFF and RAW, which many cameras write as a TIFF of their own.
    """
    container = container_of(head)
    if container == HEIF:
        return _by_brands(_brands(head))
    if container in (RAF, CR3) or head.startswith(_RAW_STARTS):
        return RAW
    if container == TIFF:
        return RAW if suffix.lower() in RAW_SUFFIXES or is_raw_tiff(head) else TIFF
    return container


def describe_unsupported(head: bytes) -> str | None:
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


def is_raw_tiff(head: Data) -> bool:
    """Whether a TIFF holds the pixels of a sensor, or says that it is a DNG. Looks at the directories within `head`."""
    if head[8:10] == b"CR":  # Canon's CR2
        return True
    try:
        tiff = Tiff(head)
    except DamagedError:
        return False
    waiting, seen = [tiff.first], set[int]()
    while waiting and len(seen) < _MOST_DIRECTORIES:
        at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        for entry in tiff.entries(at):
            if entry.tag == _DNG_VERSION or (entry.tag == _PHOTOMETRIC and _MOSAICS.intersection(tiff.integers(entry))):
                return True
            if entry.tag == _SUB_IFDS:
                waiting += tiff.integers(entry)[:_MOST_BELOW]
    return False
