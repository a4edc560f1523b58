"""A file's bytes, and numbers in them."""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

Data = bytes | mmap.mmap
"""A whole file: its bytes, or a map of it that takes no memory."""

_SLICE = 1 << 20


class DamagedError(ValueError):
    """A structure that contradicts itself or its file. Never leaves `photo/`."""


@contextmanager
def map_file(file: BinaryIO) -> Iterator[Data]:
    """A file's content without a copy of it: a map, or the bytes where there is nothing to map or no way to do it."""
    if not os.fstat(file.fileno()).st_size:
        yield b""
        return
    try:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError:  # some network file systems cannot
        yield file.read()
        return
    with mapped:
        yield mapped


def numbers(layout: str, data: Data, at: int) -> tuple[Any, ...]:
    """struct.unpack_from that knows one error only: DamagedError where the data end before."""
    if at < 0 or at + struct.calcsize(layout) > len(data):
        raise DamagedError
    return struct.unpack_from(layout, data, at)


def copy(data: Data, start: int, end: int, target: BinaryIO) -> None:
    """Write data[start:end] without a second copy of it."""
    for at in range(start, end, _SLICE):
        target.write(data[at : min(at + _SLICE, end)])
