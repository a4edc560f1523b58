"""What codecs give and take: a decoded photo, and how it is to be written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

import numpy as np
import pyvips

from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.photo.metadata import Metadata


@dataclass(frozen=True)
class JpegEncoding:
    """How the JPEG that a photo came from was compressed."""

    quality: int
    """1 to 100, on the scale of the Independent JPEG Group; an estimate for JPEGs of other encoders."""
    half_chroma: bool
    """4:2:0: colour at half resolution across and down, or less. 4:2:2 and 4:4:0 count as full."""


@dataclass(frozen=True)
class SaveOptions:
    """How to write a photo."""

    quality: int | None = None
    """1 to 100 for JPEG, WebP, AVIF, HEIC, JPEG XL and JPEG 2000. None: a JPEG's own for JPEG, and each format's default."""
    metadata: Literal["all", "no-gps", "none"] = "all"
    """What goes along: all, all but where the photo was taken, or nothing but the colour profile."""

    def __post_init__(self) -> None:
        if self.metadata not in ("all", "no-gps", "none"):
            raise ValueError(f"metadata is all, no-gps or none, not {self.metadata}")
        if self.quality is not None and not 1 <= self.quality <= 100:
            raise ValueError(f"quality lies between 1 and 100, not {self.quality}")


@dataclass(frozen=True)
class Header:
    """What a file says before its pixels are decoded."""

    size: tuple[int, int]
    """Width and height, upright."""
    reduce: Callable[[float], pyvips.Image] | None = None
    """Gives the picture up to this many times smaller, decoded the faster for it; None where its colours would be others."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded photo, upright. `pixels` may be written to by the code that owns it."""

    pixels: Pixels = field(repr=False)
    """(H, W, 3), or (H, W, 1) for greyscale; uint8 or uint16, in the photo's own colour space."""
    alpha: Pixels | None = field(default=None, repr=False)
    """(H, W, 1), of the same type as the pixels."""
    profile: bytes | None = field(default=None, repr=False)
    """The embedded ICC profile; None means sRGB."""
    metadata: Metadata = field(default_factory=Metadata, repr=False)
    """EXIF, XMP, IPTC and what else the file says, as it had them; of a codec, what only the decoder sees."""
    resolution: tuple[float, float] = (1.0, 1.0)
    """Pixels a millimetre, across and down, for printing; 1 where the file says nothing."""
    warnings: tuple[str, ...] = ()
    """What the user should know: one sentence each."""
    encoding: JpegEncoding | None = None
    """How the file was compressed, if it was a JPEG."""
    bits: int | None = None
    """Bits a channel that the file had, where these are neither 8 nor 16."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]


_ROWS = 256
"""Rows that are worked on at a time, where 64 bits a number are needed."""
P = TypeVar("P", bound=Picture)
IN_SRGB = "{} takes no profile of greyscale here: converted to sRGB"
"""What a codec says, after the format's name, where `without_grey_profile` was needed."""
EIGHT_BITS = "{} takes 8 bits here: 16 were rounded"
"""What a codec says, after the format's name, where `round_to_8_bits` was needed."""


def with_pixels(photo: P, pixels: Pixels) -> P:
    """The same photo with other pixels."""
    return replace(photo, pixels=pixels)


def spread_bits(pixels: Pixels, bits: int) -> Pixels:
    """Codes of 9 to 15 bits that were shifted to the top of 16, with their high bits repeated below: white becomes 65535."""
    return pixels if bits == 16 else pixels | (pixels >> np.uint16(bits))


def turn_upright(pixels: Pixels, orientation: int) -> Pixels:
    """(H, W, C), turned and mirrored as one of EXIF's eight orientations asks for (Exif 2.32, section 4.6.4)."""
    if orientation >= 5:
        pixels = pixels.transpose(1, 0, 2)
    down = -1 if orientation in (3, 4, 7, 8) else 1
    across = -1 if orientation in (2, 3, 6, 7) else 1
    return pixels[::down, ::across]


def split_alpha(channels: Pixels, colours: int) -> tuple[Pixels, Pixels | None]:
    """(H, W, colours [+ 1]) -> pixels and alpha, each contiguous and free to be written to."""
    if channels.shape[2] == colours:
        return np.array(channels, order="C"), None
    return np.array(channels[..., :colours], order="C"), np.array(channels[..., colours : colours + 1], order="C")


def divide_by_alpha(pixels: Pixels, alpha: Pixels) -> Pixels:
    """Colours that were multiplied by their transparency, as they were before; black where nothing is seen."""
    white = int(np.iinfo(pixels.dtype).max)
    divided = np.zeros_like(pixels)
    for top in range(0, len(pixels), _ROWS):
        rows = slice(top, top + _ROWS)
        opacity = alpha[rows].astype(np.int64)
        quotients = (pixels[rows] * np.int64(white) + opacity // 2) // np.maximum(opacity, 1)
        divided[rows] = np.where(opacity > 0, np.minimum(quotients, white), 0)
    return divided


def join_alpha(picture: Picture) -> Pixels:
    """(H, W, colours [+ 1]), contiguous."""
    joined = picture.pixels if picture.alpha is None else np.concatenate([picture.pixels, picture.alpha], 2)
    return np.ascontiguousarray(joined)


def round_to_8_bits(picture: P) -> P:
    """65535 -> 255."""
    alpha = None if picture.alpha is None else _round(picture.alpha)
    return replace(picture, pixels=_round(picture.pixels), alpha=alpha)


def _round(pixels: Pixels) -> Pixels:
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
