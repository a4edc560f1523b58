"""The pictures of a report: learning curves, and test photos side by side."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image, ImageDraw

from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.research.evaluation.pairs import PairFiles
from deep_photo_enhancer.research.evaluation.runs import TrainedRun
from deep_photo_enhancer.research.reproduce.runs import Run

PHOTOS = 5
"""Rows of the sheet."""


def draw_curves(runs: Sequence[Run], path: Path) -> None:
    """PSNR on the test photos over the steps, a colour for each system, a line for each seed."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    names = list(dict.fromkeys(run.row.name for run in runs))
    for run in runs:
        steps, values = _curve(run)
        first = run.seed == min(other.seed for other in runs if other.row.name == run.row.name)
        colour = f"C{names.index(run.row.name) % 10}"
        axes.plot(steps, values, color=colour, marker=".", linewidth=1, label=run.row.name if first else None)
    axes.set(xlabel="step", ylabel="PSNR on the test photos, dB")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=100)


def _curve(run: Run) -> tuple[list[int], list[float]]:
    with (run.folder / "log.csv").open(encoding="utf-8", newline="") as file:
        lines = [line for line in csv.DictReader(file) if line.get("psnr")]
    return [int(line["step"]) for line in lines], [float(line["psnr"]) for line in lines]


def write_sheet(runs: Sequence[Run], test: PairFiles, device: str, path: Path) -> None:
    """Test photos, one a row: the input, what the first run of each system makes of it, the label."""
    first_runs = {run.row.name: run for run in reversed(runs)}
    names = list(dict.fromkeys(run.row.name for run in runs))
    networks = [TrainedRun(first_runs[name].folder, device) for name in names]
    pairs = list(test)[:: max(1, len(test) // PHOTOS)][:PHOTOS]
    rows = [np.hstack([_square(picture) for picture in (pair.x, *(each(pair) for each in networks), pair.y)]) for pair in pairs]
    columns = ["input", *names, "label"]
    Image.fromarray(np.vstack([_heading(columns, rows[0].shape[1]), *rows])).save(path, quality=90)


def _heading(columns: Sequence[str], width: int) -> Pixels:
    """A line of names, (14, W, 3)."""
    line = Image.new("RGB", (width, 14), "white")
    draw = ImageDraw.Draw(line)
    for i, name in enumerate(columns):
        draw.text((i * width // len(columns) + 2, 1), name, fill="black")
    return np.asarray(line)


def _square(picture: Pixels, gap: int = 4) -> Pixels:
    """On a white square, so that lying and standing photos stand in one sheet."""
    side = max(picture.shape[:2]) + gap
    square = np.full((side, side, 3), 255, np.uint8)
    square[: picture.shape[0], : picture.shape[1]] = picture
    return square
