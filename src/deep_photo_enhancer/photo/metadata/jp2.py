"""JPEG 2000: uuid boxes before the codestream, and boxes of others.

ISO/IEC 15444-1 annex I; XMP specification part 3 section 1.1.4; GeoJP2 (Mapping Science, 2002).
"""

from __future__ import annotations

from typing import BinaryIO

from deep_photo_enhancer.photo.containers.bmff import Box, box_name, boxes, encode_box
from deep_photo_enhancer.photo.containers.bytes import DamagedError, Data, copy
from deep_photo_enhancer.photo.containers.detect import JPEG_2000_CODESTREAM
from deep_photo_enhancer.photo.formats import JPEG_2000
from deep_photo_enhancer.photo.metadata import photoshop
from deep_photo_enhancer.photo.metadata.blocks import GEO, Blocks, Metadata, Piece, bare_exif

_EXIF, _PHOTOSHOP_EXIF = b"JpgTiffExif->JP2", bytes.fromhex("0537cdab9d0c4431a72afa561f2a113e")
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_IPTC = bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38")
_GEO = bytes.fromhex("b14bf8bd083d4b43a5ae8cd7d5a6ce03")
_OF_OTHERS = {b"uuid", b"uinf", b"xml ", b"jp2i", b"asoc", b"lbl "}
_OF_ENCODING = {b"jP  ", b"ftyp", b"rreq", b"jp2h", b"jpch", b"jplh", b"jp2c", b"free"}


def read(data: Data) -> Blocks:
    found = Blocks()
    if data[:4] == JPEG_2000_CODESTREAM:
        return found
    for box in boxes(data):
        if _is_ours(data, box):
            _take(found, data[box.body : box.body + 16], data[box.body + 16 : box.end])
        elif box.kind == b"xml " and found.xmp is None and b"adobe:ns:meta/" in data[box.body : box.end]:
            found.xmp = data[box.body : box.end]
        elif box.kind in _OF_OTHERS:
            is_geo = data[box.body : box.body + 16] == _GEO
            kind = GEO if is_geo else box.kind.decode().strip()
            found.pieces.append(Piece(JPEG_2000, kind, encode_box(box.kind, data[box.body : box.end])))
        elif box.kind not in _OF_ENCODING:
            found.dropped.add(box_name(box))
    return found


def write(data: Data, target: BinaryIO, metadata: Metadata) -> tuple[str, ...]:
    """Put the boxes before the pixels. A bare codestream has no place for them."""
    if data[:4] == JPEG_2000_CODESTREAM:
        copy(data, 0, len(data), target)
        return ("its metadata is left out: a bare JPEG 2000 codestream has no place for it, a .jp2 file has",)
    blocks = ((_EXIF, metadata.exif), (_XMP, metadata.xmp), (_IPTC, _record(metadata.iptc)))
    new = b"".join(encode_box(b"uuid", name + block) for name, block in blocks if block is not None)
    for box in boxes(data, 0, len(data)):
        if box.kind == b"jp2c":
            target.write(new + b"".join(piece.body for piece in metadata.pieces if piece.container == JPEG_2000))
            copy(data, box.at, len(data), target)
            return ()
        if not _is_ours(data, box):
            copy(data, box.at, box.end, target)
    raise DamagedError


def _take(found: Blocks, name: bytes, body: bytes) -> None:
    if name in (_EXIF, _PHOTOSHOP_EXIF):
        found.exif = found.exif or bare_exif(body)
    elif name == _XMP:
        found.xmp = found.xmp or body
    elif name == _IPTC:
        found.iptc = found.iptc or photoshop.add_iptc_record(b"", body)


def _is_ours(data: Data, box: Box) -> bool:
    return box.kind == b"uuid" and data[box.body : box.body + 16] in (_EXIF, _PHOTOSHOP_EXIF, _XMP, _IPTC)


def _record(resources: bytes | None) -> bytes | None:
    return photoshop.iptc_record(resources) if resources is not None else None
