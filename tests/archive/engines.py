"""Engines for the driver's tests: for any story, in this process, or in another one, but without a cluster."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from deep_photo_enhancer.archive.cluster import Died, Ended, Event, Maker, Work
from deep_photo_enhancer.archive.naming import Item
from deep_photo_enhancer.archive.work import Task, work


class StoryEngine:
    """Workers that do as `story` says of a part: events, of which nothing is real."""

    def __init__(self, story: Callable[[list[Item]], Iterator[Event]], workers: int = 2) -> None:
        self._story, self._count = story, workers
        self._stories: dict[int, Iterator[Event]] = {}
        self.submitted: list[list[str]] = []
        self.ended: list[int] = []

    def workers(self) -> int:
        return self._count

    def has_room(self) -> bool:
        return self._count > 0

    def lose_machines(self) -> None:
        """One worker counts: it calls for a machine."""
        self._count = 1

    def submit(self, items: Sequence[Item]) -> int:
        self.submitted.append([item.key for item in items])
        handle = len(self.submitted)
        self._stories[handle] = self._story(list(items))
        return handle

    def wait(self, seconds: float) -> list[tuple[int, Event]]:  # noqa: ARG002 (it never waits)
        found = [(handle, next(story, Ended())) for handle, story in self._stories.items()]
        for handle, event in found:
            if not isinstance(event, list):
                del self._stories[handle]
        return found

    def end(self, handle: int, at_once: bool = True) -> None:  # noqa: ARG002 (nothing is real)
        self.ended.append(handle)
        self._stories[handle] = iter([Died("was ended")])


class ProcessEngine:
    """One process that takes part after part, and a new one when it has died: as Ray has them, but without a cluster."""

    def __init__(self, task: Task, model: bytes | None, run: Work) -> None:
        self._arguments = (run, task, model)
        self._context = multiprocessing.get_context("spawn")
        self._waiting: deque[tuple[int, list[Item]]] = deque()
        self._at_work: int | None = None
        self._count = 0
        self.process: Any = None

    def workers(self) -> int:
        return 1

    def has_room(self) -> bool:
        return True

    def submit(self, items: Sequence[Item]) -> int:
        self._count += 1
        self._waiting.append((self._count, list(items)))
        return self._count

    def wait(self, seconds: float) -> list[tuple[int, Event]]:
        if self.process is None:
            self._pipe, theirs = self._context.Pipe()
            self.process = self._context.Process(target=_serve, args=(theirs, *self._arguments), daemon=True)
            self.process.start()
            theirs.close()
        if self._at_work is None and self._waiting:
            self._at_work, items = self._waiting.popleft()
            self._pipe.send(items)
        if self._at_work is None or not self._pipe.poll(seconds):
            return []
        handle = self._at_work
        try:
            event: Event = self._pipe.recv()
        except EOFError:
            self.process.join()
            event = Died(f"died (exit code {self.process.exitcode})")
            self.process = None
        if not isinstance(event, list):
            self._at_work = None
        return [(handle, event)]

    def end(self, handle: int, at_once: bool = True) -> None:  # noqa: ARG002 (one is at work, and no test has others)
        self.process.kill()


def _serve(pipe: Connection, run: Work, task: Task, model: bytes | None) -> None:
    while True:
        for rows in run(task, model, pipe.recv()):
            pipe.send(rows)
        pipe.send(Ended())


@contextmanager
def inline(_address: str, _workers: int | None) -> Iterator[Maker]:
    """What `connect` is for Ray, with all work in this very process."""
    yield lambda task, model, _gpus: StoryEngine(lambda items: work(task, model, items))


@contextmanager
def processes(_address: str, _workers: int | None, run: Work = work) -> Iterator[Maker]:
    """What `connect` is for Ray, with all work in another process."""
    engines: list[ProcessEngine] = []

    def make(task: Task, model: bytes | None, _gpus: float) -> ProcessEngine:
        engines.append(ProcessEngine(task, model, run))
        return engines[-1]

    try:
        yield make
    finally:
        for engine in engines:
            engine.process.kill()
