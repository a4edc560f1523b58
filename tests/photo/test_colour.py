from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deep_photo_enhancer.photo import load_photo
from deep_photo_enhancer.photo.profiles import _PRIMARIES, _SRGB_PRIMARIES, UNUSABLE, matrix_profile
from deep_photo_enhancer.photo.spaces import Space, is_srgb, profile_works
from tests.enhancing_fixtures import icc_profile, out_of_profile
from tests.photo.samples import RGB, pil_bytes, refusal, with_chunk, with_colour_codes


def same_colours(profile: bytes | None, other: bytes) -> float:
    """The greatest difference of 8-bit sRGB codes between what two profiles say of the same pixels, by LittleCMS."""
    assert profile is not None
    return float(np.abs(out_of_profile(RGB, profile).astype(int) - out_of_profile(RGB, other)).max())


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


def test_colour_codes_of_heic_and_avif_become_a_profile() -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    pytest.importorskip("PIL._avif")
    file = io.BytesIO()
    pillow_heif.encode("RGB", (52, 40), RGB.tobytes(), file, quality=95, color_primaries=12, transfer_characteristics=13)
    assert load_photo(file.getvalue()).profile == matrix_profile(_PRIMARIES[12], None, "CICP 12/13")
    avif = pil_bytes(RGB, "AVIF")
    assert load_photo(avif).profile is None
    assert load_photo(with_colour_codes(avif, 12, 13)).profile == matrix_profile(_PRIMARIES[12], None, "CICP 12/13")
    assert load_photo(with_colour_codes(avif, 9, 1)).profile == matrix_profile(_PRIMARIES[9], None, "CICP 9/1")


def test_hdr_pictures_are_refused() -> None:
    pytest.importorskip("PIL._avif")
    avif = pil_bytes(RGB, "AVIF")
    assert "HDR picture (PQ)" in refusal(with_colour_codes(avif, 9, 16))
    assert "HDR picture (HLG)" in refusal(with_chunk(pil_bytes(RGB, "PNG"), b"cICP", bytes([9, 18, 0, 1])))


def test_a_png_names_its_colours_by_the_best_of_its_chunks() -> None:
    png = pil_bytes(RGB, "PNG")
    gamma = struct.pack(">I", 55556)  # 1 / 1.8
    assert load_photo(with_chunk(png, b"cICP", bytes([12, 13, 0, 1]))).profile == matrix_profile(
        _PRIMARIES[12], None, "CICP 12/13"
    )
    assert load_photo(with_chunk(png, b"gAMA", struct.pack(">I", 45455))).profile is None
    assert load_photo(with_chunk(with_chunk(png, b"gAMA", gamma), b"sRGB", b"\0")).profile is None
    old_mac = load_photo(with_chunk(png, b"gAMA", gamma)).profile
    assert same_colours(old_mac, matrix_profile(_SRGB_PRIMARIES, 1.8, "1.8")) <= 1
    assert load_photo(with_chunk(pil_bytes(RGB, "PNG", icc_profile=icc_profile("p3")), b"gAMA", gamma)).profile == icc_profile(
        "p3"
    )


def test_chromaticities_of_a_png_are_honoured_and_impossible_ones_passed_over() -> None:
    png = with_chunk(pil_bytes(RGB, "PNG"), b"gAMA", struct.pack(">I", 45455))
    p3 = struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
    expected = matrix_profile(_PRIMARIES[12], 1e5 / 45455, "P3 and 2.2")
    assert same_colours(load_photo(with_chunk(png, b"cHRM", p3)).profile, expected) <= 1
    assert load_photo(with_chunk(png, b"cHRM", bytes(32))).profile is None
    assert load_photo(with_chunk(png, b"cHRM", struct.pack(">8I", *[30000, 30000] * 4))).profile is None


def test_a_png_keeps_its_pixels_whatever_its_chunks_say() -> None:
    photo = load_photo(with_chunk(pil_bytes(RGB, "PNG"), b"cICP", bytes([9, 13, 0, 1])))
    np.testing.assert_array_equal(photo.pixels, RGB)
    np.testing.assert_array_equal(load_photo(photo.to_bytes(".png")).pixels, RGB)


def grey_profile() -> bytes:
    tags = {b"wtpt": b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061), b"kTRC": b"curv\0\0\0\0\0\0\0\1\2\x33\0\0"}
    return _profile(b"mntr", b"GRAY", b"XYZ ", tags)


def _profile(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = {b"desc": b"desc\0\0\0\0\0\0\0\2a\0" + bytes(78), b"cprt": b"text\0\0\0\0CC0\0", **tags}
    table, body, begin = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for name, content in tags.items():
        table += struct.pack(">4sII", name, begin + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">I4xI4s4s4s12s4s", begin + len(body), 0x02400000, kind, space, connection, bytes(12), b"acsp")
    return head + bytes(28) + struct.pack(">3i", 63190, 65536, 54061) + bytes(48) + table + body


def scanner_profile() -> bytes:
    """From RGB to XYZ only, by a table of 2 x 2 x 2 corners: XYZ of D50 is half as large as with sRGB's own primaries."""
    matrix = np.array([[0.4361, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]])
    corners = np.array([[r, g, b] for r in (0, 1) for g in (0, 1) for b in (0, 1)], float) @ matrix.T
    table = (corners * 32768).round().astype(">u2").tobytes()
    identity = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    line = struct.pack(">2H", 0, 65535)
    lut = b"mft2\0\0\0\0" + bytes([3, 3, 2, 0]) + identity + struct.pack(">2H", 2, 2) + line * 3 + table + line * 3
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    return _profile(b"scnr", b"RGB ", b"XYZ ", {b"wtpt": white, b"A2B0": lut})


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


def test_a_profile_that_libpng_passes_over_is_told_of_too() -> None:
    assert load_photo(pil_bytes(RGB, "PNG", icc_profile=b"nonsense" * 50)).warnings == (UNUSABLE,)


def test_a_made_profile_leads_to_srgb_and_back() -> None:
    rec2020 = matrix_profile(_PRIMARIES[9], None, "BT.2020")
    space = Space.of(rec2020, 3)
    own = (RGB / 255).astype(np.float32)
    srgb = space.to_srgb(own)
    assert np.abs(space.changed(own, srgb, srgb) - own).max() < 1e-3
    expected = out_of_profile(RGB, rec2020)
    inside = ((expected > 2) & (expected < 253)).all(2)
    assert inside.mean() > 0.3
    assert np.abs(srgb * 255 - expected)[inside].mean() < 0.5
