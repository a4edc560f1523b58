"""Photos in, better photos out: the network at its own size, its change carried to full size; or another method."""

from __future__ import annotations

import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from deep_photo_enhancer.enhancement.affine import apply_affine, fit_affine
from deep_photo_enhancer.enhancement.classical import CLASSICAL
from deep_photo_enhancer.enhancement.classical.photos import enhance_classical
from deep_photo_enhancer.enhancement.models import DEFAULT, Model, load_model
from deep_photo_enhancer.enhancement.native import enhance_native, require_any_size
from deep_photo_enhancer.enhancement.split import Amounts, light_part
from deep_photo_enhancer.enhancement.square import pad_to_square
from deep_photo_enhancer.errors import ModelError
from deep_photo_enhancer.photo import Photo, load_photo, with_pixels
from deep_photo_enhancer.photo.arrays import Floats
from deep_photo_enhancer.photo.spaces import Space, as_floats, profile_works
from deep_photo_enhancer.photo.vips import vips_image
from deep_photo_enhancer.system.forks import keep_threads

if TYPE_CHECKING:
    from PIL.Image import Image as PILImage

Scalar = TypeVar("Scalar", bound=np.generic)

ROUNDING = 0.5 / 255
"""How far floats may lie outside [0, 1]."""
METHODS = ("fast", "native", *CLASSICAL)


class Enhancer:
    """A model, loaded once, for any number of photos; several threads may use it at the same time.

    model: a bundled model's name or the path of an .onnx file; device: "auto", "cpu", "cuda" or "cuda:1". threads: that one photo
    is worked on with, all cores by default. method: one of METHODS; "fast" carries the network's change from a small copy to full
    size, "native" runs the network at full size; "fllf", "npea" and "clhe" are classical methods, for which no model is loaded.
    ModelError when model or device is not there, or when the model does not fit the method; ValueError for another method.
    """

    def __init__(
        self, model: str | Path = DEFAULT, device: str = "cpu", threads: int | None = None, method: str = METHODS[0]
    ) -> None:
        if method not in METHODS:
            raise ValueError(f"method is one of {', '.join(METHODS)}, not {method}")
        self.model: Model | None = None if method in CLASSICAL else load_model(model, device, threads)
        """None for the classical methods."""
        if self.model is not None and method == "native":
            require_any_size(self.model)
        self.threads = threads
        self.method = method

    @overload
    def __call__(self, photo: str | Path | Photo, strength: float = 1.0, *, light: float = 1.0, colour: float = 1.0) -> Photo: ...
    @overload
    def __call__(
        self, photo: NDArray[Scalar], strength: float = 1.0, *, light: float = 1.0, colour: float = 1.0
    ) -> NDArray[Scalar]: ...
    @overload
    def __call__(self, photo: PILImage, strength: float = 1.0, *, light: float = 1.0, colour: float = 1.0) -> PILImage: ...
    def __call__(self, photo: Any, strength: float = 1.0, *, light: float = 1.0, colour: float = 1.0) -> Any:
        """Enhance a photo and return the same kind: a path or Photo gives a Photo, a PIL picture or an array its like.

        Arrays: (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) with alpha; uint8, uint16, or floats in [0, 1]; sRGB-encoded.
        A PIL picture with a transparent colour (PNG's tRNS) comes back with alpha. strength scales the change: 0 returns the
        input bit by bit, 1 is the model's own, up to 2 exaggerates it; light and colour, from 0 to 2 as well, scale its two
        parts: with light 0 lightness stays, with colour 0 hue and saturation do. ValueError for another strength and for floats
        outside [0, 1], TypeError for another kind, PhotoError for a file that cannot be read.
        """
        amounts = Amounts(strength, light, colour)
        if isinstance(photo, str | Path):
            return self._enhance(load_photo(photo), amounts, in_place=True)
        if isinstance(photo, Photo):
            return self._enhance(photo, amounts)
        if isinstance(photo, np.ndarray):
            return self._enhance_array(photo, amounts)
        pil = sys.modules.get("PIL.Image")
        if pil is not None and isinstance(photo, pil.Image):
            return self._enhance_pil(photo, amounts, pil)
        raise TypeError(f"a path, Photo, PIL picture or NumPy array can be enhanced, not {type(photo).__name__}")

    def enhance_photo(
        self, photo: Photo, strength: float = 1.0, in_place: bool = False, *, light: float = 1.0, colour: float = 1.0
    ) -> Photo:
        """The enhanced photo: same size, depth, colour space, alpha and metadata; amounts as for `__call__`.

        With `in_place` it takes the pixels of the photo that came in, which saves the memory of a second one.
        """
        return self._enhance(photo, Amounts(strength, light, colour), in_place)

    def _enhance(self, photo: Photo, amounts: Amounts, in_place: bool = False) -> Photo:
        amounts = amounts.on(photo.pixels.shape[2])
        if amounts.are_nothing:
            return photo
        keep_threads()
        if self.method in CLASSICAL:
            return with_pixels(photo, enhance_classical(CLASSICAL[self.method], photo, amounts))
        if self.method == "native":
            return with_pixels(photo, enhance_native(self._network, photo, self.small(photo), amounts))
        transforms, scale = self._transforms(photo, amounts)
        return with_pixels(photo, apply_affine(transforms, photo.pixels, scale, in_place, self.threads))

    def _transforms(self, photo: Photo, amounts: Amounts) -> tuple[Floats, float]:
        """The transforms that hold these amounts when they are applied with the strength that comes with them."""
        if amounts.are_even:
            return self.transforms(photo), amounts.of_light
        light, colour = self.split_transforms(photo)
        return np.eye(3, 4, dtype=np.float32) + amounts.of_light * light + amounts.of_colour * colour, 1.0

    @property
    def _network(self) -> Model:
        if self.model is None:
            raise ModelError(f"the method {self.method} works without a model")
        return self.model

    def y_fake(self, x: Floats) -> Floats:
        """The network's own output for a small copy: (h, w, 3) with the long side S, sRGB in [0, 1]; clipped to that range."""
        square = pad_to_square(x, self._network.image_size).astype(np.float32)
        cropped: Floats = self._network(square)[: x.shape[0], : x.shape[1]]
        return np.clip(cropped, 0, 1)

    def transforms(self, photo: Photo) -> Floats:
        """The affine transform of each pixel of the small copy, in the photo's own colour space.

        (h, w, 3, 4); for greyscale (h, w, 1, 2).
        """
        transforms = fit_affine(*self.small_pair(photo))
        return _grey_transforms(transforms) if photo.pixels.shape[2] == 1 else transforms

    def split_transforms(self, photo: Photo) -> tuple[Floats, Floats]:
        """A_light and A_colour: the changes that the transforms are made of, for a photo in colour; (h, w, 3, 4) each.

        I + s * (l * A_light + c * A_colour), with I the identity (3, 4), is the transform for strength s, light l and colour c;
        with all of them 1 it is `transforms`, but for rounding. See enhancement/split.py.
        """
        space, own, x, y_fake = self._look(photo)
        light = fit_affine(own, space.changed(own, x, light_part(x, y_fake)))
        return light - np.eye(3, 4, dtype=np.float32), fit_affine(own, space.changed(own, x, y_fake)) - light

    def small_pair(self, photo: Photo) -> tuple[Floats, Floats]:
        """The photo's small copy and what the network makes of it, (h, w, 3) in [0, 1], in the photo's space; grey as sRGB."""
        space, own, x, y_fake = self._look(photo)
        return (x, y_fake) if own.shape[2] == 1 else (own, space.changed(own, x, y_fake))

    def _look(self, photo: Photo) -> tuple[Space, Floats, Floats, Floats]:
        """The photo's space, its small copy there and in sRGB, and what the network makes of the latter."""
        own = self.small(photo)
        space = Space.of(photo.profile, photo.pixels.shape[2])
        x = space.to_srgb(own)
        return space, own, x, self.y_fake(x)

    def small(self, photo: Photo) -> Floats:
        """The network's view of a photo: area-averaged to the long side S, (h, w, C) in [0, 1], in the photo's own space."""
        height, width = photo.pixels.shape[:2]
        scale = self._network.image_size / max(height, width)
        small_width, small_height = max(1, round(width * scale)), max(1, round(height * scale))
        image = vips_image(photo.pixels).resize(small_width / width, vscale=small_height / height)
        return as_floats(image * 257 if image.format == "uchar" else image)

    def _enhance_array(self, array: NDArray[Any], amounts: Amounts) -> NDArray[Any]:
        if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)) or 0 in array.shape:
            raise TypeError(f"an array of shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) is needed, not {array.shape}")
        is_float = np.issubdtype(array.dtype, np.floating)
        if not is_float and array.dtype not in (np.uint8, np.uint16):
            raise TypeError(f"an array of uint8, uint16 or floats in [0, 1] is needed, not {array.dtype}")
        if amounts.on(1 if array.ndim == 2 else array.shape[2]).are_nothing:
            return array.copy()
        pixels = _round_floats(array) if is_float else array
        pixels = pixels.reshape(*array.shape[:2], -1)
        alpha = pixels[..., 3:] if pixels.shape[2] == 4 else None
        enhanced = self._enhance(Photo(pixels[..., :3], alpha), amounts).pixels
        if alpha is not None:
            enhanced = np.concatenate([enhanced, alpha], 2)
        enhanced = enhanced.reshape(array.shape)
        return (enhanced / 65535).astype(array.dtype) if is_float else enhanced

    def _enhance_pil(self, picture: Any, amounts: Amounts, pil: Any) -> Any:
        if picture.mode not in ("L", "LA", "RGB", "RGBA"):
            raise TypeError(f"a PIL picture of mode {picture.mode} cannot be enhanced; pass its path or a NumPy array")
        colours = 1 if picture.mode.startswith("L") else 3
        if amounts.on(colours).are_nothing:
            return picture.copy()
        if "transparency" in picture.info:  # a colour that stands for transparent: after the change it would be another
            picture = picture.convert("LA" if picture.mode == "L" else "RGBA")
        bands = np.asarray(picture).reshape(picture.height, picture.width, -1)
        profile = picture.info.get("icc_profile")
        photo = Photo(bands[..., :colours], profile=profile if profile and profile_works(profile) else None)
        enhanced = self._enhance(photo, amounts).pixels
        everything = np.concatenate([enhanced, bands[..., colours:]], 2)
        result = pil.fromarray(everything[..., 0] if everything.shape[2] == 1 else everything, picture.mode)
        result.info = dict(picture.info)
        return result


@lru_cache(maxsize=1)
def default_enhancer() -> Enhancer:
    """The bundled default model on the CPU, loaded at the first use."""
    return Enhancer()


@overload
def enhance(photo: str | Path | Photo, strength: float = 1.0, *, light: float = 1.0, colour: float = 1.0) -> Photo: ...
@overload
def enhance(photo: NDArray[Scalar], strength: float = 1.0, *, light: float = 1.0, colour: float = 1.0) -> NDArray[Scalar]: ...
@overload
def enhance(photo: PILImage, strength: float = 1.0, *, light: float = 1.0, colour: float = 1.0) -> PILImage: ...
def enhance(photo: Any, strength: float = 1.0, *, light: float = 1.0, colour: float = 1.0) -> Any:
    """Enhance a photo with the bundled model and return the same kind; see `Enhancer`. ``enhance("in.jpg").save("out.jpg")``."""
    return default_enhancer()(photo, strength, light=light, colour=colour)


def _round_floats(array: NDArray[Any]) -> NDArray[np.uint16]:
    """ValueError for what lies outside [0, 1] by more than rounding: clipped, it would be another picture."""
    low, high = float(array.min()), float(array.max())
    if not (low >= -ROUNDING and high <= 1 + ROUNDING):
        raise ValueError(f"floats of an array lie between 0 and 1, not {low:g} and {high:g}; divide them by their white")
    return (np.clip(array.astype(np.float32), 0, 1) * 65535 + 0.5).astype(np.uint16)


def _grey_transforms(transforms: Floats) -> Floats:
    """What transforms of colours do to grey pixels, averaged over the channels: (h, w, 3, 4) -> (h, w, 1, 2)."""
    slope = transforms[..., :3].sum(3).mean(2)
    offset = transforms[..., 3].mean(2)
    return np.stack([slope, offset], 2)[:, :, None]
