"""Cameras' RAW files that have another form than TIFF: Fujifilm's RAF and Canon's CR3.

RAF holds a JPEG with everything in it. CR3 (https://github.com/lclevy/canon_cr3) spreads EXIF over four boxes.
"""

from __future__ import annotations

from deep_photo_enhancer.photo.containers.bmff import boxes
from deep_photo_enhancer.photo.containers.bytes import DamagedError, Data, numbers
from deep_photo_enhancer.photo.containers.tiff import Tiff
from deep_photo_enhancer.photo.metadata import jpeg
from deep_photo_enhancer.photo.metadata.blocks import Blocks
from deep_photo_enhancer.photo.metadata.tiff_file import DESCRIPTIVE
from deep_photo_enhancer.photo.metadata.tree import EXIF, GPS, MAKER_NOTE, Leaf, Tree, exif_block, read_tree

_CANON, _XMP = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48"), bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


def read_raf(data: Data) -> Blocks:
    start, length = numbers(">II", data, 84)
    inner = jpeg.read(data[start : start + length])
    return Blocks(exif=inner.exif, xmp=inner.xmp, iptc=inner.iptc)


def read_cr3(data: Data) -> Blocks:
    found = Blocks()
    parts: dict[bytes, bytes] = {}
    for box in boxes(data, 0, len(data)):
        if box.kind == b"uuid" and data[box.body : box.body + 16] == _XMP:
            found.xmp = data[box.body + 16 : box.end]
        elif box.kind == b"moov":
            canons = [each for each in boxes(data, box.body, box.end) if data[each.body : each.body + 16] == _CANON]
            for part in (part for each in canons for part in boxes(data, each.body + 16, each.end)):
                parts[part.kind] = data[part.body : part.end]
    if b"CMT1" in parts:
        found.exif = _join(parts)
    return found


def _join(parts: dict[bytes, bytes]) -> bytes:
    """One block. The maker notes' offsets count from the start of their box, which becomes the start of the block."""
    first = Tiff(parts[b"CMT1"])
    tree = read_tree(first, first.directory(first.first), DESCRIPTIVE - {EXIF, GPS})
    exif = _tree(parts.get(b"CMT2"))
    notes = parts.get(b"CMT3", b"")
    if len(notes) > 8:
        exif[MAKER_NOTE] = Leaf(7, notes[8:], first.order, at=8)
    tree[EXIF] = exif
    gps = _tree(parts.get(b"CMT4"))
    if gps:
        tree[GPS] = gps
    return exif_block(tree, first.order)


def _tree(part: bytes | None) -> Tree:
    if part is None:
        return {}
    tiff = Tiff(part)
    try:
        return read_tree(tiff, tiff.directory(tiff.first))
    except DamagedError:
        return {}
