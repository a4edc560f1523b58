"""PNG: a signature and a row of chunks. PNG specification (W3C, third edition) section 5."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from deep_photo_enhancer.photo.containers.bytes import Data

_HEAD = struct.Struct(">I4s")
SIGNATURE = b"\x89PNG\r\n\x1a\n"


class Chunk(NamedTuple):
    """Where a chunk lies: it begins `at`, its content goes from `body` to `stop`, and its checksum ends at `end`."""

    kind: bytes
    at: int
    body: int
    stop: int
    end: int


def chunks(data: Data) -> Iterator[Chunk]:
    """The chunks in order; ends where the file does."""
    at, size = len(SIGNATURE), len(data)
    while at + 12 <= size:  # tens of thousands in a large file
        length, kind = _HEAD.unpack_from(data, at)
        end = at + 12 + length
        if end > size:
            return
        yield Chunk(kind, at, at + 8, end - 4, end)
        at = end


def encode_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


END = encode_chunk(b"IEND", b"")
"""The last chunk of every file."""
