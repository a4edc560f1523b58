"""Photo files and bytes to pixels, colour profile and metadata, and back."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray

from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.spaces import profile_works
from deep_photo_enhancer.vips import vips_image
from deep_photo_enhancer.whole_file import whole_file

SAVERS: dict[str, tuple[str, dict[str, Any]]] = {
    ".jpg": ("jpegsave_target", {"Q": 92}),
    ".jpeg": ("jpegsave_target", {"Q": 92}),
    ".png": ("pngsave_target", {}),
    ".tif": ("tiffsave_target", {"compression": "lzw", "predictor": "horizontal"}),
    ".tiff": ("tiffsave_target", {"compression": "lzw", "predictor": "horizontal"}),
    ".webp": ("webpsave_target", {"Q": 92}),
}
"""libvips' writer and its settings for each suffix. JPEG keeps full chroma resolution from quality 90."""

OTHER_FORMATS = frozenset(
    {".heic", ".heif", ".avif", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2", ".jxl", ".jp2"}
)
"""Suffixes of photos that are neither read nor written yet."""

_LOADERS = {"jpegload": "JPEG", "pngload": "PNG", "tiffload": "TIFF", "webpload": "WebP"}
TIFF_SUFFIXES = (".tif", ".tiff")
"""A TIFF of another name is a camera's RAW file, of which libvips would show the thumbnail."""

_KINDS = {"b-w": 1, "grey16": 1, "srgb": 3, "rgb": 3, "rgb16": 3}
"""Colour bands of the kinds of picture that are taken as they are."""
_CARRIED = ("exif-data", "xmp-data", "iptc-data")

Pixels = NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True, eq=False)
class Photo:
    """A decoded photo, upright. `pixels` may be written to by the code that owns the photo."""

    pixels: Pixels
    """(H, W, 3), or (H, W, 1) for greyscale; uint8 or uint16, in the photo's own colour space."""
    alpha: Pixels | None = None
    """(H, W, 1), of the same type as the pixels."""
    profile: bytes | None = None
    """The embedded ICC profile; None means sRGB."""
    metadata: dict[str, bytes] = field(default_factory=dict)
    """EXIF, XMP and IPTC blocks by libvips' names."""
    resolution: tuple[float, float] = (1.0, 1.0)
    """Pixels a millimetre, across and down, for printing; 1 where the file says nothing."""
    warnings: tuple[str, ...] = ()
    """What the user should know: one sentence each."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    def save(self, path: str | Path) -> None:
        """Write the photo in the format of the path's suffix, complete or not at all. PhotoError when that is not possible."""
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix not in SAVERS:
            raise PhotoError(f"{path}: cannot write {suffix or 'a file without suffix'}; use one of {', '.join(SAVERS)}")
        saver, options = SAVERS[suffix]
        if saver == "jpegsave_target":  # shows transparent places white
            options = {**options, "background": [int(np.iinfo(self.pixels.dtype).max)]}
        image = self._image()
        try:
            with whole_file(path) as unfinished:
                getattr(image, saver)(pyvips.Target.new_to_file(os.fsencode(unfinished)), **options)
        except OSError as error:
            raise PhotoError(f"{path}: cannot write there: {error.strerror}; choose another output folder") from error
        except pyvips.Error as error:
            raise PhotoError(f"{path}: cannot write this file: {_reason(error)}") from error

    def _image(self) -> pyvips.Image:
        image = vips_image(self.pixels)
        if self.alpha is not None:
            image = image.bandjoin(vips_image(self.alpha))
        image = image.copy(xres=self.resolution[0], yres=self.resolution[1])
        for name, block in self.metadata.items():
            image.set_type(pyvips.GValue.blob_type, name, block)
        # what EXIF says of the old pixels: the photo is upright now, and its thumbnail no longer shows it
        image.set_type(pyvips.GValue.gint_type, "orientation", 1)
        image.set_type(pyvips.GValue.blob_type, "jpeg-thumbnail-data", b"")
        if self.profile is not None:
            image.set_type(pyvips.GValue.blob_type, "icc-profile-data", self.profile)
        return image


def load_photo(path: str | Path) -> Photo:
    """Decode a JPEG, PNG, TIFF or WebP file. PhotoError names what is wrong with it and what to do."""
    path = Path(path)
    try:
        if not path.exists():
            raise PhotoError(f"{path}: no such file; check the name")
        if path.is_dir():
            raise PhotoError(f"{path}: is a folder; name a photo")
        if path.stat().st_size == 0:
            raise PhotoError(f"{path}: the file is empty; copy it again from its source")
        # libvips would read "[...]" at the end of a file's name as options; a source takes any name
        source = pyvips.Source.new_from_file(os.fsencode(path))
        image = pyvips.Image.new_from_source(source, "", access="sequential", fail_on="error")  # pixels are kept once
        _check(image, path)
        return _decode(_upright(image))
    except OSError as error:
        raise PhotoError(f"{path}: cannot read this file: {error.strerror}") from error
    except pyvips.Error as error:
        raise PhotoError(f"{path}: damaged, or not a photo of a known format ({_reason(error)}); replace it") from error


def _check(image: pyvips.Image, path: Path) -> None:
    loader = image.get("vips-loader").removesuffix("_source")
    if loader not in _LOADERS:
        raise PhotoError(f"{path}: not one of the formats {', '.join(_LOADERS.values())}; convert it first")
    if loader == "tiffload" and path.suffix.lower() not in TIFF_SUFFIXES:
        raise PhotoError(f"{path}: not one of the formats {', '.join(_LOADERS.values())} (a RAW file?); convert it first")
    pages = image.get("n-pages") if image.get_typeof("n-pages") else 1
    if pages > 1:
        raise PhotoError(f"{path}: holds {pages} pictures; save the one to enhance as a file of its own")
    if image.format not in ("uchar", "ushort"):
        raise PhotoError(f"{path}: {image.format} pixels are not supported; save it with 8 or 16 bits")
    if image.bands > _KINDS.get(image.interpretation, image.bands) + 1:
        raise PhotoError(f"{path}: has {image.bands} channels; save it with its colours and at most one alpha channel")


def _upright(image: pyvips.Image) -> pyvips.Image:
    orientation = image.get("orientation") if image.get_typeof("orientation") else 1
    return image.autorot() if orientation == 1 else image.copy_memory().autorot()


def _decode(image: pyvips.Image) -> Photo:
    warnings: list[str] = []
    profile = image.get("icc-profile-data") if image.get_typeof("icc-profile-data") else None
    if image.interpretation not in _KINDS:
        warnings.append(f"converted from {image.interpretation.upper()} to sRGB")
        image = image.copy_memory()
        alpha_band = image.bands - 1 if image.hasalpha() else None
        alpha_image = image[alpha_band] if alpha_band is not None else None
        if image.interpretation == "cmyk":
            depth = 16 if image.format == "ushort" else 8
            image = image.icc_transform("srgb", embedded=True, input_profile="cmyk", depth=depth)
        else:
            image = image.colourspace("srgb")
        image = image[0:3] if alpha_image is None else image[0:3].bandjoin(alpha_image)
        profile = None
    bands = _KINDS[image.interpretation]
    everything = image.numpy().reshape(image.height, image.width, image.bands)
    alpha = np.ascontiguousarray(everything[..., bands : bands + 1]) if image.bands > bands else None
    pixels = everything if image.bands == bands else np.ascontiguousarray(everything[..., :bands])
    if profile is not None and (bands == 1 or not profile_works(profile)):
        if bands == 3:
            warnings.append("its colour profile cannot be used: treated as sRGB")
        profile = None if bands == 3 else profile
    metadata = {name: image.get(name) for name in _CARRIED if image.get_typeof(name)}
    return Photo(pixels, alpha, profile, metadata, (image.xres, image.yres), tuple(warnings))


def with_pixels(photo: Photo, pixels: Pixels) -> Photo:
    """The same photo with other pixels."""
    return replace(photo, pixels=pixels)


def _reason(error: pyvips.Error) -> str:
    return " ".join(str(error).split()) or type(error).__name__
