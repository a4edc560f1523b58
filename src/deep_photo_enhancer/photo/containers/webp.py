"""WebP: a RIFF file of chunks. WebP container specification (Google)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from deep_photo_enhancer.photo.containers.bytes import Data, numbers


@dataclass(frozen=True)
class Chunk:
    """Where a chunk lies: it begins `at`, its content goes from `body` to `end`, behind which one byte may be padding."""

    kind: bytes
    at: int
    body: int
    end: int


def chunks(data: Data) -> Iterator[Chunk]:
    """The chunks in order; ends where the file does."""
    at = 12
    while at + 8 <= len(data):
        kind, length = numbers("<4sI", data, at)
        end = at + 8 + length
        if end > len(data):
            return
        yield Chunk(kind, at, at + 8, end)
        at = end + end % 2


def riff_end(data: Data) -> int:
    """Where the file ends by its own header. DamagedError without one."""
    return 8 + int(numbers("<I", data, 4)[0])


def encode_chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)
