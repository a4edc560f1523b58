from __future__ import annotations

import struct

import pytest

from deep_photo_enhancer.photo.containers.bytes import DamagedError
from deep_photo_enhancer.photo.containers.tiff import Tiff

ENTRIES = [(0x010F, 2, 6, 100), (0x0112, 3, 1, 6), (0x8769, 4, 1, 62), (0x9999, 77, 1, 0)]


def tiff(order: str, entries: list[tuple[int, int, int, int]] = ENTRIES, following: int = 0) -> bytes:
    """A directory at 8 with values at 100 and a second, empty one at 62."""
    packed = b"".join(
        struct.pack(order + "HHI" + ("Hxx" if kind == 3 else "I"), tag, kind, count, value) for tag, kind, count, value in entries
    )
    data = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(entries)) + packed
    return (data + struct.pack(order + "I", following)).ljust(100, b"\0") + b"Maker\0"


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_directory_has_tags_with_the_places_of_their_values(order: str) -> None:
    read = Tiff(tiff(order))
    directory = read.directory(read.first)
    assert [(entry.tag, entry.kind, entry.count) for entry in directory.entries] == [each[:3] for each in ENTRIES]
    assert read.value_bytes(directory.find(0x010F)) == b"Maker\0"
    assert read.integers(directory.find(0x0112)) == (6,)
    assert read.subdirectory(directory, 0x8769) == read.directory(62)
    unknown = directory.find(0x9999)
    assert unknown is not None
    assert unknown.value is None


def test_values_outside_the_data_are_none_and_directories_there_are_damage() -> None:
    read = Tiff(tiff("<", [(0x010F, 2, 6, 101), (0x8769, 4, 1, 105)]))
    directory = read.directory(8)
    assert read.value_bytes(directory.find(0x010F)) is None
    with pytest.raises(DamagedError):
        read.subdirectory(directory, 0x8769)


def test_a_cut_directory_gives_the_entries_that_are_there() -> None:
    read = Tiff(tiff("<")[: 8 + 2 + 2 * 12 + 5])
    with pytest.raises(DamagedError):
        read.directory(8)
    assert [entry.tag for entry in read.entries(8)] == [0x010F, 0x0112]


def test_a_chain_visits_each_directory_once() -> None:
    read = Tiff(tiff("<", following=8))
    assert [directory.at for directory in read.chain(8)] == [8]


@pytest.mark.parametrize("data", [b"", b"II", b"II*\0\x08\0\0", b"IM*\0\x08\0\0\0", b"II\x07\0\x08\0\0\0"])
def test_what_begins_like_no_tiff_is_damage(data: bytes) -> None:
    with pytest.raises(DamagedError):
        Tiff(data)
