from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo import (
    SAVERS,
    Photo,
    SaveOptions,
    load_photo,
)
from tests.enhancing_fixtures import exif_block, icc_profile, jpeg_bytes, opened
from tests.photo.samples import (
    DEEP,
    RGB,
    SMALL,
    SMALL16,
    mean_difference,
    needs,
    pil_bytes,
    refusal,
)

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


@pytest.mark.parametrize("suffix", [".jp2", ".jxl"])
def test_what_a_format_cannot_take_is_said(tmp_path: Path, suffix: str) -> None:
    needs(suffix)
    (lost,) = Photo(DEEP).save(tmp_path / f"a{suffix}")
    assert "8 bits" in lost
    assert mean_difference(load_photo(tmp_path / f"a{suffix}"), Photo(RGB)) < 2
    assert Photo(DEEP[..., :1]).save(tmp_path / f"a{suffix}") == ()
    assert load_photo(tmp_path / f"a{suffix}").pixels.dtype == np.uint16


@pytest.mark.parametrize("name", ["a[1].jpg", "b.jpg[shrink=2]", "100%.jpg", "with space.jpg", "ünï 写.jpg", "-o.jpg", "%s.jpg"])
def test_any_name_can_be_read_and_written(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(jpeg_bytes(SMALL))
    photo = load_photo(tmp_path / name)
    assert photo.size == (30, 20)
    output = tmp_path / "out" / f"{name}.png"
    photo.save(output)
    np.testing.assert_array_equal(np.asarray(opened(output)), photo.pixels)


def test_a_name_that_is_not_unicode_can_be_read_and_written(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.png")
    try:
        Image.fromarray(SMALL).save(path)
    except OSError:
        pytest.skip("this file system takes Unicode names only")
    load_photo(path).save(path.with_suffix(".tif"))
    np.testing.assert_array_equal(load_photo(path.with_suffix(".tif")).pixels, SMALL)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright_and_says_so(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Maker"
    exif.get_ifd(0x8769)[0x9003] = "2020:01:02 03:04:05"
    exif.get_ifd(0x8825)[1] = "N"
    Image.fromarray(SMALL).save(tmp_path / "turned.png", exif=exif)
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
    (tmp_path / "in.jpg").write_bytes(jpeg_bytes(SMALL, exif=exif_block(8, thumbnail)))
    assert thumbnail in (tmp_path / "in.jpg").read_bytes()
    load_photo(tmp_path / "in.jpg").save(tmp_path / "out.jpg")
    with opened(tmp_path / "out.jpg") as written:
        assert written.getexif()[0x010F] == "Maker"
        assert written.getexif()[0x0112] == 1
        assert thumbnail[:3] not in written.info["exif"]
        assert 0x0201 not in written.getexif().get_ifd(1)


def test_xmp_and_resolution_are_kept(tmp_path: Path) -> None:
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>five stars</x:xmpmeta>"
    (tmp_path / "in.jpg").write_bytes(jpeg_bytes(SMALL, xmp=xmp, dpi=(300, 300)))
    photo = load_photo(tmp_path / "in.jpg")
    for suffix in (".jpg", ".tif"):
        photo.save(tmp_path / f"out{suffix}")
        with opened(tmp_path / f"out{suffix}") as written:
            assert written.info["xmp"] == xmp
            assert written.info["dpi"] == pytest.approx((300, 300), rel=1e-3)


def test_the_profile_is_kept_byte_by_byte(tmp_path: Path) -> None:
    p3 = icc_profile("p3")
    Image.fromarray(SMALL).save(tmp_path / "in.png", icc_profile=p3)
    photo = load_photo(tmp_path / "in.png")
    assert (photo.profile, photo.warnings) == (p3, ())
    for suffix in (".png", ".jpg", ".tif", ".webp"):
        photo.save(tmp_path / f"out{suffix}")
        assert opened(tmp_path / f"out{suffix}").info["icc_profile"] == p3


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
        Photo(SMALL16[..., :1]).save(tmp_path / f"deep{suffix}")
        np.testing.assert_array_equal(np.asarray(opened(tmp_path / f"deep{suffix}")), SMALL16[..., 0])


@pytest.mark.parametrize("suffix", [".jpg", ".JPEG", ".webp"])
def test_lossy_formats_come_close(tmp_path: Path, suffix: str) -> None:
    Photo(SMALL).save(tmp_path / f"photo{suffix}")
    with opened(tmp_path / f"photo{suffix}") as written:
        assert written.format == {".webp": "WEBP"}.get(suffix, "JPEG")
        assert abs(np.asarray(written).astype(int) - SMALL).mean() < 2.5


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_transparent_places_are_white_in_a_jpeg(tmp_path: Path, dtype: Any) -> None:
    alpha = np.zeros((8, 16, 1), dtype)
    alpha[:, 8:] = np.iinfo(dtype).max
    Photo(np.zeros((8, 16, 3), dtype), alpha).save(tmp_path / "out.jpg")
    pixels = np.asarray(Image.open(tmp_path / "out.jpg"))
    assert pixels[:, :8].min() >= 250
    assert pixels[:, 8:].max() <= 5


def test_sixteen_bits_go_into_a_jpeg_as_eight(tmp_path: Path) -> None:
    Photo(SMALL.astype(np.uint16) * 257).save(tmp_path / "photo.jpg")
    assert abs(load_photo(tmp_path / "photo.jpg").pixels.astype(int) - SMALL).mean() < 2


def test_parent_folders_are_made_and_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "photo.png"
    Photo(SMALL).save(path)
    (tmp_path / "plain").touch()
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_an_unknown_format_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    for name in ("photo.gif", "photo"):
        assert "cannot write" in refusal(tmp_path / name, Photo(SMALL).save)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert "cannot write there" in refusal(tmp_path / "file" / "photo.jpg", Photo(SMALL).save)
    (tmp_path / "folder.jpg").mkdir()
    assert "cannot write there: Is a directory" in refusal(tmp_path / "folder.jpg", Photo(SMALL).save)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.jpg"]


@pytest.mark.parametrize(
    ("suffix", "longest", "others"),
    [
        (".webp", 16_383, "JPEG, PNG or TIFF"),
        (".avif", 16_384, "JPEG, PNG or TIFF"),
        (".jpg", 65_500, "PNG or TIFF"),
        (".heic", 65_500, "PNG or TIFF"),
    ],
)
def test_a_side_that_a_format_does_not_hold_is_refused_with_its_limit(
    tmp_path: Path, suffix: str, longest: int, others: str
) -> None:
    path = tmp_path / f"photo{suffix}"
    path.write_bytes(b"the old one")
    for height, width in ((1, longest + 1), (longest + 1, 1)):
        message = refusal(path, Photo(np.zeros((height, width, 3), np.uint8)).save)
        limit = f"{width} x {height} pixels do not fit into {SAVERS[suffix]}, which holds {longest} a side; write {others}"
        assert message == f"{path}: {limit}"
    assert path.read_bytes() == b"the old one"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("suffix", "side"), [(".webp", 16_383), (".avif", 16_384), (".jpg", 65_500), (".heic", 65_500)])
def test_the_longest_side_of_a_format_is_held(suffix: str, side: int) -> None:
    needs(suffix)
    assert load_photo(Photo(np.zeros((32, side, 3), np.uint8)).to_bytes(suffix)).size == (side, 32)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jp2", ".jxl"])
def test_other_formats_hold_any_side(suffix: str) -> None:
    needs(suffix)
    assert load_photo(Photo(np.zeros((2, 70_000, 3), np.uint8)).to_bytes(suffix)).size == (70_000, 2)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".avif"])
def test_a_file_system_that_takes_no_more_is_named_without_a_codecs_words(tmp_path: Path, suffix: str) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(PhotoError) as caught:
            Photo(np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)).save(tmp_path / f"a{suffix}")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert str(caught.value) == f"{tmp_path / f'a{suffix}'}: cannot write there: File too large; choose another output folder"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".webp", ".avif", ".jp2"])
def test_quality_makes_other_formats_smaller_too(suffix: str) -> None:
    sizes = [len(Photo(RGB).to_bytes(suffix, SaveOptions(quality=quality))) for quality in (10, 99)]
    assert sizes[0] < sizes[1]
