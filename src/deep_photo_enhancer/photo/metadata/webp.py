"""WebP: chunks EXIF and XMP at the end, announced in VP8X at the beginning.

WebP container specification (Google), "Extended File Format".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from deep_photo_enhancer.photo.containers.bytes import DamagedError, Data, copy, numbers
from deep_photo_enhancer.photo.metadata.blocks import Found, Metadata, bare_exif

_HAS_XMP, _HAS_EXIF, _HAS_ALPHA = 0x04, 0x08, 0x10
_OURS = {b"EXIF", b"XMP "}


def read(data: Data) -> Found:
    found = Found()
    for kind, at, end in _chunks(data):
        if kind == b"EXIF":
            found.exif = found.exif or bare_exif(data[at + 8 : end])
        elif kind == b"XMP ":
            found.xmp = found.xmp or data[at + 8 : end]
        elif kind == b"C2PA":
            found.claims.add("credentials")
    return found


def write(data: Data, target: BinaryIO, metadata: Metadata) -> tuple[str, ...]:
    chunks = list(_chunks(data))
    if not chunks:
        raise DamagedError
    blocks = ((b"EXIF", metadata.exif), (b"XMP ", metadata.xmp))
    new = b"".join(_encoded(kind, block) for kind, block in blocks if block is not None)
    flags = (_HAS_EXIF if metadata.exif is not None else 0) | (_HAS_XMP if metadata.xmp is not None else 0)
    head = _encoded(b"VP8X", _head(data, *chunks[0], flags))
    staying = [(at, end + end % 2) for kind, at, end in chunks if kind not in _OURS and kind != b"VP8X"]
    length = 4 + len(head) + sum(end - at for at, end in staying) + len(new)
    if length >= 1 << 32:
        raise DamagedError
    target.write(b"RIFF" + struct.pack("<I", length) + b"WEBP" + head)
    for at, end in staying:
        copy(data, at, min(end, len(data)), target)
        target.write(bytes(max(0, end - len(data))))
    target.write(new)
    return ()


def _chunks(data: Data) -> Iterator[tuple[bytes, int, int]]:
    """Kind, first byte and end without padding of each chunk; ends where the file does."""
    at = 12
    while at + 8 <= len(data):
        kind, length = numbers("<4sI", data, at)
        end = at + 8 + length
        if end > len(data):
            return
        yield kind, at, end
        at = end + end % 2


def _head(data: Data, kind: bytes, at: int, end: int, flags: int) -> bytes:
    """The content of VP8X: the file's own with our flags, or one made for a picture that had none."""
    if kind == b"VP8X" and end - at >= 18:
        (own,) = numbers("B", data, at + 8)
        return bytes([own & ~(_HAS_EXIF | _HAS_XMP) | flags]) + data[at + 9 : at + 18]
    if kind == b"VP8L":
        (bits,) = numbers("<I", data, at + 9)
        width, height, alpha = bits & 0x3FFF, bits >> 14 & 0x3FFF, bits >> 28 & 1
        flags |= _HAS_ALPHA * alpha
    elif kind == b"VP8 ":
        width, height = (side - 1 & 0x3FFF for side in numbers("<HH", data, at + 14))
    else:
        raise DamagedError
    return struct.pack("<II", flags, width)[:7] + struct.pack("<I", height)[:3]


def _encoded(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)
