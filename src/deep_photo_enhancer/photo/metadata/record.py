"""The settings that made a photo, recorded in its XMP under a namespace of our own.

A record counts only in the very form in which it is written here. Programs that change XMP write all of it in a form of their
own: a photo that was edited with one of them is no longer what the record says, and is not taken for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from html import escape, unescape

from deep_photo_enhancer.photo.containers.bytes import DamagedError, Data
from deep_photo_enhancer.photo.metadata.blocks import Metadata
from deep_photo_enhancer.photo.metadata.packet import Element, change_properties, read_elements, replace_spans
from deep_photo_enhancer.photo.metadata.xmp import RDF, description_of, in_utf8

NAMESPACE = "urn:deep-photo-enhancer:settings:"
ENDS = 1 << 17
"""Bytes at each end of a file in which its record is looked for: containers hold metadata before the pixels, or behind them."""

_LONGEST = 1 << 14
"""Bytes of a record, at most."""
_START = f'<rdf:Description xmlns:rdf="{RDF}" xmlns:dpe="{NAMESPACE}" rdf:about="'.encode()
_FORM = re.compile(re.escape(_START) + rb'[^"]{,1000}"((?: dpe:\w+="[^"]*")+)/>')
_SETTING = re.compile(r' dpe:(\w+)="([^"]*)"')
_NEW = (
    f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">'
    '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
).encode()

Record = Mapping[str, str]
"""Names of settings, in letters, and their values."""


def add_record(metadata: Metadata, record: Record) -> Metadata:
    """With the record in place of one that is there; unchanged where its XMP cannot be read. All else stays, byte by byte."""
    try:
        return replace(metadata, xmp=_insert(in_utf8(metadata.xmp or _NEW), record))
    except DamagedError:
        return metadata


def find_record(data: Data) -> dict[str, str] | None:
    """The record in a photo's file; None where there is none, or not at the ends."""
    at = data.find(_START, 0, ENDS)
    if at < 0:
        at = data.find(_START, max(0, len(data) - ENDS))
    found = _FORM.match(data[at : at + _LONGEST]) if at >= 0 else None
    if found is None:
        return None
    return {name: unescape(value) for name, value in _SETTING.findall(found[1].decode("utf-8", "replace"))}


def _insert(packet: bytes, record: Record) -> bytes:
    packet = _FORM.sub(b"", packet)
    elements = read_elements(packet)
    if NAMESPACE.encode() in packet:  # in the form of another program
        packet = change_properties(packet, elements, lambda uri, _: "" if uri == NAMESPACE else None)
        elements = read_elements(packet)
    rdf = next((each for each in elements if (each.uri, each.name) == (RDF, "RDF")), None)
    if rdf is None or rdf.closes_itself:
        raise DamagedError
    end = rdf.inside[1]
    return replace_spans(packet, [(end, end, _START + _about(packet, elements) + b'"' + _attributes(record) + b"/>")])


def _about(packet: bytes, elements: list[Element]) -> bytes:
    home = next((each for each in elements if (each.uri, each.name) == (RDF, "Description")), None)
    return b"" if home is None else description_of(packet, home)


def _attributes(record: Record) -> bytes:
    return "".join(f' dpe:{name}="{escape(value)}"' for name, value in record.items()).encode()
