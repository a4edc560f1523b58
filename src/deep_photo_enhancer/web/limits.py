"""What one request, one worker and one page may take."""

from __future__ import annotations

import os
from dataclasses import dataclass

MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Bounds on everything that comes from outside."""

    workers: int = os.cpu_count() or 1
    """Photos that are worked on at the same time, each in a process of its own."""
    waiting: int = 16
    """Tasks that wait for a worker; the next one is told to come again."""
    pixels: int = 100_000_000
    """Width times height of the largest photo."""
    body: int = 256 * MEBIBYTE
    """Bytes of a request's body."""
    parts: int = 16
    """Of a multipart body: one photo and the options."""
    head: int = 16_384
    """Bytes of a request's line and headers."""
    connections: int = 256
    """Open at the same time; a browser keeps up to six."""
    head_seconds: float = 10.0
    """Until the headers of a request are there, and for a connection that waits for its next request."""
    body_seconds: float = 120.0
    """Until the body is there."""
    send_seconds: float = 30.0
    """That a client may leave an answer lying."""
    seconds: float = 120.0
    """For one task, by the clock."""
    cpu_seconds: int = 240
    """For one task, by the processor."""
    memory: int = 6144 * MEBIBYTE
    """Address space of a worker, libraries included."""
    open_files: int = 256
    """Of a worker."""
    file_size: int = 2048 * MEBIBYTE
    """Of anything that a worker writes."""
    tasks: int = 200
    """After which a worker is replaced by a new one."""
    pages: int = 64
    """Browsers at the same time; the one that was away longest makes room."""
    page_seconds: float = 3600.0
    """Without a sign of life, after which a page's photos are removed."""
    photos: int = 1000
    """Of one page."""
    page_bytes: int = 20_480 * MEBIBYTE
    """Of one page's photos together."""
