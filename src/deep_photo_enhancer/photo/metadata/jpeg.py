"""JPEG: EXIF and XMP in APP1, Photoshop resources in APP13, in several where they are long; comments in COM; others' segments.

ITU-T T.81 annex B; Exif 2.32 section 4.5; XMP specification part 3 section 1.1.3; CIPA DC-007 (multi-picture format).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from deep_photo_enhancer.photo.containers.bytes import DamagedError, Data, copy
from deep_photo_enhancer.photo.containers.jpeg import (
    APP0,
    APP1,
    APP2,
    APP3,
    APP4,
    APP8,
    APP10,
    APP11,
    APP13,
    APP14,
    COMMENT,
    ROOM,
    SCAN,
    encode_segment,
    end_of_image,
    segments,
)
from deep_photo_enhancer.photo.formats import JPEG
from deep_photo_enhancer.photo.metadata import xmp
from deep_photo_enhancer.photo.metadata.blocks import Blocks, Metadata, Piece, holds_more_than_padding

_EXIF, _XMP, _EXTENDED = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"
_PHOTOSHOP, _PICTURES, _GAIN_MAP = b"Photoshop 3.0\0", b"MPF\0", b"urn:iso:std:iso:ts:21496:-1"
_APPLICATIONS = range(APP0, APP0 + 16)
_NAME = re.compile(rb"[A-Za-z][\w .:/-]{1,30}", re.ASCII)
"""What most begin with: their makers' names."""
_TIFF_STARTS = (b"II*\0", b"MM\0*")
_OF_ENCODING = {APP0: (b"JFIF\0", b"JFXX\0"), APP2: (b"ICC_PROFILE\0",), APP14: (b"Adobe",)}
"""Segments that every encoder writes again, and thumbnails."""
_OF_GAIN_MAP = {APP2: (_GAIN_MAP,), APP10: (b"AROT",), APP11: (b"HDR_RI",)}
_OF_PIXELS = {APP3: (b"PreviewImage",), APP4: (b"SCALADO",), APP8: (b"SPIFF\0",), APP11: (b"JP",)}
"""Segments that hold for the old pixels only: previews, tables of places in the scan, the extended range of JPEG XT."""


def read(data: Data) -> Blocks:
    """The blocks before the first scan."""
    found, parts = Blocks(), _Parts()
    for segment in segments(data):
        if segment.marker in _APPLICATIONS:
            _take(found, parts, segment.marker, data[segment.body : segment.end])
        elif segment.marker == COMMENT:
            found.texts.append(("COM", data[segment.body : segment.end]))
    found.exif, found.iptc = bytes(parts.exif) or None, bytes(parts.resources) or None
    _complete(found, parts.extended)
    return found


def write(data: Data, target: BinaryIO, metadata: Metadata, resolution: tuple[float, float]) -> tuple[str, ...]:
    """Put the blocks where readers expect them: after JFIF, in the order Exif, XMP, Photoshop, comments.

    A file without JFIF header gets one when its resolution (pixels a millimetre) is not 1.
    """
    warnings: list[str] = []
    blocks = b"".join(encode_segment(marker, body) for marker, body in _blocks(metadata, warnings))
    blocks += b"".join(piece.body for piece in metadata.pieces if piece.container == JPEG)
    target.write(data[:2])
    for number, segment in enumerate(segments(data)):
        if number == 0 and segment.marker != APP0 and resolution != (1.0, 1.0):
            target.write(encode_segment(APP0, _jfif(*resolution)))
        if segment.marker != APP0 and blocks:
            target.write(blocks)
            blocks = b""
        if segment.marker == SCAN:
            copy(data, segment.at, len(data), target)
            return tuple(warnings)
        if segment.marker not in (APP1, APP13, COMMENT):
            target.write(data[segment.at : segment.end])
    raise DamagedError


def _jfif(across: float, down: float) -> bytes:
    """ITU-T T.871 section 10.1: version 1.1, dots an inch, no thumbnail."""
    dots = (min(max(round(each * 25.4), 1), 65535) for each in (across, down))
    return b"JFIF\0\1\1" + struct.pack(">BHHBB", 1, *dots, 0, 0)


@dataclass
class _Parts:
    """What may lie in several segments."""

    exif: bytearray = field(default_factory=bytearray)
    resources: bytearray = field(default_factory=bytearray)
    extended: dict[str, bytearray] = field(default_factory=dict)
    """By the digest that the main XMP packet names."""


def _take(found: Blocks, parts: _Parts, marker: int, body: bytes) -> None:
    if marker == APP1 and body.startswith(_EXIF) and not (parts.exif and body[len(_EXIF) :].startswith(_TIFF_STARTS)):
        parts.exif += body[len(_EXIF) :]
    elif marker == APP1 and body.startswith(_XMP) and found.xmp is None:
        found.xmp = body[len(_XMP) :]
    elif marker == APP1 and body.startswith(_EXTENDED) and len(body) >= len(_EXTENDED) + 40:
        name = body[len(_EXTENDED) : len(_EXTENDED) + 32].decode("latin-1")
        _put(parts.extended.setdefault(name, bytearray()), body[len(_EXTENDED) + 32 :])
    elif marker == APP13 and body.startswith(_PHOTOSHOP):
        parts.resources += body[len(_PHOTOSHOP) :]
    elif marker == APP2 and body.startswith(_PICTURES):
        found.claims.add("second picture")
    elif body.startswith(_OF_GAIN_MAP.get(marker, ())):
        found.claims.add("gain map")
    elif marker == APP11 and (b"c2pa" in body or (body.startswith(b"JP") and "credentials" in found.claims)):
        found.claims.add("credentials")
    elif not body.startswith(_OF_ENCODING.get(marker, ())):
        _take_piece(found, marker, body)


def _take_piece(found: Blocks, marker: int, body: bytes) -> None:
    """Segments of other programs, and a second EXIF or XMP, of which one holds at most."""
    name = _NAME.match(body)
    kind = f"APP{marker - APP0}" + (f" {name[0].decode()}" if name else "")
    if body.startswith(_OF_PIXELS.get(marker, ())) or (marker == APP1 and body.startswith((_EXIF, _XMP, _EXTENDED))):
        found.dropped.add(kind)
    else:
        found.pieces.append(Piece(JPEG, kind, encode_segment(marker, body)))


def _put(whole: bytearray, part: bytes) -> None:
    """Parts say where they go; one that leaves a gap belongs to a damaged file, and is left out."""
    _, offset = struct.unpack_from(">II", part)
    if offset <= len(whole):
        whole[offset : offset + len(part) - 8] = part[8:]


def _complete(found: Blocks, extended: dict[str, bytearray]) -> None:
    """Bring the parts of a long XMP packet together."""
    if found.xmp is None:
        return
    try:
        name = xmp.extended_name(found.xmp)
        if name is None:
            return
        if name not in extended:
            raise DamagedError
        found.xmp = xmp.merge(found.xmp, bytes(extended[name]))
    except DamagedError:
        found.warnings.append("the second part of its XMP data is damaged and is left out")


def look_behind(found: Blocks, data: Data) -> None:
    """Find the picture's end, and what comes after it."""
    scan = next((segment for segment in segments(data) if segment.marker == SCAN), None)
    end = end_of_image(data, scan.end) if scan else None
    if end is None:
        return
    if not holds_more_than_padding(data, end):
        found.claims.discard("second picture")
        return
    if data.find(b"MotionPhoto_Data", end) >= 0:
        found.claims.add("motion")
    if any(data.find(name, end) >= 0 for name in (b"HDRGainMap", b"hdr-gain-map", _GAIN_MAP)):
        found.claims.add("gain map")
    found.unknown = len(data) - end


def _blocks(metadata: Metadata, warnings: list[str]) -> Iterator[tuple[int, bytes]]:
    if metadata.exif is not None:
        room = ROOM - len(_EXIF)
        for at in range(0, len(metadata.exif), room):
            yield APP1, _EXIF + metadata.exif[at : at + room]
    if metadata.xmp is not None:
        yield from _packets(metadata.xmp, warnings)
    if metadata.iptc is not None:
        room = ROOM - len(_PHOTOSHOP)
        for at in range(0, len(metadata.iptc), room):
            yield APP13, _PHOTOSHOP + metadata.iptc[at : at + room]
    for kind, text in metadata.texts:
        if kind == "COM":
            yield COMMENT, text


def _packets(packet: bytes, warnings: list[str]) -> Iterator[tuple[int, bytes]]:
    room = ROOM - len(_XMP)
    if len(packet) <= room:
        yield APP1, _XMP + packet
        return
    try:
        main, extended = xmp.split(packet, room)
        name = xmp.extended_name(main) or ""
    except DamagedError:
        warnings.append("its XMP data is left out: too long for a JPEG")
        return
    yield APP1, _XMP + main
    for at in range(0, len(extended), 65400):
        head = _EXTENDED + name.encode() + struct.pack(">II", len(extended), at)
        yield APP1, head + extended[at : at + 65400]
