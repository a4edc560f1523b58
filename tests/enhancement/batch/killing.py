"""Runs of `dpe enhance` that are killed at random moments, and what they leave."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from deep_photo_enhancer.enhancement.bench.measure import synthetic_photo

SUFFIXES = (".jpg", ".png", ".tif", ".webp")


@dataclass
class KillFigures:
    """What was found."""

    kills: int = 0
    outputs_seen: int = 0
    """Outputs found after the kills."""
    partial: int = 0
    """Of these: not the bytes of an undisturbed run."""
    remade: int = 0
    """Complete outputs that a later run wrote again."""
    unfinished: int = 0
    """Hidden .part files that the kills left."""
    rounds: int = 0
    """Times that all was done and the outputs were removed."""


def make_photos(folder: Path, count: int, side: int) -> None:
    """Photos in folders of ten, in all formats."""
    photo = synthetic_photo(side, side * 2 // 3)
    for number in range(count):
        photo.save(folder / f"{number // 10}" / f"{number}{SUFFIXES[number % len(SUFFIXES)]}")


def kill_and_continue(photos: Path, folder: Path, kills: int, rng: random.Random, options: tuple[str, ...] = ()) -> KillFigures:
    """Kill runs over `photos` at random moments of the time that an undisturbed run takes; `folder` holds all outputs."""
    figures = KillFigures()
    start = time.perf_counter()
    run(photos, folder / "undisturbed", options).wait()
    seconds = time.perf_counter() - start
    wanted = contents(folder / "undisturbed")
    output = folder / "killed"
    before: dict[str, int] = {}
    while figures.kills < kills:
        process = run(photos, output, options)
        try:
            process.wait(rng.uniform(0, seconds))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            figures.kills += 1
        before = check(output, wanted, before, figures)
        if len(before) == len(wanted):
            figures.rounds += 1
            before = {}
            empty(output)
    assert run(photos, output, options).wait() == 0
    before = check(output, wanted, before, figures)
    assert before.keys() == wanted.keys()
    return figures


def run(photos: Path, output: Path, options: tuple[str, ...]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "deep_photo_enhancer", "enhance", "-q", *options, str(photos), "-o", str(output)]
    return subprocess.Popen(command)


def check(output: Path, wanted: dict[str, bytes], before: dict[str, int], figures: KillFigures) -> dict[str, int]:
    """The files of the outputs that are there; counts what should not be."""
    for name, content in contents(output).items():
        figures.outputs_seen += 1
        figures.partial += content != wanted[name]
    now = {name: (output / name).stat().st_ino for name in contents(output)}
    figures.remade += sum(now[name] != number for name, number in before.items())
    figures.unfinished = max(figures.unfinished, len(list(output.rglob(".*.part"))))
    return now


def contents(folder: Path) -> dict[str, bytes]:
    """All outputs of a folder, by name."""
    paths = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def empty(folder: Path) -> None:
    for name in contents(folder):
        (folder / name).unlink()
