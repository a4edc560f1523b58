"""Finds training photos, checks them all before training starts, and keeps small copies of them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyvips
from numpy.typing import NDArray

from deep_photo_enhancer.errors import DataError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp"})

Pixels = NDArray[np.uint8]


def find_photos(folders: Sequence[str | Path]) -> list[Path]:
    """All photos below the folders, in the order of the folders and then of their paths. DataError when there are none."""
    photos: list[Path] = []
    for folder in map(Path, folders):
        if not folder.is_dir():
            raise DataError(f"{folder}: no such folder; name a folder of photos")
        photos += sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    if not photos:
        raise DataError(f"{', '.join(map(str, folders))}: no photos there ({', '.join(sorted(SUFFIXES))})")
    return photos


def match_pairs(inputs: Path, labels: Path) -> list[tuple[Path, Path]]:
    """Inputs and labels of the same stem (FiveK style: a0001.png and a0001.tif). DataError lists all that cannot be matched."""
    by_stem: list[dict[str, Path]] = []
    problems: list[str] = []
    for folder in (inputs, labels):
        found: dict[str, Path] = {}
        for path in find_photos([folder]):
            if path.stem in found:
                problems.append(f"{path}: has the same name as {found[path.stem]}")
            found[path.stem] = path
        by_stem.append(found)
    of_input, of_label = by_stem
    problems += [f"{of_input[stem]}: no label of this name in {labels}" for stem in sorted(of_input.keys() - of_label.keys())]
    problems += [f"{of_label[stem]}: no input of this name in {inputs}" for stem in sorted(of_label.keys() - of_input.keys())]
    stems = sorted(of_input.keys() & of_label.keys())
    for stem in stems:
        problems += _size_problems(of_input[stem], of_label[stem])
    _raise_all(problems)
    return [(of_input[stem], of_label[stem]) for stem in stems]


def _size_problems(x: Path, y: Path) -> list[str]:
    try:
        size_x, size_y = (_upright_size(path) for path in (x, y))
    except pyvips.Error:
        return []  # loading names every unreadable file
    if size_x == size_y:
        return []
    return [f"{x}: {size_x[0]} x {size_x[1]} pixels, but its label {y} has {size_y[0]} x {size_y[1]}"]


def _upright_size(path: Path) -> tuple[int, int]:
    image = pyvips.Image.new_from_file(str(path)).autorot()
    return image.width, image.height


@dataclass(frozen=True)
class PhotoCache:
    """Small copies of photos: decoding and resizing happen once, in memory or in a folder that later runs use again."""

    side: int
    """Pixels; smaller photos are not enlarged."""
    measured: Callable[[int, int], int] = max
    """Which side that is: `max` for the long one, `min` for the short one."""
    folder: Path | None = None
    """None keeps the copies in memory."""

    def load_all(self, photos: Sequence[Path], progress: Callable[[int], None] = lambda _: None) -> list[Pixels]:
        """One (H, W, 3) uint8 sRGB copy for each photo, read-only. DataError lists every unreadable file at once."""
        copies: list[Pixels] = []
        problems: list[str] = []
        for done, path in enumerate(photos, 1):
            try:
                copies.append(self._load(path))
            except (pyvips.Error, OSError):
                problems.append(f"{path}: not a readable photo; replace or remove it")
            progress(done)
        _raise_all(problems)
        return copies

    def _load(self, path: Path) -> Pixels:
        if self.folder is None:
            return small_copy(path, self.side, self.measured)
        facts = path.stat()
        made = f"{path.resolve()} {facts.st_size} {facts.st_mtime_ns} {self.measured.__name__} {self.side}"
        key = hashlib.sha256(os.fsencode(made)).hexdigest()[:32]
        copy = self.folder / f"{key}.npy"
        if not copy.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            unfinished = copy.with_suffix(f".{os.getpid()}.part")  # processes that train together may fill one cache
            with unfinished.open("wb") as file:
                np.save(file, small_copy(path, self.side, self.measured))
            unfinished.replace(copy)
        stored: Pixels = np.load(copy, mmap_mode="r")
        return stored


def small_copy(path: Path, side: int, measured: Callable[[int, int], int] = max) -> Pixels:
    """The photo upright, in sRGB, without alpha: (H, W, 3), uint8. pyvips.Error if unreadable.

    Its long side (`max`) or short side (`min`) becomes `side`, or stays as it is where it is smaller.

    The size is forced: left to itself, libvips rounds a JPEG's otherwise than a PNG's, and a pair would not match.
    """
    width, height = _upright_size(path)
    scale = min(1.0, side / measured(width, height))
    width, height = max(1, round(width * scale)), max(1, round(height * scale))
    image = pyvips.Image.thumbnail(str(path), width, height=height, size="force", output_profile="srgb", fail_on="error")
    return _rgb_pixels(image)


def _rgb_pixels(image: pyvips.Image) -> Pixels:
    if image.hasalpha():
        image = image.flatten()
    pixels: Pixels = image.colourspace("srgb").cast("uchar").numpy()[..., :3]
    pixels.flags.writeable = False
    return pixels


def _raise_all(problems: Sequence[str]) -> None:
    if problems:
        raise DataError(f"{len(problems)} problems with the training photos:\n  " + "\n  ".join(problems))
