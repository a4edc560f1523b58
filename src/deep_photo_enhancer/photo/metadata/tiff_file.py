"""TIFF files and the cameras' RAW files that have their form: EXIF is spread over the file's own directories.

TIFF 6.0; XMP specification part 3 section 1.1.11; tags 33723 and 34377: Photoshop TIFF technical notes; DNG 1.7.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from deep_photo_enhancer.photo.containers.bytes import DamagedError, Data, copy
from deep_photo_enhancer.photo.containers.tiff import Directory, Tiff
from deep_photo_enhancer.photo.metadata import photoshop
from deep_photo_enhancer.photo.metadata.blocks import Blocks, Metadata
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
    | {0x0153, 0x015B, 0x0200, 0x0201, 0x0202, *range(0x0211, 0x0215), _XMP, _IPTC, _PHOTOSHOP, 0x8773}
)
"""Tags by which a file stores its pixels: the encoder's, never EXIF's."""

_RESOLUTION = frozenset({0x011A, 0x011B, 0x0128})
"""Pixels an inch or a centimetre, across and down, and which of the two (inches without it)."""


def read(data: Data) -> Blocks:
    tiff = Tiff(data)
    first = tiff.directory(tiff.first)
    found = Blocks(xmp=tiff.value_bytes(first.find(_XMP)), iptc=tiff.value_bytes(first.find(_PHOTOSHOP)))
    record = tiff.value_bytes(first.find(_IPTC))
    if record is not None:
        found.iptc = _resources(found, found.iptc or b"", record)
    try:
        tree = read_tree(tiff, first, DESCRIPTIVE)
        if not tree.keys() <= _OF_ANY_FILE:
            found.exif = exif_block(tree, tiff.order)
    except DamagedError:
        found.warnings.append("its EXIF data is damaged and is left out")
    return found


def write(data: Data, target: BinaryIO, metadata: Metadata) -> tuple[str, ...]:
    """Append a first directory that has the encoder's tags and the metadata's. The encoder's pixels and values stay in place."""
    tiff = Tiff(data)
    first = tiff.directory(tiff.first)
    tree, warnings = _encoder_tags(tiff, first), []
    if metadata.exif is not None:
        try:
            tree = _with(tree, _description_tags(Tiff(metadata.exif)))
        except DamagedError:
            warnings.append("its EXIF data is left out: damaged")
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


def _description_tags(exif: Tiff) -> Tree:
    tree = read_tree(exif, exif.directory(exif.first))
    return {tag: node for tag, node in tree.items() if tag not in _STORING}


def _with(own: Tree, described: Tree) -> Tree:
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
