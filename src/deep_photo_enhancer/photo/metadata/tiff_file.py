"""TIFF files and the cameras' RAW files that have their form: EXIF is spread over the file's own directories.

TIFF 6.0; XMP specification part 3 section 1.1.11; tags 33723 and 34377: Photoshop TIFF technical notes; DNG 1.7;
GeoTIFF 1.1 (OGC).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Set
from typing import BinaryIO

from deep_photo_enhancer.photo.containers.bytes import DamagedError, Data, copy
from deep_photo_enhancer.photo.containers.detect import is_raw_tiff
from deep_photo_enhancer.photo.containers.tiff import Directory, Tiff
from deep_photo_enhancer.photo.formats import TIFF
from deep_photo_enhancer.photo.metadata import photoshop
from deep_photo_enhancer.photo.metadata.blocks import EXIF_IN_PART, GEO, Blocks, Metadata, Piece
from deep_photo_enhancer.photo.metadata.exif import ORIENTATION, valid_orientation
from deep_photo_enhancer.photo.metadata.tree import EXIF, GPS, Leaf, Tree, Writer, exif_block, read_tree

_XMP, _IPTC, _PHOTOSHOP = 0x02BC, 0x83BB, 0x8649

DESCRIPTIVE = frozenset(
    {EXIF, GPS, 0x0112}
    | {0x010D, 0x010E, 0x010F, 0x0110, 0x011A, 0x011B, 0x011D, 0x0128, 0x0131, 0x0132, 0x013B, 0x013C, 0x8298}
    | {0x4746, 0x4749, 0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F, 0xC4A5}  # ratings, Windows' own texts, print matching
    | {0x829A, 0x829D, 0x8822, 0x8827, 0x9003, 0x9004, 0x9201, 0x9202, 0x9204, 0x9205, 0x9206, 0x9207, 0x9209, 0x920A}
    | {0xC614, 0xC615, 0xC62F, 0xC630, 0xC68B}  # the camera's and the RAW file's names in DNG
)
"""Tags of the first directory that speak of the photo and not of how the file stores its pixels."""

_OF_ANY_FILE = frozenset({0x0112, 0x011A, 0x011B, 0x0128})
"""Orientation and resolution alone make no EXIF."""

_STORING = frozenset(
    {0x00FE, 0x00FF, *range(0x0100, 0x0104), 0x0106, 0x0107, 0x010A, 0x0111, 0x0112, 0x0115, 0x0116, 0x0117, 0x0118, 0x0119}
    | {0x011C, 0x012D, 0x013D, 0x013E, 0x013F, 0x0140, 0x0142, 0x0143, 0x0144, 0x0145, 0x014A, 0x0152}
    | {0x0153, 0x015B, 0x0200, 0x0201, 0x0202, *range(0x0211, 0x0215), _XMP, _IPTC, _PHOTOSHOP, 0x8773, *range(0x80E3, 0x80E7)}
)
"""Tags by which a file stores its pixels: the encoder's, never EXIF's."""

_GEO = frozenset({0x830E, 0x8480, 0x8482, 0x85D8, 0x87AF, 0x87B0, 0x87B1, 0xA480, 0xC5AD})
"""Where on Earth the pixels lie: GeoTIFF's tags, GDAL's description and the coefficients of a satellite's camera."""
_PRIVATE = 0x8000
"""Tags from here on are those of other programs."""
_OF_PIXELS = frozenset({0x935C, 0xA481, 0xC660})
"""Private tags that hold for the old pixels only: layers, and the value that means no data."""
_NO_POINTER = frozenset({1, 2, 3, 5, 6, 7, 8, 10, 11, 12})
"""Types that cannot be the place of something else in the file."""

_RESOLUTION = frozenset({0x011A, 0x011B, 0x0128})
"""Pixels an inch or a centimetre, across and down, and which of the two (inches without it)."""


def read(data: Data) -> Blocks:
    tiff = Tiff(data)
    first = tiff.directory(tiff.first)
    found = Blocks(xmp=tiff.value_bytes(first.find(_XMP)), iptc=tiff.value_bytes(first.find(_PHOTOSHOP)))
    found.orientation = valid_orientation(tiff.integers(first.find(ORIENTATION)))
    record = tiff.value_bytes(first.find(_IPTC))
    if record is not None:
        found.iptc = _resources(found, found.iptc or b"", record)
    try:
        tree = read_tree(tiff, first, DESCRIPTIVE)
        if any(first.find(tag) and tag not in tree for tag in (EXIF, GPS)):
            found.warnings.append(EXIF_IN_PART)
        if not tree.keys() <= _OF_ANY_FILE:
            found.exif = exif_block(tree, tiff.order)
    except DamagedError:
        found.warnings.append("its EXIF data is damaged and is left out")
    if not is_raw_tiff(data):
        _take_pieces(found, tiff, first)
    return found


def _take_pieces(found: Blocks, tiff: Tiff, first: Directory) -> None:
    """The tags of other programs."""
    private = {
        entry.tag: entry.kind for entry in first.entries if entry.tag >= _PRIVATE and entry.tag not in DESCRIPTIVE | _STORING
    }
    geo = private.keys() & _GEO
    others = {tag for tag, kind in private.items() if tag not in _GEO | _OF_PIXELS and kind in _NO_POINTER}
    _take_tags(found, tiff, first, GEO, geo)
    _take_tags(found, tiff, first, _names(others), others)
    lost = private.keys() - geo - others
    found.dropped |= {_names(lost)} if lost else set()


def _take_tags(found: Blocks, tiff: Tiff, first: Directory, name: str, tags: Set[int]) -> None:
    if not tags:
        return
    try:
        found.pieces.append(Piece(TIFF, name, exif_block(read_tree(tiff, first, frozenset(tags)), tiff.order)))
    except DamagedError:
        found.dropped.add(name)


def _names(tags: Iterable[int]) -> str:
    return "TIFF tags " + ", ".join(map(str, sorted(tags)))


def write(data: Data, target: BinaryIO, metadata: Metadata) -> tuple[str, ...]:
    """Append a first directory that has the encoder's tags and the metadata's. The encoder's pixels and values stay in place."""
    tiff = Tiff(data)
    first = tiff.directory(tiff.first)
    tree, warnings = _encoder_tags(tiff, first), []
    if metadata.exif is not None:
        try:
            described = {tag: node for tag, node in _read_all(metadata.exif).items() if tag not in _STORING}
            tree = _join(tree, described)
        except DamagedError:
            warnings.append("its EXIF data is left out: damaged")
    for piece in metadata.pieces:
        tree |= _read_all(piece.body) if piece.container == TIFF else {}
    if metadata.xmp is not None:
        tree[_XMP] = Leaf(1, metadata.xmp)
    if metadata.iptc is not None:
        tree |= _iptc(metadata.iptc, tiff.order)
    base = len(data) + len(data) % 2
    writer = Writer(tiff.order, tiff.big, base)
    at = writer.directory(tree, first.following)
    head = 16 if tiff.big else 8
    target.write(data[: 8 if tiff.big else 4] + struct.pack(tiff.order + tiff.offset, at))
    copy(data, head, len(data), target)
    target.write(bytes(base - len(data)) + writer.to_bytes())
    return tuple(warnings)


def _read_all(block: bytes) -> Tree:
    tiff = Tiff(block)
    return read_tree(tiff, tiff.directory(tiff.first))


def _join(own: Tree, described: Tree) -> Tree:
    """The encoder's tags and EXIF's; of the resolution, all that EXIF says, or else all that the encoder does."""
    complete = {0x011A, 0x011B} <= described.keys()
    dropped_from = own if complete else described
    kept = {tag: node for tag, node in dropped_from.items() if tag not in _RESOLUTION}
    return kept | described if complete else own | kept


def _encoder_tags(tiff: Tiff, first: Directory) -> Tree:
    """The encoder's tags without what metadata says."""
    tree = read_tree(tiff, first)
    return {tag: node for tag, node in tree.items() if tag not in (_XMP, _IPTC, _PHOTOSHOP, EXIF, GPS)}


def _iptc(resources: bytes, order: str) -> Tree:
    """The IPTC record in the tag of its own, in the form that Photoshop and libtiff expect, and the other resources."""
    record = photoshop.iptc_record(resources)
    rest = photoshop.drop_iptc_record(resources) if record else resources
    tree: Tree = {_PHOTOSHOP: Leaf(1, rest)} if rest else {}
    if record:
        tree[_IPTC] = Leaf(4, record + bytes(-len(record) % 4), order)
    return tree


def _resources(found: Blocks, resources: bytes, record: bytes) -> bytes | None:
    """Both homes of IPTC in one."""
    try:
        return photoshop.add_iptc_record(resources, photoshop.strip_padding(record))
    except DamagedError:
        found.warnings.append("its Photoshop data is damaged and is left out")
        return photoshop.add_iptc_record(b"", photoshop.strip_padding(record))
