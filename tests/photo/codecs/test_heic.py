from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from deep_photo_enhancer.photo import Photo, load_photo
from deep_photo_enhancer.photo.profiles import _PRIMARIES, matrix_profile
from tests.photo.samples import DEEP, RGB, needs, pil_bytes, refusal, with_colour_codes


@pytest.mark.parametrize("suffix", [".heic", ".avif"])
def test_white_of_10_bits_is_white_of_16(suffix: str) -> None:
    needs(suffix)
    back = load_photo(Photo(np.full((32, 32, 3), 65535, np.uint16)).to_bytes(suffix))
    assert back.pixels.min() >= 65535 - 64  # a code less, where the coder is not exact
    assert back.pixels.max() > 65472 or suffix == ".avif"
    assert back.bits == 10


def test_twelve_bits_stay_twelve() -> None:
    needs(".heic")
    for suffix in (".heic", ".avif"):
        assert load_photo(Photo(DEEP, bits=12).to_bytes(suffix)).bits == 12


def test_a_heic_of_several_pictures_is_refused() -> None:
    heif = pytest.importorskip("pillow_heif")
    file = io.BytesIO()
    pictures = heif.from_pillow(Image.fromarray(RGB))
    pictures.add_from_pillow(Image.fromarray(RGB[::-1].copy()))
    pictures.save(file)
    assert "holds 2 pictures" in refusal(file.getvalue())


@pytest.mark.parametrize(
    ("kind", "warnings"),
    [
        (b"urn:mpeg:hevc:2015:auxid:1", ()),  # transparency, which is kept
        (b"urn:mpeg:hevc:2015:auxid:2", ("its depth map is left out",)),
        (b"urn:x:aux:hdrgainmap", ("its HDR gain map is left out: the output is a standard photo",)),
        (b"urn:x:aux:skinmatte", ("its further pictures (skinmatte) are left out",)),
    ],
)
def test_what_a_phone_adds_to_a_heic_is_told_once(kind: bytes, warnings: tuple[str, ...]) -> None:
    needs(".heic")
    alpha = b"urn:mpeg:hevc:2015:auxid:1"
    data = Photo(RGB, RGB[..., :1].copy()).to_bytes(".heic")
    assert data.count(alpha) == 1
    photo = load_photo(data.replace(alpha, kind.ljust(len(alpha), b"\0")))
    assert photo.warnings == warnings
    assert (photo.alpha is None) == bool(warnings)


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
