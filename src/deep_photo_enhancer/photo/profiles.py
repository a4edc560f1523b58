"""Profiles for colour spaces that a file names without embedding one, and what becomes of an embedded one."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from deep_photo_enhancer.photo.picture import Picture
from deep_photo_enhancer.photo.source import PhotoSource
from deep_photo_enhancer.photo.spaces import convert_to_srgb, is_srgb, profile_works

UNUSABLE = "its colour profile cannot be used: treated as sRGB"
"""The warning for a profile that is kept out of the output."""

XY = tuple[float, float]
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Primaries:
    """Chromaticities x, y of a colour space's white, red, green and blue."""

    white: XY
    red: XY
    green: XY
    blue: XY


_D65 = (0.3127, 0.3290)
_PRIMARIES = {
    4: Primaries((0.310, 0.316), (0.67, 0.33), (0.21, 0.71), (0.14, 0.08)),  # BT.470 M
    5: Primaries(_D65, (0.64, 0.33), (0.29, 0.60), (0.15, 0.06)),  # BT.601, 625 lines
    6: Primaries(_D65, (0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),  # BT.601, 525 lines
    7: Primaries(_D65, (0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),
    9: Primaries(_D65, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),  # BT.2020
    11: Primaries((0.314, 0.351), (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),  # DCI P3
    12: Primaries(_D65, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),  # Display P3
}
_SRGB_PRIMARIES = Primaries(_D65, (0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
_GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0}
_HDR = {16: "PQ", 18: "HLG"}
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_D50 = np.array([0.96420288, 1.0, 0.82490540])
"""White of the space that profiles connect to (ICC.1:2010, 7.2.16)."""


def cicp_profile(primaries: int, transfer: int, source: PhotoSource, channels: int = 3) -> bytes | None:
    """A profile for ITU-T H.273's codes, of greyscale for 1 channel; None for sRGB, and for codes that say nothing.

    The transfer curves of television (BT.709 and its kin) are taken for sRGB's, as browsers do for still pictures. PhotoError for
    the curves of HDR.
    """
    refuse_hdr(transfer, source)
    gamma = _GAMMAS.get(transfer)
    if channels == 1:
        return None if gamma is None else grey_profile(gamma)
    if primaries not in _PRIMARIES and gamma is None:
        return None
    return matrix_profile(_PRIMARIES.get(primaries, _SRGB_PRIMARIES), gamma, f"CICP {primaries}/{transfer}")


def refuse_hdr(transfer: int, source: PhotoSource) -> None:
    """PhotoError for the curves of HDR among ITU-T H.273's transfer characteristics."""
    if transfer in _HDR:
        raise source.refusal(f"is an HDR picture ({_HDR[transfer]}); save it with standard dynamic range")


def names_hdr(profile: bytes) -> int | None:
    """The curve of HDR that an ICC profile names by ITU-T H.273's code (ICC.1:2022, 9.2.17); None for any other."""
    count = int.from_bytes(profile[128:132], "big")
    for at in range(132, 132 + 12 * min(count, 100), 12):
        if profile[at : at + 4] == b"cicp":
            place = int.from_bytes(profile[at + 4 : at + 8], "big")
            transfer = profile[place + 9 : place + 10]
            return transfer[0] if transfer and transfer[0] in _HDR else None
    return None


@lru_cache(maxsize=16)
def matrix_profile(primaries: Primaries, gamma: float | None, name: str) -> bytes:
    """An ICC profile (version 4) for RGB of these primaries; gamma None for sRGB's curve. ValueError for impossible primaries."""
    white = _xyz(primaries.white)
    columns = np.stack([_xyz(primaries.red), _xyz(primaries.green), _xyz(primaries.blue)], 1)
    to_xyz = columns * np.linalg.solve(columns, white)
    adapted = _adaptation(white)
    colorants = adapted @ to_xyz
    if not np.isfinite(colorants).all() or abs(colorants).max() > 4:
        raise ValueError(f"these primaries span no colours: {primaries}")
    tags = {
        b"chad": b"sf32\0\0\0\0" + _fixed(*adapted.ravel()),
        **{letter + b"XYZ": b"XYZ \0\0\0\0" + _fixed(*colorants[:, index]) for index, letter in enumerate((b"r", b"g", b"b"))},
        **{letter + b"TRC": _curve(gamma) for letter in (b"r", b"g", b"b")},
    }
    return _profile(name, b"RGB ", tags)


@lru_cache(maxsize=16)
def grey_profile(gamma: float) -> bytes:
    """An ICC profile (version 4) for grey levels that are light to the power of 1 / gamma."""
    return _profile(f"grey, gamma {gamma:g}", b"GRAY", {b"kTRC": _curve(gamma)})


def usable_profile(picture: Picture) -> Picture:
    """The picture as it is when its profile can be used, else in sRGB, with a warning."""
    channels = picture.pixels.shape[2]
    if picture.profile is None or profile_works(picture.profile, channels):
        return picture
    if channels == 1 and profile_works(picture.profile) and is_srgb(picture.profile):  # colour's profile says the same of grey
        return replace(picture, profile=None)
    srgb = convert_to_srgb(picture.pixels, picture.profile) if channels == 3 else None
    if srgb is not None:
        warning = "its colour profile works in one direction only: converted to sRGB"
        return replace(picture, pixels=srgb, profile=None, warnings=(*picture.warnings, warning))
    return replace(picture, profile=None, warnings=(*picture.warnings, UNUSABLE))


def without_grey_profile(picture: Picture) -> tuple[Picture, bool]:
    """For formats that take profiles of colours only: greyscale that has one, in sRGB's levels; and whether it had."""
    if picture.profile is None or picture.pixels.shape[2] != 1:
        return picture, False
    srgb = convert_to_srgb(picture.pixels, picture.profile)
    return replace(picture, profile=None, pixels=picture.pixels if srgb is None else srgb), True


def _xyz(xy: XY) -> Matrix:
    x, y = xy
    if not y > 0:
        raise ValueError(f"no colour has the chromaticity {xy}")
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _adaptation(white: Matrix) -> Matrix:
    """From this white to D50, by Bradford's matrix (ICC.1:2010, annex E)."""
    adaptation: Matrix = np.linalg.solve(_BRADFORD, np.diag((_BRADFORD @ _D50) / (_BRADFORD @ white)) @ _BRADFORD)
    return adaptation


def _fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(float(value) * 65536)) for value in values)


def _curve(gamma: float | None) -> bytes:
    if gamma is not None:
        return b"para\0\0\0\0\0\0\0\0" + _fixed(gamma)
    return b"para\0\0\0\0\0\3\0\0" + _fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)  # IEC 61966-2-1


def _text(text: str) -> bytes:
    encoded = text.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(encoded), 28) + encoded


def _profile(title: str, space: bytes, own: dict[bytes, bytes]) -> bytes:
    tags = {b"desc": _text(title), b"cprt": _text("CC0"), b"wtpt": b"XYZ \0\0\0\0" + _fixed(*_D50), **own}
    table, body = struct.pack(">I", len(tags)), b""
    begin = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += struct.pack(">4sII", name, begin + len(body), len(content))
        body += content + b"\0" * (-len(content) % 4)
    head = struct.pack(">I4sI4s4s4s", begin + len(body), b"\0" * 4, 0x04300000, b"mntr", space, b"XYZ ")
    date = struct.pack(">6H", 2024, 1, 1, 0, 0, 0)
    return head + date + b"acsp" + b"\0" * 28 + _fixed(*_D50) + b"\0" * 48 + table + body
