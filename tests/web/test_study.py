from __future__ import annotations

import base64
import hashlib
import json
import re
import select
import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from deep_photo_enhancer.research.study.material import Study
from deep_photo_enhancer.web import study as study_module
from deep_photo_enhancer.web.study import LONGEST_BODY
from tests.research.study.fixtures import SYSTEMS, small_study
from tests.web.study_serving import StudyServer, served

PARTICIPANT = "A" * 22
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: HTTPMessage
    body: bytes


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return small_study(tmp_path_factory.mktemp("study"))


@pytest.fixture
def server(study: Study) -> Iterator[StudyServer]:
    study.votes_file.unlink(missing_ok=True)
    with served(study, head_seconds=1.0) as server:
        yield server


def ask(
    server: StudyServer, method: str, path: str, body: bytes | str | None = None, headers: dict[str, str] | None = None
) -> Answer:
    with closing(HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)) as connection:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())


def plan(server: StudyServer) -> dict[str, Any]:
    answer = ask(server, "GET", f"/pairs?participant={PARTICIPANT}")
    assert answer.status == 200
    content: dict[str, Any] = json.loads(answer.body)
    return content


def vote(server: StudyServer, pair: list[str], method: str = "POST", **changes: object) -> Answer:
    content = {"participant": PARTICIPANT, "left": pair[0], "right": pair[1], "choice": "left", "milliseconds": 900} | changes
    return ask(server, method, "/votes", json.dumps(content), JSON)


def test_the_page_is_whole_and_its_policy_allows_it_and_nothing_else(server: StudyServer) -> None:
    answer = ask(server, "GET", "/")
    page, policy = answer.body.decode(), answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    for tag in ("style", "script"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert f"{tag}-src 'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "http" not in page
    assert " style=" not in page
    assert not re.search(r"\son\w+=", page)


def test_votes_are_kept_with_what_was_on_which_side(server: StudyServer, study: Study) -> None:
    left, right = plan(server)["pairs"][0]
    assert vote(server, [left, right], choice="right", milliseconds=1234).status == 200
    (kept,) = server.store.all()
    shown = study.pictures
    assert (kept.participant, kept.photo, kept.milliseconds) == (PARTICIPANT, shown[left].photo, 1234)
    assert (kept.left, kept.winner, kept.loser) == (shown[left].system, shown[right].system, shown[left].system)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", kept.time)


def test_a_participant_goes_on_where_they_were_and_a_vote_can_be_taken_back(server: StudyServer) -> None:
    pairs = plan(server)["pairs"]
    assert plan(server)["next"] == 0
    for pair in pairs[:3]:
        vote(server, pair)
        vote(server, pair)  # sent again
    assert plan(server) == {"pairs": pairs, "next": 3}
    assert vote(server, pairs[2], "DELETE").status == 200
    assert plan(server) == {"pairs": pairs, "next": 2}
    for pair in pairs[2:]:
        vote(server, pair)
    assert plan(server) == {"pairs": pairs, "next": len(pairs)}
    assert len(server.store.all()) == len(pairs) == 4 * 3


def test_no_answer_names_a_system_or_a_photo(server: StudyServer, study: Study) -> None:
    pairs = plan(server)["pairs"]
    answers = [ask(server, "GET", path) for path in ("/", f"/pairs?participant={PARTICIPANT}", "/study.json", "/nothing")]
    answers += [ask(server, "GET", f"/pictures/{id}") for id in study.pictures]
    answers += [vote(server, pairs[0]), vote(server, pairs[0], choice="middle"), vote(server, pairs[0], "DELETE")]
    everything = b"".join(str(answer.headers).encode() + answer.body for answer in answers)
    for name in (*SYSTEMS, "scene", "deep_photo_enhancer", "Python"):
        assert name.encode() not in everything


def test_pictures_are_jpegs_that_the_browser_may_keep(server: StudyServer, study: Study) -> None:
    id = next(iter(study.pictures))
    answer = ask(server, "GET", f"/pictures/{id}")
    assert answer.body == study.picture_file(id).read_bytes()
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert "immutable" in answer.headers["Cache-Control"]
    head = ask(server, "HEAD", f"/pictures/{id}")
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(answer.body)))


@pytest.mark.parametrize(
    "path",
    [
        "/study.json",
        "/votes.sqlite",
        "/pictures/",
        "/pictures/../study.json",
        "/pictures/..%2fstudy.json",
        "/../study.json",
        "//etc/passwd",
        "/pictures//etc/passwd",
        "/pictures/%00",
        "/page.html",
        "*",
    ],
)
def test_nothing_but_the_pictures_of_the_list_is_handed_out(server: StudyServer, path: str) -> None:
    answer = ask(server, "GET", path)
    assert answer.status == 404
    assert b"systems" not in answer.body


@pytest.mark.parametrize(
    "changes",
    [
        {"participant": "short"},
        {"participant": 7},
        {"participant": "A" * 21 + "/"},
        {"left": "unknown"},
        {"left": ["list"]},
        {"right": None},
        {"choice": "both"},
        {"choice": ["left"]},
        {"milliseconds": -1},
        {"milliseconds": 1.5},
        {"milliseconds": True},
        {"milliseconds": 10**30},
        {"milliseconds": "900"},
    ],
    ids=str,
)
def test_votes_that_make_no_sense_are_refused(server: StudyServer, changes: dict[str, Any]) -> None:
    assert vote(server, plan(server)["pairs"][0], **changes).status == 400
    assert server.store.all() == []


def test_a_pair_of_different_photos_or_of_one_system_is_refused(server: StudyServer, study: Study) -> None:
    photos = list(study.photos().values())
    for pair in ([photos[0][SYSTEMS[0]], photos[1][SYSTEMS[1]]], [photos[0][SYSTEMS[0]]] * 2):
        assert vote(server, pair).status == 400
        assert vote(server, pair, "DELETE").status == 400


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{}", {}, 415),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"", JSON | {"Content-Length": "some"}, 400),
        (b"", JSON | {"Content-Length": "-5"}, 400),
        (b"", JSON | {"Content-Length": "99999999999"}, 413),
        (b" " * (LONGEST_BODY + 1), JSON, 413),
        (b"", JSON, 400),
        (b"not json", JSON, 400),
        (b"[1]", JSON, 400),
        (b"\xff\xfe", JSON, 400),
        (b"[" * LONGEST_BODY, JSON, 400),
        (b"1" * LONGEST_BODY, JSON, 400),
    ],
    ids=str,
)
def test_bodies_that_are_no_votes_are_refused(server: StudyServer, body: bytes, headers: dict[str, str], status: int) -> None:
    assert ask(server, "POST", "/votes", body, headers).status == status
    assert plan(server)["next"] == 0  # it still answers


def test_other_requests_are_refused(server: StudyServer) -> None:
    assert ask(server, "GET", "/pairs").status == 400
    assert ask(server, "GET", "/pairs?participant=..").status == 400
    for method in ("PUT", "PATCH", "OPTIONS"):
        assert ask(server, method, "/votes").status == 405
    assert ask(server, "POST", "/").status == 405
    assert ask(server, "DELETE", "/pictures/x").status == 405


def test_rubbish_half_requests_and_people_who_leave_do_not_stop_it(
    server: StudyServer, study: Study, capfd: pytest.CaptureFixture[str]
) -> None:
    id = next(iter(study.pictures)).encode()
    for sent in (b"\x16\x03\x01\x00\xa5\n\n", b"GET", b"GET /pictures/" + id + b" HTTP/1.1\r\n\r\n", b"POST /votes HTTP/1.1\r\n"):
        with socket.create_connection(("127.0.0.1", server.server_address[1])) as connection:
            connection.sendall(sent)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # the connection breaks
    assert plan(server)["next"] == 0
    assert capfd.readouterr().err == ""


def test_a_vote_that_cannot_be_saved_and_a_picture_that_is_gone_are_said_to_be(server: StudyServer, tmp_path: Path) -> None:
    pair = plan(server)["pairs"][0]
    picture = server.study.picture_file(pair[0])
    picture.rename(tmp_path / "away.jpg")
    assert ask(server, "GET", f"/pictures/{pair[0]}").status == 503
    (tmp_path / "away.jpg").rename(picture)
    server.study.votes_file.write_bytes(b"damaged" * 1000)
    answer = vote(server, pair)
    assert answer.status == 503
    assert json.loads(answer.body)["detail"] == "The study's computer cannot read or save this."


def test_a_connection_serves_many_requests(server: StudyServer) -> None:
    with closing(HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)) as connection:
        for _ in range(3):
            connection.request("GET", "/")
            answer = connection.getresponse()
            assert answer.read() == server.page
            sock = connection.sock
        assert connection.sock is sock is not None


def exchange(server: StudyServer, sent: bytes) -> bytes:
    """All that comes back until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", server.server_address[1]), timeout=5) as connection:
        connection.sendall(sent)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("header", ["Content-Length: 61", "Transfer-Encoding: chunked"])
def test_what_a_request_for_a_page_brings_along_is_no_next_request(server: StudyServer, method: str, header: str) -> None:
    hidden = f"GET /pairs?participant={PARTICIPANT} HTTP/1.1\r\n\r\n"
    answer = exchange(server, f"{method} / HTTP/1.1\r\nHost: localhost\r\n{header}\r\n\r\n{hidden}".encode())
    assert answer.startswith(b"HTTP/1.1 200 " if "Length" in header else b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ("Content-Length: 2\r\nTransfer-Encoding: chunked", b"400"),
        ("Transfer-Encoding: chunked", b"400"),
        ("Content-Length: 2\r\nContent-Length: 3", b"400"),
        ("Name : value\r\nContent-Length: 2", b"400"),
    ],
)
def test_votes_whose_end_is_not_certain_are_refused(server: StudyServer, method: str, headers: str, status: bytes) -> None:
    head = f"{method} /votes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{headers}\r\n\r\n"
    answer = exchange(server, head.encode() + b"{}\r\n")
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:80"])
def test_names_of_this_computer_are_answered(server: StudyServer, name: str) -> None:
    assert ask(server, "GET", "/", headers={"Host": name}).status == 200


@pytest.mark.parametrize("name", ["evil.example", "localhost.evil.example:8000", "127.0.0.1.evil.example", "192.0.2.1", ""])
def test_another_sites_name_that_leads_to_this_computer_is_refused(server: StudyServer, name: str) -> None:
    for path in ("/", f"/pairs?participant={PARTICIPANT}", f"/pictures/{next(iter(server.study.pictures))}"):
        assert ask(server, "GET", path, headers={"Host": name}).status == 421
    pair = plan(server)["pairs"][0]
    content = {"participant": PARTICIPANT, "left": pair[0], "right": pair[1], "choice": "left", "milliseconds": 900}
    for method in ("POST", "DELETE"):
        assert ask(server, method, "/votes", json.dumps(content), JSON | {"Host": name}).status == 421
    assert server.store.all() == []


def test_a_request_without_a_name_or_with_two_is_refused(server: StudyServer) -> None:
    for hosts in ("", "Host: localhost\r\nHost: evil.example\r\n"):
        assert exchange(server, f"GET / HTTP/1.1\r\n{hosts}\r\n".encode()).startswith(b"HTTP/1.1 400 ")


def test_a_server_for_the_whole_network_is_called_by_any_name(study: Study) -> None:
    with served(study, "0.0.0.0") as server:
        assert ask(server, "GET", "/", headers={"Host": "my-computer.local:8000"}).status == 200


def ended(connection: socket.socket) -> bool:
    return bool(select.select([connection], [], [], 0)[0]) and connection.recv(1) == b""


def test_a_request_that_trickles_in_does_not_hold_its_connection(server: StudyServer) -> None:
    start = monotonic()
    with socket.create_connection(("127.0.0.1", server.server_address[1]), timeout=5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: ")
        with suppress(ConnectionError):
            while monotonic() - start < 3 and not ended(connection):
                connection.sendall(b"x")
                sleep(0.05)
    assert monotonic() - start < 3
    assert plan(server)["next"] == 0


def test_a_study_takes_votes_from_so_many_participants_and_from_these_to_the_end(
    server: StudyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study_module, "MOST_PARTICIPANTS", 2)
    pairs = plan(server)["pairs"]
    assert [vote(server, pairs[0], participant=letter * 22).status for letter in "ABC"] == [200, 200, 403]
    assert vote(server, pairs[1], participant="B" * 22).status == 200
    assert len(server.store.all()) == 3
