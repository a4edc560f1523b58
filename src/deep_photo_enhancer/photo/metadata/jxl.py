"""JPEG XL: boxes Exif and "xml " of the container, which is put around a bare codestream. ISO/IEC 18181-2."""

from __future__ import annotations

import struct
from typing import BinaryIO

from deep_photo_enhancer.photo.containers.bmff import boxes, encode_box
from deep_photo_enhancer.photo.containers.bytes import DamagedError, Data, copy, numbers
from deep_photo_enhancer.photo.containers.detect import JXL_CODESTREAM, JXL_SIGNATURE
from deep_photo_enhancer.photo.metadata.blocks import Blocks, Metadata, bare_exif

_TYPE = encode_box(b"ftyp", b"jxl \0\0\0\0jxl ")
_PACKED = {b"Exif": "EXIF", b"xml ": "XMP"}


def read(data: Data) -> Blocks:
    found = Blocks()
    if data[:2] == JXL_CODESTREAM:
        return found
    for box in boxes(data, 0, len(data)):
        if box.kind == b"Exif" and found.exif is None and box.end >= box.body + 4:
            found.exif = bare_exif(data[box.body + 4 + numbers(">I", data, box.body)[0] : box.end])
        elif box.kind == b"xml " and found.xmp is None:
            found.xmp = data[box.body : box.end]
        elif box.kind == b"jhgm":
            found.claims.add("gain map")
        elif box.kind == b"brob" and (name := _PACKED.get(data[box.body : box.body + 4])):
            found.warnings.append(f"its {name} data is packed with brotli, which is not read here, and is left out")
    return found


def write(data: Data, target: BinaryIO, metadata: Metadata) -> tuple[str, ...]:
    """Put the boxes before the pixels."""
    new = b""
    if metadata.exif is not None:
        new += encode_box(b"Exif", bytes(4) + metadata.exif)
    if metadata.xmp is not None:
        new += encode_box(b"xml ", metadata.xmp)
    if data[:2] == JXL_CODESTREAM:
        size = len(data) + 8
        head = struct.pack(">I4s", size, b"jxlc") if size < 1 << 32 else struct.pack(">I4sQ", 1, b"jxlc", size + 8)
        target.write(JXL_SIGNATURE + _TYPE + new + head)
        copy(data, 0, len(data), target)
        return ()
    for box in boxes(data, 0, len(data)):
        if box.kind in (b"jxlc", b"jxlp"):
            target.write(new)
            copy(data, box.at, len(data), target)
            return ()
        if box.kind not in _PACKED:
            copy(data, box.at, box.end, target)
    raise DamagedError
