from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from deep_photo_enhancer.enhancement import enhancer as enhancer_module
from deep_photo_enhancer.enhancement.affine import apply_affine
from deep_photo_enhancer.enhancement.classical.luma import WEIGHTS
from deep_photo_enhancer.enhancement.enhancer import Enhancer, enhance
from deep_photo_enhancer.enhancement.models import Model, load_model
from deep_photo_enhancer.enhancement.square import pad_to_square
from deep_photo_enhancer.errors import ModelError, PhotoError
from deep_photo_enhancer.photo import Photo, load_photo
from deep_photo_enhancer.photo.metadata import Metadata
from tests.enhancing_fixtures import icc_profile, in_profile, jpeg_bytes, noise, opened, out_of_profile, smooth_photo
from tests.onnx_files import SIZE, write_model

Array = NDArray[Any]
PHOTO = smooth_photo(80, 120)


def lifted(pixels: Array, strength: float = 1.0) -> Array:
    """What the model `lift` does to codes, worked out exactly: y = 0.8 x + 0.1."""
    white = np.iinfo(pixels.dtype).max
    x = pixels / white
    expected: Array = np.clip(x + strength * (0.8 * x + 0.1 - x), 0, 1) * white
    return expected


# A known map is carried to full size


@pytest.mark.parametrize("size", [(80, 120), (120, 80), (90, 90), (700, 300), (61, 47), (13, 200)])
def test_an_affine_model_is_carried_to_full_size(lift: Enhancer, size: tuple[int, int]) -> None:
    pixels = smooth_photo(*size)
    assert abs(lift(pixels) - lifted(pixels)).max() <= 1


def test_gains_are_carried_to_each_channel(model_files: dict[str, Path]) -> None:
    pixels = smooth_photo(80, 120) // 5 * 4  # what the gain of 1.15 leaves below white
    enhanced = Enhancer(model_files["gains"])(pixels)
    assert abs(enhanced - pixels * np.array([1.15, 0.95, 0.7])).max() <= 1


def test_noise_the_small_copy_cannot_show_gets_the_same_map(lift: Enhancer) -> None:
    pixels = noise(0, 300, 200, 3)
    assert abs(lift(pixels) - lifted(pixels)).max() <= 1


def test_a_curve_is_followed_within_a_few_codes(model_files: dict[str, Path]) -> None:
    pixels = smooth_photo(200, 300)
    error = abs(Enhancer(model_files["gamma"])(pixels) - 255 * (pixels / 255) ** 0.7)
    assert error.mean() < 0.75
    assert error.max() < 6


def test_an_identity_model_changes_no_code(identity: Enhancer) -> None:
    for pixels in (PHOTO, noise(1, 50, 70, 3), noise(2, 50, 70, 1)):
        np.testing.assert_array_equal(identity(pixels), pixels)


@pytest.mark.parametrize("size", [(1, 1), (1, 200), (200, 1), (2, 3), (1, 20_000)])
def test_extreme_shapes(lift: Enhancer, size: tuple[int, int]) -> None:
    pixels = smooth_photo(*size)
    assert abs(lift(pixels) - lifted(pixels)).max() <= 1


# The network's square


class Recorder:
    """Stands in for a model: returns x and remembers it."""

    image_size = SIZE

    def __init__(self) -> None:
        self.seen: list[NDArray[np.float32]] = []

    def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        self.seen.append(x)
        return x


@pytest.mark.parametrize(
    ("size", "small"),
    [((300, 600), (32, 64)), ((600, 300), (64, 32)), ((100, 100), (64, 64)), ((20, 32), (40, 64)), ((3, 1000), (1, 64))],
)
def test_the_network_sees_the_long_side_at_its_size_and_a_mirror_image_beyond(
    model_files: dict[str, Path], size: tuple[int, int], small: tuple[int, int]
) -> None:
    enhancer, recorder = Enhancer(model_files["identity"]), Recorder()
    enhancer.model = recorder  # type: ignore[assignment]
    pixels = smooth_photo(*size)
    np.testing.assert_array_equal(enhancer(pixels), pixels)
    (seen,) = recorder.seen
    assert (seen.shape, seen.dtype) == ((SIZE, SIZE, 3), np.dtype(np.float32))
    height, width = small
    np.testing.assert_array_equal(seen, pad_to_square(seen[:height, :width], SIZE))
    shrunk = Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS)
    assert abs(seen[:height, :width] * 255 - np.asarray(shrunk)).max() < 4  # two resamplers, one picture


def test_the_networks_own_output_is_cropped_and_clipped(model_files: dict[str, Path]) -> None:
    x = np.random.default_rng(0).random((40, SIZE, 3), np.float32)
    y_fake = Enhancer(model_files["gains"]).y_fake(x)
    np.testing.assert_allclose(y_fake, np.clip(x * np.array([1.15, 0.95, 0.7]), 0, 1), atol=1e-6)


def test_the_padding_takes_part_in_what_the_network_sees(model_files: dict[str, Path]) -> None:
    x = np.random.default_rng(0).random((40, SIZE, 3), np.float32)
    y_fake = Enhancer(model_files["mean"]).y_fake(x)
    mirrored = np.concatenate([x, x[:15:-1]])  # 40 rows, and the last 24 of them once more from below
    assert mirrored.shape[0] == SIZE
    np.testing.assert_allclose(y_fake, np.broadcast_to(mirrored.mean((0, 1)), x.shape), atol=1e-5)


# Strength


def test_strength_0_returns_arrays_and_pictures_bit_by_bit(lift: Enhancer) -> None:
    for array in (noise(0, 9, 7, 3), noise(0, 9, 7), noise(0, 9, 7, 4) * np.uint16(257), noise(0, 9, 7, 3) / 255):
        same = lift(array, strength=0)
        assert same.dtype == array.dtype
        np.testing.assert_array_equal(same, array)
        assert not np.shares_memory(same, array)
    picture = Image.fromarray(noise(0, 9, 7, 4))
    assert lift(picture, strength=0).tobytes() == picture.tobytes()


def test_strength_0_returns_a_file_bit_by_bit(lift: Enhancer, tmp_path: Path) -> None:
    Image.fromarray(noise(0, 30, 20, 4)).save(tmp_path / "in.png")
    lift(tmp_path / "in.png", strength=0).save(tmp_path / "out.png")
    np.testing.assert_array_equal(np.asarray(opened(tmp_path / "out.png")), noise(0, 30, 20, 4))


@pytest.mark.parametrize("strength", [0.25, 0.5, 1.5, 2.0])
def test_strength_scales_the_change(lift: Enhancer, strength: float) -> None:
    assert abs(lift(PHOTO, strength) - lifted(PHOTO, strength)).max() <= 1


@pytest.mark.parametrize("strength", [-0.01, 2.01, float("nan"), float("inf")])
def test_strength_outside_its_range(lift: Enhancer, strength: float) -> None:
    with pytest.raises(ValueError, match="strength lies between 0 and 2, not"):
        lift(PHOTO, strength)
    with pytest.raises(ValueError, match="strength lies between 0 and 2, not"):
        lift.enhance_photo(Photo(PHOTO), strength)


# Light and colour


@pytest.mark.parametrize("method", ["fast", "clhe"])
def test_light_and_colour_1_are_the_whole_change_bit_by_bit(model_files: dict[str, Path], method: str) -> None:
    enhancer = Enhancer(model_files["gamma"], method=method)
    photo = noise(3, 70, 90, 3)
    for strength in (0.7, 1.0, 1.6):
        np.testing.assert_array_equal(enhancer(photo, strength, light=1, colour=1), enhancer(photo, strength))
        np.testing.assert_array_equal(enhancer(photo, light=strength, colour=strength), enhancer(photo, strength))
    np.testing.assert_array_equal(enhancer(photo, light=0, colour=0), photo)


@pytest.mark.parametrize("method", ["fast", "clhe"])
def test_without_light_lightness_stays(model_files: dict[str, Path], method: str) -> None:
    photo = smooth_photo(300, 200)
    enhanced = Enhancer(model_files["gains"], method=method)(photo, light=0)
    assert abs(enhanced.astype(int) - photo).max() > 10
    assert abs(enhanced @ WEIGHTS - photo @ WEIGHTS).max() < 1.5


@pytest.mark.parametrize("method", ["fast", "clhe"])
def test_without_colour_hue_and_saturation_stay(model_files: dict[str, Path], method: str) -> None:
    """The channels keep their ratio, within the few codes by which black and the fit differ."""
    photo = smooth_photo(300, 200) // 2 + 20
    enhancer = Enhancer(model_files["gamma"], method=method)
    enhanced = enhancer(photo, colour=0)
    gain = (enhancer(photo) @ WEIGHTS) / (photo @ WEIGHTS)
    assert abs(gain - 1).mean() > 0.1
    assert abs(enhanced - photo * gain[..., None]).mean() < 1.5
    assert abs(enhanced - photo * gain[..., None]).max() < 9


def test_without_light_a_grey_takes_the_models_colour_at_its_own_luma(model_files: dict[str, Path]) -> None:
    pixels = np.full((40, 60, 3), 100, np.uint8)
    enhanced = Enhancer(model_files["gains"])(pixels, light=0)
    change = np.array([15, -5, -30])
    assert abs(enhanced - (100 + change - change @ WEIGHTS)).max() < 1


def test_greys_stay_grey_at_all_amounts(model_files: dict[str, Path]) -> None:
    grey = smooth_photo(90, 120)[..., :1]
    enhancer = Enhancer(model_files["gamma"])
    for light, colour in ((0, 1), (1, 0), (2, 0.5), (0.3, 2)):
        enhanced = enhancer(grey.repeat(3, 2), light=light, colour=colour)
        assert np.ptp(enhanced.astype(int), 2).max() <= 1
        np.testing.assert_array_equal(enhancer(grey, light=light, colour=colour), enhancer(grey, light))


@pytest.mark.parametrize("profile", [None, "p3"])
def test_one_fit_serves_all_amounts(model_files: dict[str, Path], profile: str | None) -> None:
    photo = Photo(smooth_photo(90, 120), profile=icc_profile(profile) if profile else None)
    enhancer = Enhancer(model_files["gamma"])
    light, colour = enhancer.split_transforms(photo)
    np.testing.assert_allclose(np.eye(3, 4) + light + colour, enhancer.transforms(photo), atol=1e-6)
    wanted = apply_affine((np.eye(3, 4) + 0.8 * (1.5 * light + 0.25 * colour)).astype(np.float32), photo.pixels)
    enhanced = enhancer.enhance_photo(photo, 0.8, light=1.5, colour=0.25).pixels
    assert abs(enhanced.astype(int) - wanted).max() <= 1


def test_every_kind_takes_light_and_colour(lift: Enhancer, tmp_path: Path) -> None:
    Image.fromarray(PHOTO).save(tmp_path / "in.png")
    wanted = lift(PHOTO, 1.2, light=0.5, colour=1.5)
    assert not np.array_equal(wanted, lift(PHOTO, 1.2))
    for given in (Image.fromarray(PHOTO), load_photo(tmp_path / "in.png").pixels):
        np.testing.assert_array_equal(np.asarray(lift(given, 1.2, light=0.5, colour=1.5)), wanted)
    np.testing.assert_array_equal(lift(tmp_path / "in.png", 1.2, light=0.5, colour=1.5).pixels, wanted)


@pytest.mark.parametrize("name", ["strength", "light", "colour"])
def test_amounts_are_numbers_in_their_range(lift: Enhancer, name: str) -> None:
    for wrong in (-0.01, 2.01, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=f"{name} lies between 0 and 2, not {wrong}"):
            lift(PHOTO, **{name: wrong})
    for kind in ("1", None, [1], 1j):
        with pytest.raises(TypeError, match=f"{name} is a number from 0 to 2, not .*{type(kind).__name__}"):
            lift(PHOTO, **{name: kind})  # type: ignore[call-overload]
    assert lift(PHOTO, **{name: np.float32(0.5)}).shape == PHOTO.shape  # type: ignore[call-overload]


# The same kind out


@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 1), (20, 30, 3), (20, 30, 4)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
def test_an_array_comes_back_as_its_like(lift: Enhancer, shape: tuple[int, ...], dtype: Any) -> None:
    rng = np.random.default_rng(0)
    integers = np.issubdtype(dtype, np.integer)
    array = rng.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True) if integers else rng.random(shape).astype(dtype)
    before = array.copy()
    enhanced = lift(array)
    assert (enhanced.shape, enhanced.dtype) == (array.shape, array.dtype)
    np.testing.assert_array_equal(array, before)  # the input is left alone
    colours = slice(0, 3) if shape[2:] == (4,) else slice(None)
    expected = lifted(array) if integers else 0.8 * array + 0.1
    tolerance = 1.0 if dtype == np.uint8 else 257.0 if dtype == np.uint16 else 1 / 255
    assert abs(enhanced[..., colours] - expected[..., colours]).max() <= tolerance
    if shape[2:] == (4,):
        np.testing.assert_allclose(enhanced[..., 3], array[..., 3], atol=0 if integers else 1 / 65535)


def test_views_and_read_only_arrays_are_taken_as_they_look(lift: Enhancer) -> None:
    frozen = PHOTO.copy()
    frozen.flags.writeable = False
    upside_down = frozen[::-1, ::2]
    np.testing.assert_array_equal(lift(upside_down), lift(np.ascontiguousarray(upside_down)))


@pytest.mark.parametrize("beyond", [255.0, 1.01, -0.01, -1.0, np.inf])
def test_floats_outside_0_and_1_are_an_error(lift: Enhancer, beyond: float) -> None:
    array = PHOTO / 255
    array[3, 4, 1] = beyond
    with pytest.raises(ValueError, match="floats of an array lie between 0 and 1"):
        lift(array)


def test_floats_outside_0_and_1_by_rounding_are_clipped(lift: Enhancer) -> None:
    array = PHOTO / 255
    array[0], array[1] = 0, 1
    beyond = array.copy()
    beyond[0], beyond[1] = -1e-3, 1 + 1e-3
    np.testing.assert_array_equal(lift(beyond), lift(array))


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_a_pil_picture_comes_back_as_its_like(lift: Enhancer, mode: str) -> None:
    picture = Image.fromarray(noise(0, 20, 30, len(mode)) if len(mode) > 1 else noise(0, 20, 30), mode)
    picture.info["dpi"] = (300, 300)
    before = picture.tobytes()
    enhanced = lift(picture)
    assert isinstance(enhanced, Image.Image)
    assert (enhanced.mode, enhanced.size, enhanced.info) == (mode, (30, 20), {"dpi": (300, 300)})
    assert picture.tobytes() == before
    bands, new = np.asarray(picture).reshape(20, 30, -1), np.asarray(enhanced).reshape(20, 30, -1)
    colours = 1 if mode in ("L", "LA") else 3
    assert abs(new[..., :colours] - lifted(bands[..., :colours])).max() <= 1
    np.testing.assert_array_equal(new[..., colours:], bands[..., colours:])


@pytest.mark.parametrize(
    ("mode", "plain"),
    [("P", "RGB"), ("1", "L"), ("PA", "RGBA"), ("RGBX", "RGB"), ("RGBa", "RGBA"), ("La", "LA"), ("YCbCr", "RGB"), ("HSV", "RGB")],
)
def test_a_pil_picture_of_another_mode_comes_back_in_the_plain_one_that_holds_it(lift: Enhancer, mode: str, plain: str) -> None:
    via = {"PA": "RGBA", "RGBa": "RGBA", "La": "LA"}.get(mode, "RGB")
    picture = (
        Image.fromarray(PHOTO).convert("P").convert("PA") if mode == "PA" else Image.fromarray(PHOTO).convert(via).convert(mode)
    )
    enhanced = lift(picture)
    assert (picture.mode, enhanced.mode) == (mode, plain)
    np.testing.assert_array_equal(np.asarray(enhanced), np.asarray(lift(picture.convert(plain))))
    assert lift(picture, 0).mode == mode


@pytest.mark.parametrize("mode", ["I;16", "I;16B", "I;16L"])
def test_a_grey_pil_picture_of_16_bits_keeps_them(lift: Enhancer, mode: str) -> None:
    codes = np.linspace(6_000, 60_000, 80 * 120).reshape(80, 120).astype(">u2" if mode == "I;16B" else "<u2")
    enhanced = lift(Image.frombytes(mode, (120, 80), codes.tobytes()))
    assert (enhanced.mode, enhanced.size) == ("I;16", (120, 80))
    assert abs(np.asarray(enhanced) - lifted(codes.astype(np.uint16))).max() < 66


def test_a_pil_picture_with_a_transparent_place_in_its_palette_becomes_rgba(lift: Enhancer) -> None:
    picture = Image.fromarray(PHOTO).convert("P")
    picture.info["transparency"] = picture.getpixel((0, 0))
    enhanced = lift(picture)
    assert (enhanced.mode, enhanced.getpixel((0, 0))[3]) == ("RGBA", 0)  # type: ignore[index]


@pytest.mark.parametrize("profile", [None, "cmyk"])
def test_a_cmyk_pil_picture_is_enhanced_as_its_file_is(identity: Enhancer, tmp_path: Path, profile: str | None) -> None:
    picture = Image.fromarray(noise(4, 20, 30, 4), "CMYK")
    if profile:
        picture.info["icc_profile"] = icc_profile(profile)
    picture.save(tmp_path / "a.tif", icc_profile=picture.info.get("icc_profile"))
    enhanced = identity(picture)
    assert (enhanced.mode, "icc_profile" in enhanced.info) == ("RGB", False)
    np.testing.assert_array_equal(np.asarray(enhanced), load_photo(tmp_path / "a.tif").pixels)


def test_arrays_of_the_other_byte_order_keep_it(lift: Enhancer) -> None:
    codes = PHOTO.astype(np.uint16) * 257
    swapped = codes.astype(codes.dtype.newbyteorder())
    enhanced = lift(swapped)
    assert enhanced.dtype == swapped.dtype
    np.testing.assert_array_equal(enhanced, lift(codes))


def test_photos_and_photo_files_give_a_photo(lift: Enhancer, tmp_path: Path) -> None:
    Image.fromarray(PHOTO).save(tmp_path / "in.png")
    content = (tmp_path / "in.png").read_bytes()
    with (tmp_path / "in.png").open("rb") as file:
        for given in (tmp_path / "in.png", str(tmp_path / "in.png"), load_photo(tmp_path / "in.png"), content, file):
            enhanced = lift(given)
            assert isinstance(enhanced, Photo)
            assert abs(enhanced.pixels - lifted(PHOTO)).max() <= 1


def test_an_enhanced_photo_does_not_replace_the_one_it_came_from(lift: Enhancer, tmp_path: Path) -> None:
    Image.fromarray(PHOTO).save(tmp_path / "in.png")
    before = (tmp_path / "in.png").read_bytes()
    with pytest.raises(PhotoError, match=r"in\.png: is the photo that this one was read from"):
        lift(tmp_path / "in.png").save(tmp_path / "in.png")
    assert (tmp_path / "in.png").read_bytes() == before


# The function


def test_enhance_takes_models_methods_and_amounts(model_files: dict[str, Path]) -> None:
    wanted = Enhancer(model_files["gamma"])(PHOTO, 0.8, light=0.5, colour=1.5)
    np.testing.assert_array_equal(enhance(PHOTO, 0.8, light=0.5, colour=1.5, model=model_files["gamma"]), wanted)
    np.testing.assert_array_equal(enhance(PHOTO, 0.7, method="clhe"), Enhancer(method="clhe")(PHOTO, 0.7))
    with pytest.raises(ValueError, match="method is one of fast, native"):
        enhance(PHOTO, method="best")
    with pytest.raises(ModelError, match="device cuda"):
        enhance(PHOTO, model=model_files["lift"], device="cuda:7")


def test_enhance_keeps_models_and_sees_new_ones_under_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_model(tmp_path / "mine.onnx", "lift")
    os.utime(path, ns=(0, 1))
    loaded: list[object] = []

    def load(*given: Any) -> Model:
        loaded.append(given)
        return load_model(*given)

    monkeypatch.setattr(enhancer_module, "load_model", load)
    assert abs(enhance(PHOTO, model=path) - lifted(PHOTO)).max() <= 1
    enhance(PHOTO, model=str(path))
    assert len(loaded) == 1
    write_model(path, "identity")
    np.testing.assert_array_equal(enhance(PHOTO, model=path), PHOTO)
    assert len(loaded) == 2


@pytest.mark.parametrize("strength", [0.0, 1.0])
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (42, "not int"),
        (None, "not NoneType"),
        (np.zeros((4, 4, 2), np.uint8), r"not \(4, 4, 2\)"),
        (np.zeros((2, 4, 4, 3), np.uint8), r"not \(2, 4, 4, 3\)"),
        (np.zeros(4, np.uint8), r"not \(4,\)"),
        (np.zeros((0, 4, 3), np.uint8), r"not \(0, 4, 3\)"),
        (np.zeros((4, 4, 3), np.int32), "not int32"),
        (np.zeros((4, 4, 3), bool), "not bool"),
        (np.zeros((4, 4, 3), object), "not object"),
        (Image.new("F", (4, 4)), "mode F cannot be enhanced; pass its path or a NumPy array"),
        (Image.new("LAB", (4, 4)), "mode LAB cannot be enhanced"),
        (Image.new("RGB", (0, 4)), "not one of 0 x 4"),
        (io.StringIO("text"), "open it with the mode 'rb'"),
    ],
)
def test_what_cannot_be_enhanced(lift: Enhancer, wrong: Any, says: str, strength: float) -> None:
    with pytest.raises(TypeError, match=says):
        lift(wrong, strength)


def test_missing_files_and_models(lift: Enhancer, tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="no such file"):
        lift(tmp_path / "missing.jpg")
    with pytest.raises(ModelError, match="no such model"):
        Enhancer(tmp_path / "missing.onnx")


# Depth, alpha, greyscale


def test_sixteen_bit_ramps_stay_smooth(lift: Enhancer) -> None:
    ramp = np.linspace(6_000, 60_000, 4000).round().astype(np.uint16).reshape(1, -1, 1).repeat(8, 0).repeat(3, 2)
    enhanced = lift(ramp)
    assert enhanced.dtype == np.uint16
    assert abs(enhanced - lifted(ramp)).max() < 66  # a quarter of an 8-bit code
    steps = np.diff(enhanced[0, :, 0].astype(int))
    assert len(np.unique(enhanced[0, :, 0])) > 3900
    assert steps.min() >= 0
    assert steps.max() <= 16  # the ramp's own are 13 or 14


def test_alpha_is_left_alone_bit_by_bit_and_does_not_colour_the_rest(lift: Enhancer) -> None:
    alpha = noise(1, 80, 120, 1)
    with_alpha = lift.enhance_photo(Photo(PHOTO, alpha))
    np.testing.assert_array_equal(with_alpha.alpha, alpha)
    np.testing.assert_array_equal(with_alpha.pixels, lift(PHOTO))


def test_greyscale_stays_grey_and_follows_the_mean_of_the_channels(model_files: dict[str, Path]) -> None:
    grey = np.ascontiguousarray(smooth_photo(80, 120)[..., :1])
    enhanced = Enhancer(model_files["gains"])(grey)
    assert enhanced.shape == (80, 120, 1)
    mean_gain = (np.clip(grey * 1.15, 0, 255) + grey * 0.95 + grey * 0.7) / 3
    assert abs(enhanced - mean_gain).max() <= 1.01


# Colour


@pytest.mark.parametrize("kind", ["lift", "gains", "gamma"])
def test_a_photo_in_p3_is_enhanced_as_it_would_be_in_srgb(model_files: dict[str, Path], kind: str) -> None:
    enhancer, p3 = Enhancer(model_files[kind]), icc_profile("p3")
    srgb = smooth_photo(120, 180) // 2 + 50  # colours well inside sRGB, before and after
    codes = in_profile(srgb, p3)
    assert abs(codes.astype(int) - srgb).max() > 5  # the same colours have other codes
    enhanced = enhancer.enhance_photo(Photo(codes, profile=p3))
    assert enhanced.profile == p3
    difference = abs(out_of_profile(enhanced.pixels, p3).astype(int) - enhancer(srgb))
    assert difference.mean() < 1.0
    assert difference.max() <= 6


def test_colours_outside_srgb_stay_where_an_identity_model_finds_them(identity: Enhancer) -> None:
    rows, columns = np.mgrid[0:60, 0:90] / 90
    vivid = (np.stack([columns, 1 - rows, 0 * rows], 2) * 255).round().astype(np.uint8)
    enhanced = identity.enhance_photo(Photo(vivid, profile=icc_profile("p3"))).pixels
    assert abs(enhanced.astype(int) - vivid).max() <= 1


def test_tagged_and_untagged_srgb_agree(lift: Enhancer) -> None:
    tagged = lift.enhance_photo(Photo(PHOTO, profile=icc_profile("srgb")))
    assert tagged.profile == icc_profile("srgb")
    assert abs(tagged.pixels.astype(int) - lift(PHOTO)).max() <= 1


def test_a_pil_picture_is_read_in_its_profile_and_a_broken_one_as_srgb(lift: Enhancer) -> None:
    def enhanced(profile: bytes) -> Array:
        picture = Image.fromarray(PHOTO)
        picture.info["icc_profile"] = profile
        result = lift(picture)
        assert result.info["icc_profile"] == profile
        return np.asarray(result)

    p3 = icc_profile("p3")
    np.testing.assert_array_equal(enhanced(p3), lift.enhance_photo(Photo(PHOTO, profile=p3)).pixels)
    for broken in (b"", b"nonsense" * 50, icc_profile("cmyk")):
        np.testing.assert_array_equal(enhanced(broken), lift(PHOTO))


# Files


@pytest.mark.parametrize(
    "write",
    [
        lambda path: Image.fromarray(noise(0, 1, 1, 3)).save(path, "PNG"),
        lambda path: Image.fromarray(smooth_photo(1, 20_000).repeat(10, 0)).save(path, "PNG"),
        lambda path: Image.fromarray(PHOTO).convert("CMYK").save(path, "JPEG"),
        lambda path: Image.fromarray(PHOTO).quantize(16).save(path, "PNG"),
        lambda path: Image.fromarray(PHOTO[..., 0]).convert("1").save(path, "PNG"),
        lambda path: Image.fromarray(PHOTO[..., 0]).save(path, "JPEG"),
        lambda path: Image.fromarray(PHOTO[..., 0] * np.uint16(257)).save(path, "PNG"),
        lambda path: Image.fromarray(noise(0, 40, 30, 4)).save(path, "PNG"),
        lambda path: path.write_bytes(jpeg_bytes(PHOTO, icc_profile=b"nonsense" * 50)),
    ],
    ids=["1x1", "20000x10", "cmyk", "palette", "1-bit", "grey", "grey-16", "rgba", "broken-profile"],
)
def test_odd_files_go_all_the_way(lift: Enhancer, tmp_path: Path, write: Callable[[Path], None]) -> None:
    write(tmp_path / "in.png")
    photo = load_photo(tmp_path / "in.png")
    lift(tmp_path / "in.png").save(tmp_path / "out.png")
    back = load_photo(tmp_path / "out.png")
    assert (back.size, back.pixels.dtype, back.pixels.shape) == (photo.size, photo.pixels.dtype, photo.pixels.shape)
    assert abs(back.pixels - lifted(photo.pixels)).max() <= np.iinfo(photo.pixels.dtype).max / 255
    np.testing.assert_array_equal(back.alpha, photo.alpha)


def test_metadata_goes_along(lift: Enhancer) -> None:
    photo = Photo(PHOTO, metadata=Metadata(xmp=b"<x/>"), resolution=(10.0, 10.0), warnings=("careful",))
    enhanced = lift.enhance_photo(photo)
    for name in ("alpha", "profile", "metadata", "resolution", "warnings"):
        assert getattr(enhanced, name) == getattr(photo, name), name


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_greyscale_gets_the_mean_of_what_its_channels_would_get(model_files: dict[str, Path], dtype: Any) -> None:
    white = np.iinfo(dtype).max
    grey = np.linspace(0.1 * white, 0.6 * white, 90 * 70).reshape(90, 70, 1).astype(dtype)
    enhanced = Enhancer(model_files["gains"])(grey)
    assert enhanced.dtype == dtype
    np.testing.assert_allclose(enhanced / white, grey / white * (1.15 + 0.95 + 0.7) / 3, atol=1.5 / 255)


def test_half_precision_is_enhanced_like_single(lift: Enhancer) -> None:
    colours = np.linspace(0, 1, 64 * 48 * 3).reshape(48, 64, 3)
    half = lift(colours.astype(np.float16))
    assert half.dtype == np.float16
    np.testing.assert_allclose(half, lift(colours.astype(np.float32)), atol=2e-3)


def test_an_array_with_nan_is_refused(identity: Enhancer) -> None:
    with pytest.raises(ValueError, match="not nan and nan"):
        identity(np.full((4, 4, 3), np.nan))


@pytest.mark.parametrize(("mode", "key"), [("RGB", (40, 90, 60)), ("L", 77)])
def test_a_transparent_colour_of_a_pil_picture_becomes_alpha(lift: Enhancer, mode: str, key: int | tuple[int, ...]) -> None:
    picture = Image.fromarray(PHOTO).convert(mode)
    picture.paste(key, (0, 0, 30, 20))
    stream = io.BytesIO()
    picture.save(stream, "PNG", transparency=key)
    keyed = Image.open(stream)
    enhanced = lift(keyed)
    assert enhanced.mode == f"{mode}A"
    np.testing.assert_array_equal(np.asarray(enhanced)[..., -1] == 0, np.asarray(keyed.convert("RGBA"))[..., 3] == 0)
    opaque = np.asarray(lift(picture)).reshape(*PHOTO.shape[:2], -1)
    np.testing.assert_array_equal(np.asarray(enhanced)[..., :-1], opaque)
    saved = io.BytesIO()
    enhanced.save(saved, "PNG")
    assert (np.asarray(Image.open(saved).convert("RGBA"))[..., 3] == 0).sum() >= 600
    assert lift(keyed, 0).info["transparency"] == key


def test_the_model_is_there_to_be_asked(lift: Enhancer) -> None:
    assert lift.model is not None
    assert lift.model.device == "cpu"
