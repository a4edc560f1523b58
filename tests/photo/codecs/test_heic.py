from __future__ import annotations

import io
import subprocess
from pathlib import Path
from shutil import which
from typing import Any

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


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_colours_multiplied_by_transparency_are_divided(dtype: type) -> None:
    needs(".heic")
    heif = pytest.importorskip("pillow_heif")
    white = int(np.iinfo(dtype).max)
    alpha: Any = np.full((40, 52, 1), white // 2, dtype)
    colours: Any = (RGB.astype(np.uint32) * (white // 255) // 2).astype(dtype)
    file = io.BytesIO()
    mode = "RGBa" if dtype == np.uint8 else "RGBa;16"
    heif.from_bytes(mode, (52, 40), np.concatenate([colours, alpha], 2).tobytes()).save(file, quality=95, chroma=444)
    photo = load_photo(file.getvalue())
    assert photo.alpha is not None
    assert np.abs(photo.pixels / (white / 255) - RGB).mean() < 2


def test_premultiplied_avif_is_as_bright_as_straight(tmp_path: Path) -> None:
    avifenc = which("avifenc")
    if avifenc is None:
        pytest.skip("needs avifenc")
    alpha = np.linspace(0, 255, 52).round().astype(np.uint8)[None, :, None].repeat(40, 0)
    Photo(RGB, alpha).save(tmp_path / "a.png")
    for option in ((), ("--premultiply",)):
        command = [avifenc, "--min", "0", "--max", "4", "-y", "444", *option, tmp_path / "a.png", tmp_path / "a.avif"]
        subprocess.run(command, check=True, capture_output=True)
        photo = load_photo(tmp_path / "a.avif")
        seen = alpha[..., 0] > 32
        assert np.abs(photo.pixels[seen].astype(int) - RGB[seen]).mean() < 2
