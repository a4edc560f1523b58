"""How much the server does, what it says when that is too much, and what it costs in memory."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import httpx

from benchmarks.web.site import Bars, Site, percentile, photos, site
from deep_photo_enhancer.web.limits import Limits

CLIENTS = 8
ROUNDS = 2
WARM = 12
"""Photos of a shorter run of `dpe enhance`, whose time is taken off: its start is no work."""
SIZE = (3000, 2000)
MEDIUM = (1500, 1000)
SMALL = (300, 200)
IN_FLIGHT = 64
FLAT = 1.05
"""Most that memory may grow from the second quarter of the requests to the last."""


def load(folder: Path, count: int, seconds: float, requests: int) -> Bars:
    """All three."""
    bars = Bars("Load")
    with site(folder / "site") as server:
        _ratio(bars, server, folder, count)
        _overload(bars, server, photos(folder / "medium", CLIENTS, MEDIUM), seconds)
        _memory(bars, server, photos(folder / "small", CLIENTS, SMALL), requests)
    return bars


def _ratio(bars: Bars, server: Site, folder: Path, count: int) -> None:
    few, many = folder / "few", folder / "many"
    paths = photos(many, count, SIZE)
    photos(few, WARM, SIZE)
    _through(server, paths[:CLIENTS])  # the workers have met a photo
    web = command = 0.0
    for number in range(ROUNDS):
        command += _enhance(many, folder / f"many-{number}") - _enhance(few, folder / f"few-{number}")
        web += _through(server, paths)
    rates = ROUNDS * count / web, ROUNDS * (count - WARM) / command
    share = rates[0] / rates[1]
    what = f"{CLIENTS} clients, {count} photos of 6 megapixels, {ROUNDS} rounds"
    figures = f"{rates[0]:.2f} photos a second, `dpe enhance` {rates[1]:.2f} without its start: {share:.0%}"
    bars.add(what, figures, "at least 90%", share >= 0.9)


def _enhance(source: Path, target: Path) -> float:
    start = time.perf_counter()
    command = [sys.executable, "-m", "deep_photo_enhancer", "enhance", str(source), "-o", str(target), "-q"]
    subprocess.run([*command, "--jobs", str(Limits().workers)], check=True)
    return time.perf_counter() - start


def _through(server: Site, paths: Sequence[Path]) -> float:
    """Seconds until the server has done all of them for eight clients."""
    with httpx.Client(base_url=server.url, timeout=120) as client, ThreadPoolExecutor(CLIENTS) as clients:

        def ask(path: Path) -> None:
            answer = client.post("/api/enhance", files={"photo": (path.name, path.read_bytes())})
            assert answer.status_code == 200, answer.text

        start = time.perf_counter()
        list(clients.map(ask, paths))
        return time.perf_counter() - start


def _overload(bars: Bars, server: Site, paths: Sequence[Path], seconds: float) -> None:
    capacity = 4 * len(paths) / _through(server, 4 * list(paths))
    rate = 2 * capacity
    contents = [path.read_bytes() for path in paths]
    statuses: Counter[str] = Counter()
    times: list[float] = []
    start = time.perf_counter() + 0.5
    limits = httpx.Limits(max_connections=IN_FLIGHT)
    with httpx.Client(base_url=server.url, timeout=120, limits=limits) as client, ThreadPoolExecutor(IN_FLIGHT) as clients:

        def ask(number: int) -> None:
            time.sleep(max(0.0, start + number / rate - time.perf_counter()))
            begin = time.perf_counter()
            try:
                answer = client.post("/api/enhance?format=jpg", content=contents[number % len(contents)])
            except httpx.TransportError as error:
                statuses[type(error).__name__] += 1
                return
            known = answer.status_code == 200 or (answer.status_code == 503 and answer.headers.get("Retry-After", "").isdigit())
            statuses[str(answer.status_code) if known else f"wrong {answer.status_code}"] += 1
            if answer.status_code == 200:
                times.append(time.perf_counter() - begin)

        list(clients.map(ask, range(round(rate * seconds))))
        took = time.perf_counter() - start
    what = f"twice as much as it can do ({rate:.1f} a second for {took:.0f} s, photos of 1.5 megapixels)"
    good = statuses.keys() <= {"200", "503"} and statuses["503"] > 0
    counts = ", ".join(f"{status}: {count}" for status, count in sorted(statuses.items()))
    bars.add(what, counts, "200, and 503 with Retry-After", good)
    slow, limit = percentile(times, 0.99), Limits().seconds
    bars.add("p50 and p99 of those that were accepted", f"{median(times):.2f} s, {slow:.2f} s", f"{limit:g} s", slow <= limit)


def _memory(bars: Bars, server: Site, paths: Sequence[Path], requests: int) -> None:
    own, workers = [], []
    step = max(CLIENTS, requests // 100)
    for first in range(0, requests, step):
        _through(server, [paths[number % len(paths)] for number in range(first, min(requests, first + step))])
        sizes = server.memory()
        own.append(sizes[0])
        workers.append(sizes[1])
    quarter = len(own) // 4
    for name, megabytes in (("the server", own), ("its workers", workers)):
        early, late = median(megabytes[quarter : 2 * quarter]), median(megabytes[-quarter:])
        figures = f"{early:.0f} MB in the second quarter, {late:.0f} MB in the last"
        most = f"at most {FLAT - 1:.0%} more"
        bars.add(f"memory of {name}, {requests} small photos", figures, most, late <= FLAT * early)
