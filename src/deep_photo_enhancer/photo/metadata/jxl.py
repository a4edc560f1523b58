"""JPEG XL: boxes Exif and "xml " of the container, which is put around a bare codestream; boxes of others. ISO/IEC 18181-2.

A box "brob" holds another one, packed with Brotli.
"""

from __future__ import annotations

import struct
from importlib import import_module
from typing import BinaryIO

from deep_photo_enhancer.photo.containers.bmff import boxes, encode_box
from deep_photo_enhancer.photo.containers.bytes import DamagedError, Data, copy, numbers
from deep_photo_enhancer.photo.containers.detect import JXL_CODESTREAM, JXL_SIGNATURE
from deep_photo_enhancer.photo.formats import JPEG_XL
from deep_photo_enhancer.photo.metadata.blocks import LONGEST, Blocks, Metadata, Piece, bare_exif
from deep_photo_enhancer.system.extras import install_command

_TYPE = encode_box(b"ftyp", b"jxl \0\0\0\0jxl ")
_NAMES = {b"Exif": "EXIF", b"xml ": "XMP"}
_CLAIMS = {b"jhgm": "gain map", b"jumb": "credentials"}
_OF_ENCODING = {b"JXL ", b"ftyp", b"jxlc", b"jxlp", b"jxll", b"jxli", b"jbrd"}


def read(data: Data) -> Blocks:
    found = Blocks()
    if data[:2] == JXL_CODESTREAM:
        return found
    for box in boxes(data):
        kind, body = box.kind, slice(box.body, box.end)
        if kind == b"brob" and data[box.body : box.body + 4] in _NAMES:
            kind, body = data[box.body : box.body + 4], slice(box.body + 4, box.end)
            content = _unpack(found, _NAMES[kind], data[body])
        else:
            content = data[body] if kind not in _OF_ENCODING else None
        if content is not None:
            _take(found, kind, content)
    return found


def _take(found: Blocks, kind: bytes, content: bytes) -> None:
    if kind == b"Exif" and found.exif is None and len(content) >= 4:
        found.exif = bare_exif(content[4 + numbers(">I", content, 0)[0] :])
    elif kind == b"xml " and found.xmp is None:
        found.xmp = content
    elif kind in _CLAIMS:
        found.claims.add(_CLAIMS[kind])
    elif kind == b"brob" and content[:4] in _CLAIMS:
        found.claims.add(_CLAIMS[content[:4]])
    elif kind != b"brob" or content[:4] not in _OF_ENCODING:
        found.pieces.append(Piece(JPEG_XL, kind.decode("ascii", "backslashreplace").strip(), encode_box(kind, content)))


def _unpack(found: Blocks, name: str, content: bytes) -> bytes | None:
    try:
        brotli = import_module("brotli")
    except ImportError:
        found.warnings.append(f"its {name} data is packed with Brotli and is left out; to keep it, {install_command('jxl')}")
        return None
    unpacking = brotli.Decompressor()
    try:
        unpacked: bytes = unpacking.process(content, output_buffer_limit=LONGEST)
        if unpacking.is_finished():
            return unpacked
    except brotli.error:
        pass
    found.warnings.append(f"its {name} data is damaged and is left out")
    return None


def write(data: Data, target: BinaryIO, metadata: Metadata) -> tuple[str, ...]:
    """Put the boxes before the pixels."""
    new = b""
    if metadata.exif is not None:
        new += encode_box(b"Exif", bytes(4) + metadata.exif)
    if metadata.xmp is not None:
        new += encode_box(b"xml ", metadata.xmp)
    new += b"".join(piece.body for piece in metadata.pieces if piece.container == JPEG_XL)
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
        if box.kind not in _NAMES:
            copy(data, box.at, box.end, target)
    raise DamagedError
