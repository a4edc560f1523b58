"""JPEG: EXIF in APP1, XMP in APP1 (its long parts in several), Photoshop resources in APP13, comments in COM.

ITU-T T.81 annex B; Exif 2.32 section 4.5; XMP specification part 3 section 1.1.3; CIPA DC-007 (multi-picture format).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from deep_photo_enhancer.photo.containers.bytes import DamagedError, Data, copy
from deep_photo_enhancer.photo.containers.jpeg import (
    APP0,
    APP1,
    APP2,
    APP11,
    APP13,
    COMMENT,
    ROOM,
    SCAN,
    encode_segment,
    end_of_image,
    segments,
)
from deep_photo_enhancer.photo.metadata import xmp
from deep_photo_enhancer.photo.metadata.blocks import Blocks, Metadata, holds_more_than_padding
from deep_photo_enhancer.photo.metadata.exif import shorten

_EXIF, _XMP, _EXTENDED = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"
_PHOTOSHOP, _PICTURES, _GAIN_MAP = b"Photoshop 3.0\0", b"MPF\0", b"urn:iso:std:iso:ts:21496:-1"


def read(data: Data) -> Blocks:
    """The blocks before the first scan, and what lies behind the picture."""
    found, resources = Blocks(), bytearray()
    extended: dict[str, bytearray] = {}
    for segment in segments(data):
        if segment.marker == SCAN:
            _look_behind(found, data, segment.end)
            break
        body = data[segment.body : segment.end]
        if segment.marker == APP13 and body.startswith(_PHOTOSHOP):
            resources += body[len(_PHOTOSHOP) :]
        _take(found, extended, segment.marker, body)
    found.iptc = bytes(resources) or None
    _complete(found, extended)
    return found


def write(data: Data, target: BinaryIO, metadata: Metadata, resolution: tuple[float, float]) -> tuple[str, ...]:
    """Put the blocks where readers expect them: after JFIF, in the order Exif, XMP, Photoshop, comments.

    A file without JFIF header gets one when its resolution (pixels a millimetre) is not 1.
    """
    warnings: list[str] = []
    blocks = b"".join(encode_segment(marker, body) for marker, body in _blocks(metadata, warnings))
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


def _take(found: Blocks, extended: dict[str, bytearray], marker: int, body: bytes) -> None:
    if marker == APP1 and body.startswith(_EXIF):
        found.exif = found.exif or body[len(_EXIF) :]
    elif marker == APP1 and body.startswith(_XMP):
        found.xmp = found.xmp or body[len(_XMP) :]
    elif marker == APP1 and body.startswith(_EXTENDED) and len(body) >= len(_EXTENDED) + 40:
        name = body[len(_EXTENDED) : len(_EXTENDED) + 32].decode("latin-1")
        _put(extended.setdefault(name, bytearray()), body[len(_EXTENDED) + 32 :])
    elif marker == COMMENT:
        found.texts.append(("COM", body))
    elif marker == APP2 and body.startswith(_PICTURES):
        found.claims.add("second picture")
    elif marker == APP2 and body.startswith(_GAIN_MAP):
        found.claims.add("gain map")
    elif marker == APP11 and b"c2pa" in body:
        found.claims.add("credentials")


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


def _look_behind(found: Blocks, data: Data, at: int) -> None:
    """Find the picture's end, and what comes after it."""
    end = end_of_image(data, at)
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
        block = _fit_exif(metadata.exif, warnings)
        if block is not None:
            yield APP1, _EXIF + block
    if metadata.xmp is not None:
        yield from _packets(metadata.xmp, warnings)
    if metadata.iptc is not None:
        room = ROOM - len(_PHOTOSHOP)
        for at in range(0, len(metadata.iptc), room):
            yield APP13, _PHOTOSHOP + metadata.iptc[at : at + room]
    for kind, text in metadata.texts:
        if kind == "COM":
            yield COMMENT, text


def _fit_exif(block: bytes, warnings: list[str]) -> bytes | None:
    room = ROOM - len(_EXIF)
    if len(block) <= room:
        return block
    try:
        smaller, only_notes = shorten(block, room)
    except DamagedError:
        smaller, only_notes = None, False
    part = "the camera maker's notes in" if only_notes else "parts of"
    warnings.append(f"{part} its EXIF data are left out: too long for a JPEG")
    return smaller


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
