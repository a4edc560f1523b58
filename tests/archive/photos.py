"""Small archives for tests, and workers that die."""

from __future__ import annotations

import faulthandler
import os
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from deep_photo_enhancer.archive.naming import Item
from deep_photo_enhancer.archive.places import Place
from deep_photo_enhancer.archive.records import Row
from deep_photo_enhancer.archive.settings import Settings
from deep_photo_enhancer.archive.work import Task, work

BOMB, TRUNCATED, KILLER, HANGER = "bomb.png", "truncated.jpg", "killer.jpg", "hanger.jpg"


def settings(model: Path, **changes: object) -> Settings:
    """Of a model of known effect, which costs no time."""
    return Settings(str(model), **changes)  # type: ignore[arg-type]


def make_archive(folder: Path, count: int, side: int = 24, grain: float = 0) -> Path:
    """JPEG photos in folders of ten, no two alike; with noise of this standard deviation, in levels of 255."""
    height = side * 2 // 3
    noise = np.random.default_rng(0).normal(0, grain, (height, side, 3)).astype(np.float32) if grain else None
    for number in range(count):
        path = folder / f"{number // 10}" / f"{number:03d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(60, 180, (4, 6, 3), np.uint8)
        photo = Image.fromarray(pixels).resize((side, height), Image.Resampling.BICUBIC)
        if noise is not None:
            photo = Image.fromarray((np.asarray(photo) + np.roll(noise, number, 1)).clip(0, 255).astype(np.uint8))
        photo.save(path, quality=90)
    return folder


def poison(source: Place, *keys: str) -> list[str]:
    """Photos that fail: too many pixels, cut off, deadly to `deadly_work`, and endless to it."""
    folder = source.folder
    assert folder is not None
    good = next(folder.rglob("*.jpg")).read_bytes()
    for key in keys:
        if key == BOMB:
            Image.new("1", (30_000, 20_000)).save(folder / BOMB)
        else:
            (folder / key).write_bytes(good[: len(good) // 2] if key == TRUNCATED else good)
    return sorted(keys)


def deadly_work(task: Task, model: bytes | None, items: Sequence[Item]) -> Iterator[list[Row]]:
    """As `work`, but a photo called KILLER ends the process as the system would where memory runs out; HANGER never ends."""
    for item in items:
        yield []
        if item.key.endswith(KILLER):
            os.kill(os.getpid(), signal.SIGKILL)
        if item.key.endswith(HANGER):
            faulthandler.dump_traceback_later(task.seconds, exit=True, file=2)
            time.sleep(3600)
        yield from work(replace(task, seconds=600), model, [item])
