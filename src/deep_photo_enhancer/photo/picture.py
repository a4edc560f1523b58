"""A decoded photo, and how to write it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

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


@dataclass(frozen=True, eq=False)
class Photo:
    """A decoded photo, upright. `pixels` may be written to by the code that owns the photo."""

    pixels: Pixels = field(repr=False)
    """(H, W, 3), or (H, W, 1) for greyscale; uint8 or uint16, in the photo's own colour space."""
    alpha: Pixels | None = field(default=None, repr=False)
    """(H, W, 1), of the same type as the pixels."""
    profile: bytes | None = field(default=None, repr=False)
    """The embedded ICC profile; None means sRGB."""
    metadata: Metadata = field(default_factory=Metadata, repr=False)
    """EXIF, XMP and IPTC blocks, as the file had them."""
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

    def save(self, path: str | Path, options: SaveOptions | None = None) -> tuple[str, ...]:
        """Write the photo in the format of the path's suffix, complete or not at all.

        Returns what the format could not take, one sentence each. PhotoError when the photo cannot be written.
        """
        from deep_photo_enhancer.photo.writing import save_photo

        return save_photo(self, Path(path), options or SaveOptions())

    def to_bytes(self, suffix: str, options: SaveOptions | None = None) -> bytes:
        """The photo as a file of the format of a suffix, such as ".jpg". PhotoError when it cannot be written."""
        from deep_photo_enhancer.photo.writing import photo_bytes

        return photo_bytes(self, suffix, options or SaveOptions())[0]


def with_pixels(photo: Photo, pixels: Pixels) -> Photo:
    """The same photo with other pixels."""
    return replace(photo, pixels=pixels)
