"""JPEG 2000: uuid boxes before the codestream. ISO/IEC 15444-1 annex I; XMP specification part 3 section 1.1.4."""

from __future__ import annotations

from typing import BinaryIO

from deep_photo_enhancer.photo.containers.bmff import Box, boxes, encode_box
from deep_photo_enhancer.photo.containers.bytes import DamagedError, Data, copy
from deep_photo_enhancer.photo.containers.detect import JPEG_2000_CODESTREAM
from deep_photo_enhancer.photo.metadata import photoshop
from deep_photo_enhancer.photo.metadata.blocks import Blocks, Metadata, bare_exif

_EXIF, _PHOTOSHOP_EXIF = b"JpgTiffExif->JP2", bytes.fromhex("0537cdab9d0c4431a72afa561f2a113e")
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_IPTC = bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38")


def read(data: Data) -> Blocks:
    found = Blocks()
    if data[:4] == JPEG_2000_CODESTREAM:
        return found
    for box in boxes(data, 0, len(data)):
        if box.kind == b"uuid":
            _take(found, data[box.body : box.body + 16], data[box.body + 16 : box.end])
        elif box.kind == b"xml " and found.xmp is None and b"adobe:ns:meta/" in data[box.body : box.end]:
            found.xmp = data[box.body : box.end]
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
            target.write(new)
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
