"""What a run tells: a CSV file, sample pictures, and a progress bar or plain lines."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyvips
from tqdm import tqdm

from deep_photo_enhancer.data.files import Pixels
from deep_photo_enhancer.square import pad_to_square


class RunLog:
    """Log of one run in its folder; several sessions of one run continue the same file."""

    def __init__(self, run: Path, first_step: int, steps: int) -> None:
        run.mkdir(parents=True, exist_ok=True)
        self.run = run
        self.file = run / "log.csv"
        self._drop_lines_after(first_step)
        self.bar = tqdm(initial=first_step, total=steps, unit="step") if sys.stderr.isatty() else None

    def step(self) -> None:
        """One more update is done."""
        if self.bar is not None:
            self.bar.update()

    def say(self, text: str) -> None:
        """A line for the person who watches."""
        if self.bar is not None:
            self.bar.write(text, file=sys.stderr)
        else:
            print(text, file=sys.stderr, flush=True)

    def line(self, values: Mapping[str, float]) -> None:
        """Add a CSV line (the first one writes the header) and say it."""
        is_new = not self.file.exists()
        rounded = {name: round(value, 6) for name, value in values.items()}
        with self.file.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rounded))
            if is_new:
                writer.writeheader()
            writer.writerow(rounded)
        self.say("  ".join(f"{name} {value:g}" for name, value in rounded.items()))

    def picture(self, name: str, rows: Sequence[Sequence[Pixels]]) -> None:
        """Save rows of photos as RUN/samples/NAME.png."""
        folder = self.run / "samples"
        folder.mkdir(exist_ok=True)
        write_picture(contact_sheet(rows), folder / f"{name}.png")

    def close(self) -> None:
        """End the progress bar's line."""
        if self.bar is not None:
            self.bar.close()

    def _drop_lines_after(self, step: int) -> None:
        """A resumed run does again what came after its checkpoint."""
        if not self.file.exists():
            return
        with self.file.open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        with self.file.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([row for i, row in enumerate(rows) if i == 0 or int(row[0]) <= step])


def contact_sheet(rows: Sequence[Sequence[Pixels]]) -> Pixels:
    """Photos in rows and columns, each in a square with its mirrored padding. (H, W, 3), uint8."""
    side = max(max(photo.shape[:2]) for row in rows for photo in row)
    return np.concatenate([np.concatenate([pad_to_square(photo, side) for photo in row], 1) for row in rows], 0)


def write_picture(pixels: Pixels, path: Path) -> None:
    """Write a PNG, complete or not at all."""
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(pyvips.Image.new_from_array(np.ascontiguousarray(pixels)).pngsave_buffer())
    unfinished.replace(path)
