from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
import tifffile

from deep_photo_enhancer.photo import load_photo
from deep_photo_enhancer.photo.picture import turn_upright
from deep_photo_enhancer.photo.small_copies import small_copy
from tests.enhancing_fixtures import icc_profile
from tests.photo.samples import (
    RGB,
    SMALL,
    SMALL16,
    refusal,
)


def test_sixteen_bits_are_read_in_full(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "deep.tif", SMALL16, photometric="rgb")
    photo = load_photo(tmp_path / "deep.tif")
    assert photo.pixels.dtype == np.uint16
    np.testing.assert_array_equal(photo.pixels, SMALL16)


def test_float_pixels_and_further_channels_are_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "float.tif", SMALL.astype(np.float32) / 255, photometric="rgb")
    assert "float pixels are not supported; save it with 8 or 16 bits" in refusal(tmp_path / "float.tif")
    tifffile.imwrite(tmp_path / "five.tif", np.dstack([SMALL, SMALL[..., :2]]), photometric="rgb")
    assert "has 5 channels" in refusal(tmp_path / "five.tif")


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


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_cielab_is_refused_by_its_name(tmp_path: Path, dtype: type) -> None:
    tifffile.imwrite(tmp_path / "lab.tif", RGB.astype(dtype), photometric="cielab")
    assert refusal(tmp_path / "lab.tif").endswith(": its colours are CIELAB, which is not supported; save it as RGB")


# Which picture of a file is the photo


def in_file(*pages: dict[str, Any]) -> bytes:
    """A TIFF of these pages, each with its pixels and tifffile's options."""
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for page in pages:
            options = {"photometric": "rgb", **page}
            writer.write(options.pop("pixels"), **options)
    return file.getvalue()


PREVIEW = RGB[::4, ::4]


@pytest.mark.parametrize(
    "pages",
    [
        ({"pixels": PREVIEW, "subfiletype": 1, "subifds": 1}, {"pixels": RGB, "subfiletype": 0}),
        ({"pixels": PREVIEW, "subifds": 1}, {"pixels": RGB}),
        ({"pixels": RGB, "subifds": 1}, {"pixels": PREVIEW, "subfiletype": 1}),
        ({"pixels": RGB}, {"pixels": PREVIEW, "subfiletype": 1}),
        ({"pixels": PREVIEW, "subfiletype": 1}, {"pixels": RGB}),
        ({"pixels": RGB}, {"pixels": PREVIEW}),
        ({"pixels": PREVIEW}, {"pixels": RGB}),
        ({"pixels": RGB, "subfiletype": 2},),
        ({"pixels": RGB, "subfiletype": 1},),
    ],
    ids=[
        "below-a-preview",
        "below-an-unmarked-preview",
        "pyramid",
        "preview-second",
        "preview-first",
        "unmarked-second",
        "unmarked-first",
        "a-page",
        "only-a-preview",
    ],
)
def test_the_photo_of_a_file_is_the_one_that_its_tags_name(pages: tuple[dict[str, Any], ...]) -> None:
    photo = load_photo(in_file(*pages))
    np.testing.assert_array_equal(photo.pixels, RGB)
    assert photo.warnings == ()


def test_a_mask_is_no_picture_and_not_lost_without_a_word() -> None:
    photo = load_photo(in_file({"pixels": RGB}, {"pixels": RGB[..., 0] > 99, "photometric": "mask", "subfiletype": 4}))
    np.testing.assert_array_equal(photo.pixels, RGB)
    assert photo.warnings == ("its transparency mask is left out",)


def test_two_photos_are_still_two() -> None:
    assert "holds 2 pictures" in refusal(in_file({"pixels": RGB}, {"pixels": RGB[::-1]}))
    assert "holds 2 pictures" in refusal(in_file({"pixels": RGB}, {"pixels": PREVIEW[::-1]}))  # small, and another picture
    assert "holds 2 pictures" in refusal(in_file({"pixels": RGB}, {"pixels": PREVIEW[..., 0], "photometric": "minisblack"}))
    assert "holds 2 pictures" in refusal(in_file({"pixels": RGB}, {"pixels": PREVIEW, "subfiletype": 1}, {"pixels": RGB[::-1]}))


def test_a_picture_below_another_has_the_profile_of_the_first(tmp_path: Path) -> None:
    p3 = icc_profile("p3")
    first = {"pixels": PREVIEW, "subfiletype": 1, "subifds": 1, "iccprofile": p3}
    (tmp_path / "a.tif").write_bytes(in_file(first, {"pixels": RGB, "subfiletype": 0}))
    assert load_photo(tmp_path / "a.tif").profile == p3
    assert small_copy(tmp_path / "a.tif", 52).shape == RGB.shape


@pytest.mark.parametrize(("of_first", "of_photo", "turned"), [(6, None, 6), (None, 6, 6), (8, 6, 6), (6, 1, 1), (None, None, 1)])
def test_a_picture_below_another_is_turned_as_it_says_or_else_as_the_first_does(
    of_first: int | None, of_photo: int | None, turned: int
) -> None:
    tags = [[] if value is None else [(274, 3, 1, value, True)] for value in (of_first, of_photo)]
    first = {"pixels": PREVIEW, "subfiletype": 1, "subifds": 1, "extratags": tags[0]}
    content = in_file(first, {"pixels": RGB, "subfiletype": 0, "extratags": tags[1]})
    np.testing.assert_array_equal(load_photo(content).pixels, turn_upright(RGB, turned))


# What its numbers mean


def of_tags(pixels: bytes, size: tuple[int, int], samples: int, tags: dict[int, tuple[int, Any]], bits: int = 8) -> bytes:
    """A TIFF of one strip; tags by number: type and value, several numbers packed."""
    width, height = size
    entries: dict[int, tuple[int, Any]] = {
        256: (4, width), 257: (4, height), 258: (3, bits), 259: (3, 1), 262: (3, 2), 277: (3, samples), 278: (4, height),
        279: (4, len(pixels)), **tags,
    }  # fmt: skip
    begin = 8 + 2 + 12 * (len(entries) + 1) + 4
    values = b""
    entries[273] = (4, begin + sum(len(value) for _, value in entries.values() if isinstance(value, bytes) and len(value) > 4))
    directory = struct.pack("<H", len(entries))
    for tag, (kind, value) in sorted(entries.items()):
        count = len(value) // {3: 2, 5: 8}[kind] if isinstance(value, bytes) else 1
        directory += struct.pack("<HHI", tag, kind, count)
        if not isinstance(value, bytes):
            directory += struct.pack("<I", value)
        elif len(value) <= 4:
            directory += value.ljust(4, b"\0")
        else:
            directory += struct.pack("<I", begin + len(values))
            values += value
    return b"II*\0\x08\0\0\0" + directory + bytes(4) + values + pixels


def ycbcr(rgb: Any) -> bytes:
    """By ITU-R BT.601, as JPEG has it, in codes of 8 bits."""
    red, green, blue = np.moveaxis(rgb.astype(float), 2, 0)
    y = 0.299 * red + 0.587 * green + 0.114 * blue
    planes = np.stack([y, 128 + (blue - y) / 1.772, 128 + (red - y) / 1.402], 2)
    return planes.round().astype(np.uint8).tobytes()


NOT_HALVED = {262: (3, 6), 530: (3, struct.pack("<2H", 1, 1))}


def test_ycbcr_becomes_rgb() -> None:
    photo = load_photo(of_tags(ycbcr(RGB), (52, 40), 3, {**NOT_HALVED}))
    assert np.abs(photo.pixels.astype(int) - RGB).max() <= 2
    assert photo.pixels.shape == RGB.shape


def test_ycbcr_of_television_becomes_rgb_by_its_references() -> None:
    """White is 235, black is 16, grey's colour differences are 128: TIFF 6.0 section 20."""
    references = struct.pack("<12I", *(part for value in (16, 235, 128, 240, 128, 240) for part in (value, 1)))
    pixels = bytes([235, 128, 128, 16, 128, 128])
    photo = load_photo(of_tags(pixels, (2, 1), 3, {**NOT_HALVED, 532: (5, references)}))
    np.testing.assert_array_equal(photo.pixels, [[[255, 255, 255], [0, 0, 0]]])


def test_ycbcr_in_small_copies(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(of_tags(ycbcr(RGB), (52, 40), 3, {**NOT_HALVED}))
    assert np.abs(small_copy(tmp_path / "a.tif", 52).astype(int) - RGB).max() <= 2


@pytest.mark.parametrize(
    ("tags", "samples", "says"),
    [
        ({262: (3, 6)}, 3, "YCbCr of less resolution"),
        ({262: (3, 4)}, 1, "neither grey levels nor colours that are known (4)"),
        ({262: (3, 2)}, 2, "neither grey levels nor RGB nor CMYK"),
        ({262: (3, 9)}, 3, "its colours are CIELAB"),
        ({262: (3, 10)}, 3, "its colours are CIELAB"),
        ({262: (3, 32845)}, 3, "neither grey levels nor colours that are known (32845)"),
        ({262: (3, 5), 332: (3, 2)}, 4, "inks other than CMYK's"),
        ({262: (3, 5)}, 3, "inks other than CMYK's"),
        ({258: (3, 12)}, 3, "12 bits a channel are not supported"),
        ({259: (3, 50000)}, 3, "is compressed with ZSTD, which is not supported; save it with LZW or Deflate"),
        ({259: (3, 34925)}, 3, "is compressed with LZMA"),
        ({259: (3, 65000)}, 3, "is compressed with method 65000"),
        ({339: (3, 3)}, 3, "float pixels"),
        ({284: (3, 2), 322: (3, 16), 323: (3, 16)}, 3, "tiled separate planes"),
    ],
)
def test_what_has_another_meaning_is_refused_by_its_name(tags: dict[int, tuple[int, Any]], samples: int, says: str) -> None:
    message = refusal(of_tags(bytes(4 * 52 * 40), (52, 40), samples, tags))
    assert says in message
    assert "; save it" in message


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("white_is_zero", [False, True])
def test_few_bits_of_grey_and_white_as_zero(bits: int, white_is_zero: bool) -> None:
    levels = [number % (1 << bits) for number in range(16)]
    packed = sum(level << bits * (15 - number) for number, level in enumerate(levels)).to_bytes(2 * bits, "big")
    photo = load_photo(of_tags(packed, (16, 1), 1, {262: (3, int(not white_is_zero))}, bits))
    expected = [255 * level // ((1 << bits) - 1) for level in levels]
    np.testing.assert_array_equal(photo.pixels[0, :, 0], [255 - level for level in expected] if white_is_zero else expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("colours", [1, 3])
def test_colours_multiplied_by_transparency_are_divided_exactly(dtype: type, colours: int) -> None:
    white = int(np.iinfo(dtype).max)
    alpha: Any = np.linspace(0, white, 52).round().astype(dtype)[None, :, None].repeat(40, 0)
    stored = (RGB[..., :colours].astype(float) / 255 * alpha).round().astype(dtype)
    photo = load_photo(
        in_file(
            {
                "pixels": np.concatenate([stored, alpha], 2),
                "photometric": "rgb" if colours == 3 else "minisblack",
                "extrasamples": ["assocalpha"],
                "planarconfig": "contig",
            }
        )
    )
    np.testing.assert_array_equal(photo.alpha, alpha)
    divided = np.floor(stored.astype(np.int64) * white / np.maximum(alpha, 1) + 0.5)
    np.testing.assert_array_equal(photo.pixels, np.where(alpha > 0, np.minimum(divided, white), 0))
