"""XMP packets with the place of everything in them, so that a change leaves all other bytes alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from xml.parsers import expat

from deep_photo_enhancer.photo.containers.bytes import DamagedError
from deep_photo_enhancer.photo.containers.tiff import Span

_TAG_NAME = re.compile(rb"<[^\s/>]+")
_ATTRIBUTE = re.compile(rb"\s+([^\s=]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_TAG_END = re.compile(rb"\s*(/?)>")
_DEEPEST, _MOST = 200, 100_000


@dataclass(frozen=True)
class Attribute:
    uri: str
    name: str
    value: str
    span: Span
    """With the space before it."""
    inside: Span
    """Between the quotation marks."""


@dataclass(eq=False)
class Element:
    uri: str
    name: str
    start: int
    parent: Element | None
    declared: dict[str, str]
    """Prefixes that its tag declares, with their namespaces."""
    name_end: int = 0
    """After its tag's name."""
    attributes: list[Attribute] = field(default_factory=list)
    inside: Span = (0, 0)
    """Between its tags; empty at `end` for a tag that closes itself."""
    end: int = 0
    text: str = ""

    @property
    def closes_itself(self) -> bool:
        return self.inside == (self.end, self.end)

    def scope(self) -> dict[str, str]:
        """All prefixes that mean something here."""
        outer = self.parent.scope() if self.parent else {}
        return {**outer, **self.declared}


Decision = Callable[[str, str], str | None]
"""From namespace and name to the new value; "" removes the property, None leaves it."""


def read_elements(packet: bytes) -> list[Element]:
    """All elements in order. DamagedError for what is no well-formed XML, defines entities, or is nested absurdly."""
    return _Reader(packet).elements


class _Reader:
    def __init__(self, packet: bytes) -> None:
        self.packet = packet
        self.elements: list[Element] = []
        self.open: list[Element] = []
        self.size = 0
        self.declared: dict[str, str] = {}
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.ordered_attributes = True
        self.parser.StartNamespaceDeclHandler = self._declare
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse
        try:
            self.parser.Parse(packet.rstrip(b"\0"), True)
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise DamagedError from error

    def _refuse(self, *_: object) -> None:
        raise DamagedError

    def _declare(self, prefix: str | None, uri: str) -> None:
        self.declared[prefix or ""] = uri

    def _start(self, name: str, attributes: list[str]) -> None:
        uri, _, local = name.rpartition(" ")
        parent = self.open[-1] if self.open else None
        element = Element(uri, local, self.parser.CurrentByteIndex, parent, self.declared)
        self.declared = {}
        self._locate(element, attributes)
        self.elements.append(element)
        self.open.append(element)
        self.size += 1 + len(element.attributes)
        if len(self.open) > _DEEPEST or self.size > _MOST:
            raise DamagedError

    def _locate(self, element: Element, attributes: list[str]) -> None:
        """Find in the tag's own text where the attributes stand that the parser has understood."""
        name = _TAG_NAME.match(self.packet, element.start)
        if name is None:
            raise DamagedError
        element.name_end = name.end()
        at, remaining = name.end(), iter(zip(attributes[::2], attributes[1::2], strict=True))
        while found := _ATTRIBUTE.match(self.packet, at):
            at = found.end()
            if found[1] == b"xmlns" or found[1].startswith(b"xmlns:"):
                continue
            full, value = next(remaining, ("", ""))
            uri, _, local = full.rpartition(" ")
            inside = (found.start(2) + 1, found.end(2) - 1)
            element.attributes.append(Attribute(uri, local, value, found.span(), inside))
        closing = _TAG_END.match(self.packet, at)
        if closing is None:
            raise DamagedError
        element.inside = (closing.end(), 0)
        element.end = closing.end() if closing[1] else 0

    def _end(self, _: str) -> None:
        element = self.open.pop()
        if element.end:
            element.inside = (element.end, element.end)
            return
        at = self.parser.CurrentByteIndex
        element.inside = (element.inside[0], at)
        element.end = self.packet.index(b">", at) + 1

    def _text(self, text: str) -> None:
        if self.open and len(self.open[-1].text) < 64:
            self.open[-1].text += text


def change_properties(packet: bytes, elements: Iterable[Element], decide: Decision) -> bytes:
    """The packet with the properties, attributes or elements alike, as `decide` wants them."""
    edits: list[tuple[int, int, bytes]] = []
    for element in elements:
        new = decide(element.uri, element.name)
        if new == "":
            edits.append((element.start, element.end, b""))
        elif new is not None and not element.closes_itself:
            edits.append((*element.inside, new.encode()))
        for attribute in element.attributes:
            new = decide(attribute.uri, attribute.name)
            if new is not None:
                edits.append((*(attribute.inside if new else attribute.span), new.encode()))
    return replace_spans(packet, edits)


def replace_spans(packet: bytes, edits: Iterable[tuple[int, int, bytes]]) -> bytes:
    """The packet with each span's bytes replaced; an edit within what an earlier one has replaced is left out."""
    pieces, at = [], 0
    for start, end, new in sorted(edits, key=lambda edit: (edit[0], -edit[1])):
        if start >= at:
            pieces += [packet[at:start], new]
            at = end
    return b"".join([*pieces, packet[at:]])
