"""Shows a study to participants in their browsers, and keeps their votes.

    GET    /                     the page
    GET    /pairs?participant=   all of a participant's pairs, and which comes next
    GET    /pictures/<id>        a picture
    POST   /votes                a vote
    DELETE /votes                takes a vote back

On the standard library: five answers, for as many people as a study has. Whoever opens a study to the whole internet puts a
server with TLS before it. Nothing that is sent names a system or a file, and nothing is kept about who asked.
"""

from __future__ import annotations

import base64
import hashlib
import io
import ipaddress
import json
import os
import re
import sqlite3
import sys
import traceback
from collections.abc import Callable
from datetime import datetime, timezone
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from importlib import resources
from typing import Any
from urllib.parse import parse_qs

from deep_photo_enhancer.research.study.connections import BoundedServer, RequestReader
from deep_photo_enhancer.research.study.material import Study, pairs_for
from deep_photo_enhancer.research.study.votes import Vote, VoteStore

LONGEST_BODY = 1000
"""Bytes; a vote has about 200."""
MOST_PARTICIPANTS = 1000
"""So that nobody fills the disk with votes of people who do not exist."""
_PARTICIPANT = re.compile(r"[A-Za-z0-9_-]{22}")
"""128 random bits, drawn by the page."""
_LONGEST_TIME = 10**9
"""Milliseconds: eleven days."""
_JSON = "application/json"


class StudyServer(BoundedServer):
    """Serves one study until `shutdown`."""

    daemon_threads = True
    allow_reuse_address = os.name != "nt"
    request_queue_size = 128

    def __init__(self, study: Study, host: str, port: int) -> None:
        """Takes the port; 0 for any that is free. OSError when it is not to be had, DataError when votes cannot be kept."""
        self.study = study
        self.store = VoteStore(study.votes_file)
        self.page, self.policy = _page()
        super().__init__((host, port), _Handler)
        self.only_here = _is_loopback(str(self.server_address[0]))

    def handle_error(self, _request: Any, _client_address: Any) -> None:
        """A browser that went away is no error; others are reported without the address that `http.server` would print."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            traceback.print_exc()


class _Refusal(Exception):  # noqa: N818 - an answer, no fault of the program
    def __init__(self, status: HTTPStatus, message: str) -> None:
        self.status, self.message = status, message


class _Handler(BaseHTTPRequestHandler):
    server: StudyServer
    protocol_version = "HTTP/1.1"
    timeout = 30  # seconds for a request, with the wait for it, and for sending an answer

    def setup(self) -> None:
        """Read requests with a limit to their whole time."""
        super().setup()
        self.rfile.close()
        self._requests = RequestReader(self.connection, self.timeout)
        self.rfile = io.BufferedReader(self._requests)

    def handle_one_request(self) -> None:
        """Start the request's time."""
        self._requests.begin()
        super().handle_one_request()

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        self._answer(lambda: self._get(path, query))

    do_HEAD = do_GET  # noqa: N815

    def do_POST(self) -> None:
        self._answer(lambda: self._change(self._vote))

    def do_DELETE(self) -> None:
        self._answer(lambda: self._change(self._take_back))

    def do_PUT(self) -> None:
        self._answer(self._not_allowed)

    do_PATCH = do_OPTIONS = do_PUT  # noqa: N815

    def _answer(self, act: Callable[[], tuple[str, bytes, str]]) -> None:
        """Send what `act` returns: type, content and how long it may be kept."""
        status = HTTPStatus.OK
        try:
            self._check_headers()
            kind, content, cache = act()
        except _Refusal as refusal:
            status, kind, content, cache = refusal.status, "text/plain", f"{refusal.message}\n".encode(), "no-store"
        except (sqlite3.Error, OSError) as error:
            if isinstance(error, ConnectionError | TimeoutError):
                raise
            message = b"The study's computer cannot read or save this.\n"
            status, kind, content, cache = HTTPStatus.SERVICE_UNAVAILABLE, "text/plain", message, "no-store"
        self.send_response(status)
        if status != HTTPStatus.OK or (self.command in ("GET", "HEAD") and self._has_body()):
            self.send_header("Connection", "close")  # what is left of the request is no next one
        self.send_header("Content-Type", kind if kind.startswith("image/") else f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", cache)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _check_headers(self) -> None:
        """Refuse headers that are none, and, where only this computer may ask, other sites' names that DNS leads here."""
        _check(not self.headers.defects, "header")
        hosts = self.headers.get_all("Host", [])
        if self.server.only_here and not (len(hosts) == 1 and _names_this_computer(hosts[0])):
            raise _Refusal(HTTPStatus.MISDIRECTED_REQUEST, "The study is at http://localhost; a proxy must send this as Host.")

    def _has_body(self) -> bool:
        return "Content-Length" in self.headers or "Transfer-Encoding" in self.headers

    def _get(self, path: str, query: str) -> tuple[str, bytes, str]:
        if path == "/":
            return "text/html", self.server.page, "no-cache"
        if path == "/pairs":
            return _JSON, self._pairs(parse_qs(query).get("participant", [""])[0]), "no-store"
        id = path.removeprefix("/pictures/")
        if path.startswith("/pictures/") and id in self.server.study.pictures:
            return "image/jpeg", self.server.study.picture_file(id).read_bytes(), "private, max-age=31536000, immutable"
        raise _Refusal(HTTPStatus.NOT_FOUND, "There is nothing here.")

    def _pairs(self, participant: str) -> bytes:
        _check(_PARTICIPANT.fullmatch(participant), "participant")
        pairs = pairs_for(self.server.study, participant)
        pictures = self.server.study.pictures
        answered = {(vote.photo, vote.systems) for vote in self.server.store.of(participant)}
        open_pairs = (
            number
            for number, (left, right) in enumerate(pairs)
            if (pictures[left].photo, tuple(sorted((pictures[left].system, pictures[right].system)))) not in answered
        )
        return json.dumps({"pairs": pairs, "next": next(open_pairs, len(pairs))}).encode()

    def _change(self, change: Callable[[dict[str, Any]], None]) -> tuple[str, bytes, str]:
        if self.path != "/votes":
            self._not_allowed()
        change(self._body())
        return _JSON, b"{}", "no-store"

    def _body(self) -> dict[str, Any]:
        if self.headers.get_content_type() != _JSON:  # other sites' pages cannot send it
            raise _Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Votes are JSON.")
        length, *others = self.headers.get_all("Content-Length", [""])
        if others or "Transfer-Encoding" in self.headers or not re.fullmatch("[0-9]{1,9}", length):
            raise _Refusal(HTTPStatus.LENGTH_REQUIRED, "The length must be given.")
        if int(length) > LONGEST_BODY:
            raise _Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "This is too long for a vote.")
        try:
            body = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            body = None
        _check(isinstance(body, dict), "body")
        left, right = (self.server.study.pictures.get(str(body.get(side))) for side in ("left", "right"))
        _check(isinstance(body.get("participant"), str) and _PARTICIPANT.fullmatch(body["participant"]), "participant")
        _check(left and right and left.photo == right.photo and left.system != right.system, "pair")
        return dict(body)

    def _vote(self, body: dict[str, Any]) -> None:
        left, right = (self.server.study.pictures[body[side]] for side in ("left", "right"))
        milliseconds = body.get("milliseconds")
        _check(body.get("choice") in ("left", "right"), "choice")
        _check(type(milliseconds) is int and 0 <= milliseconds <= _LONGEST_TIME, "milliseconds")
        if not self.server.store.of(body["participant"]) and self.server.store.participants() >= MOST_PARTICIPANTS:
            raise _Refusal(HTTPStatus.FORBIDDEN, f"{MOST_PARTICIPANTS} people have taken part; the study takes no more.")
        winner, loser = (left, right) if body["choice"] == "left" else (right, left)
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        self.server.store.add(Vote(body["participant"], left.photo, winner.system, loser.system, left.system, milliseconds, now))

    def _take_back(self, body: dict[str, Any]) -> None:
        left, right = (self.server.study.pictures[body[side]] for side in ("left", "right"))
        self.server.store.remove(body["participant"], left.photo, left.system, right.system)

    def _not_allowed(self) -> tuple[str, bytes, str]:
        raise _Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "This cannot be done here.")

    def end_headers(self) -> None:
        """Every answer, errors too, forbids the page everything but this server's own."""
        self.send_header("Content-Security-Policy", self.server.policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        super().end_headers()

    def version_string(self) -> str:
        """Without versions."""
        return "dpe"

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: addresses are not kept."""


def _check(condition: object, what: str) -> None:
    if not condition:
        raise _Refusal(HTTPStatus.BAD_REQUEST, f"The {what} is not valid.")


def _names_this_computer(host: str) -> bool:
    """Whether a Host header, with or without a port, is localhost or an address of this computer alone."""
    name = re.sub(r":[0-9]*$", "", host).lower()
    return name == "localhost" or _is_loopback(name.removeprefix("[").removesuffix("]"))


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _page() -> tuple[bytes, str]:
    """The page, and a policy that allows its own style and script, its own server, and nothing else."""
    text = resources.files("deep_photo_enhancer.research.study").joinpath("page.html").read_text(encoding="utf-8")
    style, script = (_hash(text, tag) for tag in ("style", "script"))
    policy = (
        f"default-src 'none'; style-src {style}; script-src {script}; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return text.encode(), policy


def _hash(page: str, tag: str) -> str:
    content = page.split(f"<{tag}>")[1].split(f"</{tag}>")[0]
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
