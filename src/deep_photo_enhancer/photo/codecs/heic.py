"""HEIC and HEIF, through pillow-heif."""

from __future__ import annotations

import numpy as np

from deep_photo_enhancer.photo.codecs.libraries import codec, decoding
from deep_photo_enhancer.photo.containers.bmff import heif_properties
from deep_photo_enhancer.photo.picture import Photo
from deep_photo_enhancer.photo.pixels import apart, filled_up
from deep_photo_enhancer.photo.profiles import cicp_profile, usable_profile
from deep_photo_enhancer.photo.source import PhotoSource

_COLOURS = {"L": 1, "I;16": 1, "L;16": 1, "LA": 1, "LA;16": 1, "RGB": 3, "RGBA": 3, "RGB;16": 3, "RGBA;16": 3}


def decode(source: PhotoSource) -> Photo:
    """PhotoError when there is no photo in it that can be taken whole. libheif turns the pixels upright."""
    heif = codec("pillow_heif", "HEIC", source.name)
    data = source.everything()
    described = heif_properties(data)
    with decoding(source):
        opened = heif.HeifFile(data, convert_hdr_to_8bit=False)
        count, picture = len(opened), opened[opened.primary_index]
        source.check_size(*picture.size)
    if count > 1:
        raise source.refused(f"holds {count} pictures; save the one to enhance as a file of its own")
    if picture.mode not in _COLOURS:
        raise source.refused(f"{picture.mode} pixels are not supported; save it as a JPEG first")
    with decoding(source):
        everything = np.asarray(picture).reshape(picture.size[1], picture.size[0], -1)
    bits = int(picture.info["bit_depth"])
    if everything.dtype == np.uint16:
        everything = filled_up(everything, bits)
    colours = 1 if described.channels in (1, 2) else _COLOURS[picture.mode]
    alpha = everything[..., -1:] if everything.shape[2] in (2, 4) else everything[..., :0]
    pixels, alpha_or_none = apart(np.concatenate([everything[..., :colours], alpha], 2), colours)
    profile = picture.info.get("icc_profile") or None
    if profile is None and colours == 3 and described.cicp is not None:
        profile = cicp_profile(*described.cicp, source)
    deep = bits if bits not in (8, 16) else None
    return usable_profile(Photo(pixels, alpha_or_none, profile, bits=deep))
