"""WebP: chunks EXIF and XMP at the end, announced in VP8X at the beginning; chunks of others behind them.

WebP container specification (Google), "Extended File Format".
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from deep_photo_enhancer.photo.containers.bytes import DamagedError, Data, copy, numbers
from deep_photo_enhancer.photo.containers.webp import Chunk, chunks, encode_chunk
from deep_photo_enhancer.photo.formats import WEBP
from deep_photo_enhancer.photo.metadata.blocks import Blocks, Metadata, Piece, bare_exif

_HAS_XMP, _HAS_EXIF, _HAS_ALPHA = 0x04, 0x08, 0x10
_OURS = {b"EXIF", b"XMP "}
_OF_ENCODING = {b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ICCP", b"ANIM", b"ANMF"}


def read(data: Data) -> Blocks:
    found = Blocks()
    for chunk in chunks(data):
        if chunk.kind == b"EXIF":
            found.exif = found.exif or bare_exif(data[chunk.body : chunk.end])
        elif chunk.kind == b"XMP ":
            found.xmp = found.xmp or data[chunk.body : chunk.end]
        elif chunk.kind == b"C2PA":
            found.claims.add("credentials")
        elif chunk.kind not in _OF_ENCODING:
            name = chunk.kind.decode("ascii", "backslashreplace").strip()
            found.pieces.append(Piece(WEBP, name, encode_chunk(chunk.kind, data[chunk.body : chunk.end])))
    return found


def write(data: Data, target: BinaryIO, metadata: Metadata) -> tuple[str, ...]:
    own = list(chunks(data))
    if not own:
        raise DamagedError
    blocks = ((b"EXIF", metadata.exif), (b"XMP ", metadata.xmp))
    new = b"".join(encode_chunk(kind, block) for kind, block in blocks if block is not None)
    new += b"".join(piece.body for piece in metadata.pieces if piece.container == WEBP)
    flags = (_HAS_EXIF if metadata.exif is not None else 0) | (_HAS_XMP if metadata.xmp is not None else 0)
    head = encode_chunk(b"VP8X", _head(data, own[0], flags))
    staying = [(each.at, each.end + each.end % 2) for each in own if each.kind not in _OURS and each.kind != b"VP8X"]
    length = 4 + len(head) + sum(end - at for at, end in staying) + len(new)
    if length >= 1 << 32:
        raise DamagedError
    target.write(b"RIFF" + struct.pack("<I", length) + b"WEBP" + head)
    for at, end in staying:
        copy(data, at, min(end, len(data)), target)
        target.write(bytes(max(0, end - len(data))))
    target.write(new)
    return ()


def _head(data: Data, first: Chunk, flags: int) -> bytes:
    """The content of VP8X: the file's own with our flags, or one made for a picture that had none."""
    if first.kind == b"VP8X" and first.end - first.body >= 10:
        (own,) = numbers("B", data, first.body)
        return bytes([own & ~(_HAS_EXIF | _HAS_XMP) | flags]) + data[first.body + 1 : first.body + 10]
    if first.kind == b"VP8L":
        (bits,) = numbers("<I", data, first.body + 1)
        width, height, alpha = bits & 0x3FFF, bits >> 14 & 0x3FFF, bits >> 28 & 1
        flags |= _HAS_ALPHA * alpha
    elif first.kind == b"VP8 ":
        width, height = (side - 1 & 0x3FFF for side in numbers("<HH", data, first.body + 6))
    else:
        raise DamagedError
    return struct.pack("<II", flags, width)[:7] + struct.pack("<I", height)[:3]
