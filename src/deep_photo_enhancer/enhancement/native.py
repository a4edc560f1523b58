"""The network at the photo's own size, as the authors ran it on large photos: the global features come from the small copy.

Photos of any size go through in windows whose overlap is the network's reach, so that no seam can be: the result is that of the
whole photo in one pass, but for rounding.

How far a pixel of the output reaches follows from the layers, backwards from pixel 0 of a row or column: decoder6 and decoder5
go 2 pixels back, to -2; decoder4, decoder3 and decoder2 one each on grids of 2, 4 and 8 pixels: -2 // 2 - 1 = -2 every time;
decoder1 and `local` one each on the grid of 16: -2 // 2 - 2 = -3, which is pixel -48; encoder5 ... encoder2 two each on grids
of 8, 4, 2 and 1, and encoder1 one: -48 - 2 * 15 - 1 = -79. Forwards from pixel 15, in the same way: 17, 9, 5, 3, 3, and
48 + 2 * 15 + 1 = 79. Each pixel from 0 to 15 reaches both. Parts and windows begin and end where all grids do, at multiples of
16, or at the photo's border: thus a window has 80 pixels (79 of use) before its part and 64 after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray

from deep_photo_enhancer.enhancement.models import Floats, Model
from deep_photo_enhancer.enhancement.split import ALL, Amounts, blend
from deep_photo_enhancer.enhancement.square import pad_to_square
from deep_photo_enhancer.errors import ModelError
from deep_photo_enhancer.photo import Photo
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.photo.spaces import Space
from deep_photo_enhancer.photo.vips import vips_image
from deep_photo_enhancer.system.progress import track

GRID = 16
"""The coarsest grid of the network; sides are mirrored up to a multiple of it."""
BEFORE, AFTER = 80, 64
"""What a window holds beyond the part that it is for."""
STEP = 1488
"""Part of the photo that one window is for, at most, in pixels a side: larger ones cost memory, smaller ones overlap more."""

Part = tuple[slice, slice]


def enhance_native(model: Model, photo: Photo, small: Floats, amounts: Amounts = ALL) -> Pixels:
    """Enhance a photo by the network at full size; the pixels of the result, in the photo's own space.

    small: the photo's copy with the long side S, (h, w, C) in [0, 1], in its own space. amounts: of the network's
    change. Memory beyond the photo, its sRGB copy and the result does not grow with the photo. ModelError for a file that an
    earlier version wrote, whose network is of one size; PhotoError when the photo's profile cannot be written to.
    """
    space = Space.of(photo.profile, photo.pixels.shape[2])
    white = np.float32(np.iinfo(photo.pixels.dtype).max)
    srgb = _srgb_pixels(photo, space)
    srgb_white = np.float32(np.iinfo(srgb.dtype).max)
    result = np.empty(photo.pixels.shape, photo.pixels.dtype)
    for part, y_fake in native_y_fake(model, srgb, space.to_srgb(small)):
        x = srgb[part].astype(np.float32) / srgb_white
        y = y_fake if amounts == ALL else blend(x, y_fake, amounts)
        own = space.changed(photo.pixels[part].astype(np.float32) / white, x, np.clip(y, 0, 1))
        result[part] = np.clip(own * white + np.float32(0.5), 0, white)
    return result


def _srgb_pixels(photo: Photo, space: Space) -> Pixels:
    if photo.pixels.shape[2] == 1:
        return np.repeat(photo.pixels, 3, 2)
    if space.profile is None:
        return photo.pixels
    image = vips_image(photo.pixels)
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", space.profile)
    srgb: Pixels = image.icc_transform("srgb", embedded=True, depth=16).numpy()
    return srgb


def native_y_fake(model: Model, pixels: NDArray[Any], small: Floats, step: int = STEP) -> Iterator[tuple[Part, Floats]]:
    """The network's own output for each part: (rows, columns, 3), sRGB, not clipped."""
    require_any_size(model)
    white = np.float32(np.iinfo(pixels.dtype).max)
    features = model.global_features(pad_to_square(small, model.image_size).astype(np.float32))
    parts = list(product(*(windows(side, step) for side in pixels.shape[:2])))
    for (rows, window_rows), (columns, window_columns) in track(parts):
        x = _window(pixels, window_rows, window_columns).astype(np.float32) / white
        inside = _relative_slice(rows, window_rows), _relative_slice(columns, window_columns)
        yield (rows, columns), model.part(x, features)[inside]


def require_any_size(model: Model) -> None:
    """ModelError for a file that an earlier version wrote, whose network is of one size."""
    if not model.takes_any_size:
        raise ModelError(f"{model.path}: its network is of one size; write it again with this version's `dpe export`")


def windows(side: int, step: int) -> list[tuple[slice, slice]]:
    """Cut a side of a photo: its parts, and the window of the mirrored photo for each. All windows have the same length.

    step: most of the photo that a window is for, beyond BEFORE and AFTER; a multiple of GRID.
    """
    mirrored = _round_to_grid(side)
    count = max(1, -(-(mirrored - BEFORE - AFTER) // step))
    length = min(mirrored, _round_to_grid((mirrored - BEFORE - AFTER) / count) + BEFORE + AFTER)
    starts = [min(i * (length - BEFORE - AFTER), mirrored - length) for i in range(count)]
    borders = [0, *(start + BEFORE for start in starts[1:]), side]
    parts = map(slice, borders, borders[1:])
    return [(part, slice(start, start + length)) for part, start in zip(parts, starts, strict=True)]


def _relative_slice(part: slice, window: slice) -> slice:
    return slice(part.start - window.start, part.stop - window.start)


def _round_to_grid(side: float) -> int:
    """Rounded up to a multiple of GRID."""
    return int(-(-side // GRID)) * GRID


def _window(pixels: NDArray[Any], rows: slice, columns: slice) -> NDArray[Any]:
    """Of the photo that is mirrored, edge included, down and to the right."""
    inside = pixels[rows, columns]
    missing = [(0, window.stop - window.start - length) for window, length in zip((rows, columns), inside.shape, strict=False)]
    return np.pad(inside, [*missing, (0, 0)], mode="symmetric")
