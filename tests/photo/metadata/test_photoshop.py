from __future__ import annotations

import struct

import pytest

from deep_photo_enhancer.photo.containers.bytes import DamagedError
from deep_photo_enhancer.photo.metadata.photoshop import add_iptc_record, drop_stale, iptc_record, repair, strip_padding
from tests.photo.metadata.fixtures import CAPTION, RESOURCES


def resource(number: int, value: bytes, name: bytes = b"") -> bytes:
    pascal = bytes([len(name)]) + name
    pascal += bytes(len(pascal) % 2)
    return b"8BIM" + struct.pack(">H", number) + pascal + struct.pack(">I", len(value)) + value + bytes(len(value) % 2)


def test_resources_stay_byte_by_byte() -> None:
    named = RESOURCES + resource(2000, b"path", b"cut") + resource(2001, b"odd", b"even")
    assert drop_stale(named) == named
    assert drop_stale(named + bytes(3)) == named


@pytest.mark.parametrize("number", [0x0409, 0x040C, 0x040F, 0x0422, 0x0424])
def test_thumbnails_profiles_and_copies_go(number: int) -> None:
    assert drop_stale(resource(number, b"old") + RESOURCES + resource(number, b"old")) == RESOURCES
    assert drop_stale(resource(number, b"old")) is None


def test_the_iptc_record_alone_and_back() -> None:
    assert iptc_record(RESOURCES) == CAPTION
    assert add_iptc_record(RESOURCES, b"another") == RESOURCES
    assert add_iptc_record(b"", CAPTION) == resource(0x0404, CAPTION)
    assert iptc_record(resource(2000, b"path")) is None


def test_the_zeros_behind_a_record_go_and_no_others() -> None:
    assert strip_padding(CAPTION + bytes(2)) == CAPTION
    assert strip_padding(CAPTION) == CAPTION
    ends_in_zero = b"\x1c\x02\x78\0\x02a\0"
    assert strip_padding(ends_in_zero + b"\0") == ends_in_zero
    assert strip_padding(b"not IPTC\0") == b"not IPTC\0"


def test_the_resources_before_the_damage_stay() -> None:
    assert repair(RESOURCES + bytes(3)) == (RESOURCES, True)
    assert repair(RESOURCES + resource(2000, b"path")[:-3]) == (RESOURCES, False)
    assert repair(b"no resources") == (b"", False)


@pytest.mark.parametrize("damaged", [RESOURCES[:-9], b"9BIM" + RESOURCES[4:], RESOURCES + b"something that is longer"])
def test_damaged_resources_are_refused(damaged: bytes) -> None:
    with pytest.raises(DamagedError):
        drop_stale(damaged)
