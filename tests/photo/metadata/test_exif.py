from __future__ import annotations

import random
import struct
import time

import pytest

from deep_photo_enhancer.photo.containers.bytes import DamagedError
from deep_photo_enhancer.photo.metadata import Metadata, adapt_metadata
from deep_photo_enhancer.photo.metadata.exif import patch, shorten
from tests.photo.metadata.fixtures import LATITUDE, MAKER_NOTE, THUMBNAIL, exif_block, exif_of


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_in_both_byte_orders_becomes_1_and_the_sizes_are_the_new_ones(order: str, orientation: int) -> None:
    exif = exif_of(patch(exif_block(order, orientation), 300, 400, keep_gps=True))
    below = exif.get_ifd(0x8769)
    assert (exif[0x0112], exif[0x0100], exif[0x0101], below[0xA002], below[0xA003]) == (1, 300, 400, 300, 400)
    assert (exif[0x010F], below[0x9003]) == ("Maker", "2020:01:02 03:04:05")
    assert exif.get_ifd(0x8825)[2] == (47, 22, 12.34)


@pytest.mark.parametrize("order", ["<", ">"])
def test_only_bytes_that_have_to_change_do(order: str) -> None:
    block = exif_block(order)
    out = patch(block, 300, 400, keep_gps=True)
    first = struct.unpack_from(order + "H", block, 8)[0]
    values = {8 + 2 + 12 * number + 8: 4 for number in (0, 1, 3)}  # both sizes and the orientation
    values[8 + 2 + 12 * first] = 4  # the offset of the thumbnail's directory
    exif_at = struct.unpack_from(order + "I", block, 8 + 2 + 12 * 4 + 8)[0]
    values |= {exif_at + 2 + 12 * number + 8: 4 for number in (2, 3)}
    allowed = {at + byte for at, length in values.items() for byte in range(length)}
    assert {at for at, (old, new) in enumerate(zip(block, out, strict=False)) if old != new} <= allowed
    assert out.index(MAKER_NOTE) == block.index(MAKER_NOTE)


def test_a_large_size_in_a_short_tag_becomes_a_long_one() -> None:
    below = exif_of(patch(exif_block(), 70_000, 400, keep_gps=True)).get_ifd(0x8769)
    assert (below[0xA002], below[0xA003]) == (70_000, 400)


def test_the_thumbnail_at_the_end_goes_with_its_directory() -> None:
    block = exif_block()
    out = patch(block, 300, 400, keep_gps=True)
    assert len(out) == len(block) - len(THUMBNAIL) - (2 + 3 * 12 + 4)
    assert len(out) == len(exif_block(thumbnail=b""))
    assert struct.unpack_from("<I", out, 8 + 2 + 12 * 6) == (0,)
    assert exif_of(out).get_ifd(1) == {}


def test_a_thumbnail_in_the_middle_is_blanked_and_nothing_moves() -> None:
    block = exif_block(maker_note=b"m" * 40 + THUMBNAIL + b"n" * 40)
    inside = block.index(THUMBNAIL)
    at = block.rindex(struct.pack("<HHI", 0x0201, 4, 1)) + 8
    block = block[:at] + struct.pack("<I", inside) + block[at + 4 :] + b"after"
    out = patch(block, 300, 400, keep_gps=True)
    assert len(out) == len(block)
    assert out[inside : inside + len(THUMBNAIL)] == THUMBNAIL  # belongs to the maker notes too: they win
    elsewhere = block + THUMBNAIL + b"used by nobody"
    elsewhere = elsewhere[:at] + struct.pack("<I", len(block)) + elsewhere[at + 4 :]
    assert patch(elsewhere, 300, 400, keep_gps=True)[len(block) :] == bytes(len(THUMBNAIL)) + b"used by nobody"


@pytest.mark.parametrize("order", ["<", ">"])
def test_without_gps_no_trace_of_the_position_is_left(order: str) -> None:
    block = exif_block(order)
    latitude = block[block.index(struct.pack(order + "II", 47, 1)) :][: len(LATITUDE)]
    out = patch(block, 300, 400, keep_gps=False)
    assert latitude not in out
    assert struct.pack(order + "II", 47, 1) not in out
    assert 0x8825 not in exif_of(out)
    assert exif_of(out).get_ifd(0x8769)[0x9003] == "2020:01:02 03:04:05"
    assert out.index(MAKER_NOTE) == block.index(MAKER_NOTE)


def test_a_position_before_other_bytes_is_blanked_in_place() -> None:
    block = exif_block(thumbnail=b"") + b"used by nobody"
    out = patch(block, 300, 400, keep_gps=False)
    assert len(out) == len(block)
    assert LATITUDE not in out
    assert out.endswith(bytes(len(LATITUDE)) + b"used by nobody")


def test_patching_a_second_time_changes_nothing() -> None:
    for keep_gps in (True, False):
        once = patch(exif_block(), 300, 400, keep_gps)
        assert patch(once, 300, 400, keep_gps) == once


@pytest.mark.parametrize("tag", [0x8769, 0x8825])
@pytest.mark.parametrize("offset", [0, 8, 20, 0xFFFFFFF0, 3])
def test_directories_that_lie_outside_or_in_one_another_are_refused(tag: int, offset: int) -> None:
    block = bytearray(exif_block())
    at = block.index(struct.pack("<HHI", tag, 4, 1)) + 8
    block[at : at + 4] = struct.pack("<I", offset)
    with pytest.raises(DamagedError):
        patch(bytes(block), 300, 400, keep_gps=True)
    assert adapt_metadata(Metadata(exif=bytes(block)), 300, 400, "all").exif is None


@pytest.mark.parametrize("block", [b"", b"II*\0", b"II*\0\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff", b"JUNK" * 9])
def test_what_is_no_exif_is_refused(block: bytes) -> None:
    with pytest.raises(DamagedError):
        patch(block, 300, 400, keep_gps=True)


def test_a_chain_of_directories_that_bites_its_tail_ends() -> None:
    block = exif_block()
    fourth_at = len(block) - len(THUMBNAIL) - (2 + 3 * 12 + 4)
    at = fourth_at + 2 + 3 * 12
    for back_to in (8, fourth_at):
        looped = block[:at] + struct.pack("<I", back_to) + block[at + 4 :]
        assert exif_of(patch(looped, 300, 400, keep_gps=True))[0x010F] == "Maker"


def test_overlapping_directories_without_end_are_no_work() -> None:
    """Thousands of tags that each claim the whole block, in directories one byte apart."""
    count = 5000
    entry = struct.pack("<HHII", 0x0111, 7, 12 * count, 8)
    block = bytearray(b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", count) + entry * count)
    block += struct.pack("<I", 8 + 12) + bytes(64)
    begin = time.perf_counter()
    patch(bytes(block), 1, 1, keep_gps=True)
    assert time.perf_counter() - begin < 5


def test_mutated_blocks_are_patched_or_refused() -> None:
    random_bytes = random.Random(0)
    whole = exif_block()
    outcomes = set()
    for _ in range(3000):
        block = bytearray(whole)
        for _ in range(random_bytes.choice([1, 2, 8])):
            block[random_bytes.randrange(len(block))] = random_bytes.choice([0, 1, 8, 255, random_bytes.randrange(256)])
        try:
            patch(bytes(block), 300, 400, keep_gps=random_bytes.random() < 0.5)
            outcomes.add("patch")
        except DamagedError:
            outcomes.add("refused")
    assert outcomes == {"patch", "refused"}


def test_a_block_that_is_too_long_loses_its_maker_notes_first() -> None:
    block = exif_block(maker_note=bytes(70_000))
    smaller, only_notes = shorten(block, 65_527)
    assert smaller is not None
    assert only_notes
    exif = exif_of(smaller)
    assert (exif[0x010F], exif.get_ifd(0x8769)[0x9003]) == ("Maker", "2020:01:02 03:04:05")
    assert 0x927C not in exif.get_ifd(0x8769)
    tiny, only_notes = shorten(block, 200)
    assert tiny is not None
    assert len(tiny) <= 200
    assert not only_notes
    assert shorten(block, 10) == (None, False)
