"""What strangers may try, while an honest client asks for the same photo again and again and must get the same bytes."""

from __future__ import annotations

import io
import os
import random
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import httpx

from benchmarks.web.site import Bars, Site, photos, site
from deep_photo_enhancer.web.problems import MEDIA_TYPE
from tests.photo.fuzz_samples import mutate, samples

CLIENTS = 8
SLOW = 300
SLOW_SECONDS = 40.0
HEADERS = 10_000
GUESSES = 2000
KILLS = 20
EVERY = 20
"""Of so many requests, one loses its worker."""
NAMES = (
    "../../../escaped.jpg",
    "/escaped.jpg",
    "..\\..\\escaped.jpg",
    "C:\\escaped.jpg",
    "%2e%2e%2fescaped.jpg",
    "....//....//escaped.jpg",
    "a/../../escaped.jpg",
    "\u2025/escaped.jpg",
    "a\x00/../escaped.jpg",
    "~/escaped.jpg",
    "$HOME/escaped.jpg",
    "|id.jpg",
    "-rf.jpg",
    "a\r\nSet-Cookie: b=c.jpg",
    "x" * 4000 + ".jpg",
    "/".join("deep" for _ in range(300)) + ".jpg",
    "https://localhost/escaped.jpg",
    "file:///etc/passwd",
)


def hostile(folder: Path, uploads: int, seed: int) -> Bars:
    """All of it."""
    bars = Bars("Under attack")
    [photo] = photos(folder / "photos", 1, (300, 200))
    token = secrets.token_urlsafe(24)
    output = folder / "output"
    output.mkdir()
    with site(folder / "site", "-o", str(output), token=token) as server:
        wanted = _made_by_the_command(photo, folder)
        attack = _Attack(server, token, photo.read_bytes(), wanted)
        before = server.files()
        with _honest(bars, attack):
            _mutated(bars, attack, uploads, seed)
            _slow(bars, attack)
            _lying(bars, attack)
            _many_headers(bars, attack)
            _foreign(bars, attack)
            _guessed(bars, attack)
            _names(bars, attack, output)
        _killed(bars, attack, random.Random(seed))
        outside = server.files() - before
        bars.add("files outside the private folder and -o", str(len(outside)), "0", not outside)
        faults = len(re.findall("Traceback", server.log()))
        bars.add("tracebacks in the server's log", str(faults), "0", not faults)
    return bars


class _Attack:
    """Where it goes, and what a right answer is."""

    def __init__(self, server: Site, token: str, photo: bytes, wanted: bytes) -> None:
        self.server, self.token, self.photo, self.wanted = server, token, photo, wanted
        self.place = ("127.0.0.1", httpx.URL(server.url).port or 80)

    def client(self, **headers: str) -> httpx.Client:
        """Of somebody who knows the token."""
        return httpx.Client(base_url=self.server.url, timeout=120, headers={"Authorization": f"Bearer {self.token}", **headers})

    def head(self, *lines: str) -> bytes:
        """Of an upload."""
        own = ["POST /api/enhance HTTP/1.1", "Host: localhost", f"Authorization: Bearer {self.token}", *lines]
        return "\r\n".join([*own, "", ""]).encode()

    def is_clean(self, answer: httpx.Response) -> bool:
        """Whether an error is a problem of one sentence that tells nothing about the server's inside."""
        if answer.status_code < 400:
            return True
        text = answer.text
        inside = "Traceback" in text or 'File "' in text or str(self.server.folder) in text
        return answer.headers["content-type"] == MEDIA_TYPE and not inside and "\n" not in answer.json()["detail"]

    def exchange(self, data: bytes, seconds: float = 20.0) -> bytes:
        """What comes back until the server closes the connection."""
        received = b""
        with socket.create_connection(self.place, timeout=seconds) as connection, suppress(OSError):
            with suppress(OSError):  # it may be closed while this is still sending
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                received += part
        return received


def _made_by_the_command(photo: Path, folder: Path) -> bytes:
    target = folder / "wanted.jpg"
    command = [sys.executable, "-m", "deep_photo_enhancer", "enhance", str(photo), "-o", str(target), "-q"]
    subprocess.run(command, check=True)
    return target.read_bytes()


@contextmanager
def _honest(bars: Bars, attack: _Attack) -> Iterator[None]:
    """A client that asks twice a second, each time over a new connection."""
    stop, ends = Event(), Counter[str]()
    slowest = 0.0

    def ask() -> None:
        nonlocal slowest
        while not stop.wait(0.5):
            start = time.monotonic()
            try:
                with attack.client() as client:
                    answer = client.post("/api/enhance", content=attack.photo)
                    while answer.status_code == 503:  # as it asks
                        time.sleep(float(answer.headers["Retry-After"]))
                        answer = client.post("/api/enhance", content=attack.photo)
                is_right = answer.status_code == 200 and answer.content == attack.wanted
                ends["right" if is_right else f"{answer.status_code}"] += 1
            except httpx.TransportError as error:
                ends[type(error).__name__] += 1
            slowest = max(slowest, time.monotonic() - start)

    thread = Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    figures = f"{dict(ends)}, the slowest after {slowest:.1f} s"
    bars.add("an honest client meanwhile: the very bytes of `dpe enhance`", figures, "all right", set(ends) == {"right"})


def _mutated(bars: Bars, attack: _Attack, count: int, seed: int) -> None:
    names = list(samples())
    statuses: Counter[int] = Counter()
    unclean: list[str] = []
    with attack.client() as client, ThreadPoolExecutor(CLIENTS) as clients:

        def send(number: int) -> None:
            name = names[number % len(names)]
            content = mutate(samples()[name], seed + number)
            if number % 2:
                answer = client.post("/api/enhance", content=content)
            else:
                answer = client.post("/api/enhance", files={"photo": (f"photo.{name.partition('-')[0]}", content)})
            statuses[answer.status_code] += 1
            if not attack.is_clean(answer):
                unclean.append(answer.text)

        list(clients.map(send, range(count)))
    counts = ", ".join(f"{status}: {statuses[status]}" for status in sorted(statuses))
    good = set(statuses) <= {200, 400, 422} and not unclean
    bars.add(f"{count} damaged uploads of {len(names)} kinds", counts, "200, or 422 with one clean sentence", good)


def _slow(bars: Bars, attack: _Attack) -> None:
    """A third says nothing, a third sends its headers letter by letter, a third its body."""
    starts = (b"", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", attack.head("Content-Length: 100000"))
    alive = []
    with ExitStack() as stack:
        for number in range(SLOW):
            connection = stack.enter_context(socket.create_connection(attack.place, timeout=5))
            with suppress(OSError):
                connection.sendall(starts[number % 3])
                alive.append((connection, number % 3))
        end = time.monotonic() + SLOW_SECONDS
        while time.monotonic() < end:
            time.sleep(1.0)
            for connection, kind in alive:
                with suppress(OSError):
                    if kind:
                        connection.sendall(b"x")
        open_ones = sum(_is_open(connection) for connection, _ in alive)
    what = f"{SLOW} slow connections for {SLOW_SECONDS:g} s"
    bars.add(what, f"{open_ones} are still open, whose bodies have 120 s", "at most 100", open_ones <= 100)


def _is_open(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(65536, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def _lying(bars: Bars, attack: _Attack) -> None:
    photo = attack.photo
    lies = {
        "huge": attack.head("Content-Length: 1000000000000000000") + photo,
        "beyond all numbers": attack.head(f"Content-Length: {'9' * 5000}") + photo,
        "more than comes": attack.head(f"Content-Length: {len(photo) + 1000}") + photo,
        "less than comes": attack.head(f"Content-Length: {len(photo) - 1000}", "Connection: close") + photo,
        "negative": attack.head("Content-Length: -5") + photo,
        "two": attack.head("Content-Length: 5", "Content-Length: 6") + photo,
        "with chunks": attack.head("Content-Length: 5", "Transfer-Encoding: chunked") + photo,
        "a chunk beyond all numbers": attack.head("Transfer-Encoding: chunked") + b"f" * 30 + b"\r\n" + photo,
        "no number": attack.head("Content-Length: five") + photo,
    }
    ends = {name: attack.exchange(data) for name, data in lies.items()}
    counts = Counter(answer[9:12].decode() or "closed" for answer in ends.values())
    figures = ", ".join(f"{end}: {count}" for end, count in sorted(counts.items()))
    bars.add(f"{len(lies)} lying lengths", figures, "refused", all(map(_is_refused, ends.values())))


def _is_refused(answer: bytes) -> bool:
    return answer.count(b"HTTP/1.1 ") <= 1 and (not answer or answer[9:10] == b"4") and b"Traceback" not in answer


def _many_headers(bars: Bars, attack: _Attack) -> None:
    heads = (
        attack.head(*(f"X-{number}: y" for number in range(HEADERS))),
        attack.head(f"X: {'y' * 10_000_000}"),
        attack.head(*("A:" for _ in range(HEADERS))),
    )
    ends = [attack.exchange(head) for head in heads]
    bars.add(f"{HEADERS} headers, and one of 10 MB", f"{sum(map(_is_refused, ends))} refused", "all", all(map(_is_refused, ends)))


def _foreign(bars: Bars, attack: _Attack) -> None:
    evil = "http://evil.example"
    wrong = [
        ({"Host": "evil.example"}, 421),
        ({"Host": "localhost.evil.example"}, 421),
        ({"Host": "evil.example#localhost"}, 421),
        ({"Host": "127.0.0.1.nip.example"}, 421),
        ({"Host": ""}, 421),
        ({"Origin": evil}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": f"{attack.server.url}.evil.example"}, 403),
        ({"Origin": f"{evil}/{attack.server.url}"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ]
    ends = []
    for headers, status in wrong:
        with attack.client(**headers) as client:
            answer = client.post("/api/enhance", content=attack.photo)
            ends.append((answer.status_code == status, attack.is_clean(answer)))
    bars.add(f"{len(wrong)} wrong hosts and origins", f"{sum(a for a, _ in ends)} refused", "all", all(map(all, ends)))


def _guessed(bars: Bars, attack: _Attack) -> None:
    near = [attack.token[:length] for length in range(1, len(attack.token))]
    near += [attack.token + "x", attack.token.swapcase(), f"{attack.token} {attack.token}", "*", "\xff"]
    guesses = near + [secrets.token_urlsafe(24) for _ in range(GUESSES - len(near))]
    statuses: Counter[int] = Counter()
    with httpx.Client(base_url=attack.server.url, timeout=60) as client:
        for guess in guesses:
            headers = {b"Authorization": f"Bearer {guess}".encode("latin-1")}
            statuses[client.get("/api/models", headers=headers).status_code] += 1
            statuses[client.get("/", params={"code": guess}, follow_redirects=True).status_code] += 1
    bars.add(f"{len(guesses)} guessed tokens and as many codes", f"{statuses[401]} refused", "all", set(statuses) == {401})


def _names(bars: Bars, attack: _Attack, output: Path) -> None:
    """By the API, and by the page into the folder of -o and into a ZIP."""
    unclean = 0
    with attack.client() as client:
        for name in NAMES:
            answer = client.post("/api/enhance", files={"photo": (name, attack.photo)})
            unclean += not (attack.is_clean(answer) and answer.status_code in (200, 400))
            unclean += "set-cookie" in answer.headers
    with httpx.Client(base_url=attack.server.url, timeout=60, follow_redirects=True) as page:
        page.get(re.findall(r"(/\?code=\S+)", attack.server.log())[-1])
        ids = []
        for name in NAMES:
            answer = page.post("/page/photos", params={"name": name}, content=attack.photo)
            unclean += not attack.is_clean(answer)
            ids += [answer.json()["id"]] if answer.status_code == 201 else []
        wishes = [{"id": id, "options": {}} for id in ids]
        key = page.post("/page/jobs", json={"kind": "folder", "photos": wishes}).json()["key"]
        while not (state := page.get(f"/page/jobs/{key}").json())["finished"]:
            time.sleep(0.1)
        key = page.post("/page/jobs", json={"kind": "zip", "photos": wishes}).json()["key"]
        content = page.get(f"/page/jobs/{key}/zip").content
    written = [path for path in output.rglob("*") if path.is_file()]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.namelist()
    bad = [name for name in entries if name.startswith("/") or ".." in name.split("/") or "\\" in name]
    right = not unclean and not bad and len(written) == len(ids) - len(state["failed"]) == len(entries) and len(ids) > 10
    strays = list(output.parent.glob("*escaped*"))
    figures = f"{len(written)} files below -o, {len(entries)} below the ZIP's top, {len(strays)} elsewhere"
    bars.add(f"{len(NAMES)} names with tricks", figures, "none elsewhere", right and not strays)


def _killed(bars: Bars, attack: _Attack, rng: random.Random) -> None:
    """A worker is killed during every 20th request; the others are right, whoever waits for the new worker."""
    statuses: Counter[str] = Counter()
    total = KILLS * EVERY
    with attack.client() as client, ThreadPoolExecutor(CLIENTS) as clients:

        def ask(number: int) -> None:
            if number % EVERY == EVERY // 2:
                _kill_one(attack.server.workers(), rng)
            answer = client.post("/api/enhance", content=attack.photo)
            right = answer.status_code == 200 and answer.content == attack.wanted
            statuses["right" if right else str(answer.status_code)] += 1
            statuses["unclean"] += not attack.is_clean(answer)

        list(clients.map(ask, range(total)))
    lost = statuses["500"]
    good = lost <= KILLS and statuses["right"] == total - lost and not statuses["unclean"]
    bars.add(f"{KILLS} workers killed during {total} requests", f"{dict(+statuses)}", f"at most {KILLS} times 500", good)


def _kill_one(pids: Sequence[int], rng: random.Random) -> None:
    if pids:
        with suppress(ProcessLookupError):
            os.kill(rng.choice(pids), signal.SIGKILL)
