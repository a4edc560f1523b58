"""JPEG XL, through pillow-jxl-plugin and libjxl."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from deep_photo_enhancer.photo.codecs import jpeg
from deep_photo_enhancer.photo.codecs.jpeg_xl_header import JxlHeader, jxl_header
from deep_photo_enhancer.photo.codecs.libraries import decoding, library, pillow_image
from deep_photo_enhancer.photo.formats import FORMATS, JPEG_XL
from deep_photo_enhancer.photo.metadata import Metadata, embed, read_metadata
from deep_photo_enhancer.photo.picture import (
    EIGHT_BITS,
    Header,
    JpegEncoding,
    Picture,
    SaveOptions,
    divide_by_alpha,
    round_to_8_bits,
    split_alpha,
)
from deep_photo_enhancer.photo.profiles import refuse_hdr, usable_profile
from deep_photo_enhancer.photo.source import PhotoSource
from deep_photo_enhancer.photo.spaces import convert_to_srgb, is_srgb, profile_works
from deep_photo_enhancer.system.files import temporary_file

_MODES = {"L": (1, np.uint8), "LA": (1, np.uint8), "I;16": (1, np.uint16), "RGB": (3, np.uint8), "RGBA": (3, np.uint8)}
"""Colours and type of the kinds of pixels that the decoder gives."""


def decode(source: PhotoSource) -> Picture:
    """Colours have 8 bits, greyscale up to 16; upright."""
    data = source.everything()
    described = _check(jxl_header(data), source)
    decoder = library("pillow_jxl", "JPEG XL", source.name).Decoder(num_threads=1)
    with decoding(source):
        was_jpeg, info, decoded, profile, _ = decoder(data)
    if was_jpeg:
        inside = replace(source, path=None, data=bytes(decoded))
        with inside.content() as content:
            metadata, _ = read_metadata(content)  # IPTC, comments and others' segments, which JPEG XL has no boxes for
        return replace(jpeg.decode(inside), encoding=None, metadata=metadata)
    if info.mode not in _MODES:
        raise source.refusal(f"{info.mode} pixels are not supported; save it with 8 or 16 bits")
    colours, dtype = _MODES[info.mode]
    with decoding(source):
        channels = np.frombuffer(decoded, dtype).reshape(info.height, info.width, -1)
    pixels, alpha = split_alpha(channels, colours)
    if described.premultiplied and alpha is not None:
        pixels = divide_by_alpha(pixels, alpha)
    lost = (f"its {described.bits} bits a channel were read as 8",) if described.bits > 8 and dtype == np.uint8 else ()
    if not profile or (profile_works(profile) and is_srgb(profile)) or colours == 1:
        profile = None
    return usable_profile(Picture(pixels, alpha, profile, warnings=lost))


def header(source: PhotoSource) -> Header:
    described = _check(jxl_header(source.everything()), source)
    return Header((described.width, described.height))


def encode(picture: Picture, options: SaveOptions, file: Path, name: str) -> tuple[str, ...]:
    """Colours in sRGB; those of another space as a JPEG with its profile inside, which JPEG XL carries without loss."""
    library("pillow_jxl", "JPEG XL", name)
    lost: list[str] = []
    if picture.profile is not None and picture.alpha is None:
        file.write_bytes(_jpeg_inside(picture, options, name))
        return (EIGHT_BITS.format("JPEG XL with a profile"),) if picture.pixels.dtype == np.uint16 else ()
    if picture.profile is not None:
        srgb = convert_to_srgb(picture.pixels, picture.profile)
        picture = replace(picture, profile=None, pixels=picture.pixels if srgb is None else srgb)
        lost.append("JPEG XL with transparency takes no profile here: converted to sRGB")
    if picture.pixels.dtype == np.uint16 and (picture.pixels.shape[2] == 3 or picture.alpha is not None):
        picture = round_to_8_bits(picture)
        lost.append(EIGHT_BITS.format("JPEG XL"))
    image, quality = pillow_image(picture, name), options.quality or FORMATS[JPEG_XL].quality
    encoder = _encoder(name, mode=image.mode, lossless=quality == 100, quality=quality, wraps_jpeg=False)
    data = encoder(image.tobytes(), *picture.size, jpeg_encode=False, exif=None, jumb=None, xmp=None, compress=False)
    file.write_bytes(data)
    return tuple(lost)


def _jpeg_inside(picture: Picture, options: SaveOptions, name: str) -> bytes:
    quality = options.quality or FORMATS[JPEG_XL].quality or 0
    with temporary_file() as file:
        jpeg.encode(replace(picture, encoding=JpegEncoding(quality, half_chroma=False)), SaveOptions(quality), file, name)
        embed(file, Metadata(), picture.resolution)
        data = file.read_bytes()
    encoder = _encoder(name, mode="RGB", lossless=False, quality=90, wraps_jpeg=True)
    wrapped: bytes = encoder(data, *picture.size, jpeg_encode=True)
    return wrapped


def _encoder(name: str, mode: str, lossless: bool, quality: int | None, wraps_jpeg: bool) -> Any:
    return library("pillow_jxl", "JPEG XL", name).Encoder(
        mode=mode,
        lossless=lossless,
        quality=quality,
        decoding_speed=0,
        effort=7,
        use_container=wraps_jpeg,
        use_original_profile=wraps_jpeg,
        num_threads=1,
    )


def _check(header: JxlHeader | None, source: PhotoSource) -> JxlHeader:
    if header is None:
        raise source.damage("its header cannot be read")
    source.check_size(header.width, header.height)
    if header.animation:
        raise source.refusal("holds an animation; save the picture to enhance as a file of its own")
    if header.floating:
        raise source.refusal("floating-point pixels are not supported; save it with 8 or 16 bits")
    if header.inks:
        raise source.refusal("its colours are CMYK, which is not supported in JPEG XL; save it as RGB")
    refuse_hdr(header.transfer, source)
    return header
