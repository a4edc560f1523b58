"""What XMP has to say differently of the enhanced photo, and XMP that is too long for one JPEG segment.

XMP specification part 3 (Adobe, 2020) section 1.1.3.1 for JPEG; Google's Camera, Container, Depth and Dynamic Depth formats;
Adobe's gain map specification.
"""

from __future__ import annotations

import hashlib

from deep_photo_enhancer.photo.containers.bytes import DamagedError
from deep_photo_enhancer.photo.metadata.packet import Element, change_properties, read_elements, replace_spans

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_TIFF, _EXIF, _BASIC = "http://ns.adobe.com/tiff/1.0/", "http://ns.adobe.com/exif/1.0/", "http://ns.adobe.com/xap/1.0/"
_NOTE, _PLACE = "http://ns.adobe.com/xmp/note/", "http://www.w3.org/2003/01/geo/wgs84_pos#"
_CAMERA, _CONTAINER = "http://ns.google.com/photos/1.0/camera/", "http://ns.google.com/photos/1.0/container/"
_GAIN_MAP = ("http://ns.adobe.com/hdr-gain-map/1.0/", "http://ns.apple.com/HDRGainMap/1.0/")
_DEPTH = ("http://ns.google.com/photos/1.0/depthmap/", "http://ns.google.com/photos/dd/1.0/")
_SECOND_PICTURE = "http://ns.google.com/photos/1.0/image/"
_ITEMS = {"GainMap": "gain map", "MotionPhoto": "motion", "Depth": "depth", "DepthMap": "depth"}

_TELLING = (b"ns.google.com/photos", b"hdr-gain-map", b"hdrgainmap", b"thumbnails", b"hasextendedxmp")
_CHANGING = (b"orientation", b"dimension", b"imagewidth", b"imagelength")
_PLACES = (b"gps", b"wgs84_pos")
_ORIENTATIONS = frozenset("12345678")


def remove_claims(packet: bytes) -> tuple[bytes, frozenset[str]]:
    """The packet without what it says of things that are not carried: "motion", "gain map", "depth", "second picture".

    Thumbnails go too, without a word. DamagedError when it says such things but cannot be read.
    """
    packet = in_utf8(packet)
    if not _mentions(packet, _TELLING):
        return packet, frozenset()
    elements = read_elements(packet)
    claims = {claim for element in elements for claim in _claims(element)}
    return change_properties(packet, elements, _decide_claim), frozenset(claims)


def patch(packet: bytes, width: int, height: int, keep_gps: bool) -> bytes:
    """The packet for a photo of this size, upright, without its position unless that is kept.

    DamagedError when it may have to change and cannot be read.
    """
    packet = in_utf8(packet)
    sizes = {"ImageWidth": width, "PixelXDimension": width, "ImageLength": height, "PixelYDimension": height}

    def decide(uri: str, name: str) -> str | None:
        if uri in (_TIFF, _EXIF):
            if name == "Orientation":
                return "1"
            if name in sizes:
                return str(sizes[name])
        place = uri == _PLACE or name.lower().startswith("gps")
        return "" if place and not keep_gps else None

    if not _mentions(packet, _CHANGING if keep_gps else _CHANGING + _PLACES):
        return packet
    return change_properties(packet, read_elements(packet), decide)


def orientation(packet: bytes) -> int | None:
    """How the pixels have to be turned, 1 to 8, as in EXIF; None where a packet does not say it. DamagedError as in `patch`."""
    packet = in_utf8(packet)
    if not _mentions(packet, (b"orientation",)):
        return None
    for element in read_elements(packet):
        said = [(element.uri, element.name, element.text)] + [(each.uri, each.name, each.value) for each in element.attributes]
        for uri, name, value in said:
            if (uri, name) == (_TIFF, "Orientation") and value.strip() in _ORIENTATIONS:
                return int(value)
    return None


def merge(main: bytes, extended: bytes) -> bytes:
    """One packet with the properties of both. DamagedError when one of them cannot be read."""
    goal = next((each for each in read_elements(main) if (each.uri, each.name) == (RDF, "RDF")), None)
    if goal is None or goal.closes_itself:
        raise DamagedError
    descriptions = [each for each in read_elements(extended) if each.parent and each.parent.name == "RDF"]
    moved = b"".join(_self_contained(extended, each) for each in descriptions)
    return replace_spans(main, [(goal.inside[1], goal.inside[1], moved)])


def split(packet: bytes, limit: int) -> tuple[bytes, bytes]:
    """A packet of at most `limit` bytes, which names the other one, and that one with the longest properties.

    DamagedError when it cannot be read, or has no properties that could move.
    """
    elements = read_elements(packet)
    homes = [each for each in elements if (each.uri, each.name) == (RDF, "Description") and _in_rdf(each)]
    movable = [each for each in elements if each.parent in homes]
    moving, excess = [], len(packet) + 200 - limit
    for element in sorted(movable, key=lambda each: each.end - each.start, reverse=True):
        if excess <= 0:
            break
        moving.append(element)
        excess -= element.end - element.start
    if excess > 0 or not homes:
        raise DamagedError
    about = description_of(packet, homes[0])
    extended = _packet_of(packet, moving, about)
    guid = hashlib.md5(extended, usedforsecurity=False).hexdigest().upper()
    note = _description(about, f' xmlns:xmpNote="{_NOTE}" xmpNote:HasExtendedXMP="{guid}"') + b"</rdf:Description>"
    edits = [(each.start, each.end, b"") for each in moving]
    return replace_spans(packet, [(homes[0].start, homes[0].start, note), *edits]), extended


def extended_name(packet: bytes) -> str | None:
    """The digest by which a packet names its other part."""
    if not _mentions(packet, (b"hasextendedxmp",)):
        return None
    for element in read_elements(packet):
        if (element.uri, element.name) == (_NOTE, "HasExtendedXMP"):
            return element.text.strip()
        for attribute in element.attributes:
            if (attribute.uri, attribute.name) == (_NOTE, "HasExtendedXMP"):
                return attribute.value
    return None


def in_utf8(packet: bytes) -> bytes:
    """XMP is UTF-8 nearly always; its UTF-16 and UTF-32 have zeros near the beginning."""
    for mark, encoding in (
        (b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"),
        (b"<\0\0\0", "utf-32-le"), (b"\0\0\0<", "utf-32-be"), (b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"),
    ):  # fmt: skip
        if packet.startswith(mark):
            try:
                return packet.decode(encoding).encode()
            except UnicodeError as error:
                raise DamagedError from error
    return packet


def _mentions(packet: bytes, words: tuple[bytes, ...]) -> bool:
    small = packet.lower()
    return any(word in small for word in words)


def _claims(element: Element) -> list[str]:
    """What one element says that the file holds."""
    said = [(element.uri, element.name, element.text.strip())]
    said += [(each.uri, each.name, each.value) for each in element.attributes]
    return [claim for uri, name, value in said if (claim := _claim(uri, name, value))]


def _claim(uri: str, name: str, value: str) -> str | None:
    if uri == _CAMERA and name in ("MotionPhoto", "MicroVideo"):
        return "motion" if value != "0" else None
    if uri.startswith(_CONTAINER) and name == "Semantic":
        return _ITEMS.get(value)
    if uri in _GAIN_MAP:
        return "gain map"
    if uri.startswith(_DEPTH):
        return "depth"
    return "second picture" if uri == _SECOND_PICTURE else None


def _decide_claim(uri: str, name: str) -> str | None:
    gone = (
        (uri == _CAMERA and name.startswith(("MotionPhoto", "MicroVideo")))
        or uri.startswith((_CONTAINER, _SECOND_PICTURE, *_GAIN_MAP, *_DEPTH))
        or (uri == _BASIC and name == "Thumbnails")
        or (uri == _NOTE and name == "HasExtendedXMP")
    )
    return "" if gone else None


def _in_rdf(element: Element) -> bool:
    return element.parent is not None and (element.parent.uri, element.parent.name) == (RDF, "RDF")


def _self_contained(packet: bytes, element: Element) -> bytes:
    """An element's text, with the prefixes that were declared around it."""
    outer = element.parent.scope() if element.parent else {}
    missing = {prefix: uri for prefix, uri in outer.items() if prefix not in element.declared}
    return packet[element.start : element.name_end] + _declarations(missing) + packet[element.name_end : element.end]


def _packet_of(packet: bytes, properties: list[Element], about: bytes) -> bytes:
    body = b"".join(_self_contained(packet, each) for each in sorted(properties, key=lambda each: each.start))
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">'.encode()
        + _description(about)
        + body
        + b"</rdf:Description></rdf:RDF></x:xmpmeta>"
    )


def _description(about: bytes, attributes: str = "") -> bytes:
    return f'<rdf:Description xmlns:rdf="{RDF}" rdf:about="'.encode() + about + f'"{attributes}>'.encode()


def description_of(packet: bytes, element: Element) -> bytes:
    """What a description speaks of, which all descriptions of a photo have to name alike."""
    for attribute in element.attributes:
        if (attribute.uri, attribute.name) == (RDF, "about"):
            return packet[slice(*attribute.inside)].replace(b'"', b"&quot;")
    return b""


def _declarations(prefixes: dict[str, str]) -> bytes:
    quoted = ((prefix, uri.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")) for prefix, uri in prefixes.items())
    return "".join(f' xmlns{":" if prefix else ""}{prefix}="{uri}"' for prefix, uri in quoted).encode()
