"""How far a run is: counted by its driver, kept in the target for whoever asks, and shown on a line."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from deep_photo_enhancer.archive.places import Place
from deep_photo_enhancer.archive.records import HOME, Row
from deep_photo_enhancer.errors import ArchiveError
from deep_photo_enhancer.system.text import one_line, quantity

RUNS = f"{HOME}/runs"
EVERY = 5.0
"""Seconds after which the state of a run is written."""
SILENT = 60.0
"""Seconds without news after which a run that has not ended has probably died."""


@dataclass
class Progress:
    """The state of one run."""

    run: int
    source: str
    digest: str
    """Of the settings."""
    settings: dict[str, Any]
    version: str
    host: str
    is_sample: bool = False
    """Whether it is only to make some of the photos."""
    state: str = "running"
    """running, finished, interrupted, or failed."""
    started: float = field(default_factory=time.time)
    """Seconds since 1970, by the driver's clock, as all times here."""
    updated: float = 0.0
    workers: int = 0
    listed: int = 0
    """Photos in the source, as far as it has been listed."""
    listed_bytes: int = 0
    is_listed: bool = False
    """Whether these are all."""
    counts: Counter[str] = field(default_factory=Counter)
    """Photos: enhanced, skipped, failed; and left alone: done, failed before, remade (of the enhanced ones, made before)."""
    pixels: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    milliseconds: int = 0
    """Of all workers together."""

    def add(self, rows: Iterable[Row]) -> None:
        """Count photos."""
        for row in rows:
            self.counts[row.status] += 1
            self.milliseconds += row.milliseconds
            if row.status == "enhanced":
                self.pixels += row.width * row.height
                self.bytes_in += row.bytes_in
                self.bytes_out += row.bytes_out

    @property
    def at_end(self) -> int:
        """Photos that are dealt with, in this run or before."""
        return sum(self.counts[name] for name in ("enhanced", "skipped", "failed", "done", "failed before"))

    @property
    def seconds(self) -> float:
        """Of this run."""
        return max(1e-3, (self.updated or time.time()) - self.started)

    def seconds_left(self) -> float | None:
        """By the photos still to come at this run's pace; None where that is not known yet."""
        made = self.counts["enhanced"] + self.counts["failed"]
        return (self.listed - self.at_end) * self.seconds / made if self.is_listed and made else None

    def write(self, target: Place) -> None:
        """Keep it for `read_progress`."""
        self.updated = time.time()
        target.write(
            f"{RUNS}/{self.run:04d}.json",
            json.dumps(vars(self) | {"counts": dict(self.counts)}, indent=1).encode(),
        )

    def line(self) -> str:
        """For a terminal."""
        total = f"{self.at_end:,} of {'' if self.is_listed else 'at least '}{quantity(self.listed, 'photo')}"
        left = self.seconds_left()
        parts = [
            total,
            f"{self.pixels / 1e6 / self.seconds:.1f} megapixels a second",
            *([f"{duration(left)} left"] if left is not None else []),
            f"{self.counts['failed']:,} failed",
            f"{size(self.bytes_in)} in, {size(self.bytes_out)} out",
        ]
        return ", ".join(parts)

    def describe(self) -> str:
        """A few lines for `dpe archive status`."""
        state = self.state
        silent = time.time() - self.updated
        if state == "running" and silent > SILENT:
            state = f"no sign for {duration(silent)}; the same command goes on where it was"
        started = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.started))
        lines = [
            f"run {self.run}{', a sample only' if self.is_sample else ''}: {state}",
            f"{self.source}, started {started} on {self.host} with version {self.version}, {quantity(self.workers, 'worker')}",
            self.line(),
            f"{self.counts['enhanced']:,} enhanced ({self.counts['remade']:,} of them again), "
            f"{self.counts['skipped'] + self.counts['done']:,} were there, {self.counts['failed before']:,} failed before",
        ]
        return "\n".join(map(one_line, lines))


def read_progress(target: Place, run: int) -> Progress | None:
    """None where there has been no such run."""
    content = target.read(f"{RUNS}/{run:04d}.json")
    if content is None:
        return None
    try:
        values = json.loads(content)
        return Progress(**(values | {"counts": Counter(values["counts"])}))
    except (ValueError, TypeError, KeyError) as error:
        raise ArchiveError(f"{target.url(RUNS)}/{run:04d}.json: is damaged or of another version; remove it") from error


def last_run(target: Place) -> int:
    """The number of the newest run, 0 where there has been none."""
    run = 0
    while target.stamp(f"{RUNS}/{run + 1:04d}.json") is not None:
        run += 1
    return run


def duration(seconds: float) -> str:
    """In the two largest units that matter."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24} days {hours % 24} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


def size(count: float) -> str:
    """Bytes in units of a thousand."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.1f} TB"
