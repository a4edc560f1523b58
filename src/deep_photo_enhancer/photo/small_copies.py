"""Small copies of photos, upright and in sRGB: what networks learn from, and what studies show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyvips

from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo.arrays import Pixels


def upright_size(path: Path) -> tuple[int, int]:
    """Width and height as a viewer shows the photo, from its header. PhotoError when that cannot be read."""
    with _one_sentence(path):
        image = pyvips.Image.new_from_file(str(path)).autorot()
        return image.width, image.height


def small_copy(path: Path, side: int, measured: Callable[[int, int], int] = max) -> Pixels:
    """The photo upright, in sRGB, without alpha: (H, W, 3), uint8, read-only. PhotoError when it cannot be read.

    Its long side (`max`) or short side (`min`) becomes `side`, or stays as it is where it is smaller.
    """
    width, height = fitted(upright_size(path), side, measured)
    return sized_copy(path, width, height)


def fitted(size: tuple[int, int], side: int, measured: Callable[[int, int], int] = max) -> tuple[int, int]:
    """Width and height, scaled down so that the long side (`max`) or the short one (`min`) is at most `side`."""
    scale = min(1.0, side / measured(*size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def sized_copy(path: Path, width: int, height: int) -> Pixels:
    """The photo upright, in sRGB, without alpha, with this size: (height, width, 3), uint8, read-only. PhotoError when it
    cannot be read.

    The size is forced: left to itself, libvips rounds a JPEG's otherwise than a PNG's, and a pair would not match.
    """
    with _one_sentence(path):
        return rgb_pixels(
            pyvips.Image.thumbnail(str(path), width, height=height, size="force", output_profile="srgb", fail_on="error")
        )


def rgb_pixels(image: pyvips.Image) -> Pixels:
    """(H, W, 3), uint8, sRGB, read-only: the picture without its alpha."""
    if image.hasalpha():
        image = image.flatten()
    pixels: Pixels = image.colourspace("srgb").cast("uchar").numpy()[..., :3]
    pixels.flags.writeable = False
    return pixels


@contextmanager
def _one_sentence(path: Path) -> Iterator[None]:
    try:
        yield
    except (pyvips.Error, OSError, UnicodeError) as error:
        raise PhotoError(f"{path}: not a readable photo; replace or remove it") from error
