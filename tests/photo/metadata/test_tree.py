from __future__ import annotations

import struct

import pytest

from deep_photo_enhancer.photo.containers.bytes import DamagedError
from deep_photo_enhancer.photo.containers.tiff import Tiff
from deep_photo_enhancer.photo.metadata.tree import EXIF, MAKER_NOTE, Leaf, Tree, Writer, exif_block, read_tree

TREE: Tree = {
    0x010F: Leaf(2, b"Maker\0"),
    0x011A: Leaf(5, struct.pack("<II", 72, 1)),
    EXIF: {0x8827: Leaf(3, struct.pack("<H", 400))},
}


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_tree_is_read_as_it_was_written_in_either_order(order: str) -> None:
    tiff = Tiff(exif_block(TREE, order))
    tree = read_tree(tiff, tiff.directory(tiff.first))
    make, resolution, below = tree[0x010F], tree[0x011A], tree[EXIF]
    assert isinstance(make, Leaf)
    assert isinstance(resolution, Leaf)
    assert isinstance(below, dict)
    speed = below[0x8827]
    assert isinstance(speed, Leaf)
    assert (make.value, resolution.bytes_in("<"), speed.bytes_in("<")) == (b"Maker\0", struct.pack("<II", 72, 1), b"\x90\1")
    assert (make.count, resolution.count, speed.count) == (6, 1, 1)


def test_maker_notes_keep_their_place() -> None:
    block = exif_block({EXIF: {MAKER_NOTE: Leaf(7, b"a note", at=500)}, 0x010F: Leaf(2, b"x" * 700)}, "<")
    assert block[500:506] == b"a note"


def test_types_of_big_tiff_become_those_of_tiff() -> None:
    tiff = Tiff(exif_block({0x0100: Leaf(16, struct.pack("<Q", 4000))}, "<"))
    entry = tiff.directory(tiff.first).find(0x0100)
    assert entry is not None
    assert (entry.kind, tiff.integers(entry)) == (4, (4000,))


def test_a_file_that_gets_too_long_for_its_offsets_is_damage() -> None:
    with pytest.raises(DamagedError):
        Writer("<", big=False, base=(1 << 32) - 10).directory(TREE)
