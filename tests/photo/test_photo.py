from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
import tifffile
from PIL import Image, ImageCms, ImageOps

from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo import Photo, load_photo, with_pixels
from deep_photo_enhancer.photo.metadata import Metadata
from deep_photo_enhancer.photo.spaces import is_srgb, profile_works
from tests.enhancing_fixtures import exif_block, icc_profile, jpeg_bytes, noise, opened, smooth_photo

RGB = smooth_photo(20, 30)
GREY = RGB[..., 0]
RGB16 = np.random.default_rng(1).integers(0, 65536, (20, 30, 3), np.uint16)


def clear_line(path: Path, action: Any = load_photo) -> str:
    """The message of the PhotoError: one line that begins with the file's name."""
    with pytest.raises(PhotoError) as caught:
        action(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


# Reading


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_lossless_files_are_read_bit_by_bit(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"photo{suffix}"
    options: dict[str, Any] = {"lossless": True} if suffix == ".webp" else {}
    Image.fromarray(RGB).save(path, **options)
    photo = load_photo(path)
    np.testing.assert_array_equal(photo.pixels, RGB)
    assert (photo.size, photo.alpha, photo.profile, photo.warnings) == ((30, 20), None, None, ())


def test_a_jpeg_is_read_as_pillow_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(jpeg_bytes(RGB, quality=95, subsampling=0))
    difference = load_photo(path).pixels.astype(int) - np.asarray(opened(path)).astype(int)
    assert abs(difference).max() <= 2


def test_greyscale_stays_greyscale(tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "grey.jpg", quality=95)
    Image.fromarray(GREY).convert("1").save(tmp_path / "one-bit.png")
    Image.fromarray(RGB16[..., 0]).save(tmp_path / "deep.png")
    assert abs(load_photo(tmp_path / "grey.jpg").pixels[..., 0].astype(int) - GREY).max() <= 3
    one_bit = np.asarray(opened(tmp_path / "one-bit.png").convert("L"))
    assert set(np.unique(one_bit)) == {0, 255}
    np.testing.assert_array_equal(load_photo(tmp_path / "one-bit.png").pixels[..., 0], one_bit)
    np.testing.assert_array_equal(load_photo(tmp_path / "deep.png").pixels[..., 0], RGB16[..., 0])


@pytest.mark.parametrize("transparency", [None, 3])
def test_a_palette_becomes_its_colours_and_its_transparency(tmp_path: Path, transparency: int | None) -> None:
    options: dict[str, Any] = {} if transparency is None else {"transparency": transparency}
    Image.fromarray(RGB).quantize(16).save(tmp_path / "palette.png", **options)
    expected = np.asarray(opened(tmp_path / "palette.png").convert("RGBA"))
    photo = load_photo(tmp_path / "palette.png")
    np.testing.assert_array_equal(photo.pixels, expected[..., :3])
    if transparency is None:
        assert photo.alpha is None
    else:
        assert photo.alpha is not None
        assert 0 in expected[..., 3]
        np.testing.assert_array_equal(photo.alpha, expected[..., 3:])


def test_sixteen_bits_are_read_in_full(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "deep.tif", RGB16, photometric="rgb")
    photo = load_photo(tmp_path / "deep.tif")
    assert photo.pixels.dtype == np.uint16
    np.testing.assert_array_equal(photo.pixels, RGB16)


def test_a_cmyk_jpeg_becomes_srgb_and_says_so(tmp_path: Path) -> None:
    colours = np.array([[[0, 0, 0], [255, 255, 255]], [[255, 0, 0], [0, 0, 255]]], np.uint8)
    patches = colours.repeat(16, 0).repeat(16, 1)
    Image.fromarray(patches).convert("CMYK").save(tmp_path / "press.jpg", quality=95)
    photo = load_photo(tmp_path / "press.jpg")
    assert photo.warnings == ("converted from CMYK to sRGB",)
    assert (photo.pixels.shape, photo.pixels.dtype, photo.profile) == ((32, 32, 3), np.dtype(np.uint8), None)
    black, white = photo.pixels[8, 8].astype(int), photo.pixels[8, 24].astype(int)
    red, blue = photo.pixels[24, 8].astype(int), photo.pixels[24, 24].astype(int)
    assert black.max() < 60
    assert white.min() > 245
    assert red[0] > red[1:].max() + 80
    assert blue[2] > blue[:2].max() + 40


def test_a_jpeg_named_png_is_read_by_its_content(tmp_path: Path) -> None:
    (tmp_path / "wrong.png").write_bytes(jpeg_bytes(RGB, quality=95))
    assert load_photo(tmp_path / "wrong.png").size == (30, 20)


@pytest.mark.parametrize("name", ["a[1].jpg", "b.jpg[shrink=2]", "100%.jpg", "with space.jpg", "ünï 写.jpg", "-o.jpg", "%s.jpg"])
def test_any_name_can_be_read_and_written(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(jpeg_bytes(RGB))
    photo = load_photo(tmp_path / name)
    assert photo.size == (30, 20)
    output = tmp_path / "out" / f"{name}.png"
    photo.save(output)
    np.testing.assert_array_equal(np.asarray(opened(output)), photo.pixels)


def test_a_name_that_is_not_unicode_can_be_read_and_written(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.png")
    try:
        Image.fromarray(RGB).save(path)
    except OSError:
        pytest.skip("this file system takes Unicode names only")
    load_photo(path).save(path.with_suffix(".tif"))
    np.testing.assert_array_equal(load_photo(path.with_suffix(".tif")).pixels, RGB)


# Refusing


def test_a_missing_file(tmp_path: Path) -> None:
    assert "no such file" in clear_line(tmp_path / "nothing.jpg")
    assert "cannot read this file" in clear_line(tmp_path / ("long" * 100 + ".jpg"))


def test_a_folder(tmp_path: Path) -> None:
    assert "is a folder" in clear_line(tmp_path)


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
    assert says in clear_line(path)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_half_a_file_is_refused_and_not_filled_with_grey(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"photo{suffix}"
    Image.fromarray(noise(0, 200, 300, 3)).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "damaged" in clear_line(path)


def test_float_pixels_and_further_channels_are_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "float.tif", RGB.astype(np.float32) / 255, photometric="rgb")
    assert "float pixels are not supported; save it with 8 or 16 bits" in clear_line(tmp_path / "float.tif")
    tifffile.imwrite(tmp_path / "five.tif", np.dstack([RGB, RGB[..., :2]]), photometric="rgb")
    assert "has 5 channels" in clear_line(tmp_path / "five.tif")


def test_several_pictures_in_one_file_are_refused(tmp_path: Path) -> None:
    other = Image.fromarray(RGB[::-1].copy())
    Image.fromarray(RGB).save(tmp_path / "pages.tif", save_all=True, append_images=[other, other])
    Image.fromarray(RGB).save(tmp_path / "moving.webp", save_all=True, append_images=[other])
    assert "holds 3 pictures" in clear_line(tmp_path / "pages.tif")
    assert "holds 2 pictures" in clear_line(tmp_path / "moving.webp")


def test_gif_is_refused_whatever_its_name(tmp_path: Path) -> None:
    Image.fromarray(RGB).save(tmp_path / "picture.jpg", "GIF")
    assert "not one of the formats JPEG, PNG, TIFF, WebP" in clear_line(tmp_path / "picture.jpg")


# Orientation and metadata


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright_and_says_so(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Maker"
    exif.get_ifd(0x8769)[0x9003] = "2020:01:02 03:04:05"
    exif.get_ifd(0x8825)[1] = "N"
    Image.fromarray(RGB).save(tmp_path / "turned.png", exif=exif)
    with opened(tmp_path / "turned.png") as turned:
        transposed = {
            2: Image.Transpose.FLIP_LEFT_RIGHT,
            3: Image.Transpose.ROTATE_180,
            4: Image.Transpose.FLIP_TOP_BOTTOM,
            5: Image.Transpose.TRANSPOSE,
            6: Image.Transpose.ROTATE_270,
            7: Image.Transpose.TRANSVERSE,
            8: Image.Transpose.ROTATE_90,
        }
        upright = np.asarray(turned.transpose(transposed[orientation]) if orientation > 1 else turned)
    photo = load_photo(tmp_path / "turned.png")
    np.testing.assert_array_equal(photo.pixels, upright)
    for suffix in (".png", ".jpg", ".webp"):
        output = tmp_path / f"upright{suffix}"
        photo.save(output)
        with opened(output) as written:
            kept = written.getexif()
            assert written.size == (upright.shape[1], upright.shape[0])
        assert kept[0x0112] == 1
        assert kept[0x010F] == "Maker"
        assert kept.get_ifd(0x8769)[0x9003] == "2020:01:02 03:04:05"
        assert kept.get_ifd(0x8825)[1] == "N"
    photo.save(tmp_path / "upright.tif")
    assert opened(tmp_path / "upright.tif").getexif()[0x0112] == 1


def test_the_thumbnail_of_the_old_pixels_is_dropped(tmp_path: Path) -> None:
    thumbnail = jpeg_bytes(np.full((12, 16, 3), 200, np.uint8))
    (tmp_path / "in.jpg").write_bytes(jpeg_bytes(RGB, exif=exif_block(8, thumbnail)))
    assert thumbnail in (tmp_path / "in.jpg").read_bytes()
    load_photo(tmp_path / "in.jpg").save(tmp_path / "out.jpg")
    with opened(tmp_path / "out.jpg") as written:
        assert written.getexif()[0x010F] == "Maker"
        assert written.getexif()[0x0112] == 1
        assert thumbnail[:3] not in written.info["exif"]
        assert 0x0201 not in written.getexif().get_ifd(1)


def test_xmp_and_resolution_are_kept(tmp_path: Path) -> None:
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>five stars</x:xmpmeta>"
    (tmp_path / "in.jpg").write_bytes(jpeg_bytes(RGB, xmp=xmp, dpi=(300, 300)))
    photo = load_photo(tmp_path / "in.jpg")
    for suffix in (".jpg", ".tif"):
        photo.save(tmp_path / f"out{suffix}")
        with opened(tmp_path / f"out{suffix}") as written:
            assert written.info["xmp"] == xmp
            assert written.info["dpi"] == pytest.approx((300, 300), rel=1e-3)


# Profiles


def test_the_profile_is_kept_byte_by_byte(tmp_path: Path) -> None:
    p3 = icc_profile("p3")
    Image.fromarray(RGB).save(tmp_path / "in.png", icc_profile=p3)
    photo = load_photo(tmp_path / "in.png")
    assert (photo.profile, photo.warnings) == (p3, ())
    for suffix in (".png", ".jpg", ".tif", ".webp"):
        photo.save(tmp_path / f"out{suffix}")
        assert opened(tmp_path / f"out{suffix}").info["icc_profile"] == p3


@pytest.mark.parametrize(
    "broken", [b"nonsense" * 50, icc_profile("p3")[:200], icc_profile("cmyk")], ids=["noise", "half", "cmyk"]
)
def test_a_broken_profile_is_dropped_with_a_warning(tmp_path: Path, broken: bytes) -> None:
    (tmp_path / "in.jpg").write_bytes(jpeg_bytes(RGB, icc_profile=broken))
    photo = load_photo(tmp_path / "in.jpg")
    assert photo.profile is None
    assert photo.warnings == ("its colour profile cannot be used: treated as sRGB",)


def test_profiles_that_work() -> None:
    assert profile_works(icc_profile("p3"))
    assert profile_works(icc_profile("srgb"))
    assert not profile_works(b"")


# Writing


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("bands", [1, 3])
@pytest.mark.parametrize("with_alpha", [False, True])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_lossless_formats_give_back_what_was_saved(tmp_path: Path, dtype: Any, bands: int, with_alpha: bool, suffix: str) -> None:
    rng = np.random.default_rng(0)
    white = np.iinfo(dtype).max
    pixels = rng.integers(0, white, (9, 7, bands), dtype, endpoint=True)
    alpha = rng.integers(0, white, (9, 7, 1), dtype, endpoint=True) if with_alpha else None
    Photo(pixels, alpha).save(tmp_path / f"photo{suffix}")
    back = load_photo(tmp_path / f"photo{suffix}")
    assert back.pixels.dtype == dtype
    np.testing.assert_array_equal(back.pixels, pixels)
    np.testing.assert_array_equal(back.alpha, alpha)


def test_sixteen_bits_are_written_in_full_for_other_readers(tmp_path: Path) -> None:
    for suffix in (".png", ".tif"):  # Pillow reads 16 bits in greyscale only
        Photo(RGB16[..., :1]).save(tmp_path / f"deep{suffix}")
        np.testing.assert_array_equal(np.asarray(opened(tmp_path / f"deep{suffix}")), RGB16[..., 0])


@pytest.mark.parametrize("suffix", [".jpg", ".JPEG", ".webp"])
def test_lossy_formats_come_close(tmp_path: Path, suffix: str) -> None:
    Photo(RGB).save(tmp_path / f"photo{suffix}")
    with opened(tmp_path / f"photo{suffix}") as written:
        assert written.format == {".webp": "WEBP"}.get(suffix, "JPEG")
        assert abs(np.asarray(written).astype(int) - RGB).mean() < 2.5


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_transparent_places_are_white_in_a_jpeg(tmp_path: Path, dtype: Any) -> None:
    alpha = np.zeros((8, 16, 1), dtype)
    alpha[:, 8:] = np.iinfo(dtype).max
    Photo(np.zeros((8, 16, 3), dtype), alpha).save(tmp_path / "out.jpg")
    pixels = np.asarray(Image.open(tmp_path / "out.jpg"))
    assert pixels[:, :8].min() >= 250
    assert pixels[:, 8:].max() <= 5


def test_a_raw_file_is_not_taken_for_its_thumbnail(tmp_path: Path) -> None:
    pytest.importorskip("rawpy")
    Photo(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "thumbnail.tif")
    (tmp_path / "in.dng").write_bytes((tmp_path / "thumbnail.tif").read_bytes())
    assert "Unsupported file format or not RAW file" in clear_line(tmp_path / "in.dng")


def test_sixteen_bit_cmyk_keeps_its_depth_and_alpha(tmp_path: Path) -> None:
    bands = np.zeros((8, 8, 5), np.uint16)
    bands[..., 4] = 65535
    image = pyvips.Image.new_from_array(bands).copy(interpretation="cmyk")
    image.tiffsave(str(tmp_path / "in.tif"))
    photo = load_photo(tmp_path / "in.tif")
    assert photo.pixels.dtype == np.uint16
    assert photo.pixels.min() > 60000
    assert photo.alpha is not None
    assert photo.alpha.min() == 65535


def test_sixteen_bits_go_into_a_jpeg_as_eight(tmp_path: Path) -> None:
    Photo(RGB.astype(np.uint16) * 257).save(tmp_path / "photo.jpg")
    assert abs(load_photo(tmp_path / "photo.jpg").pixels.astype(int) - RGB).mean() < 2


def test_parent_folders_are_made_and_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "photo.png"
    Photo(RGB).save(path)
    (tmp_path / "plain").touch()
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_an_unknown_format_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    for name in ("photo.gif", "photo"):
        assert "cannot write" in clear_line(tmp_path / name, Photo(RGB).save)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert "cannot write there" in clear_line(tmp_path / "file" / "photo.jpg", Photo(RGB).save)
    (tmp_path / "folder.jpg").mkdir()
    assert "cannot write there: Is a directory" in clear_line(tmp_path / "folder.jpg", Photo(RGB).save)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.jpg"]


def test_a_save_that_fails_keeps_the_old_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    too_wide = Photo(np.zeros((1, 16_400, 3), np.uint8))  # WebP ends at 16383
    path = tmp_path / "photo.webp"
    path.write_bytes(b"the old one")
    assert "too large" in clear_line(path, too_wide.save)
    assert path.read_bytes() == b"the old one"
    assert list(tmp_path.iterdir()) == [path]


def test_with_pixels_changes_nothing_else() -> None:
    photo = Photo(RGB, RGB[..., :1], b"profile", Metadata(exif=b"exif"), (11.8, 11.8), ("careful",))
    other = with_pixels(photo, RGB[::-1])
    np.testing.assert_array_equal(other.pixels, RGB[::-1])
    assert other.alpha is photo.alpha
    assert (other.profile, other.metadata, other.resolution, other.warnings) == (
        photo.profile,
        photo.metadata,
        photo.resolution,
        photo.warnings,
    )


def test_a_saved_jpeg_keeps_full_chroma_resolution(tmp_path: Path) -> None:
    Photo(RGB).save(tmp_path / "photo.jpg")
    layers = opened(tmp_path / "photo.jpg").layer  # type: ignore[attr-defined]
    assert {layer[1:3] for layer in layers} == {(1, 1)}


def test_profiles_that_mean_srgb_are_known() -> None:
    written_elsewhere = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert written_elsewhere != icc_profile("srgb")
    assert is_srgb(written_elsewhere)
    assert is_srgb(icc_profile("srgb"))
    assert not is_srgb(icc_profile("p3"))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_large_photos_are_upright_too(tmp_path: Path, orientation: int) -> None:
    """Larger than what libvips holds of a photo that it reads line by line."""
    tall = smooth_photo(900, 700)
    Image.fromarray(tall).save(tmp_path / "photo.png", exif=exif_block(orientation, b""))
    expected = np.asarray(ImageOps.exif_transpose(opened(tmp_path / "photo.png")))
    np.testing.assert_array_equal(load_photo(tmp_path / "photo.png").pixels, expected)
