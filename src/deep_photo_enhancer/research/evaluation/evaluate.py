"""Judges systems by photos with labels: every metric of every photo, means, intervals, differences."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.research.evaluation import tables
from deep_photo_enhancer.research.evaluation.intervals import Interval, mean_intervals
from deep_photo_enhancer.research.evaluation.pairs import Pair, PairFiles, raise_all, unreadable_photos
from deep_photo_enhancer.research.evaluation.systems import Enhancing, System
from deep_photo_enhancer.research.evaluation.thumbnails import Thumbnails
from deep_photo_enhancer.system.files import atomic_write
from deep_photo_enhancer.training.metrics.quality import METRICS

Figures = Mapping[str, Mapping[str, NDArray[np.float64]]]


@dataclass(frozen=True)
class Evaluation:
    """What was measured. The first system is the one that the others are compared with."""

    names: list[str]
    """Of the photos."""
    figures: Figures
    """By system and metric (see METRICS), one value a photo."""
    thumbnails: Thumbnails | None = None
    """Small pictures for the report, where they were kept."""
    notes: Sequence[str] = ()
    """What readers should know of the photos, a sentence each."""

    @property
    def systems(self) -> list[str]:
        """Names, in the order in which they were given."""
        return list(self.figures)

    def mean(self, system: str, metric: str) -> Interval:
        """Over the photos, with its interval of 95 %."""
        return self._means[system, metric]

    def difference(self, system: str, metric: str) -> Interval:
        """This system less the first one, photo by photo: the mean with its interval of 95 %. 0 for photos infinitely good."""
        return self._differences[system, metric]

    @cached_property
    def _means(self) -> dict[tuple[str, str], Interval]:
        return self._intervals(lambda values, _of_first: values)

    @cached_property
    def _differences(self) -> dict[tuple[str, str], Interval]:
        return self._intervals(_difference)

    def _intervals(self, of: Callable[..., NDArray[np.float64]]) -> dict[tuple[str, str], Interval]:
        first = self.figures[self.systems[0]]
        columns = {
            (system, metric): of(values, first[metric])
            for system in self.systems
            for metric, values in self.figures[system].items()
        }
        return dict(zip(columns, mean_intervals(np.stack(list(columns.values()), axis=1)), strict=True))

    def text(self) -> str:
        """Tables for a terminal."""
        return tables.text(self)

    def markdown(self) -> str:
        """The tables in Markdown, with how the figures were measured."""
        return tables.markdown(self)

    def write(self, folder: Path) -> None:
        """results.csv (each photo), results.json, table.md and report.html. DataError when the folder cannot be written to."""
        from deep_photo_enhancer.research.evaluation.report import report

        contents = {
            "results.csv": tables.csv_text(self),
            "results.json": tables.json_text(self),
            "table.md": self.markdown(),
            "report.html": report(self),
        }
        try:
            for name, content in contents.items():
                with atomic_write(folder / name) as unfinished:
                    unfinished.write_text(content, encoding="utf-8", errors="backslashreplace", newline="")
        except OSError as error:
            raise DataError(f"{folder}: cannot write there: {error.strerror}; choose another folder") from error


def _difference(values: NDArray[np.float64], of_first: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        return np.where(values == of_first, 0.0, values - of_first)


def evaluate(
    systems: Mapping[str, Callable[[Pixels], Pixels]], pairs: Collection[Pair] | PairFiles, folder: Path | None = None
) -> Evaluation:
    """Judge systems that take x, (H, W, 3), uint8, and return y_fake of the same size and type.

    With a folder, small pictures for the report are kept below it: give `Evaluation.write` the same one. DataError when a result
    has another size than its label or the folder cannot be written to; ValueError without systems or pairs.
    """
    return evaluate_systems({name: Enhancing(enhance) for name, enhance in systems.items()}, pairs, folder)


def evaluate_systems(
    systems: Mapping[str, System], pairs: Collection[Pair] | PairFiles, folder: Path | None = None
) -> Evaluation:
    """`evaluate` for systems that `find_systems` found; the photos have been checked before."""
    if not systems or not len(pairs):
        raise ValueError("an evaluation needs a system and a pair of photos at least")
    thumbnails = None if folder is None else Thumbnails(folder, list(systems))
    names: list[str] = []
    rows: list[list[list[float]]] = []  # photos, systems, metrics
    hidden = not sys.stderr.isatty()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for pair in tqdm(pairs, "evaluating", len(pairs), leave=False, unit="photo", disable=hidden):
            results = {name: _result(name, system, pair) for name, system in systems.items()}
            rows.append(list(pool.map(partial(_measure, pair.y), results.values())))
            names.append(pair.name)
            if thumbnails:
                thumbnails.keep(pair, results)
    values = np.array(rows)
    figures = {name: dict(zip(METRICS, values[:, i].T, strict=True)) for i, name in enumerate(systems)}
    return Evaluation(names, figures, thumbnails, pairs.notes if isinstance(pairs, PairFiles) else ())


def _result(name: str, system: System, pair: Pair) -> Pixels:
    y_fake = system(pair)
    if y_fake.shape != pair.y.shape or y_fake.dtype != np.uint8:
        made, wanted = (f"{picture.shape}, {picture.dtype}" for picture in (y_fake, pair.y))
        raise DataError(f"{pair.name}: {name} makes a picture of {made}, but the label is {wanted}; they must agree")
    return y_fake


def _measure(y: Pixels, y_fake: Pixels) -> list[float]:
    return [metric.measure(y_fake, y) for metric in METRICS.values()]


def check(pairs: PairFiles, systems: Iterable[System]) -> None:
    """Decode every photo once. DataError lists all that is wrong with them, for any of the systems, at once."""
    problems = [*pairs.problems, *unreadable_photos([path for pair in pairs.files for path in pair])]
    for system in systems:
        problems += system.problems(pairs)
    raise_all(problems)
