"""Writing HEIC, JPEG 2000 and JPEG XL. Each writer gives the file's bytes, and sentences on what was lost."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from deep_photo_enhancer.photo import formats
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.photo.codecs import jpeg2000
from deep_photo_enhancer.photo.codecs.libraries import codec
from deep_photo_enhancer.photo.picture import JpegEncoding, Photo, SaveOptions
from deep_photo_enhancer.photo.spaces import converted_to_srgb

Written = tuple[bytes, tuple[str, ...]]
_EIGHT_BITS = "{} takes 8 bits here: 16 were rounded"


def heic(photo: Photo, quality: int | None, name: str) -> Written:
    """With full chroma resolution; 16 bits become the file's own 10 or 12, or 10."""
    heif = codec("pillow_heif", "HEIC", name)
    everything = _everything(photo)
    if everything.shape[2] == 2:  # grey with alpha, which libheif knows as colours only
        everything = everything[..., [0, 0, 0, 1]]
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[everything.shape[2]]
    file = io.BytesIO()
    heif.encode(
        mode if everything.dtype == np.uint8 else f"{mode};16",
        photo.size,
        everything.tobytes(),
        file,
        quality=quality,
        chroma=444,
        enc_params={"preset": "ultrafast"},  # seven times as fast as the usual one, for a seventh more bytes
        bit_depth=12 if photo.bits == 12 else 10,
        icc_profile=photo.profile,
    )
    return file.getvalue(), ()


def jpeg_2000(photo: Photo, quality: int | None, name: str) -> Written:
    """Lossless unless a quality is given."""
    deep = photo.pixels.dtype == np.uint16 and (photo.pixels.shape[2] == 3 or photo.alpha is not None)
    lost = (_EIGHT_BITS.format("JPEG 2000"),) if deep else ()
    return jpeg2000.encode(_pil(_eight_bits(photo) if deep else photo, name), quality, photo.profile), lost


def jpeg_xl(photo: Photo, quality: int | None, name: str) -> Written:
    """Colours in sRGB; those of another space as a JPEG with its profile inside, which JPEG XL carries without loss."""
    jxl = codec("pillow_jxl", "JPEG XL", name)
    lost: list[str] = []
    if photo.profile is not None and photo.alpha is None:
        rounded = (_EIGHT_BITS.format("JPEG XL with a profile"),) if photo.pixels.dtype == np.uint16 else ()
        return _jpeg_inside(photo, quality or 92, jxl), rounded
    if photo.profile is not None:
        srgb = converted_to_srgb(photo.pixels, photo.profile) if photo.pixels.shape[2] == 3 else None
        photo = replace(photo, profile=None, pixels=photo.pixels if srgb is None else srgb)
        lost.append("JPEG XL with transparency takes no profile here: converted to sRGB")
    if photo.pixels.dtype == np.uint16 and (photo.pixels.shape[2] == 3 or photo.alpha is not None):
        photo = _eight_bits(photo)
        lost.append(_EIGHT_BITS.format("JPEG XL"))
    picture = _pil(photo, name)
    encoder = jxl.Encoder(
        mode=picture.mode,
        lossless=quality == 100,
        quality=quality,
        decoding_speed=0,
        effort=7,
        use_container=False,
        use_original_profile=False,
        num_threads=1,
    )
    data = encoder(
        picture.tobytes(),
        *photo.size,
        jpeg_encode=False,
        exif=None,
        jumb=None,
        xmp=None,
        compress=False,
    )
    return data, tuple(lost)


def _jpeg_inside(photo: Photo, quality: int, jxl: Any) -> bytes:
    jpeg = replace(photo, encoding=JpegEncoding(quality, half_chroma=False)).to_bytes(
        ".jpg", SaveOptions(quality, metadata="none")
    )
    encoder = jxl.Encoder(
        mode="RGB",
        lossless=False,
        quality=90,
        decoding_speed=0,
        effort=7,
        use_container=True,
        use_original_profile=True,
        num_threads=1,
    )
    data: bytes = encoder(jpeg, *photo.size, jpeg_encode=True)
    return data


def _everything(photo: Photo) -> Pixels:
    return np.ascontiguousarray(photo.pixels if photo.alpha is None else np.concatenate([photo.pixels, photo.alpha], 2))


def _eight_bits(photo: Photo) -> Photo:
    return replace(photo, pixels=_rounded(photo.pixels), alpha=None if photo.alpha is None else _rounded(photo.alpha))


def _rounded(pixels: Pixels) -> Pixels:
    """65535 -> 255."""
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _pil(photo: Photo, name: str) -> Any:
    everything = _everything(photo)
    if everything.dtype == np.uint16:
        return codec("PIL.Image", "this format", name).fromarray(everything[..., 0])
    return codec("PIL.Image", "this format", name).fromarray(everything[..., 0] if everything.shape[2] == 1 else everything)


WRITERS: dict[str, Callable[[Photo, int | None, str], Written]] = {
    formats.HEIC: heic,
    formats.JPEG_2000: jpeg_2000,
    formats.JPEG_XL: jpeg_xl,
}
"""By format: the photo, the quality, what to call the file in messages."""
