from __future__ import annotations

import random
import struct
import time

import pytest

from deep_photo_enhancer.photo.containers.bytes import DamagedError
from deep_photo_enhancer.photo.containers.tiff import Tiff
from deep_photo_enhancer.photo.metadata import Metadata, adapt_metadata
from deep_photo_enhancer.photo.metadata.exif import orientation, patch, repair
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
    assert adapt_metadata(Metadata(exif=bytes(block)), 300, 400, "all")[0].exif is None


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


def with_pointer(block: bytes, tag: int, goal: int) -> bytes:
    at = block.index(struct.pack("<HHI", tag, 4, 1)) + 8
    return block[:at] + struct.pack("<I", goal) + block[at + 4 :]


def test_a_whole_block_is_not_repaired() -> None:
    for order in "<>":
        assert repair(exif_block(order)) == (exif_block(order), True)


@pytest.mark.parametrize("goal", [0, 3, 8, 20, 1 << 31, 0xFFFFFFFF])
@pytest.mark.parametrize("tag", [0x8769, 0x8825])
def test_a_pointer_that_leads_nowhere_takes_only_its_own_directory_along(tag: int, goal: int) -> None:
    block = with_pointer(exif_block(), tag, goal)
    repaired, complete = repair(block)
    assert not complete
    assert len(repaired) == len(block)
    read = exif_of(repaired)
    assert set(exif_of(exif_block())) - set(read) == {tag}
    assert (read[0x010F], read[0x0112]) == ("Maker", 6)
    if tag == 0x8825:
        assert read.get_ifd(0x8769)[0x927C] == MAKER_NOTE
    else:
        assert read.get_ifd(0x8825)[2] == (47, 22, 12.34)
    assert exif_of(patch(repaired, 300, 400, keep_gps=True))[0x0112] == 1


def test_a_value_outside_the_block_leaves_all_others_as_they_are() -> None:
    block = exif_block()
    at = block.index(struct.pack("<HHI", 0x9003, 2, 20)) + 8
    block = block[:at] + b"\xff\xff\xff\x7f" + block[at + 4 :]
    assert repair(block) == (block, True)
    tiff = Tiff(patch(block, 300, 400, keep_gps=True))
    below = tiff.subdirectory(tiff.directory(tiff.first), 0x8769)
    assert below is not None
    assert tiff.value_bytes(below.find(0x927C)) == MAKER_NOTE
    assert tiff.value_bytes(below.find(0x9003)) is None


def test_a_block_that_is_cut_off_keeps_the_tags_before_the_cut() -> None:
    block = exif_block(thumbnail=b"", gps=False)
    (second,) = struct.unpack_from("<I", block, block.index(struct.pack("<HHI", 0x8769, 4, 1)) + 8)
    for tags in (1, 2, 3):
        repaired, complete = repair(block[: second + 2 + 12 * tags + 7])
        assert not complete
        assert len(repaired) == second + 2 + 12 * tags + 4
        assert exif_of(repaired)[0x010F] == "Maker"
        assert exif_of(patch(repaired, 300, 400, keep_gps=True))[0x0112] == 1
    for length in (8 + 2 + 12, 8 + 2 + 20):
        assert dict(exif_of(repair(block[:length])[0])) == {0x0100: 4000}
    with pytest.raises(DamagedError):
        repair(block[:20])


def test_after_the_repair_every_block_can_be_patched() -> None:
    dice, whole = random.Random(0), exif_block()
    repairs = 0
    for _ in range(3000):
        block = bytearray(whole)
        for _ in range(dice.choice([1, 2, 8])):
            block[dice.randrange(len(block))] = dice.choice([0, 1, 8, 255, dice.randrange(256)])
        try:
            repaired, complete = repair(bytes(block))
        except DamagedError:
            continue
        patch(repaired, 300, 400, keep_gps=dice.random() < 0.5)
        assert repair(repaired) == (repaired, True)
        repairs += not complete
    assert repairs > 100


@pytest.mark.parametrize(("number", "expected"), [(1, 1), (8, 8), (0, None), (9, None)])
def test_only_eight_orientations_count(number: int, expected: int | None) -> None:
    assert orientation(exif_block(">", number)) == expected
