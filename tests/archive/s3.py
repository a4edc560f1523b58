"""An S3 server for tests, moto's, that fails as networks and stores do."""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import s3fs

Fault = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes] | None]
"""Answers a request in the server's place, or lets it through (None)."""
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_MAX_ATTEMPTS": "1",
}
"""One attempt: failures come to this package's own tries."""


class S3Server:
    """A server on a port of this machine, in a thread."""

    def __init__(self) -> None:
        from moto.server import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import make_server

        self._app = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._serve, threaded=True)
        self._lock = threading.Lock()
        self.faults: list[tuple[str, Fault]] = []
        """Methods and what happens, each once, to the next request of that method."""
        self.requests: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def set_environment(self, put: Callable[[str, str], None] = os.environ.__setitem__) -> None:
        """Let every S3 client of this process, and of those that it starts, come here."""
        for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": self.url}.items():
            put(name, value)
        s3fs.S3FileSystem.clear_instance_cache()

    def __enter__(self) -> S3Server:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()

    def _serve(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with self._lock:
            method = environ["REQUEST_METHOD"]
            self.requests.append(method)
            place = next((at for at, (of, _) in enumerate(self.faults) if of == method), None)
            fault = None if place is None else self.faults.pop(place)[1]
        if fault is not None and (answer := fault(environ, start_response)) is not None:
            return answer
        found: Iterable[bytes] = self._app(environ, _with_etag(start_response) if fault is wrong_etag else start_response)
        return found


def slow_down(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    return _refuse(start_response, "503 Slow Down", "SlowDown", "Please reduce your request rate.")


def unavailable(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    return _refuse(start_response, "500 Internal Server Error", "InternalError", "We encountered an internal error.")


def denied(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    return _refuse(start_response, "403 Forbidden", "AccessDenied", "Access Denied")


def reset(environ: dict[str, Any], _start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The connection ends without an answer."""
    connection = environ["werkzeug.socket"]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.shutdown(socket.SHUT_RDWR)  # closing alone leaves it open for as long as the server holds files of it
    connection.close()
    raise ConnectionResetError


def slow(_environ: dict[str, Any], _start_response: Callable[..., Any]) -> None:
    time.sleep(0.3)


def wrong_etag(_environ: dict[str, Any], _start_response: Callable[..., Any]) -> None:
    """See `_with_etag`."""


def _with_etag(start_response: Callable[..., Any]) -> Callable[..., Any]:
    def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        others = [(name, value) for name, value in headers if name != "ETag"]
        return start_response(status, [*others, ("ETag", '"0123456789abcdef0123456789abcdef"')], *more)

    return start


def _refuse(start_response: Callable[..., Any], status: str, code: str, message: str) -> Iterable[bytes]:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
    start_response(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
    return [body]
