"""A server that listens, from its socket to its end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from threading import Event
from typing import Any

import uvicorn

from deep_photo_enhancer.errors import DPEError
from deep_photo_enhancer.web.connections import bounded
from deep_photo_enhancer.web.limits import Limits

LAST_SECONDS = 3
"""For requests that are at work when the server ends."""


def listen(host: str, port: int) -> socket.socket:
    """A socket for `serve`; port 0 takes one that is free. DPEError when it is not to be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _cannot_listen(host, port, error) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise _cannot_listen(host, port, error) from error
    return listener


def serve(app: Any, listener: socket.socket, limits: Limits, stop: Event) -> None:
    """Answer requests until `stop` is set."""
    config = uvicorn.Config(
        app,
        http=bounded(limits),
        ws="none",
        h11_max_incomplete_event_size=limits.head,
        timeout_keep_alive=int(limits.head_seconds),
        timeout_graceful_shutdown=LAST_SECONDS,
        server_header=False,
        proxy_headers=False,
        access_log=False,  # addresses are not kept
        log_level="error",
        lifespan="on",
    )
    asyncio.run(_Server(config, stop).serve([listener]))


class _Server(uvicorn.Server):
    """Ends by an event; signals are their owner's."""

    def __init__(self, config: uvicorn.Config, stop: Event) -> None:
        super().__init__(config)
        self._stop = stop

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None."""
        yield

    async def on_tick(self, counter: int) -> bool:
        """Whether it is time to end; asked ten times a second."""
        self.should_exit = self.should_exit or self._stop.is_set()
        return await super().on_tick(counter)


def _cannot_listen(host: str, port: int, error: OSError) -> DPEError:
    return DPEError(f"{host}:{port}: cannot listen there: {error.strerror or error}; choose another --host or --port")
