"""Finds training photos, checks them all before training starts, and keeps small copies of them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deep_photo_enhancer.errors import DataError, PhotoError
from deep_photo_enhancer.photo import PHOTO_SUFFIXES
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.photo.small_copies import small_copy, upright_size
from deep_photo_enhancer.photo.vips import one_thread_each
from deep_photo_enhancer.system.files import atomic_write
from deep_photo_enhancer.system.progress import map_in_threads
from deep_photo_enhancer.training.recipes import CONFIGS

READING = 2
"""Changes when copies are read otherwise than before, so that a cache's older ones are made again."""


def find_photos(folders: Sequence[str | Path], suffixes: Collection[str] = PHOTO_SUFFIXES) -> list[Path]:
    """All photos below the folders, in the order of the folders and then of their paths. DataError when there are none.

    Hidden files and folders are passed over: macOS keeps a `._a.png` that is no photo beside an `a.png`.
    """
    photos: list[Path] = []
    for folder in map(Path, folders):
        if not folder.is_dir():
            raise DataError(f"{folder}: no such folder; name a folder of photos")
        photos += sorted(path for path in folder.rglob("*") if _is_photo(path, folder, suffixes))
    if not photos:
        raise DataError(f"{', '.join(map(str, folders))}: no photos there ({', '.join(sorted(suffixes))})")
    return photos


def _is_photo(path: Path, folder: Path, suffixes: Collection[str]) -> bool:
    is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return not is_hidden and path.suffix.lower() in suffixes and path.is_file()


def read_names(file: str | None) -> frozenset[str]:
    """The names in a list file, without comments and blank lines; none without a file. DataError when it cannot be read.

    Lists that recipes of the package name lie beside these.
    """
    if file is None:
        return frozenset()
    path = CONFIGS / file if not Path(file).exists() and (CONFIGS / file).is_file() else Path(file)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: cannot read this list of photos: {error}") from error
    return frozenset(line.split("#")[0].strip() for line in lines) - {""}


def problems_of_list(file: str | None, unknown: Set[str]) -> list[str]:
    """A sentence on the listed names that no photo has."""
    return [f"{file}: lists photos that are not in the folders: {', '.join(sorted(unknown))}"] if unknown else []


def every_nth(paths: list[Path], share: float) -> frozenset[str]:
    """Names of the photos that are kept for validation where no list says which."""
    return frozenset(path.name for path in paths[:: round(1 / share)])


@dataclass(frozen=True)
class Matches:
    """What was found in a folder of inputs and a folder of labels."""

    pairs: list[tuple[Path, Path]]
    """Input and label, in the order of their stems."""
    alone: list[Path]
    """Photos that belong to no pair."""
    problems: list[str]
    """A sentence for each photo without partner, equal name and pair of different sizes."""


def match_pairs(inputs: Path, labels: Path) -> Matches:
    """Inputs and labels of the same stem (FiveK style: a0001.png and a0001.tif). DataError when a folder has no photos."""
    by_stem: list[dict[str, Path]] = []
    alone: list[Path] = []
    problems: list[str] = []
    for folder in (inputs, labels):
        found: dict[str, Path] = {}
        for path in find_photos([folder]):
            if path.stem in found:
                problems.append(f"{path}: has the same name as {found[path.stem]}")
                alone.append(path)
            else:
                found[path.stem] = path
        by_stem.append(found)
    of_input, of_label = by_stem
    without_label = [of_input[stem] for stem in sorted(of_input.keys() - of_label.keys())]
    without_input = [of_label[stem] for stem in sorted(of_label.keys() - of_input.keys())]
    problems += [f"{path}: no label of this name in {labels}" for path in without_label]
    problems += [f"{path}: no input of this name in {inputs}" for path in without_input]
    pairs = [(of_input[stem], of_label[stem]) for stem in sorted(of_input.keys() & of_label.keys())]
    problems += filter(None, map_in_threads(_size_problem, pairs, "comparing sizes", "pair"))
    return Matches(pairs, alone + without_label + without_input, problems)


def _size_problem(pair: tuple[Path, Path]) -> str | None:
    try:
        size_x, size_y = (upright_size(path) for path in pair)
    except PhotoError:
        return None  # loading names every unreadable file
    if size_x == size_y:
        return None
    return f"{pair[0]}: {size_x[0]} x {size_x[1]} pixels, but its label {pair[1]} has {size_y[0]} x {size_y[1]}"


@dataclass(frozen=True)
class PhotoCache:
    """Small copies of photos in memory. With a folder, they are also kept there, so that a later run need not decode again."""

    side: int
    """Pixels; smaller photos are not enlarged."""
    measured: Callable[[int, int], int] = max
    """Which side that is: `max` for the long one, `min` for the short one."""
    folder: Path | None = None

    def load_all(self, photos: Sequence[Path], problems: Sequence[str] = ()) -> list[Pixels]:
        """One (H, W, 3) uint8 sRGB copy for each photo, read-only and in their order; on a terminal with a progress bar.

        DataError lists `problems`, found before, and every unreadable file at once; or names a folder that cannot keep copies.
        """
        with one_thread_each():
            copies = map_in_threads(self._load, photos, "reading photos")
        _raise_all([*problems, *(str(each) for each in copies if isinstance(each, PhotoError))])
        return [each for each in copies if not isinstance(each, PhotoError)]

    def _load(self, photo: Path) -> Pixels | PhotoError:
        """The error of a photo that cannot be read. DataError when the folder cannot keep its copy."""
        try:
            if self.folder is None or not photo.is_file():
                return small_copy(photo, self.side, self.measured)
            place = self.folder / self._name_of_copy(photo)
            stored = _stored_copy(place)
            if stored is not None:
                return stored
            pixels = small_copy(photo, self.side, self.measured)
        except PhotoError as error:
            return error
        try:
            with atomic_write(place) as unfinished, unfinished.open("wb") as file:
                np.save(file, pixels)
        except OSError as error:
            reason = error.strerror or error
            raise DataError(f"{self.folder}: cannot keep resized photos there: {reason}; choose another data.cache") from error
        return pixels

    def _name_of_copy(self, photo: Path) -> str:
        facts = photo.stat()
        made = f"{READING} {photo.resolve()} {facts.st_size} {facts.st_mtime_ns} {self.measured.__name__} {self.side}"
        return hashlib.sha256(os.fsencode(made)).hexdigest()[:32] + ".npy"


def _stored_copy(place: Path) -> Pixels | None:
    """None when there is none, or a damaged one. Read whole: a memory map each would keep a file open for each photo."""
    try:
        stored: Pixels = np.load(place)
    except (OSError, ValueError, EOFError):
        return None
    stored.flags.writeable = False
    return stored


def _raise_all(problems: Sequence[str]) -> None:
    if problems:
        raise DataError(f"{len(problems)} problems with the training photos:\n  " + "\n  ".join(problems))
