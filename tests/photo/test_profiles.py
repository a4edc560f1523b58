from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deep_photo_enhancer.photo import load_photo
from deep_photo_enhancer.photo.profiles import _PRIMARIES, _SRGB_PRIMARIES, UNUSABLE, matrix_profile
from deep_photo_enhancer.photo.small_copies import small_copy
from deep_photo_enhancer.photo.spaces import is_srgb, profile_works
from tests.enhancing_fixtures import icc_profile, jpeg_bytes, out_of_profile
from tests.photo.samples import (
    RGB,
    SMALL,
    grey_profile,
    pil_bytes,
    refusal,
    scanner_profile,
    with_chunk,
    with_colour_codes,
)


@pytest.mark.parametrize(
    "broken", [b"nonsense" * 50, icc_profile("p3")[:200], icc_profile("cmyk")], ids=["noise", "half", "cmyk"]
)
def test_a_broken_profile_is_dropped_with_a_warning(tmp_path: Path, broken: bytes) -> None:
    (tmp_path / "in.jpg").write_bytes(jpeg_bytes(SMALL, icc_profile=broken))
    photo = load_photo(tmp_path / "in.jpg")
    assert photo.profile is None
    assert photo.warnings == ("its colour profile cannot be used: treated as sRGB",)


def colorants(profile: bytes) -> Any:
    """XYZ of red, green and blue, as columns, from a profile's tags."""
    places = {
        profile[at : at + 4]: struct.unpack(">I", profile[at + 4 : at + 8])[0] for at in range(132, 132 + 12 * profile[131], 12)
    }
    columns = [struct.unpack(">3i", profile[places[tag] + 8 : places[tag] + 20]) for tag in (b"rXYZ", b"gXYZ", b"bXYZ")]
    return np.array(columns).T / 65536


def test_profiles_made_of_primaries_are_those_that_others_made() -> None:
    """libvips' own P3 has no negative numbers."""
    np.testing.assert_allclose(colorants(matrix_profile(_PRIMARIES[12], None, "P3")), colorants(icc_profile("p3")), atol=0.0012)
    rec709 = [[0.4361, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]]  # sRGB's, adapted to D50
    np.testing.assert_allclose(colorants(matrix_profile(_SRGB_PRIMARIES, None, "sRGB")), rec709, atol=0.0003)
    assert is_srgb(matrix_profile(_SRGB_PRIMARIES, None, "sRGB"))
    assert profile_works(matrix_profile(_PRIMARIES[9], 2.2, "wide"))


def test_a_gamma_of_a_profile_is_that_asked_for() -> None:
    """(128 / 255) ** 1.8 is 0.2891 of the light, which sRGB writes as 0.5748 * 255 = 146.6."""
    grey = np.full((2, 2, 3), 128, np.uint8)
    assert np.abs(out_of_profile(grey, matrix_profile(_SRGB_PRIMARIES, 1.8, "1.8")).astype(float) - 146.6).max() <= 1


def test_hdr_pictures_are_refused() -> None:
    pytest.importorskip("PIL._avif")
    avif = pil_bytes(RGB, "AVIF")
    assert "HDR picture (PQ)" in refusal(with_colour_codes(avif, 9, 16))
    assert "HDR picture (HLG)" in refusal(with_chunk(pil_bytes(RGB, "PNG"), b"cICP", bytes([9, 18, 0, 1])))


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_a_profile_that_names_a_curve_of_hdr_is_refused(tmp_path: Path, kind: str, transfer: int, name: str) -> None:
    """By the tag "cicp", beside curves that a reader who does not know it would take."""
    usual = matrix_profile(_PRIMARIES[9], 2.2, "Rec. 2100")
    tag = b"cicp" + struct.pack(">II", len(usual) + 12, 12)
    count = int.from_bytes(usual[128:132], "big")
    moved = bytearray(usual[:132] + tag + usual[132:] + b"cicp\0\0\0\0" + bytes([9, transfer, 0, 1]))
    moved[128:132] = struct.pack(">I", count + 1)
    moved[:4] = struct.pack(">I", len(moved))
    for at in range(144, 144 + 12 * count, 12):
        moved[at + 4 : at + 8] = struct.pack(">I", int.from_bytes(moved[at + 4 : at + 8], "big") + 12)
    (tmp_path / "a").write_bytes(pil_bytes(RGB, kind, icc_profile=bytes(moved)))
    for read in (load_photo, lambda path: small_copy(path, 16)):
        assert f"is an HDR picture ({name})" in refusal(tmp_path / "a", read)
    assert load_photo(pil_bytes(RGB, kind, icc_profile=usual)).profile == usual


def test_a_profile_of_one_direction_is_honoured_on_the_way_in() -> None:
    """Linear light in, sRGB out: 0.2140 of the light is code 127.5."""
    pixels = np.full((8, 8, 3), 55, np.uint8)
    photo = load_photo(pil_bytes(pixels, "PNG", icc_profile=scanner_profile()))
    assert photo.profile is None
    assert photo.warnings == ("its colour profile works in one direction only: converted to sRGB",)
    assert np.abs(photo.pixels.astype(float) - 128).max() <= 3


def test_the_profile_of_greyscale_is_kept_when_it_is_one() -> None:
    grey = grey_profile()
    assert profile_works(grey, 1)
    photo = load_photo(pil_bytes(RGB[..., 0], "PNG", icc_profile=grey))
    assert (photo.profile, photo.warnings) == (grey, ())
    np.testing.assert_array_equal(photo.pixels[..., 0], RGB[..., 0])
    assert Image.open(io.BytesIO(photo.to_bytes(".png"))).info["icc_profile"] == grey


@pytest.mark.parametrize(
    ("profile", "warnings"), [(b"nonsense" * 50, (UNUSABLE,)), (icc_profile("p3"), (UNUSABLE,)), (icc_profile("srgb"), ())]
)
def test_a_profile_that_is_none_of_greyscale_is_dropped(profile: bytes, warnings: Any) -> None:
    photo = load_photo(pil_bytes(RGB[..., 0], "TIFF", icc_profile=profile))
    assert (photo.profile, photo.warnings) == (None, warnings)
    np.testing.assert_array_equal(photo.pixels[..., 0], RGB[..., 0])
