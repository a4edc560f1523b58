"""What EXIF has to say differently of the enhanced photo, changed in place: no other byte moves.

Exif 2.32 (CIPA DC-008), sections 4.5.4 to 4.6.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Collection, Iterable, Iterator, Sequence

from deep_photo_enhancer.photo.containers.bytes import DamagedError
from deep_photo_enhancer.photo.containers.tiff import WIDTHS, Directory, Entry, Span, Tiff
from deep_photo_enhancer.photo.metadata.tree import EXIF, GPS, INTEROPERABILITY

ORIENTATION = 0x0112
_WIDTHS, _HEIGHTS = (0x0100, 0xA002), (0x0101, 0xA003)
_STRIPS, _STRIP_LENGTHS, _THUMBNAIL, _THUMBNAIL_LENGTH = 0x0111, 0x0117, 0x0201, 0x0202
_FURTHER_PICTURES, _XMP, _PHOTOSHOP = 0x014A, 0x02BC, 0x8649


def patch(block: bytes, width: int, height: int, keep_gps: bool) -> bytes:
    """A block that fits a photo of this size, upright: no thumbnail, orientation 1, and no position unless it is kept.

    Raises DamagedError when its directories do not lie in it or overlap.
    """
    tiff = Tiff(block)
    if tiff.big:
        raise DamagedError
    first = tiff.directory(tiff.first)
    exif, gps = tiff.subdirectory(first, EXIF), tiff.subdirectory(first, GPS)
    kept = [each for each in (first, exif, tiff.subdirectory(exif, INTEROPERABILITY)) if each is not None]
    _no_overlap([*kept, *([gps] if gps else [])])
    place = list(_spans(gps)) if gps and not keep_gps else []
    needed = _union(span for each in (*kept, gps) if each is not None and (each is not gps or keep_gps) for span in _spans(each))
    removed = _union(_pictures(tiff, first))
    out = bytearray(block)
    _blank(out, removed)
    for start, end in needed:
        out[start:end] = block[start:end]
    _blank(out, _union(place))
    for directory in kept:
        _describe(out, tiff.order, directory, width, height)
    if first.end - first.next_at == 4:
        out[first.next_at : first.end] = bytes(4)
    dropped = {_THUMBNAIL, _THUMBNAIL_LENGTH, _FURTHER_PICTURES} | (set() if keep_gps else {GPS, _XMP, _PHOTOSHOP})
    _drop(out, tiff, first, dropped, blank=() if keep_gps else (_XMP, _PHOTOSHOP))
    del out[_end_of_use(len(out), _union([*removed, *place]), needed[-1][1]) :]
    return bytes(out)


def repair(block: bytes) -> tuple[bytes, bool]:
    """The block without the pointers that lead nowhere, and whether it had none: what can be read stays as it is.

    A directory that is cut off keeps the tags that are there. DamagedError when not even one tag of the first can be read.
    """
    complete = True
    while (mended := _mend(block)) is not None:
        block, complete = mended, False
    return block, complete


def orientation(block: bytes) -> int | None:
    """How the pixels have to be turned, 1 to 8 (Exif 2.32 section 4.6.4); None where a block does not say it."""
    tiff = Tiff(block)
    return valid_orientation(tiff.integers(tiff.directory(tiff.first).find(ORIENTATION)))


def valid_orientation(numbers: Sequence[int]) -> int | None:
    return numbers[0] if len(numbers) and 1 <= numbers[0] <= 8 else None


def _mend(block: bytes) -> bytes | None:
    """The block without the first fault in it; None where it has none."""
    tiff = Tiff(block)
    if tiff.big:
        raise DamagedError
    first = _directory_or_rest(tiff, tiff.first)
    if first is None:
        raise DamagedError
    if isinstance(first, bytes):
        return first
    seen = {0: first}
    for tag, owner in ((EXIF, 0), (GPS, 0), (INTEROPERABILITY, EXIF)):
        pointer = seen[owner].find(tag) if owner in seen else None
        if pointer is None:
            continue
        goal = _directory_or_rest(tiff, (*tiff.integers(pointer), 0)[0])
        if isinstance(goal, bytes):
            return goal
        if goal is None or any(goal.at < other.end and other.at < goal.end for other in seen.values()):
            out = bytearray(block)
            _drop(out, tiff, seen[owner], {tag}, blank=())
            return bytes(out)
        seen[tag] = goal
    return None


def _directory_or_rest(tiff: Tiff, at: int) -> Directory | bytes | None:
    """The directory; a block in which it ends where the data do, if it goes beyond; None where there is no directory."""
    entries = tuple(tiff.entries(at)) if at >= 8 else ()
    known = sum(entry.kind in WIDTHS for entry in entries)
    try:
        directory = tiff.directory(at)
    except DamagedError:
        if not entries or known < len(entries):
            return None
        end = entries[-1].at + 12
        return tiff.data[:at] + struct.pack(tiff.order + "H", len(entries)) + tiff.data[at + 2 : end] + bytes(4)
    return directory if 2 * known >= len(entries) else None


def _no_overlap(directories: list[Directory]) -> None:
    ordered = sorted(directories, key=lambda directory: directory.at)
    for one, other in itertools.pairwise(ordered):
        if other.at < one.end:
            raise DamagedError


def _spans(directory: Directory) -> Iterator[Span]:
    """A directory's own bytes and those of its values elsewhere."""
    yield directory.at, directory.end
    for entry in directory.entries:
        if entry.value is not None and entry.value[0] != entry.at + 8:
            yield entry.value


def _pictures(tiff: Tiff, first: Directory) -> Iterator[Span]:
    """Thumbnails: those of the next directories with everything that describes them, and one that lies in the first."""
    yield from _picture(tiff, first)
    for offset in tiff.integers(first.find(_FURTHER_PICTURES))[:16]:
        for directory in tiff.chain(offset):
            yield from _picture(tiff, directory)
    for directory in tiff.chain(first.following):
        yield from _spans(directory)
        yield from _picture(tiff, directory)


def _picture(tiff: Tiff, directory: Directory) -> Iterator[Span]:
    for places, lengths in ((_THUMBNAIL, _THUMBNAIL_LENGTH), (_STRIPS, _STRIP_LENGTHS)):
        starts, sizes = tiff.integers(directory.find(places)), tiff.integers(directory.find(lengths))
        for start, size in zip(starts, sizes, strict=False):
            yield min(start, len(tiff.data)), min(start + size, len(tiff.data))


def _blank(out: bytearray, spans: list[Span]) -> None:
    for start, end in spans:
        out[start:end] = bytes(end - start)


def _describe(out: bytearray, order: str, directory: Directory, width: int, height: int) -> None:
    for entry in directory.entries:
        if entry.tag == ORIENTATION:
            _set(out, order, entry, 1)
        elif entry.tag in _WIDTHS:
            _set(out, order, entry, width)
        elif entry.tag in _HEIGHTS:
            _set(out, order, entry, height)


def _set(out: bytearray, order: str, entry: Entry, number: int) -> None:
    """SHORT stays SHORT where the number fits; everything else becomes LONG."""
    short = number < 1 << 16 and (entry.kind == 3 or entry.tag == ORIENTATION)
    layout, kind = ("HIHxx", 3) if short else ("HII", 4)
    struct.pack_into(order + layout, out, entry.at + 2, kind, 1, number)


def _drop(out: bytearray, tiff: Tiff, directory: Directory, tags: Collection[int], blank: Collection[int]) -> None:
    """Close the gaps that entries leave in their directory; the directory after it stays where it is."""
    staying = [bytes(out[entry.at : entry.at + 12]) for entry in directory.entries if entry.tag not in tags]
    if len(staying) == len(directory.entries):
        return
    for entry in directory.entries:
        if entry.tag in blank and entry.value is not None:
            _blank(out, [entry.value])
    body = struct.pack(tiff.order + "H", len(staying)) + b"".join(staying)
    out[directory.at : directory.end] = body.ljust(directory.end - directory.at, b"\0")


def _end_of_use(length: int, removed: list[Span], needed: int) -> int:
    """Where the block may end: before what was removed at its end, of which one byte may be padding."""
    if removed and removed[-1][1] >= length - 1:
        return max(removed[-1][0], needed)
    return length


def _union(spans: Iterable[Span]) -> list[Span]:
    """The same bytes in spans that do not meet, in order: however many directories name them, they are visited once."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        elif start < end:
            joined.append((start, end))
    return joined
