"""A `dpe web` of its own: a process with its home, its temporary folder and its log in one place that can be looked through."""

from __future__ import annotations

import math
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from PIL import Image, ImageOps

from benchmarks.machine import machine

EXAMPLES = Path(__file__).parents[2] / "examples" / "photos"
START_SECONDS = 60.0


@dataclass(frozen=True)
class Site:
    """A server that answers."""

    process: subprocess.Popen[bytes]
    url: str
    folder: Path
    """Where its home, its temporary folder and its log are."""

    def workers(self) -> list[int]:
        """Their process numbers."""
        text = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(word) for word in text.split()]

    def memory(self) -> tuple[float, float]:
        """MB in RAM of the server, and of its workers together."""
        return _resident(self.process.pid), sum(map(_resident, self.workers()))

    def log(self) -> str:
        """All that it printed."""
        return (self.folder / "log").read_text()

    def files(self) -> set[Path]:
        """All that lies in its places, but its private folder and its log."""
        inside = {path for path in self.folder.rglob("*") if not path.is_dir()}
        return {path for path in inside if not path.is_relative_to(self.folder / "tmp") and path.name != "log"}


@contextmanager
def site(folder: Path, *options: str, token: str | None = None) -> Iterator[Site]:
    """The server, until the block ends; its private folder must then be gone."""
    for name in ("home", "tmp"):
        (folder / name).mkdir(parents=True)
    places = {"HOME": str(folder / "home"), "XDG_DATA_HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp")}
    secret = {} if token is None else {"DPE_WEB_TOKEN": token}
    command = [sys.executable, "-m", "deep_photo_enhancer", "web", "--port", "0", "--no-browser", *options]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | places | secret)
    try:
        yield Site(process, _address(process, folder / "log"), folder)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
    left = list((folder / "tmp").iterdir())
    assert not left, f"the server left {left}"


def photos(folder: Path, count: int, size: tuple[int, int]) -> list[Path]:
    """The examples' photos cut to one size, as JPEGs, again and again."""
    folder.mkdir(parents=True)
    contents = []
    for path in sorted(EXAMPLES.glob("*.jpg")):
        ImageOps.fit(Image.open(path).convert("RGB"), size, Image.Resampling.BICUBIC).save(folder / "one.jpg", quality=92)
        contents.append((folder / "one.jpg").read_bytes())
    (folder / "one.jpg").unlink()
    paths = [folder / f"{number:04d}.jpg" for number in range(count)]
    for path, content in zip(paths, islice(cycle(contents), count), strict=True):
        path.write_bytes(content)
    return paths


class Bars:
    """Figures as they are measured, and whether each is where it must be."""

    def __init__(self, title: str) -> None:
        print(f"{title}; {machine()}\n\n| what | measured | bar |\n|---|---|---|", flush=True)
        self._broken: list[str] = []

    def add(self, what: str, measured: str, bar: str = "", is_kept: bool = True) -> None:
        """One row."""
        print(f"| {what} | {measured} | {bar}{'' if is_kept else ' **missed**'} |", flush=True)
        if not is_kept:
            self._broken.append(what)

    def check(self) -> None:
        """End with a status of 1 where a bar is broken."""
        if self._broken:
            raise SystemExit(f"missed: {'; '.join(self._broken)}")


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that so large a share is at most."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if found := re.search(r"http://[\w.]+:\d+", log.read_text()):
            with suppress(OSError):
                return found.group()
        time.sleep(0.05)
    raise SystemExit(f"the server does not start: {log.read_text()}")


def _resident(pid: int) -> float:
    with suppress(OSError, StopIteration):
        status = Path(f"/proc/{pid}/status").read_text().splitlines()
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) / 1024
    return 0.0
