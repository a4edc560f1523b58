from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
import pyvips
import tifffile
from PIL import Image

from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo import SAVERS, Photo, load_photo
from deep_photo_enhancer.photo.small_copies import sized_copy, small_copy, upright_size
from deep_photo_enhancer.photo.spaces import Space
from deep_photo_enhancer.photo.vips import vips_image
from tests.enhancing_fixtures import exif_block, icc_profile, smooth_photo
from tests.photo.fuzz_samples import dng
from tests.photo.samples import grey_profile, needs, pil_bytes, scanner_profile, with_chunk, with_colour_codes
from tests.synthetic import grey, synthetic_photo, write_photo

FACTOR = 8
"""Times that photos are made smaller here: of these, libjpeg sees to 4."""
SMOOTH = smooth_photo(192, 256) // 4 + np.uint8(96)  # inside sRGB by any profile
DEEP = SMOOTH.astype(np.uint16) * 257
OPAQUE = np.full((192, 256, 1), 255, np.uint8)
P3 = icc_profile("p3")
PLAIN, MEASURED_P3, DEEP_P3 = Photo(SMOOTH), Photo(SMOOTH, profile=P3), Photo(DEEP, profile=P3)


def press_jpeg() -> bytes:
    file = io.BytesIO()
    Image.fromarray(SMOOTH).convert("CMYK").save(file, "JPEG", quality=95)
    return file.getvalue()


PHOTOS: dict[str, Callable[[], bytes]] = {
    "cicp.png": lambda: with_chunk(pil_bytes(SMOOTH, "PNG"), b"cICP", bytes([12, 13, 0, 1])),
    "gamma.png": lambda: with_chunk(pil_bytes(SMOOTH, "PNG"), b"gAMA", (55556).to_bytes(4, "big")),
    "codes.avif": lambda: with_colour_codes(pil_bytes(SMOOTH, "AVIF"), 9, 1),
    "p3-of-16.png": lambda: DEEP_P3.to_bytes(".png"),
    "p3-of-16.tif": lambda: DEEP_P3.to_bytes(".tif"),
    "16.png": lambda: Photo(DEEP).to_bytes(".png"),
    "10.avif": lambda: Photo(DEEP).to_bytes(".avif"),
    "10.heic": lambda: Photo(DEEP).to_bytes(".heic"),
    "alpha.png": lambda: Photo(SMOOTH, OPAQUE, P3).to_bytes(".png"),
    "alpha.heic": lambda: Photo(SMOOTH, OPAQUE).to_bytes(".heic"),
    "grey.jpg": lambda: pil_bytes(SMOOTH[..., 0], "JPEG", quality=95),
    "grey-profile.png": lambda: pil_bytes(SMOOTH[..., 0], "PNG", icc_profile=grey_profile()),
    "broken-profile.png": lambda: pil_bytes(SMOOTH, "PNG", icc_profile=b"nonsense" * 50),
    "broken-profile.jpg": lambda: pil_bytes(SMOOTH, "JPEG", icc_profile=P3[:200], quality=95),
    "one-way-profile.tif": lambda: pil_bytes(SMOOTH, "TIFF", icc_profile=scanner_profile()),
    "turned.jpg": lambda: pil_bytes(SMOOTH, "JPEG", exif=exif_block(6, b""), quality=95),
    "turned.webp": lambda: pil_bytes(SMOOTH, "WEBP", exif=exif_block(7, b""), quality=95),
    "press.jpg": press_jpeg,
    "a JPEG.png": lambda: pil_bytes(SMOOTH, "JPEG", quality=95),
    "brackets[shrink=2].jpg": lambda: pil_bytes(SMOOTH, "JPEG", quality=95),
    "raw.dng": lambda: dng(SMOOTH),
}
"""Files by their names, beside one of every format."""


def same_through_both_doors(path: Path) -> None:
    """A small copy against the mean over squares of what the enhancer sees of the same file."""
    photo = load_photo(path)
    white = np.float32(np.iinfo(photo.pixels.dtype).max)
    srgb = Space.of(photo.profile, photo.pixels.shape[2]).to_srgb(photo.pixels / white)
    height, width = srgb.shape[0] // FACTOR, srgb.shape[1] // FACTOR
    expected = 255 * srgb.reshape(height, FACTOR, width, FACTOR, 3).mean((1, 3))
    assert upright_size(path) == photo.size
    copy = small_copy(path, max(height, width))
    assert copy.shape == (height, width, 3)
    difference = np.abs(copy - expected)
    assert difference.mean() < 0.8
    assert difference.max() <= 3  # of filters, at the noise of lossy formats; 1 where there is none


@pytest.mark.parametrize("suffix", SAVERS)
@pytest.mark.parametrize("photo", [PLAIN, MEASURED_P3], ids=["sRGB", "P3"])
def test_a_small_copy_has_the_colours_that_are_enhanced_in_every_format(tmp_path: Path, suffix: str, photo: Photo) -> None:
    needs(suffix)
    photo.save(tmp_path / f"a{suffix}")
    same_through_both_doors(tmp_path / f"a{suffix}")


@pytest.mark.parametrize("name", PHOTOS)
def test_a_small_copy_has_the_colours_that_are_enhanced(tmp_path: Path, name: str) -> None:
    needs(Path(name).suffix)
    (tmp_path / name).write_bytes(PHOTOS[name]())
    same_through_both_doors(tmp_path / name)


REFUSED: dict[str, Callable[[], bytes]] = {
    "empty.jpg": bytes,
    "words.jpg": lambda: b"Dear diary",
    "picture.gif": lambda: pil_bytes(SMOOTH, "GIF"),
    "hdr.png": lambda: with_chunk(pil_bytes(SMOOTH, "PNG"), b"cICP", bytes([9, 16, 0, 1])),
    "animated.png": lambda: with_chunk(pil_bytes(SMOOTH, "PNG"), b"acTL", bytes([0, 0, 0, 2, 0, 0, 0, 0])),
    "pages.tif": lambda: pil_bytes(SMOOTH, "TIFF", save_all=True, append_images=[Image.fromarray(SMOOTH[::2].copy())]),
    "pages.webp": lambda: pil_bytes(SMOOTH, "WEBP", save_all=True, append_images=[Image.fromarray(SMOOTH[::-1].copy())]),
    "half.raw": lambda: dng(SMOOTH)[:3000],
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_refused_with_the_same_line(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(REFUSED[name]())
    said = []
    for read in (load_photo, lambda path: small_copy(path, 32)):
        with pytest.raises(PhotoError) as caught:
            read(tmp_path / name)
        said.append(str(caught.value))
    assert said[0] == said[1]
    assert said[0].startswith(f"{tmp_path / name}: ")


@pytest.mark.parametrize("dtype", [np.float32, np.uint32])
def test_pixels_that_are_not_enhanced_become_no_copy(tmp_path: Path, dtype: type) -> None:
    tifffile.imwrite(tmp_path / "a.tif", SMOOTH.astype(dtype), photometric="rgb")
    with pytest.raises(PhotoError, match="pixels are not supported; save it with 8 or 16 bits"):
        small_copy(tmp_path / "a.tif", 32)


@pytest.mark.parametrize("suffix", [suffix for suffix in SAVERS if suffix != ".jxl"])
def test_half_a_file_becomes_no_copy(tmp_path: Path, suffix: str) -> None:
    needs(suffix)
    data = Photo(synthetic_photo(1, 200, 300)).to_bytes(suffix)
    (tmp_path / f"a{suffix}").write_bytes(data[: len(data) // 2])
    with pytest.raises(PhotoError, match="damaged"):
        small_copy(tmp_path / f"a{suffix}", 32)


def test_a_small_photo_is_not_enlarged(tmp_path: Path) -> None:
    pixels = synthetic_photo(0, 30, 20)
    np.testing.assert_array_equal(small_copy(write_photo(tmp_path / "a.png", pixels), 100), pixels)


@pytest.mark.parametrize(("height", "width"), [(777, 602), (173, 571), (395, 310), (354, 433)])
def test_copies_of_all_formats_have_the_same_size(tmp_path: Path, height: int, width: int) -> None:
    sizes = [
        small_copy(write_photo(tmp_path / f"a.{suffix}", grey(90, height, width)), 91).shape[:2]
        for suffix in ("png", "jpg", "tif", "webp")
    ]
    assert set(sizes) == {(round(height * 91 / max(height, width)), round(width * 91 / max(height, width)))}


def test_a_turned_photo_is_loaded_upright(tmp_path: Path) -> None:
    left_dark = np.concatenate([grey(20, 60, 60), grey(220, 60, 60)], axis=1)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise: left becomes top
    Image.fromarray(left_dark).save(tmp_path / "a.jpg", exif=exif)
    copy = small_copy(tmp_path / "a.jpg", 40)
    assert copy.shape == (40, 20, 3)
    assert abs(copy[:15].astype(int) - 20).max() < 4
    assert abs(copy[25:].astype(int) - 220).max() < 4


def test_grey_transparent_and_16_bit_photos_become_three_channels_of_8_bits(tmp_path: Path) -> None:
    Image.fromarray(np.full((5, 7), 130, np.uint8)).save(tmp_path / "grey.png")
    Image.fromarray(np.dstack([grey(130, 5, 7), np.full((5, 7), 255, np.uint8)])).save(tmp_path / "alpha.png")
    Image.fromarray(np.full((5, 7), 130 * 257, np.uint16)).save(tmp_path / "deep.png")
    for name in ("grey", "alpha", "deep"):
        np.testing.assert_array_equal(small_copy(tmp_path / f"{name}.png", 50), grey(130, 5, 7), err_msg=name)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_plain_photos_are_shrunk_while_they_are_decoded(tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    PLAIN.save(tmp_path / f"a{suffix}")
    monkeypatch.setattr("deep_photo_enhancer.photo.small_copies.load_photo", None)
    assert small_copy(tmp_path / f"a{suffix}", 32).shape == (24, 32, 3)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_without_a_profile_codes_are_what_a_way_through_colour_management_would_make_of_them(
    tmp_path: Path, channels: int, dtype: type[np.unsignedinteger[Any]]
) -> None:
    pixels = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (64, 256, channels), endpoint=True).astype(dtype)
    Photo(pixels).save(tmp_path / "a.png")
    for size in ((256, 64), (100, 25)):
        managed = vips_image(pixels).thumbnail_image(size[0], height=size[1], size="force", output_profile="srgb")
        np.testing.assert_array_equal(sized_copy(tmp_path / "a.png", *size), managed.numpy())


def test_a_small_jpeg_is_opened_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    PLAIN.save(tmp_path / "a.jpg")
    load = Mock(wraps=pyvips.Image.jpegload_source)
    monkeypatch.setattr(pyvips.Image, "jpegload_source", load, raising=False)
    small_copy(tmp_path / "a.jpg", 256)
    load.assert_called_once()
