from __future__ import annotations

import io
from dataclasses import replace

import pytest
from PIL import Image

from deep_photo_enhancer.photo import Photo, SaveOptions, load_photo
from deep_photo_enhancer.photo.formats import FORMATS
from deep_photo_enhancer.photo.metadata import Metadata, add_record, find_record
from deep_photo_enhancer.photo.metadata.packet import read_elements
from deep_photo_enhancer.photo.metadata.record import NAMESPACE
from tests.enhancing_fixtures import smooth_photo
from tests.photo.metadata.fixtures import xmp_packet
from tests.photo.samples import needs

RECORD = {"Model": "natural", "Strength": "0.5", "Quality": ""}
PHOTO = Photo(smooth_photo(16, 24))


def recorded(metadata: Metadata, **record: str) -> bytes:
    packet = add_record(metadata, record or RECORD).xmp
    assert packet is not None
    return packet


@pytest.mark.parametrize("suffix", [kind.suffixes[0] for kind in FORMATS.values() if kind.suffixes])
def test_every_format_carries_a_record(suffix: str) -> None:
    needs(suffix)
    file = replace(PHOTO, metadata=add_record(Metadata(), RECORD)).to_bytes(suffix)
    assert find_record(file) == RECORD
    assert find_record(load_photo(file).to_bytes(suffix)) == RECORD  # it goes along like all XMP
    assert find_record(PHOTO.to_bytes(suffix)) is None
    assert find_record(load_photo(file).to_bytes(suffix, SaveOptions(metadata="none"))) is None


def test_all_else_in_a_packet_stays_byte_by_byte() -> None:
    packet = xmp_packet(' xmp:Label="a &gt; b"', "<xmp:Nickname>写真</xmp:Nickname>")
    with_record = recorded(Metadata(xmp=packet))
    start = with_record.index(b"<rdf:Description", with_record.index(NAMESPACE.encode()) - 120)
    end = with_record.index(b"/>", start) + 2
    assert with_record[:start] + with_record[end:] == packet
    exif = Metadata(exif=b"II*\0", iptc=b"8BIM", texts=(("COM", b"sunny"),))
    assert replace(add_record(exif, RECORD), xmp=None) == exif


def test_a_record_takes_the_place_of_an_earlier_one_in_any_form() -> None:
    once = recorded(Metadata(xmp=xmp_packet("", "")))
    assert recorded(Metadata(xmp=once)) == once
    other = xmp_packet(f' xmlns:d="{NAMESPACE}" d:Model="old"', f'<d:Strength xmlns:d="{NAMESPACE}">2</d:Strength>')
    packet = recorded(Metadata(xmp=other))
    assert find_record(packet) == RECORD
    elements = read_elements(packet)
    assert [each.name for each in elements if each.uri == NAMESPACE] == []
    assert [each.name for element in elements for each in element.attributes if each.uri == NAMESPACE] == list(RECORD)


def test_values_may_hold_anything_that_can_be_printed() -> None:
    value = "a \"b\" 'c' <d> & é 写真"
    packet = recorded(Metadata(), Model=value)
    assert find_record(packet) == {"Model": value}
    (description,) = (each for each in read_elements(packet) if each.name == "Description")
    assert [each.value for each in description.attributes if each.uri == NAMESPACE] == [value]


def test_a_description_speaks_of_what_the_others_speak_of() -> None:
    packet = xmp_packet("", "").replace(b'rdf:about=""', b'rdf:about="uuid:1"')
    about = [each.value for e in read_elements(recorded(Metadata(xmp=packet))) for each in e.attributes if each.name == "about"]
    assert about == ["uuid:1", "uuid:1"]


@pytest.mark.parametrize("packet", [b"no XML", b"<a/>", xmp_packet("", "")[:-40]])
def test_xmp_that_cannot_be_read_is_left_as_it_is(packet: bytes) -> None:
    assert add_record(Metadata(xmp=packet), RECORD).xmp == packet


def test_xmp_in_utf_16_takes_one_too() -> None:
    packet = xmp_packet("", "<xmp:Nickname>写真</xmp:Nickname>").decode().encode("utf-16")
    assert find_record(recorded(Metadata(xmp=packet))) == RECORD


def test_a_form_of_another_program_is_no_record() -> None:
    packet = recorded(Metadata())
    assert find_record(packet.replace(b" dpe:Strength", b"\n   dpe:Strength")) is None


def test_what_is_written_is_xmp_for_others_too() -> None:
    with_record = replace(PHOTO, metadata=add_record(Metadata(), RECORD)).to_bytes(".png")
    text = Image.open(io.BytesIO(with_record)).info["XML:com.adobe.xmp"]
    assert text.startswith('<?xpacket begin="\ufeff"')
    assert 'dpe:Strength="0.5"' in text
