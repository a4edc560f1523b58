from __future__ import annotations

import hashlib
from xml.etree import ElementTree

import pytest

from deep_photo_enhancer.photo.containers.bytes import DamagedError
from deep_photo_enhancer.photo.metadata.xmp import extended_name, merge, patch, remove_claims, split
from tests.photo.metadata.fixtures import xmp_packet

TIFF, EXIF = "{http://ns.adobe.com/tiff/1.0/}", "{http://ns.adobe.com/exif/1.0/}"
MOTION = (
    ' xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:MotionPhoto="1" GCamera:MotionPhotoVersion="1"'
    ' GCamera:SpecialTypeID="kept"'
)
CONTAINER = """<c:Directory xmlns:c="http://ns.google.com/photos/1.0/container/"
 xmlns:i="http://ns.google.com/photos/1.0/container/item/"><rdf:Seq><rdf:li rdf:parseType="Resource">
 <c:Item i:Semantic="Primary"/></rdf:li><rdf:li rdf:parseType="Resource"><c:Item i:Semantic="{}" i:Length="9"/></rdf:li>
 </rdf:Seq></c:Directory><xmp:Label>green</xmp:Label>"""


def description(packet: bytes) -> ElementTree.Element:
    found = ElementTree.fromstring(packet.decode("utf-8")).find(".//{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description")
    assert found is not None
    return found


def test_a_packet_that_says_nothing_of_the_pixels_is_not_touched() -> None:
    packet = xmp_packet(' xmp:Label="a &gt; b"', "<xmp:Nickname>写真</xmp:Nickname>")
    assert patch(packet, 300, 400, keep_gps=False) == packet
    assert remove_claims(packet) == (packet, frozenset())


def test_orientation_and_sizes_change_in_both_forms_and_nothing_else() -> None:
    attributes = " tiff:Orientation='6'\n exif:PixelXDimension = \"4000\""
    elements = "<tiff:ImageLength>3000</tiff:ImageLength><exif:PixelYDimension>3000</exif:PixelYDimension>"
    expected = xmp_packet(
        " tiff:Orientation='1'\n exif:PixelXDimension = \"300\"",
        "<tiff:ImageLength>400</tiff:ImageLength><exif:PixelYDimension>400</exif:PixelYDimension>",
    )
    assert patch(xmp_packet(attributes, elements), 300, 400, keep_gps=True) == expected


def test_names_of_other_namespaces_stay() -> None:
    packet = xmp_packet(' xmlns:o="urn:other" o:Orientation="6"', "<o:ImageWidth>4000</o:ImageWidth>")
    assert patch(packet, 300, 400, keep_gps=True) == packet


def test_gps_goes_from_attributes_elements_structures_and_a_drones_own_names() -> None:
    packet = xmp_packet(
        ' exif:GPSLatitude="47,22.1N" xmlns:d="http://www.dji.com/drone-dji/1.0/" d:GpsLongtitude="8.5" xmp:Label="kept"',
        '<exif:GPSAltitude>5/1</exif:GPSAltitude><l:Shown xmlns:l="urn:l"><rdf:Bag><rdf:li rdf:parseType="Resource">'
        "<exif:GPSLongitude>8,32.1E</exif:GPSLongitude><l:City>Zürich</l:City></rdf:li></rdf:Bag></l:Shown>",
    )
    out = patch(packet, 300, 400, keep_gps=False)
    assert b"GPS" not in out.upper()
    for number in (b"47,22", b"8.5", b"5/1", b"8,32"):
        assert number not in out
    assert "Zürich".encode() in out
    assert description(out).get("{http://ns.adobe.com/xap/1.0/}Label") == "kept"
    assert patch(packet, 300, 400, keep_gps=True) == packet


@pytest.mark.parametrize(
    ("attributes", "elements", "claims"),
    [
        (MOTION, "", {"motion"}),
        (MOTION.replace('"1"', '"0"'), "", set()),
        ("", CONTAINER.format("GainMap"), {"gain map"}),
        ("", CONTAINER.format("MotionPhoto"), {"motion"}),
        (' xmlns:h="http://ns.adobe.com/hdr-gain-map/1.0/" h:Version="1.0"', "", {"gain map"}),
        (' xmlns:g="http://ns.google.com/photos/1.0/depthmap/" g:Data="AAAA"', "", {"depth"}),
        (' xmlns:g="http://ns.google.com/photos/1.0/image/" g:Data="AAAA"', "", {"second picture"}),
    ],
)
def test_claims_of_what_is_not_carried_are_told_and_removed(attributes: str, elements: str, claims: set[str]) -> None:
    out, said = remove_claims(xmp_packet(attributes, elements))
    assert said == claims
    assert remove_claims(out) == (out, frozenset())
    assert description(out).get("{http://ns.adobe.com/xap/1.0/}Rating") == "5"
    for word in (b"MotionPhoto", b"Semantic", b"h:Version", b"AAAA"):
        assert word not in out
    assert (b"kept" in out) == ("kept" in attributes)
    assert (b"green" in out) == ("green" in elements)


def test_thumbnails_go_without_a_word() -> None:
    packet = xmp_packet("", "<xmp:Thumbnails><rdf:Alt><rdf:li>AAAA</rdf:li></rdf:Alt></xmp:Thumbnails><xmp:Label>a</xmp:Label>")
    assert remove_claims(packet) == (xmp_packet("", "<xmp:Label>a</xmp:Label>"), frozenset())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_encodings_become_utf8(encoding: str) -> None:
    text = xmp_packet(' tiff:Orientation="6"').decode().replace("\ufeff", "")
    out = patch(text.encode(encoding), 300, 400, keep_gps=True)
    assert out.decode("utf-8").lstrip("\ufeff") == text.replace('Orientation="6"', 'Orientation="1"')


@pytest.mark.parametrize(
    "packet",
    [
        b"<x tiff:Orientation='6'>",
        b"<tiff:Orientation>",
        b"Orientation",
        b'<!DOCTYPE a [<!ENTITY b "bbbb">]><a Orientation="&b;"/>',
        b"<Orientation>" * 300 + b"</Orientation>" * 300,
        b"<a>" + b"<Orientation/>" * 100_001 + b"</a>",
        b"\xff\xfeO",
    ],
)
def test_what_has_to_change_and_cannot_be_read_is_refused(packet: bytes) -> None:
    with pytest.raises(DamagedError):
        patch(packet, 300, 400, keep_gps=True)


def test_a_long_packet_is_split_and_comes_together_again() -> None:
    history = "<xmp:History>" + "edited &amp; " * 8000 + "</xmp:History>"
    packet = xmp_packet(' tiff:Orientation="1"', f"<xmp:Label>a</xmp:Label>{history}<xmp:Nickname>b</xmp:Nickname>")
    main, extended = split(packet, 65_000)
    assert len(main) <= 65_000
    assert hashlib.md5(extended).hexdigest().upper() == extended_name(main)
    assert [child.tag.rpartition("}")[2] for child in ElementTree.fromstring(main.decode()).iter() if child.text == "a"] == [
        "Label"
    ]
    assert b"edited" not in main
    assert [child.text for child in description(extended)] == ["edited & " * 8000]
    whole, _ = remove_claims(merge(main, extended))
    both = ElementTree.fromstring(whole.decode()).iter()
    assert sorted(child.tag.rpartition("}")[2] for child in both if child.text and child.text.strip()) == [
        "History",
        "Label",
        "Nickname",
    ]
    assert extended_name(whole) is None


def test_a_packet_without_anything_to_move_cannot_be_split() -> None:
    with pytest.raises(DamagedError):
        split(xmp_packet(f' xmp:Label="{"a" * 70_000}"'), 65_000)
