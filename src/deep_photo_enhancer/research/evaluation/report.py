"""An evaluation in files: CSV, JSON, Markdown, and a page to look at, which asks nothing of the network."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
from jinja2 import Environment, StrictUndefined

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.research.evaluation.results import Evaluation
from deep_photo_enhancer.research.evaluation.tables import (
    Rows,
    csv_text,
    difference_rows,
    json_text,
    markdown,
    method_notes,
    summary_rows,
)
from deep_photo_enhancer.research.evaluation.thumbnails import Thumbnails
from deep_photo_enhancer.system.files import atomic_write
from deep_photo_enhancer.training.metrics.quality import METRICS
from deep_photo_enhancer.version import __version__

TEMPLATE = "report.html"
"""Beside this file: HTML, style for light and dark, and a script that sorts, enlarges and compares."""
ARROWS = {True: "\N{UPWARDS ARROW}", False: "\N{DOWNWARDS ARROW}"}
"""By whether higher figures are better."""


def write_report(evaluation: Evaluation, folder: Path) -> None:
    """results.csv (each photo), results.json, table.md and report.html. DataError when the folder cannot be written to."""
    contents = {
        "results.csv": csv_text(evaluation),
        "results.json": json_text(evaluation),
        "table.md": markdown(evaluation),
        "report.html": html(evaluation),
    }
    try:
        for name, content in contents.items():
            with atomic_write(folder / name) as unfinished:
                unfinished.write_text(content, encoding="utf-8", errors="backslashreplace", newline="")
    except OSError as error:
        raise DataError(f"{folder}: cannot write there: {error.strerror}; choose another folder") from error


def html(evaluation: Evaluation) -> str:
    """report.html: photos sorted by the first system's PSNR, the worst first; other orders can be chosen on the page."""
    tables = [_table(summary_rows(evaluation), 2, _best_cells(evaluation))]
    if len(evaluation.systems) > 1:
        tables.append(_table(difference_rows(evaluation), 1, set()))
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = resources.files("deep_photo_enhancer.research.evaluation").joinpath(TEMPLATE).read_text(encoding="utf-8")
    return environment.from_string(template).render(
        version=__version__,
        count=len(evaluation.names),
        tables=tables,
        notes=method_notes(evaluation),
        sort_keys=_sort_keys(evaluation),
        photos=[] if evaluation.thumbnails is None else list(_photos(evaluation, evaluation.thumbnails)),
    )


@dataclass(frozen=True)
class _Cell:
    text: str
    is_best: bool


@dataclass(frozen=True)
class _Table:
    heading: list[str]
    rows: list[list[_Cell]]


def _table(rows: Rows, first_metric: int, best: set[tuple[int, int]]) -> _Table:
    """first_metric: its column. best: row, counted from 0 below the heading, and column of the cells to stand out."""
    heading, *body = rows
    arrows = [ARROWS[metric.higher_is_better] for metric in METRICS.values()]
    titles = [f"{title} {arrow}" for title, arrow in zip(heading[first_metric:], arrows, strict=True)]
    cells = [[_Cell(text, (row, column) in best) for column, text in enumerate(texts)] for row, texts in enumerate(body)]
    return _Table([*heading[:first_metric], *titles], cells)


def _best_cells(evaluation: Evaluation) -> set[tuple[int, int]]:
    """Of the summary: the best mean of each metric, and what equals it; none where there is one system only."""
    if len(evaluation.systems) == 1:
        return set()
    best: set[tuple[int, int]] = set()
    for column, (name, metric) in enumerate(METRICS.items(), 2):
        means = np.array([evaluation.mean(system, name).mean for system in evaluation.systems])
        if not np.isnan(means).all():
            wanted = np.nanmax(means) if metric.higher_is_better else np.nanmin(means)
            best |= {(int(row), column) for row in np.flatnonzero(means == wanted)}
    return best


@dataclass(frozen=True)
class _SortKey:
    """What the photos can be sorted by."""

    title: str
    worst: int
    """1 where small figures are bad, -1 where large ones are."""


@dataclass(frozen=True)
class _Picture:
    title: str
    path: str
    figures: list[str]


@dataclass(frozen=True)
class _Photo:
    name: str
    width: int
    height: int
    figures: str
    """Of all systems and metrics, as JavaScript's Number() reads them."""
    pictures: list[_Picture]


def _sort_keys(evaluation: Evaluation) -> list[_SortKey]:
    return [
        _SortKey(f"{metric.title} of {system}", 1 if metric.higher_is_better else -1)
        for system in evaluation.systems
        for metric in METRICS.values()
    ]


def _photos(evaluation: Evaluation, thumbnails: Thumbnails) -> Iterator[_Photo]:
    psnrs = evaluation.figures[evaluation.systems[0]]["psnr"]
    for photo in map(int, np.argsort(psnrs, kind="stable")):
        figures = [values[photo] for of_system in evaluation.figures.values() for values in of_system.values()]
        height, width = thumbnails.shapes[photo]
        yield _Photo(
            evaluation.names[photo],
            width,
            height,
            " ".join("Infinity" if math.isinf(value) else f"{value:.6g}" for value in figures),
            [_picture(evaluation, thumbnails, photo, column) for column in range(len(thumbnails.columns))],
        )


def _picture(evaluation: Evaluation, thumbnails: Thumbnails, photo: int, column: int) -> _Picture:
    title = thumbnails.columns[column]
    figures: list[str] = []
    if title in evaluation.figures and column < len(thumbnails.columns) - 1:
        of_system = evaluation.figures[title]
        figures = [f"{metric.title} {of_system[name][photo]:.{metric.digits}f}" for name, metric in METRICS.items()]
    return _Picture(title, thumbnails.path(photo, column), figures)
