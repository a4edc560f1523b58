"""EXIF taken apart into tags and put together at another place or in another byte order.

For TIFF files only: elsewhere a block moves as it is, because maker notes count on their place in it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from deep_photo_enhancer.photo.containers.bytes import DamagedError
from deep_photo_enhancer.photo.containers.tiff import WIDTHS, Directory, Tiff, value_size
from deep_photo_enhancer.photo.metadata.blocks import LONGEST

EXIF, GPS, INTEROPERABILITY, MAKER_NOTE = 0x8769, 0x8825, 0xA005, 0x927C
_BELOW = {EXIF, GPS, INTEROPERABILITY}
_CLASSIC = {16: 4, 17: 9, 18: 13}
"""BigTIFF's own types and what takes their place in TIFF."""
_PINNED_BEFORE = 32768


@dataclass(frozen=True)
class Leaf:
    """A tag's value."""

    kind: int
    value: bytes
    order: str = "<"
    """Byte order of the value: "<" or ">"."""
    at: int = 0
    """Where it lay in its file."""

    @property
    def count(self) -> int:
        return len(self.value) // value_size(self.kind, 1)

    def bytes_in(self, order: str) -> bytes:
        """The value in another byte order. Bytes without a type, such as maker notes, stay."""
        width = WIDTHS[self.kind]
        if order == self.order or width == 1:
            return self.value
        return np.frombuffer(self.value, f">u{width}").astype(f"<u{width}").tobytes()


Tree = dict[int, "Leaf | Tree"]


def read_tree(tiff: Tiff, directory: Directory, only: frozenset[int] | None = None) -> Tree:
    """The tags of a directory and of those below it. DamagedError when all are too long.

    A tag whose value, or directory, does not lie in the data is left out. `only` limits this directory's tags, not those below.
    """
    budget = [LONGEST // 4]
    return _read(tiff, directory, only, budget, depth=0)


def _read(tiff: Tiff, directory: Directory, only: frozenset[int] | None, budget: list[int], depth: int) -> Tree:
    tree: Tree = {}
    for entry in directory.entries:
        if only is not None and entry.tag not in only:
            continue
        if entry.tag in _BELOW:
            below = _subdirectory(tiff, directory, entry.tag)
            if below is not None and depth < 2:
                tree[entry.tag] = _read(tiff, below, None, budget, depth + 1)
        elif entry.value is not None and entry.tag not in tree:
            budget[0] -= entry.value[1] - entry.value[0]
            if budget[0] < 0:
                raise DamagedError
            tree[entry.tag] = Leaf(entry.kind, tiff.data[slice(*entry.value)], tiff.order, entry.value[0])
    return tree


def _subdirectory(tiff: Tiff, directory: Directory, tag: int) -> Directory | None:
    try:
        return tiff.subdirectory(directory, tag)
    except DamagedError:
        return None


def _classic(leaf: Leaf) -> Leaf:
    if leaf.kind not in _CLASSIC:
        return leaf
    values = np.frombuffer(leaf.value, f"{leaf.order}{'i8' if leaf.kind == 17 else 'u8'}")
    return Leaf(_CLASSIC[leaf.kind], values.astype(f"{leaf.order}i4").tobytes(), leaf.order, leaf.at)


def exif_block(tree: Tree, order: str) -> bytes:
    """A tree as an EXIF block. Maker notes keep the place they had in their file where that is near its beginning."""
    below = tree.get(EXIF)
    note = below.get(MAKER_NOTE) if isinstance(below, dict) else None
    pinned = note if isinstance(note, Leaf) and 8 <= note.at < _PINNED_BEFORE and len(note.value) > 4 else None
    writer = Writer(order, big=False, base=8, pinned=pinned)
    first = writer.directory(tree)
    mark = b"II" if order == "<" else b"MM"
    return mark + struct.pack(order + "HI", 42, first) + writer.to_bytes()


class Writer:
    """Lays directories and values out from `base` on; every offset counts from the start of the file."""

    def __init__(self, order: str, big: bool, base: int, pinned: Leaf | None = None) -> None:
        self.order = order
        self.offset = "Q" if big else "I"
        self.room = 8 if big else 4
        self.base = base
        self.end = base
        self.pinned = pinned
        self.pieces: list[tuple[int, bytes]] = []

    def directory(self, tree: Tree, following: int = 0) -> int:
        """Lay out a directory and what is below it; its place. DamagedError when the file gets too long for its offsets."""
        count = "Q" if self.room == 8 else "H"
        length = struct.calcsize("<" + count) + len(tree) * (4 + 2 * self.room) + self.room
        at = self._reserve(length)
        body = struct.pack(self.order + count, len(tree))
        for tag, node in sorted(tree.items()):
            body += struct.pack(self.order + "H", tag) + self._entry(node)
        self.pieces.append((at, body + struct.pack(self.order + self.offset, following)))
        if self.end >= 1 << 8 * self.room:
            raise DamagedError
        return at

    def _entry(self, node: Leaf | Tree) -> bytes:
        if isinstance(node, dict):
            kind = 4 if self.room == 4 else 18
            return struct.pack(self.order + "H" + 2 * self.offset, kind, 1, self.directory(node))
        node = _classic(node) if self.room == 4 else node
        head = struct.pack(self.order + "H" + self.offset, node.kind, node.count)
        if len(node.value) <= self.room:
            return head + node.bytes_in(self.order).ljust(self.room, b"\0")
        return head + struct.pack(self.order + self.offset, self._place(node))

    def _place(self, leaf: Leaf) -> int:
        at = leaf.at if leaf is self.pinned else self._reserve(len(leaf.value))
        self.pieces.append((at, leaf.bytes_in(self.order)))
        return at

    def _reserve(self, length: int) -> int:
        at = self.end + self.end % 2
        if self.pinned is not None:
            first, last = self.pinned.at, self.pinned.at + len(self.pinned.value)
            if at < last and at + length > first:
                at = last + last % 2
        self.end = at + length
        if self.end >= 1 << 8 * self.room:
            raise DamagedError
        return at

    def to_bytes(self) -> bytes:
        """Everything that was laid out."""
        out = bytearray(max((at + len(piece) for at, piece in self.pieces), default=self.base) - self.base)
        for at, piece in self.pieces:
            out[at - self.base : at - self.base + len(piece)] = piece
        return bytes(out)
