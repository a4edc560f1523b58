"""A photo as others take it: a PIL picture, and a small PNG to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyvips

from deep_photo_enhancer.photo.picture import Picture, join_alpha, round_to_8_bits
from deep_photo_enhancer.photo.spaces import Space
from deep_photo_enhancer.photo.vips import vips_image

if TYPE_CHECKING:
    from PIL.Image import Image as PILImage

VIEW_SIDE = 800
"""Long side of what a notebook shows, in pixels, at most: each copy stays in the notebook's file."""


def pil_picture(picture: Picture) -> PILImage:
    """L, LA, RGB or RGBA, or I;16 for grey of 16 bits without alpha; colours of 16 bits are rounded to 8."""
    from PIL import Image

    channels = join_alpha(picture)
    if channels.dtype == np.uint16 and channels.shape[2] > 1:
        channels = join_alpha(round_to_8_bits(picture))
    result = Image.fromarray(channels[..., 0] if channels.shape[2] == 1 else channels)
    if picture.profile is not None:
        result.info["icc_profile"] = picture.profile
    return result


def png_view(picture: Picture, side: int = VIEW_SIDE) -> bytes:
    """A PNG in sRGB, 8 bits, with alpha, whose long side is at most `side` pixels."""
    image = vips_image(join_alpha(picture))
    profile = Space.of(picture.profile, picture.pixels.shape[2]).profile
    if profile is not None:
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    image = image.thumbnail_image(side, height=side, size="down", **({"output_profile": "srgb"} if profile else {}))
    png: bytes = image.pngsave_buffer(keep="none", bitdepth=8)
    return png
