"""What the photos of a set have in common in light and colour, and the same photos without it, as ordinary ones.

One curve and one number describe a set. Each photo's pixels are put in order of lightness and cut into 32 equal parts; the mean
CIELAB colour of each part, averaged over the photos, is the curve: brightness and contrast in L*, a tint of shadows, midtones and
highlights in a* and b*. The number is how far colours lie from that curve: saturation.

python -m deep_photo_enhancer.training.learning.ordinary FOLDER ... measures folders of photos and writes the statistics that
come with the package.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skimage.color import lab2rgb, rgb2lab

from deep_photo_enhancer.photo.arrays import Floats, Pixels
from deep_photo_enhancer.system.files import atomic_write
from deep_photo_enhancer.training.data.files import PhotoCache, find_photos
from deep_photo_enhancer.training.metrics.look_distance import LEVELS, sample_colours

FILE = Path(__file__).with_name("ordinary.json")
SIDE = 128
"""Long side of the copies that are measured, in pixels."""
STEEPEST = 3.0
"""Slope of the map of lightness, at most; its inverse at least: beyond, noise becomes blotches."""
MOST_SATURATION = 2.0
"""Factor on saturation, at most; its inverse at least."""


@dataclass(frozen=True)
class LookStatistics:
    """What a set of photos has in common."""

    curve: NDArray[np.float64]
    """(32, 3), CIELAB: from the darkest part of the photos' pixels to the brightest."""
    saturation: float
    """Root mean square distance of the colours (a*, b*) from the curve."""
    photos: int
    """How many were measured."""


def measure(photos: Sequence[Pixels]) -> LookStatistics:
    """photos: (H, W, 3), uint8, sRGB, of any sizes. ValueError for an empty set."""
    colours = sample_colours(photos)  # (photos, 1024, 3)
    order = np.argsort(colours[..., 0], axis=1, kind="stable")
    parts = np.take_along_axis(colours, order[..., None], 1).reshape(len(colours), LEVELS, -1, 3)
    curve = parts.mean(axis=(0, 2))
    off_curve = parts[..., 1:] - curve[:, None, 1:]
    return LookStatistics(curve, float(np.sqrt(np.square(off_curve).sum(-1).mean())), len(photos))


def ordinary_statistics() -> LookStatistics:
    """Those that come with the package: of whose photos, MODEL_CARD.md says."""
    values = json.loads(FILE.read_text(encoding="utf-8"))
    return LookStatistics(np.array(values["curve"]), values["saturation"], values["photos"])


def make_ordinary(photo: Pixels, common: LookStatistics, ordinary: LookStatistics) -> Pixels:
    """A photo of a set without what that set has in common beyond ordinary photos: one global map, the same for all of the set.

    photo: (H, W, 3), uint8, sRGB; common: of its set. Lightness goes through the curve that leads the set's mean lightnesses to
    the ordinary ones; colour moves with the tint of its lightness and is scaled to ordinary saturation.
    """
    lab: Floats = rgb2lab(photo.astype(np.float32) / 255)
    lightness = np.interp(lab[..., 0], *_lightness_map(common.curve[:, 0], ordinary.curve[:, 0]))
    scale = np.clip(ordinary.saturation / common.saturation, 1 / MOST_SATURATION, MOST_SATURATION)
    planes = [lightness]
    for channel in (1, 2):
        own = np.interp(lab[..., 0], common.curve[:, 0], common.curve[:, channel])
        wanted = np.interp(lightness, ordinary.curve[:, 0], ordinary.curve[:, channel])
        planes.append((lab[..., channel] - own) * scale + wanted)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Conversion from CIE-LAB")  # of colours that no light has: they are clipped below
        rgb = lab2rgb(np.stack(planes, -1))
    pixels: Pixels = (np.clip(rgb, 0, 1) * 255 + 0.5).astype(np.uint8)
    return pixels


def _lightness_map(own: NDArray[np.float64], wanted: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points of a rising curve from black to white through (own, wanted), as near as the bounds of its steepness allow."""
    x, y = (np.concatenate([[0], levels, [100]]) for levels in (own, wanted))
    steps = np.maximum(np.diff(x), 1e-3)
    rises = np.clip(np.diff(y), steps / STEEPEST, steps * STEEPEST)
    rises[-1] = max(100 - rises[:-1].sum(), steps[-1] / STEEPEST)  # white stays white
    return np.concatenate([[0], np.cumsum(steps)]), np.concatenate([[0], np.cumsum(rises)]) * (100 / rises.sum())


def write_statistics(folders: Sequence[str], file: Path) -> LookStatistics:
    """Measure all photos below the folders. DataError lists those that cannot be read."""
    statistics = measure(PhotoCache(SIDE).load_all(find_photos(folders)))
    values = {
        "photos": statistics.photos,
        "saturation": round(statistics.saturation, 3),
        "curve": np.round(statistics.curve, 2).tolist(),
    }
    with atomic_write(file) as unfinished:
        unfinished.write_text(json.dumps(values) + "\n", encoding="utf-8")
    return statistics


if __name__ == "__main__":
    measured = write_statistics(sys.argv[1:], FILE)
    print(f"{FILE}: {measured.photos} photos")
