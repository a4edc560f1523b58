"""Planned runs, without photos."""

from __future__ import annotations

from pathlib import Path

from deep_photo_enhancer.research.fivek import Prepared
from deep_photo_enhancer.research.fivek.manifest import Entry, Manifest
from deep_photo_enhancer.research.reproduce.budgets import BUDGETS, ReproduceOptions
from deep_photo_enhancer.research.reproduce.paper_tables import TABLES
from deep_photo_enhancer.research.reproduce.runs import Run, TablePhotos, plan_run


def plan(table: str, name: str, budget: str = "small", seed: int = 0, photo: str = "a0001") -> Run:
    """The run of a row, on a data set with one photo."""
    (row,) = [row for row in TABLES[table].rows if row.name == name]
    entry = Entry(f"inputs/train/{photo}.png", 1, "inputs", "train", 8, 8, photo, photo, photo, 1, "", 8, [])
    prepared = Prepared(Path("data"), Manifest(512, "by hand", False, {}, {}, [entry]))
    return plan_run(row, seed, TablePhotos(prepared, 512), ReproduceOptions(BUDGETS[budget], Path("runs")))
