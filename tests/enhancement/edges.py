"""Step edges at full size, and how far a result leaves its plateaus.

Lengths are in pixels of the network's small copy ("px"): one is 16 x 16 pixels of a photo of 12 megapixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deep_photo_enhancer import Enhancer, Photo
from deep_photo_enhancer.photo.vips import vips_image

NEAR, FAR = 12, 24
"""Px from the edge: excursions are looked for up to NEAR, the plateaus lie between the two."""
SIDE = 256
"""S: long side of the small copy."""
ALONG = 32
"""Px on both sides of the middle over which a profile is averaged along its edge: four periods of the texture."""

Floats = NDArray[Any]
Colour = tuple[int, int, int]
SIDES: dict[str, tuple[Colour, Colour]] = {
    "grey 5, 60": ((5, 5, 5), (60, 60, 60)),
    "grey 20, 220": ((20, 20, 20), (220, 220, 220)),
    "grey 40, 80": ((40, 40, 40), (80, 80, 80)),
    "grey 100, 160": ((100, 100, 100), (160, 160, 160)),
    "grey 160, 220": ((160, 160, 160), (220, 220, 220)),
    "roof, sky": ((30, 25, 20), (150, 180, 220)),
    "leaves, sunset": ((30, 70, 20), (235, 200, 120)),
    "brick, sky": ((160, 60, 40), (120, 160, 210)),
}


@dataclass(frozen=True)
class Excursion:
    """How far a profile across an edge leaves its two plateaus, in shares of the step between them."""

    overshoot: float
    """Beyond the darker plateau or the brighter one, in the worst channel."""
    halo: float
    """On its own side, in either direction: overshoot or the glow of the other side."""


def edge_photo(size: tuple[int, int], angle: float, sides: tuple[Colour, Colour]) -> Photo:
    """One colour beside another, with a smooth texture of 8% that means out along the edge. Angle in degrees, 0: upright."""
    along, across = coordinates(size, angle)
    texture = 1 + 0.08 * np.sin(along * (2 * np.pi / 16)) * np.cos(across * (2 * np.pi / 40))
    dark, bright = (np.array(side, np.float32) for side in sides)
    return Photo((np.where((across < 0)[..., None], dark, bright) * texture[..., None] + 0.5).astype(np.uint8))


def coordinates(size: tuple[int, int], angle: float) -> tuple[Floats, Floats]:
    """Along and across the edge through the middle, in px for each pixel of a picture of `size`."""
    extents = [length * SIDE / max(size) for length in size]
    x, y = (((np.arange(n, dtype=np.float32) + 0.5) / n - 0.5) * extent for n, extent in zip(size, extents, strict=True))
    cosine, sine = np.float32(np.cos(np.deg2rad(angle))), np.float32(np.sin(np.deg2rad(angle)))
    return y[:, None] * cosine - x * sine, x * cosine + y[:, None] * sine


def edge_excursions(enhance: Enhancer, photo: Photo, angle: float) -> tuple[Excursion, Excursion]:
    """Of the network's own output, and of the full-size result."""
    y_fake = enhance.y_fake(average_down(photo, SIDE)) * 255
    full = enhance.enhance_photo(photo).pixels
    bins = max(photo.size) // (2 * SIDE)
    return excursion(profile(y_fake, angle, 1), 1, blur=2), excursion(profile(full, angle, bins), bins, blur=1)


def profile(picture: Floats, angle: float, bins: int) -> Floats:
    """Mean colours (2 * FAR * bins, 3) across the edge, `bins` to a px."""
    along, across = coordinates((picture.shape[1], picture.shape[0]), angle)
    across += np.float32(1e-3)  # centres that lie on a border belong to one side
    chosen = (abs(along) < ALONG) & (across >= -FAR) & (across < FAR)
    place = ((across[chosen] + FAR) * bins).astype(np.intp)
    colours = picture[chosen]
    counts = np.bincount(place, minlength=2 * FAR * bins)
    return np.stack([np.bincount(place, colour, 2 * FAR * bins) / counts for colour in colours.T], 1)


def excursion(across: Floats, bins: int, blur: int) -> Excursion:
    """across: (2 * FAR * bins, C), the edge in the middle, its `blur` bins on either side left out of the halo."""
    plateau, middle = (FAR - NEAR) * bins, NEAR * bins
    first, second = across[:plateau].mean(0), across[-plateau:].mean(0)
    step = abs(second - first).max()
    near = across[plateau:-plateau]
    beyond = np.maximum(near - np.maximum(first, second), np.minimum(first, second) - near)
    halo = max(abs(near[: middle - blur] - first).max(), abs(near[middle + blur :] - second).max())
    return Excursion(max(0.0, float(beyond.max() / step)), float(halo / step))


def average_down(photo: Photo, side: int) -> Floats:
    width, height = photo.size
    scale = side / max(photo.size)
    image = vips_image(photo.pixels).cast("float")
    small = image.resize(max(1, round(width * scale)) / width, vscale=max(1, round(height * scale)) / height)
    pixels: Floats = np.clip(small.numpy(), 0, 255).astype(np.float32) / 255
    return pixels


def largest_fall(lines: Floats) -> float:
    """How far a line at most lies below the highest value that it had before."""
    return float((np.maximum.accumulate(lines, 0) - lines).max())
