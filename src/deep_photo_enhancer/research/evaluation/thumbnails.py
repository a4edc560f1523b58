"""Pictures of every photo for the report, no larger than a screen: input, what each system made of it, label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyvips

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.photo.vips import vips_image
from deep_photo_enhancer.research.evaluation.pairs import Pair
from deep_photo_enhancer.system.files import atomic_write

SIDE = 960
QUALITY = 85
FOLDER = "pictures"
INPUT, LABEL = "input", "label"


class Thumbnails:
    """JPEGs below a folder, named by numbers: a photo's name could be anything."""

    def __init__(self, folder: Path, systems: Sequence[str]) -> None:
        """DataError when the folder cannot be made."""
        self.folder = folder
        self.columns = [INPUT, *(system for system in systems if system != INPUT), LABEL]
        """Of the report: the input comes first, whether it is evaluated or not."""
        self.shapes: list[tuple[int, int]] = []
        """Height and width of each photo."""
        try:
            (folder / FOLDER).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(folder, error) from error

    def keep(self, pair: Pair, results: Mapping[str, Pixels]) -> None:
        """Write the pictures of the next photo. DataError when that fails."""
        pictures = [results.get(INPUT, pair.x), *(results[system] for system in self.columns[1:-1]), pair.y]
        try:
            for column, pixels in enumerate(pictures):
                with atomic_write(self.folder / self.path(len(self.shapes), column)) as unfinished:
                    unfinished.write_bytes(_small_jpeg(pixels))
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        self.shapes.append((pair.y.shape[0], pair.y.shape[1]))

    def path(self, photo: int, column: int) -> str:
        """Of a picture, seen from the folder, with / on every system."""
        return f"{FOLDER}/{photo + 1:05d}-{column}.jpg"


def _small_jpeg(pixels: Pixels) -> bytes:
    image: pyvips.Image = vips_image(pixels)
    scale = min(1.0, SIDE / max(image.width, image.height))
    jpeg: bytes = image.resize(scale).copy(interpretation="srgb").jpegsave_buffer(Q=QUALITY, keep="none")
    return jpeg


def _unwritable(folder: Path, error: OSError) -> DataError:
    return DataError(f"{folder}: cannot write there: {error.strerror}; choose another folder")
