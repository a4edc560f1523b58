"""Writing photos in all formats that can be written."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyvips

from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo import formats
from deep_photo_enhancer.photo.formats import SAVERS
from deep_photo_enhancer.photo.metadata import Metadata, adapt_metadata, embed
from deep_photo_enhancer.photo.picture import JpegEncoding, Photo, SaveOptions
from deep_photo_enhancer.photo.vips import vips_image
from deep_photo_enhancer.system.files import atomic_write

QUALITY = {formats.JPEG: 92, formats.WEBP: 92, formats.AVIF: 85, formats.HEIC: 80, formats.JPEG_XL: 92}
"""Without a wish of the user's, and for JPEG also without a JPEG that the photo came from."""
LOWEST_QUALITY = 75
"""A JPEG of lower quality is not repeated with its own: what its blocks show would show twice as much."""


def save_photo(photo: Photo, path: Path, options: SaveOptions) -> tuple[str, ...]:
    """See `Photo.save`."""
    kind = _kind(path.suffix, str(path))
    with _one_sentence(str(path)), atomic_write(path) as unfinished:
        lost = _encode(photo, kind, options, unfinished, str(path))
        kept = Metadata() if options.metadata == "none" else adapt_metadata(photo.metadata, *photo.size, options.metadata)
        return (*lost, *embed(unfinished, kept, photo.resolution))


def photo_bytes(photo: Photo, suffix: str, options: SaveOptions) -> tuple[bytes, tuple[str, ...]]:
    """The file of `Photo.to_bytes`, and what the format could not take, one sentence each."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"photo{suffix}"
        lost = save_photo(photo, file, options)
        return file.read_bytes(), lost


def _kind(suffix: str, name: str) -> str:
    if suffix.lower() not in SAVERS:
        raise PhotoError(f"{name}: cannot write {suffix or 'a file without suffix'}; use one of {', '.join(SAVERS)}")
    return SAVERS[suffix.lower()]


@contextmanager
def _one_sentence(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PhotoError(f"{name}: cannot write there: {error.strerror or error}; choose another output folder") from error
    except (pyvips.Error, ValueError, RuntimeError) as error:
        if os.strerror(errno.ENOSPC) in str(error):
            raise PhotoError(
                f"{name}: cannot write there: the disk is full; make room, or choose another output folder"
            ) from error
        if refused := re.search("^system error: (.+)$", str(error), re.MULTILINE):  # as libvips writes it
            raise PhotoError(f"{name}: cannot write there: {refused[1]}; choose another output folder") from error
        raise PhotoError(f"{name}: cannot write this file: {' '.join(str(error).split())}") from error


def _encode(photo: Photo, kind: str, options: SaveOptions, file: Path, name: str) -> tuple[str, ...]:
    """Pixels and colour profile into the file; returns what the format could not take."""
    if kind in _VIPS:
        saver, settings = _VIPS[kind]
        target = pyvips.Target.new_to_file(os.fsencode(file))
        getattr(_image(photo), saver)(target, keep="icc", **settings(photo, options))
        return ()
    from deep_photo_enhancer.photo import codec_writing

    data, lost = codec_writing.WRITERS[kind](photo, options.quality or QUALITY.get(kind), name)
    file.write_bytes(data)
    return lost


def _jpeg(photo: Photo, options: SaveOptions) -> dict[str, Any]:
    own = photo.encoding or JpegEncoding(QUALITY[formats.JPEG], half_chroma=False)
    return {
        "Q": options.quality or max(own.quality, LOWEST_QUALITY),
        "subsample_mode": "on" if own.half_chroma else "off",
        "background": [int(np.iinfo(photo.pixels.dtype).max)],  # shows transparent places white
    }


def _avif(photo: Photo, options: SaveOptions) -> dict[str, Any]:
    bits = 8 if photo.pixels.dtype == np.uint8 else 12 if photo.bits == 12 else 10
    quality = options.quality or QUALITY[formats.AVIF]
    return {"Q": quality, "compression": "av1", "bitdepth": bits, "effort": 1, "subsample_mode": "off"}


_VIPS: dict[str, tuple[str, Any]] = {
    formats.JPEG: ("jpegsave_target", _jpeg),
    formats.PNG: ("pngsave_target", lambda _photo, _options: {}),
    formats.TIFF: (
        "tiffsave_target",
        lambda _photo, _options: {"compression": "lzw", "predictor": "horizontal", "resunit": "inch"},
    ),
    formats.WEBP: ("webpsave_target", lambda _photo, options: {"Q": options.quality or QUALITY[formats.WEBP]}),
    formats.AVIF: ("heifsave_target", _avif),
}
"""libvips' writer for each format, and its settings."""


def _image(photo: Photo) -> pyvips.Image:
    image = vips_image(photo.pixels)
    if photo.alpha is not None:
        image = image.bandjoin(vips_image(photo.alpha))
    image = image.copy(xres=photo.resolution[0], yres=photo.resolution[1])
    if photo.profile is not None:
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", photo.profile)
    return image
