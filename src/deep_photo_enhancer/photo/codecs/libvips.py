"""Photos that libvips decodes: JPEG, PNG, TIFF, WebP and AVIF.

What a plain JPEG has no use for is imported by those that have.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyvips

from deep_photo_enhancer.photo.codecs.jpeg import jpeg_encoding
from deep_photo_enhancer.photo.picture import Photo
from deep_photo_enhancer.photo.source import PhotoSource

_LOADERS = {"jpegload", "pngload", "tiffload", "webpload", "heifload"}
_KINDS = {"b-w": 1, "grey16": 1, "srgb": 3, "rgb": 3, "rgb16": 3}
"""Colour bands of the kinds of picture that are taken as they are."""
_CIELAB = "its colours are CIELAB, which is not supported; save it as RGB"


def decode(source: PhotoSource) -> Photo:
    """PhotoError or pyvips.Error when there is no photo in it that can be taken whole."""
    image = _opened(source)
    _check(image, source)
    loader = image.get("vips-loader").removesuffix("_source")
    if loader == "pngload":
        return _png(image, source)
    photo = _photo(_upright(image), None)
    if loader == "jpegload":
        with source.content() as data:
            return replace(photo, encoding=jpeg_encoding(data))
    return _of_avif(photo, image, source) if loader == "heifload" else photo


def _opened(source: PhotoSource) -> pyvips.Image:
    try:
        return pyvips.Image.new_from_source(source.vips(), "", access="sequential", fail_on="error")  # pixels are kept once
    except pyvips.Error as error:
        if "labq" in str(error):  # libvips 8.18 does not open CIELAB of 8 bits
            raise source.refused(_CIELAB) from error
        raise


def _png(image: pyvips.Image, source: PhotoSource) -> Photo:
    from deep_photo_enhancer.photo.codecs import png
    from deep_photo_enhancer.photo.profiles import UNUSABLE

    with source.content() as data:
        chunks = png.header(data)
    photo = _photo(_upright(image), png.profile(chunks, source))
    passed_over = b"iCCP" in chunks and not image.get_typeof("icc-profile-data")
    return replace(photo, warnings=(*photo.warnings, UNUSABLE)) if passed_over else photo


def _check(image: pyvips.Image, source: PhotoSource) -> None:
    source.check_size(image.width, image.height)
    if image.get("vips-loader").removesuffix("_source") not in _LOADERS:
        raise source.damaged(f"libvips takes it for {image.get('vips-loader')}")
    pages = image.get("n-pages") if image.get_typeof("n-pages") else 1
    if pages > 1:
        raise source.refused(f"holds {pages} pictures; save the one to enhance as a file of its own")
    if image.interpretation in ("lab", "labs", "labq"):
        raise source.refused(_CIELAB)
    if image.format not in ("uchar", "ushort"):
        raise source.refused(f"{image.format} pixels are not supported; save it with 8 or 16 bits")
    if image.bands > _KINDS.get(image.interpretation, image.bands) + 1:
        raise source.refused(f"has {image.bands} channels; save it with its colours and at most one alpha channel")


def _upright(image: pyvips.Image) -> pyvips.Image:
    orientation = image.get("orientation") if image.get_typeof("orientation") else 1
    return image.autorot() if orientation == 1 else image.copy_memory().autorot()


def _photo(image: pyvips.Image, described: bytes | None) -> Photo:
    warnings: list[str] = []
    profile = image.get("icc-profile-data") if image.get_typeof("icc-profile-data") else described
    if image.interpretation not in _KINDS:
        warnings.append(f"converted from {image.interpretation.upper()} to sRGB")
        image, profile = _converted(image), None
    bands = _KINDS[image.interpretation]
    everything = image.numpy().reshape(image.height, image.width, image.bands)
    alpha = np.ascontiguousarray(everything[..., bands : bands + 1]) if image.bands > bands else None
    pixels = everything if image.bands == bands else np.ascontiguousarray(everything[..., :bands])
    photo = Photo(pixels, alpha, profile, resolution=(image.xres, image.yres), warnings=tuple(warnings))
    if profile is None:
        return photo
    from deep_photo_enhancer.photo.profiles import usable_profile

    return usable_profile(photo)


def _converted(image: pyvips.Image) -> pyvips.Image:
    """CMYK by its profile, and other colours, as sRGB; alpha as it is."""
    image = image.copy_memory()
    alpha = image[image.bands - 1] if image.hasalpha() else None
    if image.interpretation == "cmyk":
        depth = 16 if image.format == "ushort" else 8
        srgb = image.icc_transform("srgb", embedded=True, input_profile="cmyk", depth=depth)
    else:
        srgb = image.colourspace("srgb")
    return srgb[0:3] if alpha is None else srgb[0:3].bandjoin(alpha)


def _of_avif(photo: Photo, image: pyvips.Image, source: PhotoSource) -> Photo:
    """With the full range of its depth, grey that libvips spread over three channels, and the colours that its codes name."""
    from deep_photo_enhancer.photo.containers.bmff import heif_properties
    from deep_photo_enhancer.photo.pixels import filled_up
    from deep_photo_enhancer.photo.profiles import cicp_profile

    with source.content() as data:
        described = heif_properties(data)
    bits = image.get("bits-per-sample") if image.get_typeof("bits-per-sample") else 8
    if photo.pixels.dtype == np.uint16:
        alpha = None if photo.alpha is None else filled_up(photo.alpha, bits)
        photo = replace(photo, pixels=filled_up(photo.pixels, bits), alpha=alpha, bits=bits)
    if described.channels in (1, 2) and photo.pixels.shape[2] == 3 and photo.profile is None:
        photo = replace(photo, pixels=np.ascontiguousarray(photo.pixels[..., :1]))
    if photo.profile is None and photo.pixels.shape[2] == 3 and described.cicp is not None:
        photo = replace(photo, profile=cicp_profile(*described.cicp, source))
    return photo
