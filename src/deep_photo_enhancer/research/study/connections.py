"""Connections that cannot use a server up: only so many at once, and only so long for a request."""

from __future__ import annotations

import io
import socket
from socketserver import ThreadingTCPServer
from threading import BoundedSemaphore
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MOST_CONNECTIONS = 256
"""A browser keeps up to six."""


class BoundedServer(ThreadingTCPServer):
    """Closes at once what comes while `MOST_CONNECTIONS` are open."""

    def __init__(self, address: tuple[str, int], handler: Any) -> None:
        self._free = BoundedSemaphore(MOST_CONNECTIONS)
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start a thread if there is one left."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # the system has no thread left
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()


class RequestReader(io.RawIOBase):
    """What arrives at a connection; TimeoutError when a request takes longer than `seconds`, however it trickles in."""

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        self._connection, self._seconds = connection, seconds
        self.begin()

    def begin(self) -> None:
        """The time of a new request starts now."""
        self._end = monotonic() + self._seconds

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Wait for some bytes, and say how many."""
        left = self._end - monotonic()
        if left <= 0:
            raise TimeoutError("the request took too long")
        self._connection.settimeout(left)
        try:
            return self._connection.recv_into(buffer)
        finally:
            self._connection.settimeout(self._seconds)  # for the answer
