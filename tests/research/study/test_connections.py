from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from socketserver import StreamRequestHandler
from threading import Thread
from time import monotonic, sleep

import pytest

from deep_photo_enhancer.research.study import connections
from deep_photo_enhancer.research.study.connections import BoundedServer, RequestReader

MOST = 3


class _Echo(StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(line)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[BoundedServer]:
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", MOST)
    with BoundedServer(("127.0.0.1", 0), _Echo) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def connected(server: BoundedServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.server_address[1]), timeout=5)


def echoed(connection: socket.socket) -> bytes:
    """What comes back; nothing from a closed connection."""
    try:
        connection.sendall(b"x\n")
        return connection.recv(10)
    except ConnectionError:
        return b""


def send_slowly(connection: socket.socket, count: int) -> None:
    for _ in range(count):
        connection.sendall(b"x")
        sleep(0.05)


def test_connections_beyond_the_most_are_closed_until_another_ends(server: BoundedServer) -> None:
    idle = [connected(server) for _ in range(MOST)]
    assert [echoed(one) for one in idle] == [b"x\n"] * MOST
    for _ in range(2):
        with connected(server) as one_more:
            assert echoed(one_more) == b""
    idle.pop().close()
    end = monotonic() + 5
    answer = b""
    while not answer and monotonic() < end:
        with connected(server) as next_one:
            answer = echoed(next_one)
    assert answer == b"x\n"
    for one in idle:
        one.close()


def test_a_thread_that_cannot_be_started_frees_its_place(server: BoundedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_thread(_: Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(server, "handle_error", lambda *_: None)
    with monkeypatch.context() as broken:
        broken.setattr(Thread, "start", no_thread)
        for _ in range(MOST + 1):
            with connected(server) as connection:
                assert echoed(connection) == b""
    with connected(server) as connection:
        assert echoed(connection) == b"x\n"


def test_a_request_that_trickles_in_runs_out_of_time_and_the_next_has_its_own() -> None:
    ours, theirs = socket.socketpair()
    raw = RequestReader(ours, 0.2)
    with ours, theirs, io.BufferedReader(raw) as reader:
        theirs.sendall(b"first\n")
        assert reader.readline() == b"first\n"
        raw.begin()
        start = monotonic()
        trickle = Thread(target=send_slowly, args=(theirs, 10))
        trickle.start()
        with pytest.raises(TimeoutError):
            reader.readline()
        assert 0.15 < monotonic() - start < 0.45
        trickle.join()
        raw.begin()
        theirs.sendall(b"\n")
        assert reader.readline().endswith(b"x\n")
        assert ours.gettimeout() == 0.2
