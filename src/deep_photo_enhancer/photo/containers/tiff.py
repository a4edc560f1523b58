"""Reading TIFF directories: the form of TIFF and BigTIFF files, of EXIF blocks and of many cameras' RAW files.

TIFF 6.0 (Adobe, 1992) section 2; BigTIFF: http://bigtiff.org; the other marks: Olympus and Panasonic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from deep_photo_enhancer.photo.containers.bytes import DamagedError, Data, numbers

MARKS = {42: False, 43: True, 0x4F52: False, 0x5352: False, 0x55: False}
"""The number after the byte order, and whether it means BigTIFF."""

WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 1, 7: 1, 8: 2, 9: 4, 10: 4, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Bytes of a number of each type, which is what turns round between byte orders; 5 and 10 are pairs."""
_SHORT, _LONG, _IFD, _LONG8, _IFD8 = 3, 4, 13, 16, 18
_MOST_ENTRIES = 65535
_MOST_NUMBERS = 1 << 22

Span = tuple[int, int]
"""First byte and the one after the last."""


def value_size(kind: int, count: int) -> int:
    return WIDTHS[kind] * count * (2 if kind in (5, 10) else 1)


@dataclass(frozen=True)
class Entry:
    """One tag: where it stands, and where its value does."""

    at: int
    tag: int
    kind: int
    count: int
    value: Span | None
    """None where the value does not lie in the data or its type is unknown."""


@dataclass(frozen=True)
class Directory:
    """One directory ("IFD") of tags."""

    at: int
    end: int
    """After the offset of the next directory."""
    entries: tuple[Entry, ...]
    next_at: int
    """Where the offset of the next directory stands."""
    following: int
    """That offset; 0 for none."""

    def find(self, tag: int) -> Entry | None:
        return next((entry for entry in self.entries if entry.tag == tag), None)


class Tiff:
    """A TIFF structure. DamagedError when the data do not begin like one."""

    def __init__(self, data: Data) -> None:
        self.data = data
        orders = {b"II": "<", b"MM": ">"}
        if data[:2] not in orders:
            raise DamagedError
        self.order = orders[data[:2]]
        (mark,) = self.numbers("H", 2)
        if mark not in MARKS:
            raise DamagedError
        self.big = MARKS[mark]
        self.offset = "Q" if self.big else "I"
        self.first: int = self.numbers(self.offset, 8 if self.big else 4)[0]

    def numbers(self, layout: str, at: int) -> tuple[int, ...]:
        return numbers(self.order + layout, self.data, at)

    def directory(self, at: int) -> Directory:
        """DamagedError when it does not lie in the data. A missing offset at its end counts as 0."""
        (count,) = self.numbers("Q" if self.big else "H", at)
        head, length = self._sizes
        next_at = at + head + length * count
        if at < 8 or count > _MOST_ENTRIES or next_at > len(self.data):
            raise DamagedError
        entries = tuple(self.entries(at))
        end = min(next_at + (8 if self.big else 4), len(self.data))
        following = self.numbers(self.offset, next_at)[0] if end - next_at >= 4 + 4 * self.big else 0
        return Directory(at, end, entries, next_at, following)

    def entries(self, at: int) -> Iterator[Entry]:
        """The tags of a directory, as far as they lie in the data."""
        head, length = self._sizes
        if not 0 <= at <= len(self.data) - head:
            return
        (count,) = self.numbers("Q" if self.big else "H", at)
        for number in range(min(count, (len(self.data) - at - head) // length)):
            yield self._entry(at + head + length * number)

    @property
    def _sizes(self) -> tuple[int, int]:
        """Bytes of a directory's count, and of an entry."""
        return (8, 20) if self.big else (2, 12)

    def _entry(self, at: int) -> Entry:
        tag, kind, count = self.numbers("HH" + self.offset, at)
        room, field = (8, at + 12) if self.big else (4, at + 8)
        if kind not in WIDTHS:
            return Entry(at, tag, kind, count, None)
        size = value_size(kind, count)
        start = field if size <= room else self.numbers(self.offset, field)[0]
        value = (start, start + size) if start + size <= len(self.data) else None
        return Entry(at, tag, kind, count, value)

    def chain(self, at: int) -> Iterator[Directory]:
        """The directories from this one on, as far as they can be read, each once, 16 at most."""
        seen: set[int] = set()
        while at and at not in seen and len(seen) < 16:
            seen.add(at)
            try:
                directory = self.directory(at)
            except DamagedError:
                return
            yield directory
            at = directory.following

    def subdirectory(self, directory: Directory | None, tag: int) -> Directory | None:
        """The directory that a tag points to; None without the tag. DamagedError when it points nowhere."""
        entry = directory.find(tag) if directory else None
        if entry is None:
            return None
        offsets = self.integers(entry)
        if not offsets:
            raise DamagedError
        return self.directory(offsets[0])

    def integers(self, entry: Entry | None) -> tuple[int, ...]:
        """A tag's whole numbers; none where it has none, or too many to be meant."""
        layouts = {_SHORT: "H", _LONG: "I", _IFD: "I", _LONG8: "Q", _IFD8: "Q"}
        if entry is None or entry.value is None or entry.kind not in layouts or entry.count > _MOST_NUMBERS:
            return ()
        return self.numbers(f"{entry.count}{layouts[entry.kind]}", entry.value[0])

    def value_bytes(self, entry: Entry | None) -> bytes | None:
        if entry is None or entry.value is None:
            return None
        return self.data[entry.value[0] : entry.value[1]]
