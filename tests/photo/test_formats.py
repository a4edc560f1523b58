from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from deep_photo_enhancer.photo import RAW_SUFFIXES, SAVERS, Photo, SaveOptions, load_photo, output_suffix
from deep_photo_enhancer.photo.codecs import raw
from tests.enhancing_fixtures import exif_block, icc_profile
from tests.photo.fuzz_samples import dng
from tests.photo.samples import DEEP, RGB, mean_difference, needs, pil_bytes, refusal

LOSSLESS = (".png", ".tif", ".tiff", ".jp2")


@pytest.mark.parametrize("suffix", SAVERS)
def test_every_format_gives_back_what_was_written(tmp_path: Path, suffix: str) -> None:
    needs(suffix)
    photo = Photo(RGB)
    assert photo.save(tmp_path / f"a{suffix}") == ()
    back = load_photo(tmp_path / f"a{suffix}")
    assert back.pixels.dtype == np.uint8
    assert (back.pixels.shape, back.alpha, back.warnings) == (RGB.shape, None, ())
    assert mean_difference(back, photo) <= (0 if suffix in LOSSLESS else 2)


@pytest.mark.parametrize("suffix", SAVERS)
def test_bytes_are_what_a_file_would_hold_and_need_no_name(tmp_path: Path, suffix: str) -> None:
    needs(suffix)
    data = Photo(RGB).to_bytes(suffix)
    Photo(RGB).save(tmp_path / f"a{suffix}")
    assert len(data) == (tmp_path / f"a{suffix}").stat().st_size
    assert load_photo(data).size == (52, 40)
    (tmp_path / "named-otherwise.txt").write_bytes(data)
    assert load_photo(tmp_path / "named-otherwise.txt").size == (52, 40)


@pytest.mark.parametrize("suffix", SAVERS)
def test_the_profile_and_its_colours_survive_every_format(suffix: str) -> None:
    needs(suffix)
    p3 = icc_profile("p3")
    photo = Photo(RGB, profile=p3)
    back = load_photo(photo.to_bytes(suffix))
    assert back.profile == p3
    assert mean_difference(back, photo) < 2


@pytest.mark.parametrize("suffix", [".heic", ".jxl", ".avif", ".webp"])
def test_exif_is_kept_and_the_orientation_applied_once(suffix: str) -> None:
    needs(suffix)
    turned = load_photo(pil_bytes(RGB, "JPEG", exif=exif_block(6, b""), quality=95))
    back = load_photo(turned.to_bytes(suffix))
    assert back.size == (40, 52)
    assert mean_difference(back, turned) < 2
    exif = Image.Exif()
    assert back.metadata.exif is not None
    exif.load(back.metadata.exif)
    assert (exif[0x010F], exif.get(0x0112, 1)) == ("Maker", 1)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp", ".avif", ".heic", ".jp2", ".jxl"])
def test_alpha_is_kept(suffix: str) -> None:
    needs(suffix)
    alpha = np.zeros((40, 52, 1), np.uint8)
    alpha[:, 20:] = 255
    back = load_photo(Photo(RGB, alpha).to_bytes(suffix))
    assert back.alpha is not None
    assert np.abs(back.alpha.astype(int) - alpha).mean() < 4


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".heic", ".jp2", ".jxl"])
def test_grey_stays_grey(suffix: str) -> None:
    needs(suffix)
    back = load_photo(Photo(RGB[..., :1]).to_bytes(suffix))
    assert back.pixels.shape == (40, 52, 1)
    assert mean_difference(back, Photo(RGB[..., :1])) < 2


@pytest.mark.parametrize(("suffix", "step"), [(".png", 0), (".tif", 0), (".heic", 64), (".avif", 64)])
def test_smooth_ramps_of_16_bits_keep_their_depth(suffix: str, step: int) -> None:
    """Steps of 8 bits are 257 wide."""
    needs(suffix)
    ramp = np.linspace(20000, 30000, 512).astype(np.uint16)[None, :, None].repeat(32, 0).repeat(3, 2)
    back = load_photo(Photo(ramp).to_bytes(suffix, SaveOptions(quality=100)))
    assert back.pixels.dtype == np.uint16
    assert np.abs(back.pixels.astype(int) - ramp).mean() <= step
    assert len(np.unique(back.pixels)) > 120


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


@pytest.mark.parametrize("suffix", [".jp2", ".jxl"])
def test_what_a_format_cannot_take_is_said(tmp_path: Path, suffix: str) -> None:
    needs(suffix)
    (lost,) = Photo(DEEP).save(tmp_path / f"a{suffix}")
    assert "8 bits" in lost
    assert mean_difference(load_photo(tmp_path / f"a{suffix}"), Photo(RGB)) < 2
    assert Photo(DEEP[..., :1]).save(tmp_path / f"a{suffix}") == ()
    assert load_photo(tmp_path / f"a{suffix}").pixels.dtype == np.uint16


def test_raw_becomes_a_developed_picture(tmp_path: Path) -> None:
    pytest.importorskip("rawpy")
    (tmp_path / "a.dng").write_bytes(dng(RGB))
    photo = load_photo(tmp_path / "a.dng")
    assert photo.pixels.dtype == np.uint16
    assert photo.pixels.shape == RGB.shape
    inside = slice(4, -4), slice(4, -4)
    assert np.abs(photo.pixels[inside] / 257 - RGB[inside]).mean() < 4
    assert load_photo(dng(RGB)).size == photo.size
    (tmp_path / "half.dng").write_bytes(dng(RGB)[:3000])
    assert "LibRaw" in refusal(tmp_path / "half.dng")


def test_ctrl_c_does_not_reach_the_process_that_develops(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("rawpy")
    (tmp_path / "tells.py").write_text('import json, os\nprint(json.dumps({"error": f"group {os.getpgid(0)}"}))\n')
    monkeypatch.setattr(raw, "_PROCESS", tmp_path / "tells.py")
    said = refusal(dng(RGB))
    assert "(group " in said
    assert f"(group {os.getpgid(0)})" not in said  # a terminal sends the signal to the group in front


def test_outputs_keep_the_suffix_that_can_be_written_and_raw_becomes_jpeg() -> None:
    assert [output_suffix(suffix) for suffix in (".HEIC", ".jpg", ".jxl", ".NEF", ".gif")] == [
        ".HEIC",
        ".jpg",
        ".jxl",
        ".jpg",
        ".jpg",
    ]
    assert not RAW_SUFFIXES & set(SAVERS)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (pil_bytes(RGB, "GIF"), "a GIF picture"),
        (pil_bytes(RGB, "BMP"), "a BMP picture"),
        (b"v/1\x01" + bytes(40), "an OpenEXR picture with floating-point pixels"),
        (b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n", "floating-point"),
        (b"\0\0\0\x18ftypqt  \0\0\0\0qt  qt  ", "a video"),
        (b"8BPS\0\1" + bytes(40), "a Photoshop document"),
    ],
    ids=["gif", "bmp", "exr", "hdr", "mov", "psd"],
)
def test_what_is_not_read_is_called_by_its_name(data: bytes, says: str) -> None:
    message = refusal(data)
    assert says in message
    assert "convert it first" in message


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "GIF", "TIFF"])
def test_several_pictures_are_never_cut_to_the_first(kind: str) -> None:
    if kind == "AVIF":
        pytest.importorskip("PIL._avif")
    file = io.BytesIO()
    frames = [Image.fromarray(RGB[::step].copy().repeat(2, 0)[:20]) for step in (1, -1)]
    frames[0].save(file, kind, save_all=True, append_images=frames[1:])
    assert any(word in refusal(file.getvalue()) for word in ("animation", "pictures", "GIF"))


def test_a_heic_of_several_pictures_is_refused() -> None:
    heif = pytest.importorskip("pillow_heif")
    file = io.BytesIO()
    pictures = heif.from_pillow(Image.fromarray(RGB))
    pictures.add_from_pillow(Image.fromarray(RGB[::-1].copy()))
    pictures.save(file)
    assert "holds 2 pictures" in refusal(file.getvalue())


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["AVIF", "HEIF", "WEBP", "JPEG", "TIFF"])
def test_every_orientation_comes_out_upright(kind: str, orientation: int) -> None:
    if kind == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    if kind == "AVIF":
        pytest.importorskip("PIL._avif")
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = load_photo(pil_bytes(RGB, kind, exif=exif.tobytes() if kind == "HEIF" else exif, quality=95))
    turned = Image.fromarray(RGB)
    turned.getexif()[0x0112] = orientation
    upright = np.asarray(ImageOps.exif_transpose(turned))
    assert photo.pixels.shape == upright.shape
    assert np.abs(photo.pixels.astype(int) - upright).mean() < 3


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
