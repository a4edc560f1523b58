"""Learning a look on the page: photos that somebody likes, a process that learns from them, and how far that is."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from deep_photo_enhancer.errors import ModelError
from deep_photo_enhancer.system.extras import install_command
from deep_photo_enhancer.web import learner
from deep_photo_enhancer.web.pool import child_environment
from deep_photo_enhancer.web.problems import Problem
from deep_photo_enhancer.web.uploads import known_suffix

STEPS = 240
MOST_PHOTOS = 2000


def how_to_install() -> str | None:
    """What to type where learning is not installed; None where it is."""
    return None if find_spec("torch") and find_spec("safetensors") and find_spec("onnx") else install_command("train")


@dataclass
class Learning:
    """One page's learning."""

    liked: Path
    """The folder of the photos."""
    names: dict[str, str] = field(default_factory=dict)
    """The client's name for each photo's path."""
    left_out: list[str] = field(default_factory=list)
    usable: int | None = None
    """Photos that fit; None before they were looked at."""
    problem: str | None = None
    name: str | None = None
    """Of the look."""
    output: Path | None = None
    steps: int = STEPS
    is_done: bool = False
    is_running: bool = False
    """Whether its process is at work, or about to be."""
    _is_stopped: bool = False
    _process: Process | None = None
    _start: float = 0.0

    def place(self, name: str) -> Path:
        """Where the next photo goes. Problem 413 when there are as many as there may be."""
        if len(self.names) >= MOST_PHOTOS:
            raise Problem(413, f"{MOST_PHOTOS} photos are enough to learn from.")
        path = self.liked / f"{len(self.names):04d}{known_suffix(name)}"
        self.names[str(path)] = name
        self.usable = None
        return path

    async def check(self) -> None:
        """Look at the photos. Problem 409 while it is at work."""
        self._begin()
        self.left_out = []
        try:
            await self._run("check", self.liked / "none.onnx")
        finally:
            self.is_running = False

    def learn(self, name: str, output: Path, steps: int, keep: Callable[[str, Path], None]) -> asyncio.Task[None]:
        """Begin to learn, to the end or until `stop`. Problem 409 while it is at work.

        keep: called with the look's name and file.
        """
        self._begin()
        self.name, self.output, self.steps, self.is_done = name, output, steps, False
        return asyncio.create_task(self._learn(name, output, keep))

    def stop(self) -> None:
        """End it; what was learned is kept."""
        self._is_stopped = True
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()  # which interrupts it, on every system, and as soon as it listens

    async def kill(self) -> None:
        """End it at once."""
        self._is_stopped = True
        if self._process is not None:
            with suppress(ProcessLookupError):  # it has ended, which was not heard yet
                self._process.kill()
            await self._process.wait()

    @property
    def picture(self) -> Path | None:
        """The growing before/after picture, once it is there."""
        path = None if self._run_folder is None else self._run_folder / "progress.png"
        return path if path is not None and path.is_file() else None

    def state(self) -> dict[str, Any]:
        """For the page."""
        step, distance = self._progress()
        seconds = time.monotonic() - self._start
        left = seconds / step * (self.steps - step) if step and self.is_running else None
        return {
            "install": how_to_install(),
            "count": len(self.names),
            "usable": self.usable,
            "left_out": self.left_out,
            "running": self.is_running,
            "done": self.is_done,
            "problem": self.problem,
            "name": self.name,
            "step": step,
            "steps": self.steps,
            "seconds_left": left,
            "distance": distance,
            "picture": self.picture is not None,
        }

    @property
    def _run_folder(self) -> Path | None:
        return None if self.output is None else self.output.with_name(f"{self.output.stem}-run")

    def _progress(self) -> tuple[int, float | None]:
        """The last step that was reported, and the look's distance there."""
        log = None if self._run_folder is None else self._run_folder / "log.csv"
        if log is None or not log.is_file():
            return 0, None
        with log.open(newline="", encoding="utf-8") as file:
            lines = list(csv.DictReader(file))
        distances = [float(line["look_distance"]) for line in lines if line.get("look_distance")]
        return (int(lines[-1]["step"]) if lines else 0), (distances[-1] if distances else None)

    def _begin(self) -> None:
        if self.is_running:
            raise Problem(409, "It is at work already; wait for its end.")
        self.is_running, self._is_stopped, self.problem = True, False, None

    async def _learn(self, name: str, output: Path, keep: Callable[[str, Path], None]) -> None:
        try:
            output.parent.mkdir(parents=True, exist_ok=True)
            await self._run("learn", output)
            if self.is_done:
                keep(name, output)
        except OSError as error:
            self.problem = f"{name}: cannot be kept on the server: {error.strerror or error}."
        except ModelError as error:
            self.problem = f"{name}: cannot be used: {error}"
        finally:
            self.is_running = False

    async def _run(self, kind: str, output: Path) -> None:
        self._start = time.monotonic()
        self._process = await asyncio.create_subprocess_exec(
            *learner.command(kind, self.liked, output, self.steps),
            stdin=PIPE,  # closed by `stop`, and with this process
            stdout=PIPE,
            stderr=DEVNULL,
            cwd=self.liked,
            env=child_environment(),
            start_new_session=True,  # the terminal's Ctrl-C is the server's, whose end is this one's, too
        )
        assert self._process.stdout is not None
        if self._is_stopped:  # while it was started
            self.stop()
        async for line in self._process.stdout:
            self._hear(json.loads(line))
        status, self._process = await self._process.wait(), None
        if status != 0 and self.problem is None and not (kind == "learn" and self.is_done):
            self.problem = (
                "It was stopped before anything was learned."
                if self._is_stopped
                else "The learning ended without a word; its photos may be damaged, or the memory too small."
            )

    def _hear(self, said: dict[str, Any]) -> None:
        if "left_out" in said:
            self.left_out.append(self._in_clients_words(said["left_out"]))
        self.usable = said.get("usable", self.usable)
        if "problem" in said:
            self.problem = self._in_clients_words(said["problem"])
        self.is_done = self.is_done or "done" in said

    def _in_clients_words(self, sentence: str) -> str:
        for path, name in self.names.items():
            sentence = sentence.replace(path, name)
        if self.output is not None:
            sentence = sentence.replace(f"{self.output.parent}{os.sep}", "")
        return sentence.replace(str(self.liked), "your photos")
