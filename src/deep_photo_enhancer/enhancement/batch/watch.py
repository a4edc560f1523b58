"""A hot folder: photos that come into it, when they are there completely."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Event

from deep_photo_enhancer.enhancement.batch.job import Job

INTERVAL = 2.0
"""Seconds between two looks."""

Stamp = tuple[int, int]
"""Size in bytes and time of change in nanoseconds."""


def watch(plan: Iterable[Job], stop: Event, interval: float = INTERVAL) -> Iterator[list[Job]]:
    """The jobs of `plan` that have come up since the last look, again and again until `stop` is set.

    A photo that is being copied grows: it is among them once its size and its time have stayed the same from one look to the
    next, and again when they have changed after that. A folder that cannot be looked into comes once.
    """
    seen: dict[Path, Stamp] = {}
    reported: dict[Path, Stamp] = {}
    while not stop.is_set():
        jobs = {job.source: job for job in plan}
        now = {source: stamp for source, job in jobs.items() if (stamp := _stamp(job)) is not None}
        ready = [source for source, stamp in now.items() if seen.get(source) == stamp != reported.get(source)]
        seen = now
        reported = {source: stamp for source, stamp in reported.items() if source in now}
        reported |= {source: now[source] for source in ready}
        if ready:
            yield [jobs[source] for source in ready]
        stop.wait(interval)


def _stamp(job: Job) -> Stamp | None:
    """None for a photo that has gone."""
    if job.problem is not None:
        return 0, 0
    try:
        found = job.source.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
