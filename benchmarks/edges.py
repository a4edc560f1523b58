"""Does the full-size result add what the network did not ask for: halos at edges, bands in ramps, burnt highlights, noise?

python -m benchmarks.edges [PHOTO ...] [--model MODEL]

Step edges and ramps are made here, at full size; photos are looked at for their skylines and their highlights. Lengths are in
pixels of the network's small copy ("px"): one is 16 x 16 pixels of a photo of 12 megapixels.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import machine
from deep_photo_enhancer import Enhancer, Photo, load_photo
from deep_photo_enhancer.photo.vips import vips_image
from deep_photo_enhancer.system.text import table
from tests.enhancement.edges import (
    NEAR,
    SIDE,
    SIDES,
    Excursion,
    Floats,
    average_down,
    edge_excursions,
    edge_photo,
    largest_fall,
)

SIZES = ((4096, 3072), (6000, 4000))
ANGLES = {"vertical": 0, "horizontal": 90, "slanted": 20}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="*", type=Path)
    parser.add_argument("--model", default="natural")
    arguments = parser.parse_args()
    enhance = Enhancer(arguments.model)
    print(machine())
    print_edges(enhance)
    print_ramps(enhance)
    print_noise(enhance)
    print_photos(enhance, arguments.photos)


# Step edges


def print_edges(enhance: Enhancer) -> None:
    print("\n## Step edges\n\nShares of the step, the worst of three angles; added: full size less network at the same angle.\n")
    rows = []
    for size in SIZES:
        for name, sides in SIDES.items():
            found = [edge_excursions(enhance, edge_photo(size, angle, sides), angle) for angle in ANGLES.values()]
            rows.append([f"{size[0]} x {size[1]}", name, *worst(found, "overshoot"), *worst(found, "halo")])
    print(table(["photo", "edge", "overshoot: network", "full size", "added", "halo: network", "full size", "added"], rows))


def worst(found: list[tuple[Excursion, Excursion]], what: str) -> list[str]:
    """Cells: the network's largest, the full-size result's largest, the largest difference."""
    own, full = (np.array([getattr(pair[i], what) for pair in found]) for i in (0, 1))
    return [f"{own.max():.1%}", f"{full.max():.1%}", f"{(full - own).max():+.1%}"]


# Ramps


@dataclass(frozen=True)
class Ramp:
    """A photo with a ramp in it, 8 or 16 bits."""

    name: str
    photo: Photo
    rows: tuple[float, float] = (0, 1)
    """Part of the height that holds nothing but the ramp."""
    downwards: bool = False
    """Whether it grows from top to bottom; from left to right otherwise."""

    def lines(self, picture: Floats) -> Floats:
        """Five lines along the ramp, of the photo, its small copy or a result: (length, 5, C)."""
        first, last = (round(share * picture.shape[0]) for share in self.rows)
        part = picture[first:last] if self.downwards else picture[first:last].swapaxes(0, 1)
        return part[:, np.linspace(0, part.shape[1] - 1, 7).astype(int)[1:-1]]


def ramps(depth: type) -> Iterator[Ramp]:
    width, height = SIZES[0]
    grey = np.repeat(np.linspace(0, 1, width, dtype=np.float32)[None, :, None], 3, 2)

    def photo(colours: Floats) -> Photo:
        return Photo((colours * np.iinfo(depth).max + np.float32(0.5)).astype(depth))

    yield Ramp("grey", photo(np.repeat(grey, height, 0)))
    scene = scenery(SIZES[0])
    scene[1024:2048] = grey
    yield Ramp("grey, within a scene", photo(scene), rows=(0.4, 0.6))
    top, bottom = np.array([[90, 135, 205], [215, 228, 245]], np.float32) / 255
    scene[:2048] = top + (bottom - top) * np.linspace(0, 1, 2048, dtype=np.float32)[:, None, None]
    yield Ramp("blue sky over ground", photo(scene), rows=(0, 0.65), downwards=True)


def scenery(size: tuple[int, int]) -> Floats:
    """Ground of soft coloured texture: (H, W, 3) in [0, 1]."""
    x, y = (np.arange(n, dtype=np.float32) for n in size)
    waves = [np.sin(x / (90 + 31 * c))[None] * np.cos(y / (70 + 23 * c))[:, None] for c in range(3)]
    colours: Floats = (np.array([0.34, 0.33, 0.22]) + 0.12 * np.stack(waves, 2)).astype(np.float32)
    return colours


def luma(lines: Floats) -> Floats:
    grey: Floats = lines @ np.array([[0.299], [0.587], [0.114]])
    return grey


def print_ramps(enhance: Enhancer) -> None:
    print("\n## Ramps\n\n8 bits, in levels. Fall: how far a ramp comes back at most; unrounded: the same levels, in 16 bits.\n")
    rows = []
    for ramp in ramps(np.uint8):
        own = ramp.lines(enhance.y_fake(average_down(ramp.photo, SIDE))) * 255
        full = ramp.lines(enhance.enhance_photo(ramp.photo).pixels).astype(float)
        fine = ramp.lines(enhance.enhance_photo(Photo(ramp.photo.pixels * np.uint16(257))).pixels) / 257
        falls = [f"{largest_fall(lines):.2f}" for lines in (own, full, fine, luma(full), luma(fine))]
        steps = np.diff(full, axis=0)
        rows.append([ramp.name, *falls, f"{steps.max():.0f}", f"{(steps < 0).sum()} of {(steps != 0).sum()}"])
    of_fall = ("largest fall: network", "full size", "unrounded", "luma", "luma, unrounded")
    print(table(["ramp", *of_fall, "largest step", "channels' steps back"], rows))
    print("\n16 bits: slope over 8 pixels (over 8 px for the network), as a multiple of the input's.\n")
    rows = []
    for ramp in ramps(np.uint16):
        small = average_down(Photo((ramp.photo.pixels // 257).astype(np.uint8)), SIDE)
        own = slopes(ramp.lines(enhance.y_fake(small)), ramp.lines(small))
        full = slopes(ramp.lines(enhance.enhance_photo(ramp.photo).pixels), ramp.lines(ramp.photo.pixels))
        rows.append([ramp.name, f"{own.min():.2f} to {own.max():.2f}", f"{full.min():.2f} to {full.max():.2f}"])
    print(table(["ramp", "network", "full size"], rows))


def slopes(result: Floats, given: Floats) -> Floats:
    result, given = result.astype(float), given.astype(float)
    ratio: Floats = (result[8:] - result[:-8]) / (given[8:] - given[:-8])
    return ratio


# Noise


NOISE = 2.0
"""Standard deviation in levels, independent in each channel."""
PATCHES = (8, 16, 24, 32, 48, 64, 96, 128)
"""Levels of a row of square patches in a dark scene."""


def noisy_photo() -> Photo:
    """The patches lie in the middle of a dark scene; noise over everything."""
    colours = scenery(SIZES[0]) * 128
    colours[1280:1792] = np.repeat(np.array(PATCHES, np.float32), 512)[:, None]
    colours += np.random.default_rng(0).standard_normal(colours.shape, np.float32) * np.float32(NOISE)
    return Photo((np.clip(colours, 0, 255) + 0.5).astype(np.uint8))


def noise_gains(photo: Photo, result: Floats) -> Floats:
    """For each patch, the noise of the result over that of the photo; the mean of the channels."""

    def noise(pixels: Floats, patch: int) -> float:
        inside = pixels[1408:1664, 512 * patch + 128 : 512 * patch + 384]
        return float(inside.astype(float).std((0, 1)).mean())

    return np.array([noise(result, i) / noise(photo.pixels, i) for i in range(len(PATCHES))])


def network_gains(enhance: Enhancer, small: Floats) -> Floats:
    """What the network itself does to noise in a patch: from its reaction to a small shift of each channel of the patch."""
    gains = []
    for i in range(len(PATCHES)):
        place = (slice(80, 112), slice(32 * i, 32 * i + 32))
        jacobian = []
        for channel in range(3):
            up, down = small.copy(), small.copy()
            up[place][..., channel] += 2 / 255
            down[place][..., channel] -= 2 / 255
            change = (enhance.y_fake(up) - enhance.y_fake(down))[88:104, 32 * i + 8 : 32 * i + 24]
            jacobian.append(change.mean((0, 1)) * 255 / 4)
        gains.append(float(np.sqrt((np.array(jacobian) ** 2).sum(0)).mean()))
    return np.array(gains)


def print_noise(enhance: Enhancer) -> None:
    photo = noisy_photo()
    small = average_down(photo, SIDE)
    full = noise_gains(photo, enhance.enhance_photo(photo).pixels)
    print(f"\n## Noise in shadows\n\nGain of noise of {NOISE:g} levels in grey patches; of the network: by its slope there.\n")
    gains = zip(PATCHES, network_gains(enhance, small), full, strict=True)
    rows = [[f"{level}", f"{own:.2f}", f"{gain:.2f}", f"{gain / own:.2f}"] for level, own, gain in gains]
    print(table(["level", "network", "full size", "ratio"], rows))


# Photos


def upsampled(small: Floats, size: tuple[int, int]) -> Floats:
    """Bilinear, half-pixel centres."""
    image = vips_image(small)
    pixels: Floats = image.resize(size[0] / image.width, vscale=size[1] / image.height, kernel="linear").numpy()
    return pixels


def burnt(colours: Floats) -> NDArray[np.bool_]:
    """Pixels with a channel at white; colours in levels."""
    white: NDArray[np.bool_] = np.any(colours >= 254.5, axis=2)
    return white


@dataclass(frozen=True)
class Skyline:
    """Profiles, down columns, of a photo's strongest edges with a quiet plateau on either side."""

    columns: NDArray[np.intp]
    rows: NDArray[np.intp]
    """In px: the edge lies in this row of that column."""


def skyline(small: Floats) -> Skyline:
    """small: (h, w, 3). Columns without a strong and clean edge are left out."""
    grey = luma(small)[..., 0]
    columns, rows = [], []
    for column, line in enumerate(grey.T):
        row = NEAR + int(abs(line[NEAR + 1 : 1 - NEAR] - line[NEAR - 1 : -NEAR - 1]).argmax())
        above, below = line[row - NEAR : row - 3], line[row + 4 : row + NEAR]
        step = abs(above.mean() - below.mean())
        if step > 0.2 and max(above.std(), below.std()) < 0.05 * step:
            columns.append(column)
            rows.append(row)
    return Skyline(np.array(columns, int), np.array(rows, int))


def skyline_overshoots(picture: Floats, edges: Skyline, small_height: int) -> Floats:
    """For each profile, averaged over a px: the share of its step by which it leaves its plateaus. picture: (H, W, 3)."""
    scale = picture.shape[0] / small_height
    plateau = round((NEAR - 4) * scale)
    found = []
    for column, row in zip(edges.columns, edges.rows, strict=True):
        height = slice(round((row - NEAR) * scale), round((row + NEAR) * scale))
        across = picture[height, round(column * scale) : round((column + 1) * scale)].mean(1)
        levels = np.stack([across[:plateau].mean(0), across[-plateau:].mean(0)])
        beyond = np.maximum(across.max(0) - levels.max(0), levels.min(0) - across.min(0))
        found.append(beyond.max() / np.ptp(levels, 0).max())
    return np.array(found)


def print_photos(enhance: Enhancer, files: list[Path]) -> None:
    if not files:
        return
    print("\n## Photos\n\nOvershoot at skylines beyond that of the photo or the network, whichever is more; burnt pixels.\n")
    rows = []
    for file in files:
        photo = Photo(load_photo(file).pixels)
        small = average_down(photo, SIDE)
        y_fake = enhance.y_fake(small) * 255
        full = enhance.enhance_photo(photo).pixels
        rows.append([file.name, *skyline_cells(photo, small, y_fake, full), *burnt_cells(photo, y_fake, full)])
    of_skyline = ("columns", "network, median", "added, median", "95th percentile")
    print(table(["photo", *of_skyline, "burnt: photo", "network", "full size", "newly"], rows))


def skyline_cells(photo: Photo, small: Floats, y_fake: Floats, full: Floats) -> list[str]:
    edges = skyline(small)
    if not len(edges.columns):
        return ["none", "", "", ""]
    before, own, after = (skyline_overshoots(picture, edges, len(small)) for picture in (photo.pixels, y_fake, full))
    added = after - np.maximum(before, own)
    return [f"{len(added)}", f"{np.median(own):.1%}", f"{np.median(added):+.1%}", f"{np.percentile(added, 95):+.1%}"]


def burnt_cells(photo: Photo, y_fake: Floats, full: Floats) -> list[str]:
    before, own, after = burnt(photo.pixels), burnt(upsampled(y_fake, photo.size)), burnt(full)
    return [f"{share.mean():.3%}" for share in (before, own, after, after & ~before & ~own)]


if __name__ == "__main__":
    main()
