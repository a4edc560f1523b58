"""PNG; what its chunks say of colours and frames, libvips leaves aside."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

from deep_photo_enhancer.photo.codecs import libvips
from deep_photo_enhancer.photo.containers.png import chunks
from deep_photo_enhancer.photo.picture import Header, Picture, SaveOptions
from deep_photo_enhancer.photo.profiles import UNUSABLE, Primaries, cicp_profile, grey_profile, matrix_profile
from deep_photo_enhancer.photo.source import PhotoSource

_SRGB_GAMMA = 45455
"""1 / 2.2 in units of 1 / 100000, which sRGB pictures carry for old readers."""
_SRGB_CHROMATICITIES = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
_WANTED = {b"acTL", b"fcTL", b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"IHDR"}


def decode(source: PhotoSource) -> Picture:
    image = libvips.open_image(source, "pngload")
    described = _chunks_before_pixels(source)
    if b"cICP" in described and libvips.embedded_profile(image) is not None:
        image = image.copy()
        image.remove("icc-profile-data")  # the codes go before
    picture = libvips.picture_of(image, _described_profile(described, source))
    is_passed_over = b"iCCP" in described and b"cICP" not in described and libvips.embedded_profile(image) is None
    return replace(picture, warnings=(*picture.warnings, UNUSABLE)) if is_passed_over else picture


def header(source: PhotoSource) -> Header:
    image = libvips.open_image(source, "pngload")
    found = _chunks_before_pixels(source)
    is_described = b"cICP" in found or _described_profile(found, source) is not None
    return libvips.header_of(image, None if is_described else lambda _factor: image)


def encode(picture: Picture, _options: SaveOptions, file: Path, _name: str) -> tuple[str, ...]:
    return libvips.save(picture, "pngsave", file)


def _chunks_before_pixels(source: PhotoSource) -> dict[bytes, bytes]:
    """The chunks that tell of colours and frames, by name; iCCP without its content. PhotoError for an animation."""
    found: dict[bytes, bytes] = {}
    with source.content() as data:
        for chunk in chunks(data):
            if chunk.kind in (b"IDAT", b"IEND"):
                break
            if chunk.kind in _WANTED:
                found.setdefault(chunk.kind, data[chunk.body : min(chunk.stop, chunk.body + 64)])
    frames = int.from_bytes(found.get(b"acTL", b"")[:4], "big")
    if frames > 1 or (frames == 1 and b"fcTL" not in found):  # without it, the picture is not the animation's only frame
        raise source.refusal("holds an animation; save the picture to enhance as a file of its own")
    return found


def _described_profile(found: dict[bytes, bytes], source: PhotoSource) -> bytes | None:
    """The profile of the colour space that the chunks name, by the precedence of PNG's third edition; None for sRGB or iCCP.

    PhotoError for HDR.
    """
    if len(found.get(b"IHDR", b"")) < 13:
        return None
    channels = 3 if found[b"IHDR"][9] & 2 else 1
    if len(found.get(b"cICP", b"")) == 4:
        return cicp_profile(found[b"cICP"][0], found[b"cICP"][1], source, channels)
    if b"iCCP" in found or b"sRGB" in found or len(found.get(b"gAMA", b"")) != 4:
        return None
    gamma = struct.unpack(">I", found[b"gAMA"])[0]
    return _by_gamma(gamma, found.get(b"cHRM", b"")) if channels == 3 else _of_grey(gamma)


def _of_grey(gamma: int) -> bytes | None:
    is_usual = abs(gamma - _SRGB_GAMMA) < 1000
    return None if is_usual or not 10_000 <= gamma <= 100_000 else grey_profile(1e5 / gamma)


def _by_gamma(gamma: int, chromaticities: bytes) -> bytes | None:
    values = struct.unpack(">8I", chromaticities) if len(chromaticities) == 32 else _SRGB_CHROMATICITIES
    usual = abs(gamma - _SRGB_GAMMA) < 1000 and max(abs(a - b) for a, b in zip(values, _SRGB_CHROMATICITIES, strict=True)) < 100
    if usual or not 10_000 <= gamma <= 100_000:  # exponents from 1 to 10; others are a mistake of the file's writer
        return None
    white, *colours = [(values[at] / 1e5, values[at + 1] / 1e5) for at in range(0, 8, 2)]
    try:
        return matrix_profile(Primaries(white, *colours), 1e5 / gamma, "described by gAMA and cHRM")
    except (ArithmeticError, ValueError):
        return None
