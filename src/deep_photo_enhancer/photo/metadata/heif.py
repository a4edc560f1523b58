"""HEIC and AVIF: EXIF and XMP are items of the meta box that describe the primary one.

ISO/IEC 14496-12 section 8.11 (meta box), ISO/IEC 23008-12 annex A (EXIF and XMP items).
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from deep_photo_enhancer.photo.containers.bmff import (
    Box,
    Item,
    Meta,
    Place,
    box_name,
    boxes,
    contents,
    encode_box,
    item_number,
    meta_of,
)
from deep_photo_enhancer.photo.containers.bytes import DamagedError, Data, copy, numbers
from deep_photo_enhancer.photo.containers.detect import HEIF
from deep_photo_enhancer.photo.metadata.blocks import LONGEST, Blocks, Metadata, Piece, bare_exif

_MIME = b"application/rdf+xml"
_ALPHA = (b"urn:mpeg:hevc:2015:auxid:1", b"urn:mpeg:avc:2015:auxid:1", b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha")
_DEPTH = (b"urn:mpeg:hevc:2015:auxid:2", b"urn:mpeg:avc:2015:auxid:2", b"urn:mpeg:mpegB:cicp:systems:auxiliary:depth")
_GAIN_MAP = b"hdrgainmap"
_CLAIMS = {b"mpvd": "motion", b"moov": "second picture"}
_OF_ENCODING = {b"ftyp", b"styp", b"meta", b"mdat", b"free", b"skip", b"wide", b"pdin"}


def read(data: Data) -> Blocks:
    found = Blocks()
    top = list(boxes(data, 0, len(data)))
    for box in top:
        _take_box(found, data, box)
    meta = meta_of(data)
    if meta is None:
        return found
    _take_further_pictures(found, _auxiliary(meta.body(b"iprp")), [item.kind for item in meta.items])
    for item in _about_primary(meta):
        if item.kind == b"Exif" and found.exif is None:
            found.exif = _exif(_content(meta, item))
        elif item.kind == b"mime" and item.rest.split(b"\0")[1:2] == [_MIME] and found.xmp is None:
            found.xmp = _content(meta, item)
    found.dropped |= {kind for item in meta.items if (kind := _kind_of_others(item))}
    return found


def _take_box(found: Blocks, data: Data, box: Box) -> None:
    if box.kind in _CLAIMS:
        found.claims.add(_CLAIMS[box.kind])
    elif box.kind == b"uuid":
        found.pieces.append(Piece(HEIF, "uuid", encode_box(box.kind, data[box.body : box.end])))
    elif box.kind not in _OF_ENCODING:
        found.dropped.add(box_name(box))


def _kind_of_others(item: Item) -> str | None:
    """What messages call an item that is neither a picture nor EXIF nor XMP."""
    if item.kind == b"mime":
        kind = (item.rest.split(b"\0")[1:2] or [b""])[0]
        return None if kind == _MIME else kind.decode("ascii", "backslashreplace") or "mime"
    return "uri" if item.kind == b"uri " else None


def write(data: Data, target: BinaryIO, metadata: Metadata) -> tuple[str, ...]:
    """Add the items to the meta box and their content at the file's end; what lies behind the meta box moves."""
    top = list(boxes(data, 0, len(data)))
    meta = meta_of(data)
    if meta is None or not {b"iinf", b"iloc", b"pitm"} <= meta.parts.keys() or any(box.kind == b"moov" for box in top):
        raise DamagedError
    payloads: list[tuple[bytes, bytes, bytes]] = []
    if metadata.exif is not None:
        payloads.append((b"Exif", b"\0", bytes(4) + metadata.exif))
    if metadata.xmp is not None:
        payloads.append((b"mime", b"\0" + _MIME + b"\0", metadata.xmp))
    content = b"".join(payload for _, _, payload in payloads)
    growth = len(_new_meta(meta, payloads, 0, 0)) - (meta.whole.end - meta.whole.at)
    copy(data, 0, meta.whole.at, target)
    target.write(_new_meta(meta, payloads, growth, len(data) + growth + 8))
    end = top[-1].end
    copy(data, meta.whole.end, end, target)
    target.write(encode_box(b"mdat", content))
    target.write(b"".join(piece.body for piece in metadata.pieces if piece.container == HEIF))
    return ()


def _auxiliary(iprp: bytes) -> list[bytes]:
    """The kinds of pictures that belong to others (ISO/IEC 23008-12 section 6.5.8), without repeats."""
    ipco = next((content for kind, content in contents(iprp) if kind == b"ipco"), b"")
    kinds = (content[4:].split(b"\0")[0] for kind, content in contents(ipco) if kind == b"auxC")
    return list(dict.fromkeys(kinds))


def _take_further_pictures(found: Blocks, auxiliary: list[bytes], items: list[bytes]) -> None:
    """Depth and gain maps are known by their names, others by those that their makers gave them."""
    found.claims |= {"depth"} if any(kind in _DEPTH for kind in auxiliary) else set()
    gain_maps = [kind for kind in auxiliary if kind.endswith(_GAIN_MAP)]
    found.claims |= {"gain map"} if gain_maps or b"tmap" in items else set()
    others = [kind for kind in auxiliary if kind not in (*_ALPHA, *_DEPTH, *gain_maps)]
    if others:
        names = ", ".join(kind.rsplit(b":", 1)[-1].decode("ascii", "backslashreplace") for kind in others)
        found.warnings.append(f"its further pictures ({names}) are left out")


def _about_primary(meta: Meta) -> tuple[Item, ...]:
    """The items that describe the primary one and not others, such as a gain map; all where none says whom it describes."""
    about = {source for source, goals in meta.references(b"cdsc") if meta.primary in goals}
    return tuple(item for item in meta.items if item.number in about) or meta.items


def _content(meta: Meta, item: Item) -> bytes | None:
    place = meta.places.get(item.number)
    if place is None or place.method > 1:
        return None
    idat = meta.parts.get(b"idat")
    start, end = (idat.body, idat.end) if place.method and idat else (0, len(meta.data))
    if sum(length for _, length in place.extents) > LONGEST:
        raise DamagedError
    return b"".join(meta.data[min(start + at, end) : min(start + at + length, end)] for at, length in place.extents)


def _exif(content: bytes | None) -> bytes | None:
    """The block behind the number that says where it begins."""
    if content is None or len(content) < 8:
        return None
    return bare_exif(content[4 + numbers(">I", content, 0)[0] :]) if content[4:6] not in (b"II", b"MM") else content[4:]


def _new_meta(meta: Meta, payloads: list[tuple[bytes, bytes, bytes]], growth: int, at: int) -> bytes:
    """The meta box with further items whose content begins at `at`; other items behind it lie `growth` bytes further on."""
    first = max((item.number for item in meta.items), default=0) + 1
    if first + len(payloads) > 0xFFFF:
        raise DamagedError
    old = {item.number for item in meta.items if item.kind in (b"Exif", b"mime")}
    places = {
        number: _move(place, meta.whole.end, growth) if place.method == 0 else place
        for number, place in meta.places.items()
        if number not in old
    }
    for number, (_, _, payload) in enumerate(payloads, first):
        places[number] = Place(0, ((at, len(payload)),))
        at += len(payload)
    new = {
        b"iinf": _iinf(meta.body(b"iinf"), old, payloads, first),
        b"iloc": _iloc(places),
        b"iref": _iref(meta.body(b"iref"), old, range(first, first + len(payloads)), meta.primary),
    }
    kinds = [*meta.parts, *(() if b"iref" in meta.parts else (b"iref",))]
    body = b"".join(encode_box(kind, new.get(kind) or meta.body(kind)) for kind in kinds)
    return encode_box(b"meta", meta.data[meta.whole.body : meta.whole.body + 4] + body)


def _move(place: Place, behind: int, growth: int) -> Place:
    return Place(0, tuple((at + (growth if at >= behind else 0), length) for at, length in place.extents))


def _iinf(body: bytes, old: set[int], payloads: list[tuple[bytes, bytes, bytes]], first: int) -> bytes:
    layout = ">I" if body[:1] != b"\0" else ">H"
    start = 4 + struct.calcsize(layout)
    staying = (box for box in boxes(body, start) if item_number(body[box.body : box.end]) not in old)
    entries = [body[box.at : box.end] for box in staying]
    entries += [
        encode_box(b"infe", b"\2\0\0\0" + struct.pack(">HH", number, 0) + kind + rest)
        for number, (kind, rest, _) in enumerate(payloads, first)
    ]
    return body[:4] + struct.pack(layout, len(entries)) + b"".join(entries)


def _iloc(places: dict[int, Place]) -> bytes:
    """Version 1 with offsets of 8 bytes where the file needs them; the size of the box depends on nothing else that moves."""
    wide = any(at + length >= 1 << 31 for place in places.values() for at, length in place.extents)
    extent = ">QI" if wide else ">II"
    body = b"\1\0\0\0" + struct.pack(">HH", 0x8400 if wide else 0x4400, len(places))
    for number, place in places.items():
        body += struct.pack(">HHHH", number, place.method, 0, len(place.extents))
        body += b"".join(struct.pack(extent, at, length) for at, length in place.extents)
    return body


def _iref(body: bytes, old: set[int], new: range, primary: int) -> bytes:
    """References from the new items to the picture they describe, in place of those from the old."""
    body = body or bytes(4)
    wide = body[:1] == b"\1"
    staying = (
        body[box.at : box.end]
        for box in boxes(body, 4, len(body))
        if numbers(">I" if wide else ">H", body, box.body)[0] not in old
    )
    cdsc = (encode_box(b"cdsc", struct.pack(">IHI" if wide else ">HHH", number, 1, primary)) for number in new)
    return body[:4] + b"".join((*staying, *cdsc))
