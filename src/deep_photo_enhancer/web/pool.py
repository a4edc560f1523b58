"""Worker processes for the tasks of a server: a bounded queue, and a new process for each that dies, hangs or grows old."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import os
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from deep_photo_enhancer.web.limits import Limits
from deep_photo_enhancer.web.metrics import Metrics
from deep_photo_enhancer.web.problems import Problem
from deep_photo_enhancer.web.worker import Bounds, command

LONGEST_LINE = 1 << 20
"""Bytes of an answer."""
START_SECONDS = 120.0
"""Until a new worker is ready."""
SECRETS = ("DPE_WEB_TOKEN",)
"""Variables of the environment that workers do not get."""
log = logging.getLogger("uvicorn.error")


class Workers:
    """Does tasks in processes; `start` before the first and `stop` after the last."""

    def __init__(self, limits: Limits, models: Mapping[str, Path], default: str, folder: Path, metrics: Metrics) -> None:
        """models: by the names that tasks call them, also those that come later; default: of them, the one loaded first."""
        bounds = Bounds(limits.memory, limits.open_files, limits.file_size, limits.cpu_seconds, limits.pixels)
        self._command = command(bounds)
        self._models = models
        self._limits, self._metrics, self._folder = limits, metrics, folder
        self._load = {"task": "load", "model": default}
        self._idle: asyncio.LifoQueue[_Slot] = asyncio.LifoQueue()  # the one that was last at work has all in its caches
        self._slots = [_Slot() for _ in range(limits.workers)]
        self.waiting = 0
        """Tasks without a worker."""
        self._restarts: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> int:
        """Workers that are at work, or start."""
        return len(self._slots) - self._idle.qsize()

    @property
    def processes(self) -> list[int]:
        """Their numbers."""
        return [slot.process.pid for slot in self._slots if slot.process is not None]

    async def start(self) -> None:
        """All workers, ready for photos. RuntimeError when one does not start."""
        await asyncio.gather(*map(self._start, self._slots))

    async def stop(self) -> None:
        """End all workers, also those at work."""
        for restart in self._restarts:
            restart.cancel()
        for slot in self._slots:
            await slot.kill()

    async def run(self, task: dict[str, Any]) -> dict[str, Any]:
        """A task's answer. Problem 503 when the queue is full, 422 for a photo that cannot be done, 500 for a worker's death."""
        kind, start = str(task["task"]), time.monotonic()
        if self._idle.empty() and self.waiting >= self._limits.waiting:
            self._metrics.tasks[kind, "busy"] += 1
            raise self._busy()
        self.waiting += 1
        try:
            slot = await self._idle.get()
        finally:
            self.waiting -= 1
        try:
            answer = await self._ask(slot, task, kind)
        finally:
            self._give_back(slot)
            self._metrics.observe(time.monotonic() - start)
        self._metrics.tasks[kind, "refused" if "problem" in answer else "done"] += 1
        if "problem" in answer:
            raise Problem(422, answer["problem"])
        return answer

    async def _ask(self, slot: _Slot, task: dict[str, Any], kind: str) -> dict[str, Any]:
        try:
            return await asyncio.wait_for(slot.ask(self._complete(task)), self._limits.seconds)
        except asyncio.TimeoutError:
            self._metrics.tasks[kind, "late"] += 1
            await slot.kill()
            limit = f"{self._limits.seconds:g} seconds"
            raise Problem(422, f"The photo took longer than {limit}; scale it down, or choose the method fast.") from None
        except (OSError, EOFError, ValueError):
            self._metrics.tasks[kind, "died"] += 1
            await slot.kill()
            log.error("a worker ended during a task (%s)", kind)
            raise Problem(500, "The process that worked on the photo ended; the photo may be damaged or too large.") from None
        except BaseException:  # the task was given up: its answer must not be taken for the next one's
            await slot.kill()
            raise

    def _give_back(self, slot: _Slot) -> None:
        """Make the worker free; one that is no more, or old, is replaced first."""
        if slot.process is not None and slot.tasks < self._limits.tasks:
            self._idle.put_nowait(slot)
            return
        restart = asyncio.create_task(self._restart(slot))
        self._restarts.add(restart)
        restart.add_done_callback(self._restarts.discard)

    async def _restart(self, slot: _Slot) -> None:
        pause = 0.1
        while True:
            try:
                return await self._start(slot)
            except RuntimeError:
                log.error("a worker does not start; trying again")
                await asyncio.sleep(pause)
                pause = min(2 * pause, 10.0)

    async def _start(self, slot: _Slot) -> None:
        """A new process, free when it has loaded what the first photo needs."""
        await slot.kill()
        self._metrics.starts += 1
        await slot.start(self._command, self._folder)
        try:
            await asyncio.wait_for(slot.ask(self._complete(self._load)), START_SECONDS)
        except (OSError, EOFError, ValueError, asyncio.TimeoutError) as error:
            await slot.kill()
            raise RuntimeError("a worker process does not start") from error
        slot.tasks = 0
        self._idle.put_nowait(slot)

    def _complete(self, task: dict[str, Any]) -> dict[str, Any]:
        return {**task, "models": {name: str(path) for name, path in self._models.items()}}

    def _busy(self) -> Problem:
        seconds = math.ceil(self._metrics.mean_seconds)
        return Problem(503, f"The server has enough to do; come again in {seconds} s.", {"Retry-After": str(seconds)})


def child_environment() -> dict[str, str]:
    """For processes that open strangers' photos: without secrets, and with the package for another working directory."""
    environment = {name: value for name, value in os.environ.items() if name not in SECRETS}
    package = str(Path(__file__).parents[2])
    environment["PYTHONPATH"] = os.pathsep.join([package, *filter(None, [environment.get("PYTHONPATH")])])
    return environment


class _Slot:
    """The place of one process."""

    process: Process | None = None
    tasks = 0

    async def start(self, command: list[str], folder: Path) -> None:
        self.process = await asyncio.create_subprocess_exec(
            *command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            cwd=folder,
            env=child_environment(),
            limit=LONGEST_LINE,
            start_new_session=True,  # the terminal's Ctrl-C is the server's, which lets tasks that are at work end
        )

    async def ask(self, task: dict[str, Any]) -> dict[str, Any]:
        """EOFError when the process ends, ValueError when its answer is none."""
        process = self.process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(task).encode() + b"\n")
        await process.stdin.drain()
        line = await process.stdout.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        self.tasks += 1
        answer = json.loads(line)
        if not isinstance(answer, dict):
            raise ValueError("an answer is an object")
        return answer

    async def kill(self) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        with suppress(RuntimeError):  # a task of this worker is still reading, and finds the end itself
            await process.communicate()
        await process.wait()
