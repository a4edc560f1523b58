"""Engines for the driver's tests: without processes, for any story; and with processes of its own, without a cluster."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any

from deep_photo_enhancer.archive.cluster import Died, Ended, Event, Work
from deep_photo_enhancer.archive.naming import Item
from deep_photo_enhancer.archive.records import Row
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
    """A new process for each part, `workers` at a time: as Ray has them, but on this machine and at once."""

    def __init__(self, task: Task, model: bytes | None, run: Work = work, workers: int = 2) -> None:
        self._arguments = (task, model)
        self._run, self._count = run, workers
        self._context = multiprocessing.get_context("spawn")
        self._waiting: dict[int, list[Item]] = {}
        self.processes: dict[int, tuple[Any, Connection]] = {}
        self._next = 0

    def workers(self) -> int:
        return self._count

    def submit(self, items: Sequence[Item]) -> int:
        self._next += 1
        self._waiting[self._next] = list(items)
        return self._next

    def wait(self, seconds: float) -> list[tuple[int, Event]]:
        while self._waiting and len(self.processes) < self._count:
            handle = min(self._waiting)
            ours, theirs = self._context.Pipe(duplex=False)
            arguments = (theirs, self._run, *self._arguments, self._waiting.pop(handle))
            process = self._context.Process(target=_serve, args=arguments, daemon=True)
            process.start()
            theirs.close()
            self.processes[handle] = (process, ours)
        ready = wait([ours for _, ours in self.processes.values()], seconds)
        return [(handle, self._receive(handle)) for handle, (_, ours) in list(self.processes.items()) if ours in ready]

    def _receive(self, handle: int) -> Event:
        process, ours = self.processes[handle]
        try:
            event: list[Row] | Ended = ours.recv()
        except EOFError:
            process.join()
            del self.processes[handle]
            return Died(f"died (exit code {process.exitcode})")
        if isinstance(event, Ended):
            del self.processes[handle]
        return event

    def end(self, handle: int, at_once: bool = True) -> None:
        if handle in self._waiting:
            ours, theirs = self._context.Pipe(duplex=False)
            del self._waiting[handle]
            theirs.close()
            self.processes[handle] = (self._context.Process(), ours)
            return
        self.processes[handle][0].kill() if at_once else os.kill(self.processes[handle][0].pid, signal.SIGINT)


def _serve(theirs: Connection, run: Work, task: Task, model: bytes | None, items: list[Item]) -> None:
    for rows in run(task, model, items):
        theirs.send(rows)
    theirs.send(Ended())
