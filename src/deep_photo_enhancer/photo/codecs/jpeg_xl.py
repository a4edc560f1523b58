"""JPEG XL, through pillow-jxl-plugin and libjxl."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from deep_photo_enhancer.photo.codecs import libvips
from deep_photo_enhancer.photo.codecs.jpeg_xl_header import JxlHeader, jxl_header
from deep_photo_enhancer.photo.codecs.libraries import codec, decoding
from deep_photo_enhancer.photo.picture import Photo
from deep_photo_enhancer.photo.pixels import apart
from deep_photo_enhancer.photo.profiles import usable_profile
from deep_photo_enhancer.photo.source import PhotoSource
from deep_photo_enhancer.photo.spaces import is_srgb, profile_works

_MODES = {"L": (1, np.uint8), "LA": (1, np.uint8), "I;16": (1, np.uint16), "RGB": (3, np.uint8), "RGBA": (3, np.uint8)}
"""Colours and type of the kinds of pixels that the decoder gives."""


def decode(source: PhotoSource) -> Photo:
    """PhotoError when there is no photo in it that can be taken whole. Colours have 8 bits, greyscale up to 16; upright."""
    data = source.everything()
    header = _checked(jxl_header(data), source)
    decoder = codec("pillow_jxl", "JPEG XL", source.name).Decoder(num_threads=1)
    with decoding(source):
        was_jpeg, info, decoded, profile, _ = decoder(data)
    if was_jpeg:
        return replace(libvips.decode(replace(source, path=None, data=bytes(decoded))), encoding=None)
    if info.mode not in _MODES:
        raise source.refused(f"{info.mode} pixels are not supported; save it with 8 or 16 bits")
    colours, dtype = _MODES[info.mode]
    with decoding(source):
        everything = np.frombuffer(decoded, dtype).reshape(info.height, info.width, -1)
    pixels, alpha = apart(everything, colours)
    lost = (f"its {header.bits} bits a channel were read as 8",) if header.bits > 8 and dtype == np.uint8 else ()
    if not profile or (profile_works(profile) and is_srgb(profile)) or colours == 1:
        profile = None
    return usable_profile(Photo(pixels, alpha, profile, warnings=lost))


def _checked(header: JxlHeader | None, source: PhotoSource) -> JxlHeader:
    if header is None:
        raise source.damaged("its header cannot be read")
    source.check_size(header.width, header.height)
    if header.animation:
        raise source.refused("holds an animation; save the picture to enhance as a file of its own")
    if header.floating:
        raise source.refused("floating-point pixels are not supported; save it with 8 or 16 bits")
    return header
