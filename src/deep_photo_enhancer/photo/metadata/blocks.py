"""What is carried from the input's container to the output's: blocks of bytes, each in the form that all containers share."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from deep_photo_enhancer.photo.containers.bytes import Data

LONGEST = 64 << 20
"""Bytes a block may have: nothing real comes near, and a small file cannot unpack into more."""

GEO = "GeoTIFF"
"""The kind of pieces that say where on Earth the pixels lie: they do not hold for a picture that is turned."""
EXIF_IN_PART = "a part of its EXIF data is damaged and is left out"


@dataclass(frozen=True)
class Piece:
    """What another program put into a file, which says nothing of its pixels. Only a file of the same container can take it."""

    container: str
    kind: str
    """What messages call it: the segment, chunk or box, or "GeoTIFF"."""
    body: bytes
    """As the container holds it; of TIFF the tags, put together like an EXIF block."""
    is_private: bool = True
    """Whether it may say where the photo was taken."""


@dataclass(frozen=True)
class Metadata:
    """What a photo's file says beside its pixels and its colour profile."""

    exif: bytes | None = None
    """A TIFF structure: begins with its byte order, not with "Exif"."""
    xmp: bytes | None = None
    """One packet, whatever number of segments it lay in."""
    iptc: bytes | None = None
    """Photoshop image resources ("8BIM..."), of which one is the IPTC record."""
    texts: tuple[tuple[str, bytes], ...] = ()
    """Comments in the form of one container, with their kind: "COM" (JPEG), "tEXt", "zTXt", "iTXt" (PNG)."""
    pieces: tuple[Piece, ...] = ()
    """Data of other programs."""

    def __bool__(self) -> bool:
        return bool(self.exif or self.xmp or self.iptc or self.texts or self.pieces)

    def join(self, inner: Metadata) -> Metadata:
        """With what a file within the file holds beside: its blocks where this has none, its texts and pieces too."""
        blocks = (self.exif or inner.exif, self.xmp or inner.xmp, self.iptc or inner.iptc)
        return Metadata(*blocks, self.texts + inner.texts, self.pieces + inner.pieces)


@dataclass
class Blocks:
    """What a container holds, as it holds it."""

    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    texts: list[tuple[str, bytes]] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    dropped: set[str] = field(default_factory=set)
    """What messages call data of other programs that depends on the pixels, or cannot be carried."""
    orientation: int | None = None
    """What the container says itself, without EXIF and XMP."""
    claims: set[str] = field(default_factory=set)
    """Further things in the file: "motion", "gain map", "depth", "second picture", "credentials"."""
    unknown: int = 0
    """Bytes after the picture that nothing explains."""
    warnings: list[str] = field(default_factory=list)


def holds_more_than_padding(data: Data, start: int) -> bool:
    return re.compile(rb"[^\x00\xff\s]").search(data, start) is not None


def bare_exif(block: bytes) -> bytes:
    """EXIF without the "Exif" that JPEG puts before it, and some writers elsewhere too."""
    return block[6:] if block[:4] in (b"Exif", b"EXIF") else block
