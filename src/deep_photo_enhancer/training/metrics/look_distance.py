"""How far two sets of photos are apart in look, whatever they show: photos are (H, W, 3), uint8, sRGB, of any sizes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from skimage.color import rgb2lab

from deep_photo_enhancer.photo.arrays import Pixels

Floats = NDArray[np.float64]
SAMPLES = 1024  # pixels of each photo, whatever its size
LEVELS = 32  # points of a tone curve
FRAMES = 32  # orthonormal frames of directions: 96 directions for colours, 1024 for tone curves


def look_distance(a: Sequence[Pixels], b: Sequence[Pixels]) -> float:
    """The mean of colour_distance and tone_distance, in units of CIELAB (L* from 0 to 100). ValueError for an empty set.

    Neither is enough. Colours are pooled over the set, so they cannot tell photos of full contrast from a mixture of dark
    and bright flat ones; tone curves belong to one photo each, but know nothing of hue and saturation.
    Different photos of one look are near, never at 0: read a distance beside that between two halves of one set.
    """
    return (colour_distance(a, b) + tone_distance(a, b)) / 2


def colour_distance(a: Sequence[Pixels], b: Sequence[Pixels]) -> float:
    """Sliced Wasserstein-1 distance of the sets' CIELAB colours (D65), in Delta E (CIE 1976). ValueError for an empty set.

    Every photo gives the same number of pixels. As usual for the sliced distance, the projections are not scaled: where all
    colours move by one d, it is d / 2, the mean |cos| to the directions of space (to 5 %, as the directions are finite).
    """
    return sliced_wasserstein(sample_colours(a).reshape(-1, 3), sample_colours(b).reshape(-1, 3))


def tone_distance(a: Sequence[Pixels], b: Sequence[Pixels]) -> float:
    """Sliced Wasserstein-1 distance of the photos' tone curves, in L* (0 to 100). ValueError for an empty set.

    A tone curve is 32 quantiles of a photo's L*, and each photo is one point. The distance is divided by that of a unit shift
    of every level: it is exactly d where all photos get d brighter. Where the d_i differ by level, it is near their root mean
    square.
    """
    unit = float(np.abs(directions(LEVELS).sum(axis=1)).mean())
    return sliced_wasserstein(_tone_curves(a), _tone_curves(b)) / unit


def sliced_wasserstein(a: Floats, b: Floats) -> float:
    """Sliced Wasserstein-1 distance between points (N, D) and (M, D): Rabin et al. 2011, Bonneel et al. 2015.

    The mean over fixed directions of the exact distance between the projections, the area between their quantile functions.
    Those are step functions, whose steps are at the same places in all directions; hence the speed against scipy's.
    """
    n, m = np.int64(len(a)), np.int64(len(b))  # n m passes 32 bits
    steps = np.union1d(np.arange(n) * m, np.arange(m) * n)  # in units of 1 / (n m)
    widths = np.diff(steps, append=n * m) / (n * m)
    areas = [widths @ np.abs(np.sort(a @ axis)[steps // m] - np.sort(b @ axis)[steps // n]) for axis in directions(a.shape[1])]
    return float(np.mean(areas))


def directions(dimensions: int) -> Floats:
    """The same unit vectors at every call, (32 D, D): random orthonormal frames, more even than independent directions."""
    normal = np.random.default_rng(0).normal(size=(FRAMES, dimensions, dimensions))
    return np.linalg.qr(normal).Q.reshape(-1, dimensions)


def _tone_curves(photos: Sequence[Pixels]) -> Floats:
    levels = (np.arange(LEVELS) + 0.5) / LEVELS
    return np.quantile(sample_colours(photos)[..., 0], levels, axis=1).T  # (photos, 32)


def sample_colours(photos: Sequence[Pixels]) -> Floats:
    """CIELAB colours of evenly spaced pixels of each photo, (photos, 1024, 3). ValueError for an empty set."""
    if not photos:
        raise ValueError("The distance needs photos on both sides, but a set is empty.")
    lab: Floats = rgb2lab(np.stack([_sample(photo) for photo in photos]))
    return lab


def _sample(photo: Pixels) -> Pixels:
    """Evenly spaced pixels in the order of their codes, green first: the spread of colours without the places, (1024, 3)."""
    codes = np.sort(photo.reshape(-1, 3) @ np.array([1 << 8, 1 << 16, 1], np.uint32))
    codes = codes[(np.arange(SAMPLES) * 2 + 1) * len(codes) // (2 * SAMPLES)]
    return np.stack([codes >> 8, codes >> 16, codes], axis=-1).astype(np.uint8)
