"""A photo's own colour space, and the way from it to sRGB, which the networks know, and back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray

from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo.arrays import Floats
from deep_photo_enhancer.photo.vips import vips_image
from deep_photo_enhancer.system.files import temporary_file


@dataclass(frozen=True)
class Space:
    """sRGB or grey levels, or the space of an ICC profile that works."""

    profile: bytes | None = None
    """None for sRGB and greyscale."""

    @staticmethod
    def of(profile: bytes | None, channels: int) -> Space:
        """Of a photo with this embedded profile; a profile that means sRGB, or belongs to greyscale, is not needed."""
        return Space(None if profile is None or channels == 1 or is_srgb(profile) else profile)

    def to_srgb(self, own: Floats) -> Floats:
        """(h, w, 1 or 3) in [0, 1] -> (h, w, 3) in [0, 1]."""
        if own.shape[2] == 1:
            return np.repeat(own, 3, 2)
        if self.profile is None:
            return own
        image = vips_image(_codes(own))
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", self.profile)
        return as_floats(image.icc_transform("srgb", embedded=True, depth=16))

    def changed(self, own: Floats, x: Floats, y: Floats) -> Floats:
        """What a photo's own colours become when its sRGB colours x become y: as `own`; what lies outside sRGB stays there.

        PhotoError when the profile cannot be written to.
        """
        if own.shape[2] == 1:
            grey: Floats = own + (y - x).mean(2, keepdims=True)
            return grey
        if self.profile is None:
            return y
        return own + from_srgb(y, self.profile) - from_srgb(x, self.profile)


@lru_cache(maxsize=64)
def is_srgb(profile: bytes) -> bool:
    """Whether an ICC profile that works gives every colour the sRGB codes that it has already, to less than a code of 8 bits."""
    levels = np.linspace(0, 65535, 6).astype(np.uint16)
    colours = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(1, -1, 3)
    image = vips_image(colours)
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    srgb = image.icc_transform("srgb", embedded=True, depth=16).numpy()
    return bool(np.abs(srgb.astype(int) - colours).max() < 257)


@lru_cache(maxsize=64)
def profile_works(profile: bytes, channels: int = 3) -> bool:
    """Whether an ICC profile can turn RGB, or grey with 1 channel, into the space that profiles connect to, and back."""
    probe = vips_image(np.zeros((1, 1, 3), np.uint8)).icc_import(input_profile="srgb").copy()
    probe.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    try:  # the way out first: on the way in, libvips takes sRGB for a profile that it cannot read
        there = probe.icc_export()
        there.icc_import(embedded=True).avg()
    except pyvips.Error:
        return False
    return bool(there.bands == channels)


def convert_to_srgb(pixels: NDArray[Any], profile: bytes) -> NDArray[Any] | None:
    """RGB or grey pixels of a profile; that of RGB need not work both ways. Of the same type; None when it cannot be read."""
    if not (_reads_rgb(profile) if pixels.shape[2] == 3 else profile_works(profile, 1)):
        return None
    image = vips_image(pixels)
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    try:
        srgb = image.icc_transform("srgb", embedded=True, depth=16 if pixels.dtype == np.uint16 else 8)
        converted: NDArray[Any] = srgb.numpy()[..., : pixels.shape[2]].reshape(pixels.shape)
    except pyvips.Error:
        return None
    return converted


def cmyk_to_srgb(image: pyvips.Image) -> pyvips.Image:
    """CMYK by its profile, or by a common one, as sRGB; alpha as it is."""
    alpha = image[image.bands - 1] if image.hasalpha() else None
    depth = 16 if image.format == "ushort" else 8
    srgb = image.icc_transform("srgb", embedded=True, input_profile="cmyk", depth=depth)
    return srgb[0:3] if alpha is None else srgb[0:3].bandjoin(alpha)


def _reads_rgb(profile: bytes) -> bool:
    """Whether the profile has a table from RGB; libvips takes sRGB in silence for one that has not (ICC.1:2010, 7.2, 7.3)."""
    if len(profile) < 132 or profile[16:20] != b"RGB " or profile[36:40] != b"acsp":
        return False
    count = min(int.from_bytes(profile[128:132], "big"), 100)
    entries = (profile[132 + 12 * index : 144 + 12 * index] for index in range(count))
    ends = {entry[:4]: int.from_bytes(entry[4:8], "big") + int.from_bytes(entry[8:], "big") for entry in entries}
    return 128 < ends.get(b"A2B0", 0) <= len(profile) == int.from_bytes(profile[:4], "big")


def as_floats(image: pyvips.Image) -> Floats:
    """A 16-bit picture as (h, w, C) in [0, 1]."""
    colours: Floats = image.numpy().reshape(image.height, image.width, image.bands).astype(np.float32) / np.float32(65535)
    return colours


def from_srgb(srgb: Floats, profile: bytes) -> Floats:
    """sRGB colours into the space of a profile; both (h, w, 3) in [0, 1]."""
    image = vips_image(_codes(srgb))
    with temporary_file() as file:  # in one step, for which libvips wants a file: ten times faster than import and export
        file.write_bytes(profile)
        try:
            return as_floats(image.icc_transform(str(file), input_profile="srgb", depth=16))
        except pyvips.Error as error:
            raise PhotoError("this colour profile cannot be written to; convert the photo to sRGB first") from error


def _codes(colours: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.uint16]]:
    return (np.clip(colours, 0, 1) * 65535 + 0.5).astype(np.uint16)
