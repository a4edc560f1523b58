"""What the codecs share that libvips decodes and encodes: JPEG, PNG, TIFF, WebP and AVIF."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyvips

from deep_photo_enhancer.photo.picture import Header, Picture
from deep_photo_enhancer.photo.profiles import names_hdr, usable_profile
from deep_photo_enhancer.photo.source import PhotoSource
from deep_photo_enhancer.photo.spaces import cmyk_to_srgb, profile_works
from deep_photo_enhancer.photo.vips import vips_image

_KINDS = {"b-w": 1, "grey16": 1, "srgb": 3, "rgb": 3, "rgb16": 3}
"""Colour bands of the kinds of picture that are taken as they are."""
_CMYK = "cmyk"


def open_image(source: PhotoSource, loader: str, is_chosen: bool = False, **options: Any) -> pyvips.Image:
    """The picture by one of libvips' loaders, none of its pixels decoded. PhotoError for what is not taken, by the header.

    is_chosen: the options say which picture of the file it is; without, a file of several is refused.
    """
    load = getattr(pyvips.Image, f"{loader}_source")
    image: pyvips.Image = load(source.vips(), access="sequential", fail_on="error", **options)  # sequential: pixels are kept once
    source.check_size(image.width, image.height)
    pages = image.get("n-pages") if image.get_typeof("n-pages") else 1
    if pages > 1 and not is_chosen:
        raise source.refusal(f"holds {pages} pictures; save the one to enhance as a file of its own")
    if image.format not in ("uchar", "ushort"):
        raise source.refusal(f"{image.format} pixels are not supported; save it with 8 or 16 bits")
    if image.interpretation not in (*_KINDS, _CMYK):
        raise source.refusal("its channels are neither grey levels nor RGB nor CMYK; save it as RGB")
    if image.bands > _KINDS.get(image.interpretation, image.bands) + 1:
        raise source.refusal(f"has {image.bands} channels; save it with its colours and at most one alpha channel")
    return image if loader == "heifload" else with_orientation(image, source.orientation)


def header_of(image: pyvips.Image, reduce: Callable[[float], pyvips.Image] | None) -> Header:
    """With `reduce` where the picture needs no conversion but that of its profile."""
    profile = embedded_profile(image)
    bands = _KINDS.get(image.interpretation, 0)
    is_plain = bands > 0 and (profile is None or (bands == 3 and profile_works(profile) and names_hdr(profile) is None))
    is_lying = _orientation(image) in range(5, 9)
    size = (image.height, image.width) if is_lying else (image.width, image.height)
    return Header(size, reduce if is_plain else None)


def picture_of(image: pyvips.Image, described: bytes | None = None) -> Picture:
    """The decoded picture, upright, with its embedded profile, or else the one of the colours that the file describes."""
    image = _turn(image)
    warnings: tuple[str, ...] = ()
    profile = embedded_profile(image) or described
    if image.interpretation == _CMYK:
        warnings = ("converted from CMYK to sRGB",)
        image, profile = cmyk_to_srgb(image.copy_memory()), None
    bands = _KINDS[image.interpretation]
    channels = image.numpy().reshape(image.height, image.width, image.bands)
    alpha = np.ascontiguousarray(channels[..., bands : bands + 1]) if image.bands > bands else None
    pixels = channels if image.bands == bands else np.ascontiguousarray(channels[..., :bands])
    return usable_profile(Picture(pixels, alpha, profile, resolution=(image.xres, image.yres), warnings=warnings))


def embedded_profile(image: pyvips.Image) -> bytes | None:
    """The ICC profile as the file has it."""
    return image.get("icc-profile-data") if image.get_typeof("icc-profile-data") else None


def save(picture: Picture, saver: str, file: Path, **settings: Any) -> tuple[str, ...]:
    """Write the picture by one of libvips' savers; nothing is lost."""
    target = pyvips.Target.new_to_file(os.fsencode(file))
    getattr(_image(picture), f"{saver}_target")(target, keep="icc", **settings)
    return ()


def with_orientation(image: pyvips.Image, orientation: int) -> pyvips.Image:
    """The picture with the turn that the file's metadata asks for, of which libvips sees a part only."""
    if _orientation(image) == orientation:
        return image
    image = image.copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    return image


def _turn(image: pyvips.Image) -> pyvips.Image:
    return image.autorot() if _orientation(image) == 1 else image.copy_memory().autorot()


def _orientation(image: pyvips.Image) -> int:
    return int(image.get("orientation")) if image.get_typeof("orientation") else 1


def _image(picture: Picture) -> pyvips.Image:
    image = vips_image(picture.pixels)
    if picture.alpha is not None:
        image = image.bandjoin(vips_image(picture.alpha))
    image = image.copy(xres=picture.resolution[0], yres=picture.resolution[1])
    if picture.profile is not None:
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", picture.profile)
    return image
