from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo import Photo, load_photo
from deep_photo_enhancer.photo.picture import with_pixels
from tests.enhancing_fixtures import icc_profile, in_profile, noise, smooth_photo

PIXELS = smooth_photo(60, 90)


@pytest.mark.parametrize(
    ("channels", "alpha", "dtype", "mode"),
    [
        (1, False, np.uint8, "L"),
        (1, True, np.uint8, "LA"),
        (3, False, np.uint8, "RGB"),
        (3, True, np.uint8, "RGBA"),
        (1, False, np.uint16, "I;16"),
        (1, True, np.uint16, "LA"),
        (3, False, np.uint16, "RGB"),
    ],
)
def test_a_photo_becomes_a_pil_picture(channels: int, alpha: bool, dtype: Any, mode: str) -> None:
    scale = 257 if dtype == np.uint16 else 1
    codes = noise(0, 20, 30, channels + alpha)
    pixels, opacity = codes[..., :channels], codes[..., channels:]
    photo = Photo((pixels * np.uint16(scale)).astype(dtype), (opacity * np.uint16(scale)).astype(dtype) if alpha else None)
    picture = photo.to_pil()
    assert (picture.mode, picture.size) == (mode, (30, 20))
    wanted = codes * np.uint16(257) if mode == "I;16" else codes
    np.testing.assert_array_equal(np.asarray(picture).reshape(codes.shape), wanted)


def test_a_pil_picture_has_the_photos_profile() -> None:
    assert Photo(PIXELS, profile=icc_profile("p3")).to_pil().info == {"icc_profile": icc_profile("p3")}
    assert Photo(PIXELS).to_pil().info == {}


def test_numpy_sees_the_pixels() -> None:
    photo = Photo(PIXELS, noise(0, 60, 90, 1))
    assert np.shares_memory(np.asarray(photo), PIXELS)
    assert not np.shares_memory(np.array(photo), PIXELS)
    np.testing.assert_array_equal(np.asarray(photo, np.float32), PIXELS.astype(np.float32))
    assert np.mean(photo) == PIXELS.mean()


def test_a_notebook_shows_a_small_copy_in_srgb() -> None:
    large = Photo(smooth_photo(1000, 1600).astype(np.uint16) * 257)
    shown = Image.open(io.BytesIO(large._repr_png_()))
    assert (shown.format, shown.mode, shown.size) == ("PNG", "RGB", (800, 500))
    p3 = Photo(in_profile(PIXELS, icc_profile("p3")), noise(0, 60, 90, 1), icc_profile("p3"))
    shown = Image.open(io.BytesIO(p3._repr_png_()))
    assert (shown.mode, shown.size, "icc_profile" in shown.info) == ("RGBA", (90, 60), False)
    assert abs(np.asarray(shown.convert("RGB")).astype(int) - PIXELS).mean() < 1
    np.testing.assert_array_equal(np.asarray(shown)[..., 3:], p3.alpha)
    grey = Image.open(io.BytesIO(Photo(PIXELS[..., :1])._repr_png_()))
    assert grey.mode == "L"
    np.testing.assert_array_equal(np.asarray(grey), PIXELS[..., 0])


@pytest.mark.parametrize(
    ("photo", "text"),
    [
        (Photo(PIXELS), "<Photo of 90 x 60 pixels, colour, 8 bits>"),
        (Photo(PIXELS[..., :1].astype(np.uint16), PIXELS[..., :1]), "<Photo of 90 x 60 pixels, grey and alpha, 16 bits>"),
    ],
)
def test_a_photo_says_what_it_is(photo: Photo, text: str) -> None:
    assert repr(photo) == text


def test_a_photo_is_not_saved_over_its_own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Photo(PIXELS).save("in.png")
    before = Path("in.png").read_bytes()
    Path("link.png").symlink_to("in.png")
    os.link("in.png", "second-name.png")
    photo = with_pixels(load_photo("in.png"), PIXELS[::-1])
    for name in ("in.png", tmp_path / "in.png", "link.png", "second-name.png"):
        with pytest.raises(PhotoError, match=r"\.png: is the photo that this one was read from and would be overwritten; choose"):
            photo.save(name)
    assert Path("in.png").read_bytes() == before
    photo.save("out.png")
    photo.save("out.png")
    Path("in.png").unlink()
    photo.save("in.png")
    np.testing.assert_array_equal(load_photo("in.png").pixels, PIXELS[::-1])


def test_a_photo_from_bytes_may_be_saved_anywhere(tmp_path: Path) -> None:
    Photo(PIXELS).save(tmp_path / "in.png")
    load_photo((tmp_path / "in.png").read_bytes()).save(tmp_path / "in.png")
    np.testing.assert_array_equal(load_photo(tmp_path / "in.png").pixels, PIXELS)
