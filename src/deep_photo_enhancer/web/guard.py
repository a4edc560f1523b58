"""What every request goes through: the rules of access, the limits of a body, and headers that forbid pages everything else."""

from __future__ import annotations

import asyncio
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deep_photo_enhancer.web.access import Access
from deep_photo_enhancer.web.limits import MEBIBYTE, Limits
from deep_photo_enhancer.web.metrics import Metrics
from deep_photo_enhancer.web.problems import Problem

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = [  # of answers that do not have their own
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
]


class Guard:
    """An ASGI app around another one."""

    def __init__(self, app: ASGIApp, access: Access, limits: Limits, metrics: Metrics) -> None:
        self._app, self._access, self._limits, self._metrics = app, access, limits, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(receive, self._limits)
        answer = _Answer(send, self._metrics)
        try:
            self._access.check_source(scope["method"], scope["headers"])
            body.check_headers(scope["headers"])
        except Problem as problem:
            await problem.response()(scope, receive, answer.send)
            return
        await self._app(scope, body.receive, answer.send)


class _Body:
    """A request's body, with its limits."""

    def __init__(self, receive: Receive, limits: Limits) -> None:
        self._receive, self._limits = receive, limits
        self._end = time.monotonic() + limits.body_seconds
        self._bytes = 0
        self.is_complete = False

    def check_headers(self, headers: list[tuple[bytes, bytes]]) -> None:
        """Problem for a length that is too large, or whose end is not certain."""
        names = [name for name, _ in headers]
        if b"content-length" in names and b"transfer-encoding" in names:
            raise Problem(400, "A request has a Content-Length or a Transfer-Encoding, not both.")
        self.is_complete = b"content-length" not in names and b"transfer-encoding" not in names
        length = next((value for name, value in headers if name == b"content-length"), b"0")
        if int(length) > self._limits.body:
            raise self._too_large()

    async def receive(self) -> Message:
        """The next part. Problem 413 when it is too much, 408 when it takes too long."""
        if self.is_complete:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), max(0.0, self._end - time.monotonic()))
        except asyncio.TimeoutError:
            raise Problem(408, f"The request took longer than {self._limits.body_seconds:g} s to arrive.") from None
        self._bytes += len(message.get("body", b""))
        if self._bytes > self._limits.body:
            raise self._too_large()
        self.is_complete = not message.get("more_body", False)
        return message

    def _too_large(self) -> Problem:
        return Problem(413, f"More than the limit of {self._limits.body // MEBIBYTE} MB; scale the photo down, or compress it.")


class _Answer:
    """What goes back, with the headers of all answers."""

    def __init__(self, send: Send, metrics: Metrics) -> None:
        self._send, self._metrics = send, metrics

    async def send(self, message: Message) -> None:
        """Pass a message on."""
        if message["type"] == "http.response.start":
            self._metrics.answers[message["status"]] += 1
            headers = list(message.get("headers", []))
            own = {name for name, _ in headers}
            headers += [(name, value) for name, value in HEADERS if name not in own]
            message = {**message, "headers": headers}
        await self._send(message)
