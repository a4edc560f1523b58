"""Requests that would use a server up: each is refused or cut off, and the next one is answered."""

from __future__ import annotations

import asyncio
import select
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from deep_photo_enhancer.web.access import Access
from deep_photo_enhancer.web.limits import Limits
from deep_photo_enhancer.web.problems import Problem
from tests.web.serving import Served, served, use_stub

TIGHT = Limits(workers=1, body=2000, connections=8, head_seconds=0.4, body_seconds=0.4, send_seconds=0.4)


@pytest.fixture(scope="module")
def tight() -> Iterator[Served]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        use_stub(monkeypatch)
        with served({}, TIGHT, Access(is_local=True, token="secret")) as site:
            yield site


@pytest.fixture(autouse=True)
def answers_still(tight: Served) -> Iterator[None]:
    yield
    end = time.monotonic() + 5
    while True:
        with suppress(httpx.TransportError), tight.client() as client:
            assert client.get("/healthz").text == "ok\n"
            return
        assert time.monotonic() < end


def connect(site: Served) -> socket.socket:
    return socket.create_connection(("127.0.0.1", site.port), timeout=5)


def exchange(site: Served, *parts: bytes, pause: float = 0.0) -> bytes:
    """All that comes back until the server closes the connection."""
    received = b""
    with connect(site) as connection, suppress(ConnectionError):
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)
            if select.select([connection], [], [], 0)[0]:
                break
        while part := connection.recv(65536):
            received += part
    return received


HEAD = b"POST /api/enhance HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer secret\r\n"


def test_a_length_over_the_limit_is_refused_at_once_and_a_chunked_body_when_it_gets_there(tight: Served) -> None:
    assert exchange(tight, HEAD + b"Content-Length: 99999999999\r\n\r\n").startswith(b"HTTP/1.1 413 ")
    chunks = b"Transfer-Encoding: chunked\r\n\r\n" + 3 * (b"3e8\r\n" + b"x" * 1000 + b"\r\n")
    assert exchange(tight, HEAD + chunks).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "lines",
    [
        b"Content-Length: 2\r\nTransfer-Encoding: chunked",
        b"Content-Length: 2\r\nContent-Length: 3",
        b"Content-Length: -1",
        b"Content-Length: 0x10",
        b"Name : value",
        b"X: " + b"y" * TIGHT.head,
        b"\r\n".join(b"X%d: y" % number for number in range(10_000)),
    ],
    ids=["two ends", "two lengths", "negative", "hexadecimal", "name", "long header", "many headers"],
)
def test_heads_that_are_not_right_are_refused(tight: Served, lines: bytes) -> None:
    answer = exchange(tight, HEAD + lines + b"\r\n\r\n{}")
    assert answer.startswith(b"HTTP/1.1 400 ") or answer == b""  # the connection may break while headers still come
    assert answer.count(b"HTTP/1.1 ") <= 1
    assert b"Traceback" not in answer


def test_bytes_that_are_no_http_are_refused(tight: Served) -> None:
    assert exchange(tight, b"\x16\x03\x01\x00\xa5\n\n").startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("start", [b"", b"GET / HTTP/1.1\r\nHost: ", HEAD], ids=["silent", "line", "headers"])
def test_a_request_whose_head_trickles_in_is_cut_off(tight: Served, start: bytes) -> None:
    begin = time.monotonic()
    assert exchange(tight, start, *[b"x"] * 60, pause=0.05) == b""
    assert time.monotonic() - begin < 2


def test_a_body_that_trickles_in_is_cut_off_with_a_sentence(tight: Served) -> None:
    answer = exchange(tight, HEAD + b"Content-Length: 1000\r\n\r\n", *[b"x"] * 60, pause=0.05)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"took longer than 0.4 s to arrive" in answer


def test_a_body_that_is_shorter_than_it_says_and_a_client_that_leaves_leave_nothing(tight: Served) -> None:
    with connect(tight) as connection:
        connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\nabc")
    time.sleep(0.1)
    assert [path.name for path in tight.server.folder.path.iterdir()] == ["lock"]


@pytest.mark.parametrize("start", [b"", HEAD + b"Content-Length: 1000\r\n\r\n"], ids=["headers", "body"])
def test_where_all_places_are_taken_who_is_slow_makes_room_the_oldest_first(tight: Served, start: bytes) -> None:
    slow = []
    for _ in range(TIGHT.connections):
        slow.append(connect(tight))
        slow[-1].sendall(start)
        time.sleep(0.005)
    answer = exchange(tight, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert answer.endswith(b"ok\n")
    closed, _, _ = select.select(slow, [], [], 0)
    assert closed == slow[:1]
    for connection in slow:
        connection.close()


def test_who_is_idle_makes_room_before_who_sends_a_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    use_stub(monkeypatch)
    monkeypatch.setattr("deep_photo_enhancer.web.server.known_models", dict)  # loading them takes a second
    access = Access(is_local=True, token="secret")
    with served({}, Limits(workers=1, connections=2), access) as site, connect(site) as sending, connect(site) as idle:
        sending.sendall(HEAD + b"Content-Length: 1000\r\n\r\n")
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert idle.recv(65536).startswith(b"HTTP/1.1 200 ")
        answer = exchange(site, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert answer.endswith(b"ok\n")
        closed, _, _ = select.select([sending, idle], [], [], 0)
        assert closed == [idle]


def test_connections_beyond_the_most_are_closed_where_all_are_at_work(tight: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[None] = []

    async def work(_task: object) -> None:
        begun.append(None)
        await asyncio.sleep(0.3)
        raise Problem(500, "No photo.")

    monkeypatch.setattr(tight.server.workers, "run", work)
    busy = [connect(tight) for _ in range(TIGHT.connections)]
    for connection in busy:
        connection.sendall(HEAD + b"Content-Length: 1\r\n\r\nx")
    end = time.monotonic() + 5
    while len(begun) < TIGHT.connections:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert exchange(tight, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n") == b""
    assert {connection.recv(13) for connection in busy} == {b"HTTP/1.1 500 "}
    for connection in busy:
        connection.close()


def test_what_a_refused_request_brings_along_is_no_next_request(tight: Served) -> None:
    hidden = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    head = b"POST /api/enhance HTTP/1.1\r\nHost: evil.example\r\nContent-Length: %d\r\n\r\n" % len(hidden)
    answer = exchange(tight, head + hidden)
    assert answer.startswith(b"HTTP/1.1 421 ")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_without_the_token_only_health_is_told(tight: Served) -> None:
    with tight.client(headers={"Connection": "close"}) as client:
        for path in ("/api/models", "/metrics"):
            assert client.get(path).status_code == 401
            assert client.get(path, headers={"Authorization": "Bearer wrong"}).status_code == 401
            assert client.get(path, headers={"Authorization": "Bearer secret"}).status_code == 200
        answer = client.post("/api/enhance", content=b"x")
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert client.get("/healthz").status_code == 200


def test_every_answer_forbids_pages_all_that_is_not_needed(tight: Served) -> None:
    with tight.client(headers={"Connection": "close"}) as client:
        for path in ("/healthz", "/nothing", "/api/models"):
            headers = client.get(path).headers
            assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cross-origin-resource-policy"] == "same-origin"
            assert "server" not in headers


def test_the_private_folder_is_nobody_elses(tight: Served) -> None:
    assert Path(tight.server.folder.path).stat().st_mode & 0o777 == 0o700
