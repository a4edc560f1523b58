"""AVIF, through libvips and libheif."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from deep_photo_enhancer.photo.codecs import libvips
from deep_photo_enhancer.photo.containers.bmff import heif_properties
from deep_photo_enhancer.photo.formats import AVIF, FORMATS
from deep_photo_enhancer.photo.picture import IN_SRGB, Header, Picture, SaveOptions, divide_by_alpha, spread_bits
from deep_photo_enhancer.photo.profiles import cicp_profile, without_grey_profile
from deep_photo_enhancer.photo.source import PhotoSource


def decode(source: PhotoSource) -> Picture:
    """With the full range of its depth, grey that libvips spread over three channels, and the colours that its codes name."""
    image = libvips.open_image(source, "heifload")
    picture = libvips.picture_of(image)
    with source.content() as data:
        described = heif_properties(data)
    bits = image.get("bits-per-sample") if image.get_typeof("bits-per-sample") else 8
    if picture.pixels.dtype == np.uint16:
        alpha = None if picture.alpha is None else spread_bits(picture.alpha, bits)
        picture = replace(picture, pixels=spread_bits(picture.pixels, bits), alpha=alpha, bits=bits)
    if described.premultiplied and picture.alpha is not None:
        picture = replace(picture, pixels=divide_by_alpha(picture.pixels, picture.alpha))
    if described.channels in (1, 2) and picture.pixels.shape[2] == 3 and picture.profile is None:
        picture = replace(picture, pixels=np.ascontiguousarray(picture.pixels[..., :1]))
    if picture.profile is None and picture.pixels.shape[2] == 3 and described.cicp is not None:
        picture = replace(picture, profile=cicp_profile(*described.cicp, source))
    return picture


def header(source: PhotoSource) -> Header:
    return libvips.header_of(libvips.open_image(source, "heifload"), None)


def encode(picture: Picture, options: SaveOptions, file: Path, _name: str) -> tuple[str, ...]:
    """With full chroma resolution; 16 bits become the file's own 10 or 12, or 10."""
    bits = 8 if picture.pixels.dtype == np.uint8 else 12 if picture.bits == 12 else 10
    quality = options.quality or FORMATS[AVIF].quality
    picture, is_converted = without_grey_profile(picture)
    libvips.save(picture, "heifsave", file, Q=quality, compression="av1", bitdepth=bits, effort=1, subsample_mode="off")
    return (IN_SRGB.format(AVIF),) if is_converted else ()
