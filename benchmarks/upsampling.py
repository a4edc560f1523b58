"""Other ways to carry the network's change to full size: windows, ridges, and an edge-aware grid. Quality and cost.

python -m benchmarks.upsampling PHOTO_OR_FOLDER [...] [--model MODEL]

The grid (Chen, Paris, Durand, "Real-time edge-aware image processing with the bilateral grid", 2007) holds a transform for each
luma level at each place and blends the two that are nearest to the full-size pixel's own luma.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.ndimage import uniform_filter

from benchmarks.edges import ANGLES, SIZES, luma, ramps
from benchmarks.fidelity import fidelity
from benchmarks.machine import machine
from benchmarks.tables import print_table
from deep_photo_enhancer import Enhancer, Photo, load_photo
from deep_photo_enhancer.enhancement import affine
from deep_photo_enhancer.training.data.files import find_photos
from tests.enhancement.edges import SIDE, SIDES, Floats, average_down, edge_excursions, edge_photo, largest_fall

SETTINGS = (
    *((radius, 1e-4, 0) for radius in (1, 2, 4, 8)),
    *((2, epsilon, 0) for epsilon in (1e-2, 1e-3, 1e-5)),
    *((radius, 3e-5, 0) for radius in (2, 3, 4)),
    (2, 1e-4, 8),
)
"""Radius, epsilon, luma levels (0: plain bilinear)."""
EDGES = ("grey 5, 60", "roof, sky", "brick, sky")


class Grid(Enhancer):
    """Transforms by place and luma, instead of by place."""

    levels = 0

    def enhance_photo(self, photo: Photo, strength: float = 1.0, in_place: bool = False, **amounts: float) -> Photo:
        """The full change; a pass over the photo for each level, for quality and not for speed."""
        if not self.levels:
            return super().enhance_photo(photo, strength, in_place, **amounts)
        white = np.iinfo(photo.pixels.dtype).max
        guide = average_down(Photo((photo.pixels // (white // 255)).astype(np.uint8)), SIDE)
        layers = fit_levels(guide, self.y_fake(guide), self.levels)
        result = np.full(photo.pixels.shape, 0.5, np.float32)
        for level, transforms in enumerate(layers):
            weight = level_weight(photo.pixels.astype(np.float32) / np.float32(white), level, self.levels)
            result += affine.apply_affine(transforms, photo.pixels.copy()) * weight
        return Photo(result.astype(photo.pixels.dtype))


def level_weight(colours: Floats, level: int, levels: int) -> Floats:
    """Share (h, w, 1) of one level in each pixel: 1 at its luma, 0 from the next one on."""
    weight: Floats = np.maximum(0, 1 - abs(luma(colours) * (levels - 1) - level)).astype(np.float32)
    return weight


def fit_levels(guide: Floats, target: Floats, levels: int) -> list[Floats]:
    """For each level the transforms (h, w, 3, 4): the plain ones, and a weighted fit of what they leave."""
    plain = affine.fit_affine(guide, target)
    rest = target - (plain[..., :3] @ guide[..., None])[..., 0] - plain[..., 3]
    return [plain + fit_weighted(guide, rest, level_weight(guide, level, levels)) for level in range(levels)]


def fit_weighted(guide: Floats, rest: Floats, weight: Floats) -> Floats:
    """As `fit_affine`, for pixels by weight (h, w, 1) and in a window of twice the radius; zero where there are none."""
    window = 4 * affine.RADIUS + 1
    total = uniform_filter(weight[..., 0], window) + 1e-3

    def mean(values: Floats) -> Floats:
        flat = values.reshape(*weight.shape[:2], -1) * weight
        return np.asarray(uniform_filter(flat, (window, window, 1)) / total[..., None]).reshape(values.shape)

    mean_guide, mean_rest = mean(guide), mean(rest)
    covariance = mean(guide[..., :, None] * guide[..., None, :]) - mean_guide[..., :, None] * mean_guide[..., None, :]
    cross = mean(guide[..., :, None] * rest[..., None, :]) - mean_guide[..., :, None] * mean_rest[..., None, :]
    slope = np.linalg.solve(covariance + affine.EPSILON * np.eye(3), cross).swapaxes(2, 3)
    offset = mean_rest - (slope @ mean_guide[..., None])[..., 0]
    local = np.concatenate([slope, offset[..., None]], 3)
    smooth: Floats = uniform_filter(local, (2 * affine.RADIUS + 1, 2 * affine.RADIUS + 1, 1, 1)).astype(np.float32)
    return smooth


COLUMNS = (
    *("radius", "epsilon", "luma levels", "fidelity: mean, dB", "worst", "edges: overshoot added", "halo added"),
    *("ramp: fall", "steps back", "largest slope: median", "99.9th percentile", "seconds, 12 megapixels"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--model", default="natural")
    arguments = parser.parse_args()
    files = [file for path in arguments.photos for file in (find_photos([path]) if path.is_dir() else [path])]
    enhance = Grid(arguments.model)
    print(f"{machine()}; {len(files)} photos\n")
    print_table(COLUMNS, rows(enhance, files))


def rows(enhance: Grid, files: list[Path]) -> Iterator[list[str]]:
    """One for each setting."""
    for affine.RADIUS, affine.EPSILON, enhance.levels in SETTINGS:
        cells = [*fidelity_cells(enhance, files), *edge_cells(enhance), *ramp_cells(enhance), *slope_cells(enhance, files)]
        name = [f"{affine.RADIUS}", f"{affine.EPSILON:g}", f"{enhance.levels or 'plain'}"]
        yield [*name, *cells, f"{seconds(enhance):.2f}"]


def fidelity_cells(enhance: Enhancer, files: list[Path]) -> tuple[str, str]:
    values = [fidelity(enhance, load_photo(file)) for file in files]
    return f"{np.mean(values):.1f}", f"{min(values):.1f}"


def edge_cells(enhance: Enhancer) -> tuple[str, str]:
    """Full size less network, the worst."""
    pairs = [
        edge_excursions(enhance, edge_photo(SIZES[0], angle, SIDES[name]), angle) for name in EDGES for angle in ANGLES.values()
    ]
    overshoot = max(full.overshoot - own.overshoot for own, full in pairs)
    return f"{overshoot:+.1%}", f"{max(full.halo - own.halo for own, full in pairs):+.1%}"


def ramp_cells(enhance: Enhancer) -> tuple[str, str]:
    """Of the grey ramp within a scene, in levels; the fall before rounding to 8 bits."""
    ramp = list(ramps(np.uint8))[1]
    fine = ramp.lines(enhance.enhance_photo(Photo(ramp.photo.pixels * np.uint16(257))).pixels) / 257
    steps = np.diff(ramp.lines(enhance.enhance_photo(ramp.photo).pixels).astype(int), axis=0)
    return f"{largest_fall(fine):.2f}", f"{(steps < 0).sum()} of {(steps != 0).sum()}"


def slope_cells(enhance: Enhancer, files: list[Path]) -> tuple[str, str]:
    """Largest singular value of the (first level's) transforms: what noise in the worst colour direction is multiplied by."""
    if isinstance(enhance, Grid) and enhance.levels:
        return "", ""
    slopes = []
    for file in files[:20]:
        guide = average_down(Photo(load_photo(file).pixels), SIDE)
        slopes.append(np.linalg.svd(affine.fit_affine(guide, enhance.y_fake(guide))[..., :3], compute_uv=False)[..., 0].ravel())
    return f"{np.median(np.concatenate(slopes)):.2f}", f"{np.percentile(np.concatenate(slopes), 99.9):.2f}"


def seconds(enhance: Enhancer) -> float:
    photo = edge_photo(SIZES[0], 20, SIDES["roof, sky"])
    start = time.perf_counter()
    enhance.enhance_photo(photo)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
