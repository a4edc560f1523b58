"""What a source file says about itself, and its pixels at the wanted size."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyvips

from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo import load_photo
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.photo.small_copies import fitted, rgb_pixels, sized_copy
from deep_photo_enhancer.photo.spaces import profile_works
from deep_photo_enhancer.photo.vips import vips_image
from deep_photo_enhancer.research.fivek.splits import Task

UNTAGGED = "no profile"
UNREADABLE = "files that are damaged or cut short; copy or export them again"
RAW_PROFILE = "sRGB, developed by LibRaw"
RAW_TRIM = 0.03
"""Share of a raw photo's side that may lie outside the exported picture: sensors have a margin that Lightroom crops away."""


@dataclass(frozen=True)
class Header:
    """What is known of a file without decoding it."""

    width: int
    """Pixels, upright."""
    height: int
    bits: int
    profile: str
    """Name of the embedded profile, or UNTAGGED."""
    profile_is_usable: bool = True

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height


def read_header(path: Path) -> Header | None:
    """None when the file cannot be read."""
    try:
        image = pyvips.Image.new_from_file(str(path))
        profile = image.get("icc-profile-data") if image.get_typeof("icc-profile-data") else None
        upright = image.autorot()
    except (pyvips.Error, OSError, UnicodeError):
        return None
    bits = 8 if image.format == "uchar" else 16
    if profile is None:
        return Header(upright.width, upright.height, bits, UNTAGGED)
    usable = image.bands < 3 or profile_works(profile)
    return Header(upright.width, upright.height, bits, profile_name(profile), usable)


@lru_cache(maxsize=64)
def profile_name(profile: bytes) -> str:
    """The description inside an ICC profile, such as "ProPhoto RGB"."""
    from PIL import ImageCms

    try:
        return ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile))).strip()
    except (ImageCms.PyCMSError, OSError):
        return "a profile without a name"


def pair_size(x: Header | None, y: Header, side: int) -> tuple[int, int] | None:
    """Width and height that both photos of a pair get, the smaller one's where that is below `side`; None if they do not match.

    x is None for a raw file, which is cut to the label's shape. A pixel more or less is an exporter's rounding.
    """
    if x is None:
        return fitted(y.size, side)
    small, large = sorted((fitted(x.size, side), fitted(y.size, side)), key=max)
    scaled = tuple(length * max(small) / max(large) for length in large)
    return small if all(abs(a - b) <= 1 for a, b in zip(scaled, small, strict=True)) else None


def file_sha256(path: Path) -> str:
    """Of a file's content. OSError when it cannot be read."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def load_pixels(task: Task, size: tuple[int, int]) -> Pixels:
    """(height, width, 3), uint8, sRGB, upright. ValueError, a word on what is wrong, when that cannot be."""
    try:
        return _develop(task.source, size) if task.is_raw else sized_copy(task.source, *size)
    except (pyvips.Error, PhotoError, OSError, UnicodeError) as error:
        raise ValueError(UNREADABLE) from error


def _develop(path: Path, size: tuple[int, int]) -> Pixels:
    photo = load_photo(path)
    image = vips_image(photo.pixels)
    scale = min(image.width / size[0], image.height / size[1])
    width, height = min(image.width, round(size[0] * scale)), min(image.height, round(size[1] * scale))
    if width < (1 - RAW_TRIM) * image.width or height < (1 - RAW_TRIM) * image.height:
        raise ValueError("raw files whose shape is not their label's; was the label cropped?")
    middle = image.crop((image.width - width) // 2, (image.height - height) // 2, width, height)
    return rgb_pixels(middle.thumbnail_image(size[0], height=size[1], size="force"))
