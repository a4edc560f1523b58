"""Judges systems by photos with labels: every metric of every photo."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.research.evaluation.pairs import Pair, PairFiles, raise_all, unreadable_photos
from deep_photo_enhancer.research.evaluation.results import Evaluation
from deep_photo_enhancer.research.evaluation.systems import PixelSystem, System
from deep_photo_enhancer.research.evaluation.thumbnails import Thumbnails
from deep_photo_enhancer.system.progress import map_in_threads, show_progress
from deep_photo_enhancer.training.metrics.quality import METRICS


def evaluate(
    systems: Mapping[str, Callable[[Pixels], Pixels]], pairs: Collection[Pair] | PairFiles, folder: Path | None = None
) -> Evaluation:
    """Judge systems that take x, (H, W, 3), uint8, and return y_fake of the same size and type.

    With a folder, small pictures for the report are kept below it: give `write_report` the same one. DataError when a result
    has another size than its label or the folder cannot be written to; ValueError without systems or pairs.
    """
    return evaluate_systems({name: PixelSystem(enhance) for name, enhance in systems.items()}, pairs, folder)


def evaluate_systems(
    systems: Mapping[str, System], pairs: Collection[Pair] | PairFiles, folder: Path | None = None
) -> Evaluation:
    """`evaluate` for systems that `find_systems` found; the photos have been checked before."""
    if not systems or not len(pairs):
        raise ValueError("an evaluation needs a system and a pair of photos at least")
    thumbnails = None if folder is None else Thumbnails(folder, list(systems))
    names: list[str] = []
    rows: list[list[list[float]]] = []  # photos, systems, metrics
    for pair in show_progress(pairs, "evaluating", len(pairs)):
        results = {name: _enhance(name, system, pair) for name, system in systems.items()}
        rows.append(map_in_threads(partial(_measure, pair.y), list(results.values())))
        names.append(pair.name)
        if thumbnails:
            thumbnails.keep(pair, results)
    values = np.array(rows)
    figures = {name: dict(zip(METRICS, values[:, i].T, strict=True)) for i, name in enumerate(systems)}
    return Evaluation(names, figures, thumbnails, pairs.notes if isinstance(pairs, PairFiles) else ())


def _enhance(name: str, system: System, pair: Pair) -> Pixels:
    y_fake = system(pair)
    if y_fake.shape != pair.y.shape or y_fake.dtype != np.uint8:
        made, wanted = (f"{picture.shape}, {picture.dtype}" for picture in (y_fake, pair.y))
        raise DataError(f"{pair.name}: {name} makes a picture of {made}, but the label is {wanted}; they must agree")
    return y_fake


def _measure(y: Pixels, y_fake: Pixels) -> list[float]:
    return [metric.measure(y_fake, y) for metric in METRICS.values()]


def check(pairs: PairFiles, systems: Iterable[System]) -> None:
    """Decode every photo once. DataError lists all that is wrong with them, for any of the systems, at once."""
    problems = [*pairs.problems, *unreadable_photos([path for pair in pairs.files for path in pair], pairs.size)]
    for system in systems:
        problems += system.problems(pairs)
    raise_all(problems)
