"""Which photos of a folder a look can be learned from: readable, in colour, not tiny, and each picture once."""

from __future__ import annotations

import hashlib
import math
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyvips
from numpy.typing import NDArray

from deep_photo_enhancer.errors import DataError, PhotoError
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.photo.small_copies import small_copy, upright_size
from deep_photo_enhancer.system.progress import map_in_threads
from deep_photo_enhancer.training.data.files import find_photos
from deep_photo_enhancer.training.data.statistics import STATISTICS, tone_statistics

MIN_PHOTOS = 30
MAX_PHOTOS = 500
RUN_MARK = "learning.json"
"""A folder with this file is the run of an earlier `dpe learn`: its copies and pictures are nobody's photos."""
MIN_SIDE = 256
"""Pixels; a photo with a shorter long side is too small to learn from."""

LEAST_COLOURFULNESS = 2.0
"""Black and white photos, with the noise of JPEG compression, have less than 1; the palest fogs and snows in colour, over 3."""

THUMBNAIL_SIDE = 16
ROUNDING = 2.0
"""Rms difference, on the 8-bit scale, that JPEG at quality 40 to 90 makes to the thumbnail of a flat picture, at most."""
LIKENESS = 0.13
"""Rms difference, as a part of the contrast, below which two thumbnails show the same picture. Copies of 630 real photos, at a
third to full size and JPEG quality 30 to 92, stay below it; different ones begin at 0.36. A difference hash separates them less
well: up to 12 of 64 bits change from a photo to its copy, and as few as 4 between photos of different places with alike skies."""


@dataclass(frozen=True)
class Suitable:
    """What was found in a folder of photos the user likes."""

    photos: list[Path]
    """At most MAX_PHOTOS, in the order of their paths."""
    left_out: list[str]
    """A sentence for each photo left out, and one for all those beyond MAX_PHOTOS."""


@dataclass(frozen=True)
class _Photo:
    path: Path
    pixels: int
    thumbnail: NDArray[np.float32]
    """(16 * 16, 3), sRGB, 8-bit scale."""


@dataclass(frozen=True)
class _Flaw:
    path: Path
    kind: str
    reason: str


def suitable_photos(folder: Path, least: int = MIN_PHOTOS) -> Suitable:
    """Looks once at every photo below the folder. Of copies of one picture, the one with the most pixels stays.

    DataError when there is no such folder, or fewer than `least` of its photos are suitable.
    """
    found = _drop_runs(find_photos([folder]))
    found = found[:: max(1, math.ceil(len(found) / (4 * MAX_PHOTOS)))]
    looks = map_in_threads(_look_at, found, "looking at photos")
    flaws = [look for look in looks if isinstance(look, _Flaw)]
    flaws += _duplicates([look for look in looks if isinstance(look, _Photo)])
    flawed = {flaw.path for flaw in flaws}
    photos = [path for path in found if path not in flawed]
    if len(photos) < least:
        raise DataError(_too_few(folder, len(photos), flaws, least))
    left_out = [f"{flaw.path}: {flaw.reason}" for flaw in sorted(flaws, key=lambda flaw: flaw.path)]
    if len(photos) > MAX_PHOTOS:
        left_out.append(f"{folder}: {len(photos)} photos are suitable; {MAX_PHOTOS}, evenly spread among them, are enough")
        photos = [photos[i * len(photos) // MAX_PHOTOS] for i in range(MAX_PHOTOS)]
    return Suitable(photos, left_out)


def fingerprint(folder: Path) -> str:
    """Changes when photos come to a folder, leave it or change their size; not when the folder gets another name or place.

    DataError when there is no such folder, or no photo in it.
    """
    photos = _drop_runs(find_photos([folder]))
    facts = (b"%s %d\n" % (os.fsencode(photo.relative_to(folder).as_posix()), photo.stat().st_size) for photo in photos)
    return hashlib.sha256(b"".join(facts)).hexdigest()[:16]


def _drop_runs(photos: list[Path]) -> list[Path]:
    """The photos that are not in the run of an earlier look."""
    places = {parent for photo in photos for parent in photo.parents}
    runs = {place for place in places if (place / RUN_MARK).is_file()}
    return [photo for photo in photos if runs.isdisjoint(photo.parents)]


def _look_at(path: Path) -> _Photo | _Flaw:
    try:
        width, height = upright_size(path)
        copy = small_copy(path, 64)
    except PhotoError as error:
        return _Flaw(path, "unreadable", str(error).removeprefix(f"{path}: "))
    if max(width, height) < MIN_SIDE:
        reason = f"{width} x {height} pixels: too small to learn from; the long side must have {MIN_SIDE}"
        return _Flaw(path, "too small", reason)
    if tone_statistics(copy)[STATISTICS.index("colourfulness")] < LEAST_COLOURFULNESS:
        return _Flaw(path, "black and white", "black and white")
    return _Photo(path, width * height, _thumbnail(copy))


def _thumbnail(copy: Pixels) -> NDArray[np.float32]:
    square = pyvips.Image.new_from_array(copy).thumbnail_image(THUMBNAIL_SIDE, height=THUMBNAIL_SIDE, size="force")
    thumbnail: NDArray[np.float32] = square.numpy().reshape(-1, 3).astype(np.float32)
    return thumbnail


def _duplicates(photos: Sequence[_Photo]) -> list[_Flaw]:
    """Photos that show the same picture as a larger one, or as one of the same size and an earlier path."""
    kept: list[_Photo] = []
    thumbnails = np.empty((len(photos), THUMBNAIL_SIDE**2, 3), np.float32)
    flaws: list[_Flaw] = []
    for photo in sorted(photos, key=lambda photo: -photo.pixels):
        squared_difference = np.square(thumbnails[: len(kept)] - photo.thumbnail).mean(axis=(1, 2))
        squared_contrast = photo.thumbnail.var(axis=0).mean()
        same = np.flatnonzero(squared_difference < ROUNDING**2 + LIKENESS**2 * squared_contrast)
        if len(same):
            flaws.append(_Flaw(photo.path, "duplicate", f"the same picture as {kept[same[0]].path}"))
        else:
            thumbnails[len(kept)] = photo.thumbnail
            kept.append(photo)
    return flaws


def _too_few(folder: Path, usable: int, flaws: Sequence[_Flaw], least: int) -> str:
    counts = ", ".join(f"{count} {kind}" for kind, count in Counter(flaw.kind for flaw in flaws).most_common())
    left_out = f" (left out: {counts})" if counts else ""
    return (
        f"{folder}: {usable} of {usable + len(flaws)} photos can be used{left_out}, and {least} are needed: add different photos"
        f" in colour, of {MIN_SIDE} pixels or more; 100 are better"
    )
