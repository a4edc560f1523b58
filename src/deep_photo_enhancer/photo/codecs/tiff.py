"""TIFF."""

from __future__ import annotations

from pathlib import Path

import pyvips

from deep_photo_enhancer.photo.codecs import libvips
from deep_photo_enhancer.photo.picture import Header, Picture, SaveOptions
from deep_photo_enhancer.photo.source import PhotoSource


def decode(source: PhotoSource) -> Picture:
    return libvips.picture_of(_open(source))


def header(source: PhotoSource) -> Header:
    image = _open(source)
    return libvips.header_of(image, lambda _factor: image)


def encode(picture: Picture, _options: SaveOptions, file: Path, _name: str) -> tuple[str, ...]:
    return libvips.save(picture, "tiffsave", file, compression="lzw", predictor="horizontal", resunit="inch")


def _open(source: PhotoSource) -> pyvips.Image:
    try:
        return libvips.open_image(source, "tiffload")
    except pyvips.Error as error:
        if "labq" in str(error):  # libvips 8.18 does not open CIELAB of 8 bits
            raise source.refusal(libvips.CIELAB) from error
        raise
