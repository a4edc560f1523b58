from __future__ import annotations

import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo import SAVERS, Photo, load_photo
from deep_photo_enhancer.photo.source import PhotoSource
from tests.enhancing_fixtures import jpeg_bytes, noise, opened
from tests.photo.fuzz_samples import mutate, samples
from tests.photo.samples import (
    RGB,
    SMALL,
    SMALL16,
    needs,
    pil_bytes,
    refusal,
)


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


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_lossless_files_are_read_bit_by_bit(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"photo{suffix}"
    options: dict[str, Any] = {"lossless": True} if suffix == ".webp" else {}
    Image.fromarray(SMALL).save(path, **options)
    photo = load_photo(path)
    np.testing.assert_array_equal(photo.pixels, SMALL)
    assert (photo.size, photo.alpha, photo.profile, photo.warnings) == ((30, 20), None, None, ())


def test_greyscale_stays_greyscale(tmp_path: Path) -> None:
    Image.fromarray(SMALL[..., 0]).save(tmp_path / "grey.jpg", quality=95)
    Image.fromarray(SMALL[..., 0]).convert("1").save(tmp_path / "one-bit.png")
    Image.fromarray(SMALL16[..., 0]).save(tmp_path / "deep.png")
    assert abs(load_photo(tmp_path / "grey.jpg").pixels[..., 0].astype(int) - SMALL[..., 0]).max() <= 3
    one_bit = np.asarray(opened(tmp_path / "one-bit.png").convert("L"))
    assert set(np.unique(one_bit)) == {0, 255}
    np.testing.assert_array_equal(load_photo(tmp_path / "one-bit.png").pixels[..., 0], one_bit)
    np.testing.assert_array_equal(load_photo(tmp_path / "deep.png").pixels[..., 0], SMALL16[..., 0])


def test_a_jpeg_named_png_is_read_by_its_content(tmp_path: Path) -> None:
    (tmp_path / "wrong.png").write_bytes(jpeg_bytes(SMALL, quality=95))
    assert load_photo(tmp_path / "wrong.png").size == (30, 20)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"Dear diary, today", "damaged, or not a photo"),
        (b"\xff\xd8\xff", "damaged, or not a photo"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'/>", "not one of the formats JPEG, PNG, TIFF, WebP"),
    ],
)
def test_what_is_no_photo(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    assert says in refusal(path)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_half_a_file_is_refused_and_not_filled_with_grey(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"photo{suffix}"
    Image.fromarray(noise(0, 200, 300, 3)).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "damaged" in refusal(path)


def test_several_pictures_in_one_file_are_refused(tmp_path: Path) -> None:
    other = Image.fromarray(SMALL[::-1].copy())
    Image.fromarray(SMALL).save(tmp_path / "pages.tif", save_all=True, append_images=[other, other])
    Image.fromarray(SMALL).save(tmp_path / "moving.webp", save_all=True, append_images=[other])
    assert "holds 3 pictures" in refusal(tmp_path / "pages.tif")
    assert "holds 2 pictures" in refusal(tmp_path / "moving.webp")


def test_gif_is_refused_whatever_its_name(tmp_path: Path) -> None:
    Image.fromarray(SMALL).save(tmp_path / "picture.jpg", "GIF")
    assert "not one of the formats JPEG, PNG, TIFF, WebP" in refusal(tmp_path / "picture.jpg")


@pytest.mark.parametrize("suffix", SAVERS)
def test_more_pixels_than_the_limit_are_refused(tmp_path: Path, suffix: str) -> None:
    needs(suffix)
    Photo(RGB).save(tmp_path / f"a{suffix}")
    message = refusal(tmp_path / f"a{suffix}", max_pixels=52 * 40 - 1)
    assert "52 x 40 pixels, more than the limit" in message
    assert load_photo(tmp_path / f"a{suffix}", max_pixels=52 * 40).size == (52, 40)


def header_of_png(width: int, height: int) -> bytes:
    start = b"IHDR" + struct.pack(">II", width, height) + bytes([8, 2, 0, 0, 0])
    pixels = zlib.compress(bytes(1000))
    idat = struct.pack(">I", len(pixels)) + b"IDAT" + pixels + struct.pack(">I", zlib.crc32(b"IDAT" + pixels))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + start + struct.pack(">I", zlib.crc32(start)) + idat


def test_a_bomb_takes_no_memory() -> None:
    assert "100000 x 100000 pixels, more than the limit of 500 megapixels" in refusal(header_of_png(100_000, 100_000))
    tiles = Photo(RGB).to_bytes(".jp2")
    at = tiles.index(b"\xff\x4f\xff\x51") + 8
    assert "more than the limit" in refusal(tiles[:at] + struct.pack(">II", 1 << 31, 1 << 31) + tiles[at + 8 :])
    assert "tiles are too small" in refusal(tiles[: at + 16] + struct.pack(">II", 0, 0) + tiles[at + 24 :])


@pytest.mark.parametrize("suffix", SAVERS)
@pytest.mark.parametrize("part", [0.05, 0.5, 0.9])
def test_a_part_of_a_file_is_refused_and_not_filled_with_grey(suffix: str, part: float) -> None:
    needs(suffix)
    data = Photo(np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)).to_bytes(suffix)
    assert "damaged" in refusal(data[: int(part * len(data))])


def test_a_photo_that_may_not_be_read_or_is_gone_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.jpg").write_bytes(pil_bytes(RGB, "JPEG"))

    def fails(_path: Path, _mode: str) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "open", fails)
    assert "cannot read this file: Input/output error" in refusal(tmp_path / "a.jpg")


def test_a_format_whose_package_is_missing_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    needs(".heic")
    data = Photo(RGB).to_bytes(".heic")
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    assert "pip install pillow-heif" in refusal(data)


def test_broken_photos_at_the_same_time_keep_their_own_reasons(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)
    paths = []
    for suffix in (".jpg", ".png", ".tif", ".webp", ".avif"):
        data = Photo(noise).to_bytes(suffix)
        middle = len(data) // 2
        for kind, damaged in (("cut", data[:middle]), ("bad", data[:middle] + bytes(200) + data[middle + 200 :])):
            paths.append(tmp_path / f"{kind}{suffix}")
            paths[-1].write_bytes(damaged)
    alone = [read_or_refused(path) for path in paths]
    assert {line for line in alone if "cut" in line} == {
        f"{path}: damaged, or not a photo in a form that is known (it ends too early); replace it, or save it again"
        for path in paths
        if path.name.startswith("cut")
    }
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read_or_refused, paths * 10)) == alone * 10


def read_or_refused(photo: Path | bytes, name: str | None = None) -> str:
    try:
        return f"{name or str(photo)}: {load_photo(photo, name=name).size}"
    except PhotoError as error:
        return str(error)


@pytest.mark.parametrize("name", [name for name in samples() if name != "dng"])
def test_damage_ends_in_a_photo_or_in_one_sentence(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    for seed in range(25):
        message = read_or_refused(mutate(samples()[name], 10_000 + seed), name)
        assert message.startswith(f"{name}: ")
        assert "\n" not in message
    assert capfd.readouterr() == ("", "")


def test_a_file_that_one_may_not_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.jpg").write_bytes(pil_bytes(RGB, "JPEG"))
    monkeypatch.setattr(PhotoSource, "open", refuse)
    assert refusal(tmp_path / "a.jpg").endswith(": you may not read this file; change its permissions")


def test_open_files_are_read_from_where_they_stand(tmp_path: Path) -> None:
    Photo(RGB).save(tmp_path / "a.png")
    with (tmp_path / "a.png").open("rb") as file:
        np.testing.assert_array_equal(load_photo(file).pixels, RGB)
        with pytest.raises(PhotoError, match=r"a\.png: there is nothing in it"):
            load_photo(file)
    with (tmp_path / "a.png").open(encoding="latin-1") as text, pytest.raises(TypeError, match=r"a\.png: is open as text"):
        load_photo(text)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not int"):
        load_photo(7)  # type: ignore[arg-type]
    with pytest.raises(PhotoError, match="the photo: damaged"):
        load_photo(io.BytesIO(b"no photo at all"))
