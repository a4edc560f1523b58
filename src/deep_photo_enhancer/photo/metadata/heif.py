"""HEIC and AVIF: EXIF and XMP are items of the meta box that describe the primary one.

ISO/IEC 14496-12 section 8.11 (meta box), ISO/IEC 23008-12 annex A (EXIF and XMP items).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from deep_photo_enhancer.photo.containers.bmff import Box, boxes, contents, encoded
from deep_photo_enhancer.photo.containers.bytes import DamagedError, Data, copy, numbers
from deep_photo_enhancer.photo.metadata.blocks import LONGEST, Found, Metadata, bare_exif

_MIME = b"application/rdf+xml"
_ALPHA = (b"urn:mpeg:hevc:2015:auxid:1", b"urn:mpeg:avc:2015:auxid:1", b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha")
_DEPTH = (b"urn:mpeg:hevc:2015:auxid:2", b"urn:mpeg:avc:2015:auxid:2", b"urn:mpeg:mpegB:cicp:systems:auxiliary:depth")
_GAIN_MAP = b"hdrgainmap"
_MOST_EXTENTS = 10_000


@dataclass(frozen=True)
class _Place:
    """Where an item lies: in the file (0) or in the meta box's own data (1)."""

    method: int
    extents: tuple[tuple[int, int], ...]
    """First byte and length of each part."""


@dataclass(frozen=True)
class _Meta:
    whole: Box
    parts: dict[bytes, Box]

    def body(self, data: Data, kind: bytes) -> bytes:
        box = self.parts.get(kind)
        return data[box.body : box.end] if box is not None else b""


def read(data: Data) -> Found:
    found = Found()
    top = list(boxes(data, 0, len(data)))
    claims = {b"mpvd": "motion", b"moov": "second picture"}
    found.claims |= {claims[box.kind] for box in top if box.kind in claims}
    meta = _meta(data, top)
    if meta is None:
        return found
    places, infos = _places(meta.body(data, b"iloc")), _infos(meta.body(data, b"iinf"))
    _take_further_pictures(found, _auxiliary(meta.body(data, b"iprp")), [kind for _, kind, _ in infos])
    for number, kind, rest in _of_primary_first(meta, data, infos):
        if kind == b"Exif" and found.exif is None:
            found.exif = _exif(_content(data, meta, places.get(number)))
        elif kind == b"mime" and rest.split(b"\0")[1:2] == [_MIME] and found.xmp is None:
            found.xmp = _content(data, meta, places.get(number))
    return found


def write(data: Data, target: BinaryIO, metadata: Metadata) -> tuple[str, ...]:
    """Add the items to the meta box and their content at the file's end; what lies behind the meta box moves."""
    top = list(boxes(data, 0, len(data)))
    meta = _meta(data, top)
    if meta is None or not {b"iinf", b"iloc", b"pitm"} <= meta.parts.keys() or any(box.kind == b"moov" for box in top):
        raise DamagedError
    payloads: list[tuple[bytes, bytes, bytes]] = []
    if metadata.exif is not None:
        payloads.append((b"Exif", b"\0", bytes(4) + metadata.exif))
    if metadata.xmp is not None:
        payloads.append((b"mime", b"\0" + _MIME + b"\0", metadata.xmp))
    content = b"".join(payload for _, _, payload in payloads)
    growth = len(_new_meta(data, meta, payloads, 0, 0)) - (meta.whole.end - meta.whole.at)
    copy(data, 0, meta.whole.at, target)
    target.write(_new_meta(data, meta, payloads, growth, len(data) + growth + 8))
    end = top[-1].end
    copy(data, meta.whole.end, end, target)
    target.write(encoded(b"mdat", content))
    return ()


def _meta(data: Data, top: list[Box]) -> _Meta | None:
    whole = next((box for box in top if box.kind == b"meta"), None)
    if whole is None:
        return None
    return _Meta(whole, {box.kind: box for box in boxes(data, whole.body + 4, whole.end)})


def _auxiliary(iprp: bytes) -> list[bytes]:
    """The kinds of pictures that belong to others (ISO/IEC 23008-12 section 6.5.8), without repeats."""
    ipco = next((content for kind, content in contents(iprp) if kind == b"ipco"), b"")
    kinds = (content[4:].split(b"\0")[0] for kind, content in contents(ipco) if kind == b"auxC")
    return list(dict.fromkeys(kinds))


def _take_further_pictures(found: Found, auxiliary: list[bytes], items: list[bytes]) -> None:
    """Depth and gain maps are told by their names, others by those that their makers gave them."""
    found.claims |= {"depth"} if any(kind in _DEPTH for kind in auxiliary) else set()
    gain_maps = [kind for kind in auxiliary if kind.endswith(_GAIN_MAP)]
    found.claims |= {"gain map"} if gain_maps or b"tmap" in items else set()
    others = [kind for kind in auxiliary if kind not in (*_ALPHA, *_DEPTH, *gain_maps)]
    if others:
        names = ", ".join(kind.rsplit(b":", 1)[-1].decode("ascii", "backslashreplace") for kind in others)
        found.warnings.append(f"its further pictures ({names}) are left out")


def _infos(iinf: bytes) -> list[tuple[int, bytes, bytes]]:
    """Number, kind and the rest (name, type of a mime item) of each item."""
    infos = []
    for box in boxes(iinf, 8 if iinf[:1] != b"\0" else 6, len(iinf)):
        entry = iinf[box.body : box.end]
        if box.kind == b"infe" and entry[:1] in (b"\2", b"\3"):
            at = 10 if entry[0] == 3 else 8
            infos.append((_number_of(entry), entry[at : at + 4], entry[at + 4 :]))
    return infos


def _of_primary_first(meta: _Meta, data: Data, infos: list[tuple[int, bytes, bytes]]) -> list[tuple[int, bytes, bytes]]:
    """Items that describe the primary one before those that describe others, such as a gain map."""
    primary = _primary(meta, data)
    iref = meta.body(data, b"iref")
    wide = ">I" if iref[:1] == b"\1" else ">H"
    step = struct.calcsize(wide)
    about = set()
    for box in boxes(iref, 4, len(iref)):
        if box.kind == b"cdsc" and box.end >= box.body + 2 * step + 2:
            goals = iref[box.body + step + 2 : box.end]
            if any(numbers(wide, goals, at)[0] == primary for at in range(0, len(goals) - step + 1, step)):
                about.add(numbers(wide, iref, box.body)[0])
    return [info for info in infos if info[0] in about] or infos


def _primary(meta: _Meta, data: Data) -> int:
    pitm = meta.body(data, b"pitm")
    number: int = numbers(">I" if pitm[:1] == b"\1" else ">H", pitm, 4)[0]
    return number


class _Fields:
    """Reads numbers of any width one after the other."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at

    def take(self, width: int) -> int:
        if self.at + width > len(self.data):
            raise DamagedError
        self.at += width
        return int.from_bytes(self.data[self.at - width : self.at], "big")


def _places(iloc: bytes) -> dict[int, _Place]:
    """Where each item lies."""
    version = iloc[0] if iloc else 9
    if version > 2:
        return {}
    fields = _Fields(iloc, 4)
    widths = fields.take(2)
    offset_width, length_width, base_width, index_width = (widths >> shift & 15 for shift in (12, 8, 4, 0))
    wide, places, total = 4 if version == 2 else 2, {}, 0
    for _ in range(fields.take(wide)):
        number = fields.take(wide)
        method = fields.take(2) & 15 if version else 0
        fields.take(2)
        base = fields.take(base_width)
        count = fields.take(2)
        total += count
        if total > _MOST_EXTENTS:
            raise DamagedError
        extents = []
        for _ in range(count):
            fields.take(index_width if version else 0)
            offset = fields.take(offset_width)
            extents.append((base + offset, fields.take(length_width)))
        places[number] = _Place(method, tuple(extents))
    return places


def _content(data: Data, meta: _Meta, place: _Place | None) -> bytes | None:
    if place is None or place.method > 1:
        return None
    idat = meta.parts.get(b"idat")
    start, end = (idat.body, idat.end) if place.method and idat else (0, len(data))
    if sum(length for _, length in place.extents) > LONGEST:
        raise DamagedError
    return b"".join(data[min(start + at, end) : min(start + at + length, end)] for at, length in place.extents)


def _exif(content: bytes | None) -> bytes | None:
    """The block behind the number that says where it begins."""
    if content is None or len(content) < 8:
        return None
    return bare_exif(content[4 + numbers(">I", content, 0)[0] :]) if content[4:6] not in (b"II", b"MM") else content[4:]


def _new_meta(data: Data, meta: _Meta, payloads: list[tuple[bytes, bytes, bytes]], growth: int, at: int) -> bytes:
    """The meta box with further items whose content begins at `at`; other items behind it lie `growth` bytes further on."""
    infos = _infos(meta.body(data, b"iinf"))
    first = max((number for number, _, _ in infos), default=0) + 1
    if first + len(payloads) > 0xFFFF:
        raise DamagedError
    old = {number for number, kind, _ in infos if kind in (b"Exif", b"mime")}
    places = {
        number: _moved(place, meta.whole.end, growth) if place.method == 0 else place
        for number, place in _places(meta.body(data, b"iloc")).items()
        if number not in old
    }
    for number, (_, _, payload) in enumerate(payloads, first):
        places[number] = _Place(0, ((at, len(payload)),))
        at += len(payload)
    new = {
        b"iinf": _iinf(meta.body(data, b"iinf"), old, payloads, first),
        b"iloc": _iloc(places),
        b"iref": _iref(meta.body(data, b"iref"), old, range(first, first + len(payloads)), _primary(meta, data)),
    }
    kinds = [*meta.parts, *(() if b"iref" in meta.parts else (b"iref",))]
    body = b"".join(encoded(kind, new.get(kind) or meta.body(data, kind)) for kind in kinds)
    return encoded(b"meta", data[meta.whole.body : meta.whole.body + 4] + body)


def _moved(place: _Place, behind: int, growth: int) -> _Place:
    return _Place(0, tuple((at + (growth if at >= behind else 0), length) for at, length in place.extents))


def _iinf(body: bytes, old: set[int], payloads: list[tuple[bytes, bytes, bytes]], first: int) -> bytes:
    layout = ">I" if body[:1] != b"\0" else ">H"
    start = 4 + struct.calcsize(layout)
    entries = [body[box.at : box.end] for box in boxes(body, start, len(body)) if _number_of(body[box.body : box.end]) not in old]
    entries += [
        encoded(b"infe", b"\2\0\0\0" + struct.pack(">HH", number, 0) + kind + rest)
        for number, (kind, rest, _) in enumerate(payloads, first)
    ]
    return body[:4] + struct.pack(layout, len(entries)) + b"".join(entries)


def _number_of(entry: bytes) -> int:
    """The item that an infe box of version 2 or 3 speaks of."""
    number: int = numbers(">I" if entry[:1] == b"\3" else ">H", entry, 4)[0]
    return number


def _iloc(places: dict[int, _Place]) -> bytes:
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
    cdsc = (encoded(b"cdsc", struct.pack(">IHI" if wide else ">HHH", number, 1, primary)) for number in new)
    return body[:4] + b"".join((*staying, *cdsc))
