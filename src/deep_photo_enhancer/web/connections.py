"""Connections that cannot use a server up: only so many at once, and only so long for headers and for taking an answer.

When all places are taken, who keeps the server waiting makes room: slow clients, however many, keep nobody else out.
"""

from __future__ import annotations

from asyncio import BaseTransport, TimerHandle, Transport
from typing import TYPE_CHECKING

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from deep_photo_enhancer.web.problems import MEDIA_TYPE, Problem

if TYPE_CHECKING:
    from deep_photo_enhancer.web.limits import Limits


def bounded(limits: Limits) -> type[H11Protocol]:
    """The protocol of connections with these limits; the number of open ones is that of the whole server."""

    class Bounded(H11Protocol):
        """HTTP/1.1 with bounds."""

        since = 0.0
        """When it was made, by the loop's clock."""
        _waiting: TimerHandle | None = None
        """Runs while a request's headers are awaited, and while the rest of one that is answered already is thrown away."""
        _sending: TimerHandle | None = None
        """Runs while a client takes nothing of an answer."""

        def connection_made(self, transport: BaseTransport) -> None:
            """Take a place; where all are taken, one that waits for its client makes room, or else this one is closed."""
            assert isinstance(transport, Transport)
            super().connection_made(transport)
            self.since = self.loop.time()
            if len(self.connections) > limits.connections and not self._make_room():
                transport.abort()
                return
            self._wait()

        def connection_lost(self, exc: Exception | None) -> None:
            """Stop the clocks."""
            super().connection_lost(exc)
            for timer in (self._waiting, self._sending):
                if timer is not None:
                    timer.cancel()

        def data_received(self, data: bytes) -> None:
            """Take bytes; the clock stops when they complete the headers."""
            super().data_received(data)
            if self.cycle is None or self.cycle.response_complete:
                self._wait()
            elif self._waiting is not None:
                self._waiting.cancel()
                self._waiting = None

        def pause_writing(self) -> None:
            """Start the clock of an answer that nobody takes."""
            super().pause_writing()
            self._sending = self.loop.call_later(limits.send_seconds, self.transport.abort)

        def resume_writing(self) -> None:
            """Stop it."""
            super().resume_writing()
            if self._sending is not None:
                self._sending.cancel()
                self._sending = None

        def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's signature
            """Answer what is no HTTP, or has more headers than the limit."""
            if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):  # an answer is on its way already
                self.transport.close()
                return
            content = Problem(400, f"This is no HTTP request of at most {limits.head} bytes of headers.").content()
            head = f"HTTP/1.1 400 Bad Request\r\nContent-Type: {MEDIA_TYPE}\r\nContent-Length: {len(content)}\r\n"
            self.transport.write(head.encode() + b"Connection: close\r\n\r\n" + content)
            self.transport.close()

        @property
        def rank(self) -> int | None:
            """Who makes room first: 0 with unfinished headers, 1 idle, 2 with an unfinished body, 3 taking nothing of its answer.

            None: its answer is being made, or sent.
            """
            if self._waiting is not None:
                return 0
            if self.cycle.response_complete:
                return 1
            if self.cycle.more_body:
                return 2
            return None if self._sending is None else 3

        def _make_room(self) -> bool:
            """Close another connection, of the first rank the oldest; False where all are at work."""
            others = [other for other in self.connections if isinstance(other, Bounded) and other is not self]
            ranks = {other: other.rank for other in others if not other.transport.is_closing()}
            waiting = [(rank, other.since, other) for other, rank in ranks.items() if rank is not None]
            if not waiting:
                return False
            *_, victim = min(waiting, key=lambda each: each[:2])
            victim.transport.abort()
            return True

        def _wait(self) -> None:
            if self._waiting is None:
                self._waiting = self.loop.call_later(limits.head_seconds, self.transport.abort)

    return Bounded
