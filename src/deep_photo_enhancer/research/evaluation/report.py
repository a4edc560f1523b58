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
"""Beside this file: HTML, style for light and dark, and a script that sorts."""


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
    tables = [summary_rows(evaluation)]
    if len(evaluation.systems) > 1:
        tables.append(difference_rows(evaluation))
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
