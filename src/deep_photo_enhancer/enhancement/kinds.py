"""What users hand in besides files: NumPy arrays and PIL pictures, as photos and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pyvips
from numpy.typing import NDArray

from deep_photo_enhancer.photo import Photo
from deep_photo_enhancer.photo.spaces import cmyk_to_srgb, profile_works
from deep_photo_enhancer.photo.vips import vips_image

if TYPE_CHECKING:
    from PIL.Image import Image as PILImage

ROUNDING = 0.5 / 255
"""How far floats may lie outside [0, 1]."""
_PLAIN = ("L", "LA", "RGB", "RGBA")
_GREY_16 = ("I;16", "I;16L", "I;16B")
_PLAINER = {"1": "L", "La": "LA", "P": "RGB", "PA": "RGBA", "RGBX": "RGB", "RGBa": "RGBA", "YCbCr": "RGB", "HSV": "RGB"}
"""The modes that hold what pictures of other modes show."""


def unpack_array(array: NDArray[Any]) -> tuple[Photo, Callable[[Photo], NDArray[Any]]]:
    """The array as a photo, and the way back. TypeError for another shape or type, ValueError for floats outside [0, 1]."""
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)) or 0 in array.shape:
        raise TypeError(f"an array of shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) is needed, not {array.shape}")
    is_float = np.issubdtype(array.dtype, np.floating)
    if not is_float and array.dtype.newbyteorder("=") not in (np.uint8, np.uint16):
        raise TypeError(f"an array of uint8, uint16 or floats in [0, 1] is needed, not {array.dtype}")
    codes = _round_floats(array) if is_float else array.astype(array.dtype.newbyteorder("="), copy=False)
    codes = codes.reshape(*array.shape[:2], -1)
    alpha = codes[..., 3:] if codes.shape[2] == 4 else None

    def pack(photo: Photo) -> NDArray[Any]:
        channels = photo.pixels if alpha is None else np.concatenate([photo.pixels, alpha], 2)
        channels = channels.reshape(array.shape)
        return (channels / 65535 if is_float else channels).astype(array.dtype, copy=False)

    return Photo(codes[..., :3], alpha), pack


def _round_floats(array: NDArray[Any]) -> NDArray[np.uint16]:
    """ValueError for what lies outside [0, 1] by more than rounding: clipped, it would be another picture."""
    low, high = float(array.min()), float(array.max())
    if not (low >= -ROUNDING and high <= 1 + ROUNDING):
        raise ValueError(f"floats of an array lie between 0 and 1, not {low:g} and {high:g}; divide them by their white")
    return (np.clip(array.astype(np.float32), 0, 1) * 65535 + 0.5).astype(np.uint16)


def unpack_picture(picture: PILImage) -> tuple[Photo, Callable[[Photo], PILImage]]:
    """The PIL picture as a photo, and the way back, to its mode or the plain one that holds it. TypeError for other modes."""
    from PIL import Image

    if 0 in picture.size:
        raise TypeError(f"a PIL picture with pixels is needed, not one of {picture.width} x {picture.height}")
    plain = _make_plain(picture)
    bands = np.asarray(plain).reshape(plain.height, plain.width, -1)
    bands = bands.astype(bands.dtype.newbyteorder("="), copy=False)
    colours = min(bands.shape[2], 3) if bands.shape[2] > 2 else 1
    profile = plain.info.get("icc_profile")

    def pack(photo: Photo) -> PILImage:
        channels = np.concatenate([photo.pixels, bands[..., colours:]], 2)
        result = Image.fromarray(channels[..., 0] if channels.shape[2] == 1 else channels)
        result.info = dict(plain.info)
        return result

    return Photo(bands[..., :colours], profile=profile if profile and profile_works(profile) else None), pack


def _make_plain(picture: PILImage) -> PILImage:
    """With full colours; a colour that stands for transparent becomes alpha: after the change it would be another."""
    has_key = "transparency" in picture.info
    if picture.mode == "CMYK":
        return _make_rgb(picture)
    plain = _PLAINER.get(picture.mode, picture.mode)
    if plain not in _PLAIN and (plain not in _GREY_16 or has_key):
        raise TypeError(f"a PIL picture of mode {picture.mode} cannot be enhanced; pass its path or a NumPy array")
    if has_key:
        plain = {"L": "LA", "RGB": "RGBA"}.get(plain, plain)
    return picture if plain == picture.mode else picture.convert(plain)


def _make_rgb(picture: PILImage) -> PILImage:
    """CMYK in sRGB, by its profile."""
    from PIL import Image

    inks = vips_image(np.asarray(picture)).copy(interpretation="cmyk")
    if picture.info.get("icc_profile"):
        inks.set_type(pyvips.GValue.blob_type, "icc-profile-data", picture.info["icc_profile"])
    result = Image.fromarray(cmyk_to_srgb(inks).numpy())
    result.info = {name: value for name, value in picture.info.items() if name != "icc_profile"}
    return result
