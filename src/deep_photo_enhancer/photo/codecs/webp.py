"""WebP."""

from __future__ import annotations

from pathlib import Path

import pyvips

from deep_photo_enhancer.photo.codecs import libvips
from deep_photo_enhancer.photo.formats import FORMATS, WEBP
from deep_photo_enhancer.photo.picture import IN_SRGB, Header, Picture, SaveOptions
from deep_photo_enhancer.photo.profiles import without_grey_profile
from deep_photo_enhancer.photo.source import PhotoSource


def decode(source: PhotoSource) -> Picture:
    return libvips.picture_of(libvips.open_image(source, "webpload"))


def header(source: PhotoSource) -> Header:
    def reduce(factor: float) -> pyvips.Image:
        return libvips.open_image(source, "webpload", scale=1 / max(1, factor))

    return libvips.header_of(libvips.open_image(source, "webpload"), reduce)


def encode(picture: Picture, options: SaveOptions, file: Path, _name: str) -> tuple[str, ...]:
    picture, is_converted = without_grey_profile(picture)
    libvips.save(picture, "webpsave", file, Q=options.quality or FORMATS[WEBP].quality)
    return (IN_SRGB.format(WEBP),) if is_converted else ()
