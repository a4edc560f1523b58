"""Small copies of photos, upright and in sRGB: what networks learn from, and what studies show."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyvips

from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.photo.codecs.libvips import embedded_profile
from deep_photo_enhancer.photo.picture import Picture
from deep_photo_enhancer.photo.reading import MAX_PIXELS, codec_for, load_photo, reading
from deep_photo_enhancer.photo.source import PhotoSource
from deep_photo_enhancer.photo.spaces import Space
from deep_photo_enhancer.photo.vips import vips_image


def upright_size(path: Path) -> tuple[int, int]:
    """Width and height as a viewer shows the photo, from its header. PhotoError when that cannot be read."""
    source = PhotoSource.of(path, None, MAX_PIXELS)
    with reading(source):
        return codec_for(source).header(source).size


def small_copy(path: Path, side: int, measured: Callable[[int, int], int] = max) -> Pixels:
    """The photo upright, in sRGB, without alpha: (H, W, 3), uint8, read-only. PhotoError for what `load_photo` refuses.

    Its long side (`max`) or short side (`min`) becomes `side`, or stays as it is where it is smaller.
    """
    return _copy(path, lambda size: fitted(size, side, measured))


def fitted(size: tuple[int, int], side: int, measured: Callable[[int, int], int] = max) -> tuple[int, int]:
    """Width and height, scaled down so that the long side (`max`) or the short one (`min`) is at most `side`."""
    scale = min(1.0, side / measured(*size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def sized_copy(path: Path, width: int, height: int) -> Pixels:
    """The photo upright, in sRGB, without alpha, with this size: (height, width, 3), uint8, read-only.

    PhotoError for what `load_photo` refuses. The size is forced: left to itself, libvips rounds a JPEG's otherwise than a PNG's,
    and a pair would not match.
    """
    return _copy(path, lambda _size: (width, height))


def _copy(path: Path, sized: Callable[[tuple[int, int]], tuple[int, int]]) -> Pixels:
    """The copy whose width and height `sized` makes of the photo's."""
    source = PhotoSource.of(path, None, MAX_PIXELS)
    with reading(source):
        header = codec_for(source).header(source)
        width, height = sized(header.size)
        if header.reduce is None:
            return shrink(load_photo(path), width, height)
        return _resize(header.reduce(min(header.size[0] / width, header.size[1] / height)), width, height)


def shrink(photo: Picture, width: int, height: int) -> Pixels:
    """A decoded photo in sRGB, without alpha, with this size: (height, width, 3), uint8, read-only."""
    image = vips_image(photo.pixels)
    if photo.alpha is not None:
        image = image.bandjoin(vips_image(photo.alpha))
    profile = Space.of(photo.profile, photo.pixels.shape[2]).profile
    if profile is not None:
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    return _resize(image, width, height)


def _resize(image: pyvips.Image, width: int, height: int) -> Pixels:
    """Without a profile it is sRGB or grey: given one to go to, libvips would go through XYZ, slowly, to the same codes."""
    target = {} if embedded_profile(image) is None else {"output_profile": "srgb"}
    return rgb_pixels(image.thumbnail_image(width, height=height, size="force", **target))


def rgb_pixels(image: pyvips.Image) -> Pixels:
    """(H, W, 3), uint8, sRGB, read-only: the picture without its alpha."""
    if image.hasalpha():
        image = image.flatten()
    pixels: Pixels = image.colourspace("srgb").cast("uchar").numpy()[..., :3]
    pixels.flags.writeable = False
    return pixels
