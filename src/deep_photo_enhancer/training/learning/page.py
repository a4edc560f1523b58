"""A page that shows how a look is being learned: one HTML file with its pictures, which asks nothing of the network."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
import pyvips
from jinja2 import Environment, StrictUndefined

from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.system.files import atomic_write

PAGE = "progress.html"
"""Beside this file: the template; in the run's folder: the page."""
CHART = (600, 120)
"""Width and height of the curve, in its own units."""


@dataclass(frozen=True)
class Progress:
    """What the page shows."""

    run: Path
    steps: int
    columns: Mapping[str, Pixels]
    """By captions; of one height."""
    reports: Sequence[Mapping[str, float]]
    """Figures of all reports, at least one."""


def write_page(progress: Progress) -> None:
    """RUN/progress.html, complete or not at all. OSError when it cannot be written."""
    last = progress.reports[-1]
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = resources.files("deep_photo_enhancer.training.learning").joinpath(PAGE).read_text(encoding="utf-8")
    page = environment.from_string(template).render(
        name=progress.run.name.removesuffix("-run"),
        step=int(last["step"]),
        steps=progress.steps,
        pictures={caption: _data_uri(column) for caption, column in progress.columns.items()},
        first=progress.reports[0],
        last=last,
        curve=_curve(progress),
        chart=CHART,
    )
    with atomic_write(progress.run / PAGE) as unfinished:
        unfinished.write_text(page, encoding="utf-8", errors="backslashreplace")


def _data_uri(column: Pixels) -> str:
    jpeg = pyvips.Image.new_from_array(np.ascontiguousarray(column)).jpegsave_buffer(Q=88)
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def _curve(progress: Progress) -> str:
    """Points of the look distance over the steps, from 0 to a tenth above the largest, as SVG has them."""
    top = 1.1 * max(report["look_distance"] for report in progress.reports)
    width, height = CHART
    return " ".join(
        f"{width * report['step'] / progress.steps:.1f},{height * (1 - report['look_distance'] / top):.1f}"
        for report in progress.reports
    )
