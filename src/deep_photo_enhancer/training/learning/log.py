"""What `dpe learn` shows and says while it learns: `progress.png`, `progress.html` and a line, from before the first step on."""

from __future__ import annotations

import csv
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyvips

from deep_photo_enhancer.enhancement.captions import AS_TAKEN
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.photo.small_copies import small_copy
from deep_photo_enhancer.training.data.files import find_photos
from deep_photo_enhancer.training.learning.copies import AS_LIKED, AS_ORDINARY, SHOWN, SHOWN_SIDE
from deep_photo_enhancer.training.learning.page import Progress, write_page
from deep_photo_enhancer.training.learning.picture import carry_change, draw_column, draw_sheet
from deep_photo_enhancer.training.log import COLUMNS, MAKE_ROOM, Results, RunLog, write_picture, writing_to

PATIENCE = 60.0
"""Seconds after which a report comes in any case."""


class LearningLog(RunLog):
    """A report before the first step, then every few steps or 60 seconds; not while the run's first steps leave G_X as it is."""

    def __init__(self, run: Path, first_step: int, steps: int, preparing: int, image_size: int) -> None:
        """preparing: first steps that do not change G_X. image_size: S."""
        super().__init__(run, first_step, steps)
        self.preparing = preparing
        self.image_size = image_size
        self.now = first_step
        self._note(first_step)

    def _note(self, step: int) -> None:
        """Something was said after this step."""
        self.last_step, self.last_time = step, time.monotonic()

    def step(self) -> None:
        """One more step is done."""
        super().step()
        self.now += 1
        if self.now == self.preparing:  # these steps are shorter: they do not tell how long the rest takes
            self.since, self.steps_done = time.monotonic(), 0
        if self.now < self.preparing and self._is_time(self.now, 10):
            self._note(self.now)
            self.say(f"step {self.now} of {self.steps}: preparing; the look is learned after step {self.preparing}")

    def is_due(self, step: int, every: int) -> bool:
        """Whether a report comes after this step."""
        return step == 0 or (step > self.preparing and self._is_time(step, every))

    def _is_time(self, step: int, every: int) -> bool:
        return step - self.last_step >= every or time.monotonic() - self.last_time > PATIENCE

    def describe(self, values: Mapping[str, float]) -> str:
        """The step, how near the look has come, and how much of the photos is still theirs."""
        self._note(int(values["step"]))
        step, similar = int(values["step"]), f"similarity to the photos before (SSIM) {values['ssim_to_x']:.3f}"
        distance = describe_distance(read_reports(self.file))
        return f"step {step} of {self.steps}: look distance {distance}; {similar}{self.time_left(step)}"

    def show(self, results: Results) -> None:
        """Draw the photos that are shown as they have become, beside all reports before, and write the page."""
        with writing_to(self.run, MAKE_ROOM):
            shown = {name: load_shown(self.run, name) for name in (AS_TAKEN, AS_ORDINARY, AS_LIKED)}
            before = shown[AS_TAKEN] or shown[AS_ORDINARY]
            column = draw_column([carry_change(photo, self.image_size, results.enhance) for photo in before], SHOWN_SIDE)
            samples = self.run / "samples"
            samples.mkdir(exist_ok=True)
            write_picture(column, samples / f"{results.step:08d}.png")
            columns = {name: draw_column(photos, SHOWN_SIDE) for name, photos in shown.items() if photos}
            liked = {AS_LIKED: columns.pop(AS_LIKED)} if AS_LIKED in columns else {}
            columns |= _columns_of_reports(samples) | liked
            write_picture(draw_sheet(columns), self.run / "progress.png")
            write_page(Progress(self.run, self.steps, columns, read_reports(self.file)))


def load_shown(run: Path, name: str) -> list[Pixels]:
    """Photos of RUN/shown/NAME; none where there is no such folder."""
    folder = run / SHOWN / name
    return [small_copy(path, SHOWN_SIDE) for path in find_photos([folder])] if folder.is_dir() else []


def _columns_of_reports(samples: Path) -> dict[str, Pixels]:
    """Of up to COLUMNS reports, evenly chosen, the first and the last among them."""
    pictures = sorted(samples.glob("*.png"))
    chosen = np.unique(np.linspace(0, len(pictures) - 1, min(COLUMNS, len(pictures))).round().astype(int))
    return {f"step {int(pictures[i].stem)}": pyvips.Image.new_from_file(str(pictures[i])).numpy() for i in chosen}


def read_reports(log: Path) -> list[dict[str, float]]:
    """The figures of each report in a run's log.csv, from the first on; none before."""
    if not log.is_file():
        return []
    with log.open(newline="", encoding="utf-8") as file:
        return [{name: float(value) for name, value in line.items()} for line in csv.DictReader(file)]


def describe_distance(reports: Sequence[Mapping[str, float]]) -> str:
    """How far the results were from liked photos that were kept aside, at first and now."""
    first, last = (report["look_distance"] for report in (reports[0], reports[-1]))
    way = f"{first:.1f}" if len(reports) == 1 else f"from {first:.1f} to {last:.1f}"
    return f"{way}, lower is nearer"
