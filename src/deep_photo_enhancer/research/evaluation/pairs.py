"""The photos that systems are judged by: an input x and its label y for each, checked before anything is measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from deep_photo_enhancer.errors import DataError, PhotoError
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.photo.small_copies import fitted, small_copy, upright_size
from deep_photo_enhancer.research.fivek import load_prepared
from deep_photo_enhancer.system.progress import map_in_threads
from deep_photo_enhancer.system.text import one_line
from deep_photo_enhancer.training.data.files import match_pairs

OWN_SIZE = 1 << 30


@dataclass(frozen=True, eq=False)
class Pair:
    """A photo and what it should become, both (H, W, 3), uint8, sRGB."""

    name: str
    """Of the photo: its file's name without suffix."""
    x: Pixels
    y: Pixels


@dataclass(frozen=True)
class PairFiles:
    """Pairs in files, read one at a time whenever they are gone through."""

    files: Sequence[tuple[Path, Path]]
    """Input and label."""
    problems: Sequence[str] = ()
    """What is known to be wrong with the photos, a sentence each."""
    size: int | None = None
    """Long side that photos are scaled down to, as in training; smaller ones stay as they are. None keeps all as they are."""
    notes: Sequence[str] = ()
    """What readers of results should know of the photos, a sentence each."""

    def __len__(self) -> int:
        return len(self.files)

    def __iter__(self) -> Iterator[Pair]:
        for x, y in self.files:
            yield Pair(x.stem, read(x, self.size), read(y, self.size))


def pairs_in(inputs: Path, labels: Path, size: int | None = None) -> PairFiles:
    """Photos of two folders that have the same stem. DataError when a folder has none."""
    matches = match_pairs(inputs, labels)
    return PairFiles(matches.pairs, matches.problems, size, [f"Inputs from {inputs}, labels from {labels}.", *_size_notes(size)])


def prepared_pairs(folder: Path, size: int | None = None) -> PairFiles:
    """The test photos of a folder that `dpe data fivek` prepared. DataError when it is not complete."""
    prepared = load_prepared(folder)
    notes = [
        f"Test photos of {folder}, {prepared.splits}.",
        *(f"Warning: {warning}." for warning in prepared.warnings),
        f"SHA-256 over all prepared photos: {prepared.fingerprint}.",
    ]
    return PairFiles(prepared.test, [], size, [*notes, *_size_notes(size)])


def _size_notes(size: int | None) -> list[str]:
    return [] if size is None else [f"Photos and labels are scaled down to a long side of {size} pixels."]


def read(path: Path, size: int | None) -> Pixels:
    """A photo as it is evaluated: upright, sRGB, 8 bits, scaled down. DataError when it cannot be read."""
    try:
        return small_copy(path, size or OWN_SIZE)
    except PhotoError as error:
        raise DataError(str(error)) from error


def shape(path: Path, size: int | None) -> tuple[int, int] | None:
    """Height and width that `read` gives, from the file's header; None where it has none that can be read."""
    try:
        width, height = fitted(upright_size(path), size or OWN_SIZE)
    except PhotoError:
        return None
    return height, width


def unreadable_photos(photos: Sequence[Path], size: int | None) -> list[str]:
    """A sentence for each photo that `read` cannot read."""
    return [problem for problem in map_in_threads(partial(_reading_problem, size=size), photos, "reading photos") if problem]


def _reading_problem(photo: Path, size: int | None) -> str:
    try:
        read(photo, size)
    except DataError as error:
        return str(error)
    return ""


def raise_all(problems: Sequence[str]) -> None:
    """DataError with a line for each problem, if there are any."""
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise DataError(f"{count} with the photos:\n  " + "\n  ".join(map(one_line, problems)))
