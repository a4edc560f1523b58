"""What the boxes of an AVIF or HEIC file say of its colours (ISO/IEC 14496-12 and 23008-12)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from deep_photo_enhancer.photo.containers.bmff import contents


@dataclass(frozen=True)
class Properties:
    """Of the pictures in a file: the first of each kind."""

    cicp: tuple[int, int] | None = None
    """Colour primaries and transfer characteristics, by ITU-T H.273."""
    channels: int | None = None


def heif_properties(data: bytes) -> Properties:
    """What the properties say; nothing where they cannot be read."""
    cicp = channels = None
    meta = _inside(data, b"meta")[4:]
    for kind, content in contents(_inside(meta, b"iprp", b"ipco")):
        if kind == b"colr" and content[:4] == b"nclx" and len(content) >= 8 and cicp is None:
            cicp = struct.unpack(">HH", content[4:8])
        elif kind == b"pixi" and len(content) > 4 and channels is None:
            channels = content[4]
    return Properties(cicp, channels)


def _inside(data: bytes, *kinds: bytes) -> bytes:
    for wanted in kinds:
        data = next((content for kind, content in contents(data) if kind == wanted), b"")
    return data
