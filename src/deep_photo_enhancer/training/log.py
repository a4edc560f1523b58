"""What a run reports: a CSV file, sample pictures, and a progress bar or plain lines."""

from __future__ import annotations

import contextlib
import csv
import datetime
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyvips
from tqdm import tqdm

from deep_photo_enhancer.enhancement.square import pad_to_square
from deep_photo_enhancer.errors import TrainingError
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.system.files import atomic_write
from deep_photo_enhancer.system.text import one_line

COLUMNS = 8
"""Of results in the picture of a run's progress."""

MAKE_ROOM = "make room or mend the folder, then continue the run"


@dataclass(frozen=True)
class Results:
    """What the network of a report makes of photos, worked out when it is asked for."""

    step: int
    rows: Callable[[], Sequence[Sequence[Pixels]]]
    """Photos kept for validation in rows: x, y_fake and what else the method shows."""
    enhance: Callable[[Pixels], Pixels]
    """y_fake of a photo with a long side of S pixels, (H, W, 3), uint8."""


class RunLog:
    """Log of one run in its folder; several sessions of one run continue the same file.

    TrainingError when the folder cannot be made or written to.
    """

    def __init__(self, run: Path, first_step: int, steps: int) -> None:
        self.run = run
        self.file = run / "log.csv"
        with writing_to(run, "choose another folder: --set run=..."):
            run.mkdir(parents=True, exist_ok=True)
            self._drop_lines_after(first_step)
            self._drop_pictures_after(first_step)
        self.steps = steps
        self.steps_done = 0
        self.since = time.monotonic()
        self.bar = tqdm(initial=first_step, total=steps, unit="step") if sys.stderr.isatty() else None

    def step(self) -> None:
        """One more step is done."""
        self.steps_done += 1
        if self.bar is not None:
            self.bar.update()

    def is_due(self, step: int, every: int) -> bool:
        """Whether a report comes after this step, beside the one after the last; step 0 is before the first."""
        return step > 0 and step % every == 0

    def say(self, text: str) -> None:
        """A line for the person who watches."""
        text = one_line(text)
        if self.bar is not None:
            self.bar.write(text, file=sys.stderr)
        else:
            print(text, file=sys.stderr, flush=True)

    def line(self, values: Mapping[str, float]) -> None:
        """Add a CSV line (the first one writes the header) and say it: whole numbers exact, others to six digits."""
        is_new = not self.file.exists()
        rounded = {name: value if isinstance(value, int) else float(f"{value:.6g}") for name, value in values.items()}
        with writing_to(self.run, MAKE_ROOM), self.file.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rounded))
            if is_new:
                writer.writeheader()
            writer.writerow(rounded)
        self.say(self.describe(rounded))

    def describe(self, values: Mapping[str, float]) -> str:
        """A report's figures as they are said."""
        return "  ".join(f"{name} {value}" for name, value in values.items()) + self.time_left(int(values["step"]))

    def show(self, results: Results) -> None:
        """Draw what a report's network makes."""
        self.picture(f"{results.step:08d}", results.rows())

    def picture(self, name: str, rows: Sequence[Sequence[Pixels]]) -> None:
        """Save rows of photos as RUN/samples/NAME.png, and all so far as RUN/progress.png: x, then y_fake of each report."""
        folder = self.run / "samples"
        with writing_to(self.run, MAKE_ROOM):
            folder.mkdir(exist_ok=True)
            sheet = contact_sheet(rows)
            write_picture(sheet, folder / f"{name}.png")
            write_picture(_progress(sorted(folder.glob("*.png")), side=len(sheet) // len(rows)), self.run / "progress.png")

    def close(self) -> None:
        """End the progress bar's line."""
        if self.bar is not None:
            self.bar.close()

    def time_left(self, step: int) -> str:
        """For the end of a line; nothing before the first step and after the last."""
        if self.steps_done == 0 or step >= self.steps:
            return ""
        seconds = (time.monotonic() - self.since) / self.steps_done * (self.steps - step)
        return f"  about {datetime.timedelta(seconds=round(seconds))} left"

    def _drop_pictures_after(self, step: int) -> None:
        for picture in (self.run / "samples").glob("*.png"):
            if picture.stem.isdigit() and int(picture.stem) > step:
                picture.unlink()

    def _drop_lines_after(self, step: int) -> None:
        """A resumed run does again what came after its checkpoint, and a line that was cut short goes too."""
        if not self.file.exists():
            return
        header, *lines = self.file.read_bytes().splitlines(keepends=True) or [b""]
        kept = [line for line in lines if _is_whole(line, header) and int(line.split(b",")[0]) <= step]
        if not kept:
            self.file.unlink()
            return
        with atomic_write(self.file) as unfinished:
            unfinished.write_bytes(header + b"".join(kept))


def _is_whole(line: bytes, header: bytes) -> bool:
    cells = line.split(b",")
    return line.endswith(b"\n") and len(cells) == len(header.split(b",")) and cells[0].isdigit()


@contextlib.contextmanager
def writing_to(run: Path, remedy: str) -> Iterator[None]:
    """An OSError inside becomes a TrainingError that names the remedy."""
    try:
        yield
    except OSError as error:
        raise TrainingError(f"{run}: cannot write there: {error.strerror or error}; {remedy}") from error


def contact_sheet(rows: Sequence[Sequence[Pixels]]) -> Pixels:
    """Photos in rows and columns, each in a square with its mirrored padding. (H, W, 3), uint8."""
    side = max(max(photo.shape[:2]) for row in rows for photo in row)
    return np.concatenate([np.concatenate([pad_to_square(photo, side) for photo in row], 1) for row in rows], 0)


def _progress(sheets: Sequence[Path], side: int) -> Pixels:
    """The sample pictures' first column, and the second one of up to COLUMNS of them, evenly chosen. (H, W, 3), uint8."""
    count = min(COLUMNS, len(sheets))
    chosen = [sheets[(i + 1) * len(sheets) // count - 1] for i in range(count)]
    loaded: list[Pixels] = [pyvips.Image.new_from_file(str(path)).numpy() for path in chosen]
    return np.concatenate([loaded[0][:, :side], *(sheet[:, side : 2 * side] for sheet in loaded)], 1)


def write_picture(pixels: Pixels, path: Path) -> None:
    """Write a PNG, complete or not at all."""
    with atomic_write(path) as unfinished:
        unfinished.write_bytes(pyvips.Image.new_from_array(np.ascontiguousarray(pixels)).pngsave_buffer())
