"""Boxes: the common form of HEIC, AVIF, JPEG XL, JPEG 2000 and Canon's CR3 files, and the items in those of HEIC and AVIF.

ISO/IEC 14496-12 sections 4.2 (boxes), 8.11 (meta box); ISO/IEC 23008-12 sections 6.5 and 9.3 (properties of pictures).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from deep_photo_enhancer.photo.containers.bytes import DamagedError, Data, numbers

_MOST_EXTENTS = 10_000
_DEEPEST_DERIVATION = 4


@dataclass(frozen=True)
class Box:
    """Where a box lies in its file: it begins `at`, its content goes from `body` to `end`."""

    kind: bytes
    at: int
    body: int
    end: int


def boxes(data: Data, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes that lie in a stretch of the file, by default all of it, up to the first that does not.

    Length 1 means that 64 bits follow, 0 a box up to the end.
    """
    at, stop = start, len(data) if end is None else end
    while at + 8 <= stop:
        length, kind = struct.unpack_from(">I4s", data, at)
        body = at + 8
        if length == 1 and at + 16 <= stop:
            (length,) = struct.unpack_from(">Q", data, at + 8)
            body = at + 16
        box_end = stop if length == 0 else at + length
        if box_end < body or box_end > stop:
            return
        yield Box(kind, at, body, box_end)
        at = box_end


def contents(data: Data) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each box."""
    return ((box.kind, data[box.body : box.end]) for box in boxes(data))


def box_name(box: Box) -> str:
    """Its kind, for messages."""
    return box.kind.decode("ascii", "backslashreplace").strip()


def encode_box(kind: bytes, body: bytes) -> bytes:
    """A box of less than 4 GB."""
    return struct.pack(">I4s", len(body) + 8, kind) + body


@dataclass(frozen=True)
class Item:
    """A picture of the file, or a block of metadata that belongs to one."""

    number: int
    kind: bytes
    rest: bytes
    """Its name, and for an item of the kind "mime" the type of its content."""


@dataclass(frozen=True)
class Place:
    """Where an item lies: in the file (method 0) or in the meta box's own data (1)."""

    method: int
    extents: tuple[tuple[int, int], ...]
    """First byte and length of each part."""


class Meta:
    """The meta box of a HEIC or AVIF file. What it cannot give is a DamagedError."""

    def __init__(self, data: Data, whole: Box) -> None:
        self.data = data
        self.whole = whole
        self.parts = {box.kind: box for box in boxes(data, whole.body + 4, whole.end)}

    def body(self, kind: bytes) -> bytes:
        """The content of one of its boxes; nothing where it has none of the kind."""
        box = self.parts.get(kind)
        return self.data[box.body : box.end] if box is not None else b""

    @cached_property
    def items(self) -> tuple[Item, ...]:
        iinf, items = self.body(b"iinf"), []
        for box in boxes(iinf, 8 if iinf[:1] != b"\0" else 6, len(iinf)):
            entry = iinf[box.body : box.end]
            if box.kind == b"infe" and entry[:1] in (b"\2", b"\3"):
                at = 10 if entry[0] == 3 else 8
                items.append(Item(item_number(entry), entry[at : at + 4], entry[at + 4 :]))
        return tuple(items)

    @cached_property
    def primary(self) -> int:
        """The number of the picture that is shown."""
        pitm = self.body(b"pitm")
        return int(numbers(">I" if pitm[:1] == b"\1" else ">H", pitm, 4)[0])

    @cached_property
    def places(self) -> dict[int, Place]:
        """Where each item lies, by its number."""
        iloc = self.body(b"iloc")
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
            places[number] = Place(method, tuple(extents))
        return places

    def references(self, kind: bytes) -> Iterator[tuple[int, tuple[int, ...]]]:
        """The items that refer to others in this way, each with those others."""
        iref = self.body(b"iref")
        width = 4 if iref[:1] == b"\1" else 2
        for box in boxes(iref, 4, len(iref)):
            if box.kind == kind:
                fields = _Fields(iref[box.body : box.end], 0)
                source = fields.take(width)
                yield source, tuple(fields.take(width) for _ in range(fields.take(2)))

    def properties(self, item: int) -> list[tuple[bytes, bytes]]:
        """Kind and content of what the file says of an item, in the file's order."""
        iprp = list(contents(self.body(b"iprp")))
        known = list(contents(next((content for kind, content in iprp if kind == b"ipco"), b"")))
        indices = [index for kind, content in iprp if kind == b"ipma" for index in _associations(content, item)]
        return [known[index - 1] for index in indices if 1 <= index <= len(known)]


def meta_of(data: Data) -> Meta | None:
    """None for a file without a meta box."""
    whole = next((box for box in boxes(data) if box.kind == b"meta"), None)
    return Meta(data, whole) if whole is not None else None


def item_number(entry: bytes) -> int:
    """The item that an infe box of version 2 or 3 speaks of."""
    return int(numbers(">I" if entry[:1] == b"\3" else ">H", entry, 4)[0])


class _Fields:
    """Reads numbers of any width one after the other."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at

    def take(self, width: int) -> int:
        if self.at + width > len(self.data):
            raise DamagedError
        self.at += width
        return int.from_bytes(self.data[self.at - width : self.at], "big")


def _associations(ipma: bytes, item: int) -> list[int]:
    """The places in the list of properties of those that an ipma box gives to an item, counted from 1."""
    fields = _Fields(ipma, 0)
    version, flags = fields.take(1), fields.take(3)
    wide, narrow = (4 if version else 2), (2 if flags & 1 else 1)
    for _ in range(fields.take(4)):
        number = fields.take(wide)
        indices = [fields.take(narrow) & (0x7FFF if narrow == 2 else 0x7F) for _ in range(fields.take(1))]
        if number == item:
            return indices
    return []


@dataclass(frozen=True)
class HeifProperties:
    """What a HEIC or AVIF file says of the colours of its primary picture."""

    cicp: tuple[int, int] | None = None
    """Colour primaries and transfer characteristics, by ITU-T H.273."""
    channels: int | None = None
    """Without transparency, which is a picture of its own."""
    premultiplied: bool = False
    """Whether its colours are multiplied by its transparency."""


def heif_properties(data: Data) -> HeifProperties:
    """Nothing where they cannot be read."""
    try:
        meta = meta_of(data)
        if meta is None:
            return HeifProperties()
        cicp = channels = None
        for kind, content in _primary_properties(meta):
            if kind == b"colr" and content[:4] == b"nclx" and cicp is None:
                cicp = numbers(">HH", content, 4)
            elif kind == b"pixi" and channels is None:
                (channels,) = numbers("B", content, 4)
        premultiplied = any(source == meta.primary for source, _ in meta.references(b"prem"))
        return HeifProperties(cicp, channels, premultiplied)
    except DamagedError:
        return HeifProperties()


def _primary_properties(meta: Meta) -> list[tuple[bytes, bytes]]:
    """Of the picture itself, then of the tiles that it is put together from."""
    derived = dict(meta.references(b"dimg"))
    item: int | None = meta.primary
    found: list[tuple[bytes, bytes]] = []
    for _ in range(_DEEPEST_DERIVATION):
        if item is None:
            break
        found += meta.properties(item)
        item = next(iter(derived.get(item, ())), None)
    return found
