"""Photos in, better photos out: the network at its own size, its change carried to full size; or another method."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from deep_photo_enhancer.enhancement.affine import apply_affine, fit_affine
from deep_photo_enhancer.enhancement.classical import CLASSICAL
from deep_photo_enhancer.enhancement.classical.photos import enhance_classical
from deep_photo_enhancer.enhancement.kinds import unpack_array, unpack_picture
from deep_photo_enhancer.enhancement.models import DEFAULT, Model, find_model, load_model
from deep_photo_enhancer.enhancement.native import enhance_native, require_any_size
from deep_photo_enhancer.enhancement.split import Amounts, light_part
from deep_photo_enhancer.enhancement.square import pad_to_square
from deep_photo_enhancer.errors import ModelError
from deep_photo_enhancer.photo import Photo, load_photo, with_pixels
from deep_photo_enhancer.photo.arrays import Floats
from deep_photo_enhancer.photo.source import PhotoFile
from deep_photo_enhancer.photo.spaces import Space, as_floats
from deep_photo_enhancer.photo.vips import vips_image
from deep_photo_enhancer.system.forks import keep_threads

if TYPE_CHECKING:
    from PIL.Image import Image as PILImage

Scalar = TypeVar("Scalar", bound=np.generic)

METHODS = ("fast", "native", *CLASSICAL)
_KINDS = "a path, bytes, an open binary file, a Photo, a PIL picture or a NumPy array"


class Enhancer:
    """A model, loaded once, for any number of photos; several threads may use it at the same time.

    >>> import numpy as np
    >>> from deep_photo_enhancer import Enhancer
    >>> enhancer = Enhancer("natural")
    >>> _ = enhancer("photo.jpg", strength=0.6).save("soft.jpg")
    >>> _ = enhancer("photo.jpg", colour=0).save("brighter.png")
    >>> video = np.zeros((2, 90, 160, 3), np.uint8)
    >>> [enhancer(frame).shape for frame in video]
    [(90, 160, 3), (90, 160, 3)]

    model, method, device: as for `enhance`. threads: that one photo is worked on with, all cores by default. ModelError when
    model or device is not there, or when the model does not fit the method; ValueError for another method.
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
    def __call__(self, photo: PhotoFile | Photo, strength: float = 1.0, *, light: float = 1.0, colour: float = 1.0) -> Photo: ...
    @overload
    def __call__(
        self, photo: NDArray[Scalar], strength: float = 1.0, *, light: float = 1.0, colour: float = 1.0
    ) -> NDArray[Scalar]: ...
    @overload
    def __call__(self, photo: PILImage, strength: float = 1.0, *, light: float = 1.0, colour: float = 1.0) -> PILImage: ...
    def __call__(self, photo: Any, strength: float = 1.0, *, light: float = 1.0, colour: float = 1.0) -> Any:
        """Enhance a photo, of any kind that `enhance` takes, which says what the amounts mean.

        ValueError for an amount outside 0 to 2 and for floats outside [0, 1], TypeError for another kind, PhotoError for a file
        that cannot be read.
        """
        amounts = Amounts(strength, light, colour)
        if isinstance(photo, Photo):
            return self._enhance(photo, amounts)
        pack: Callable[[Any], Any]
        if isinstance(photo, np.ndarray):
            inner, pack = unpack_array(photo)
        elif _is_picture(photo):
            inner, pack = unpack_picture(photo)
        elif isinstance(photo, str | os.PathLike | bytes) or hasattr(photo, "read"):
            return self._enhance(load_photo(photo), amounts, in_place=True)
        else:
            raise TypeError(f"{_KINDS} can be enhanced, not {type(photo).__name__}")
        if amounts.on(inner.pixels.shape[2]).are_nothing:
            return photo.copy()
        return pack(self._enhance(inner, amounts))

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


@overload
def enhance(
    photo: PhotoFile | Photo,
    strength: float = 1.0,
    *,
    light: float = 1.0,
    colour: float = 1.0,
    model: str | Path = DEFAULT,
    method: str = METHODS[0],
    device: str = "cpu",
) -> Photo: ...
@overload
def enhance(
    photo: NDArray[Scalar],
    strength: float = 1.0,
    *,
    light: float = 1.0,
    colour: float = 1.0,
    model: str | Path = DEFAULT,
    method: str = METHODS[0],
    device: str = "cpu",
) -> NDArray[Scalar]: ...
@overload
def enhance(
    photo: PILImage,
    strength: float = 1.0,
    *,
    light: float = 1.0,
    colour: float = 1.0,
    model: str | Path = DEFAULT,
    method: str = METHODS[0],
    device: str = "cpu",
) -> PILImage: ...
def enhance(
    photo: Any,
    strength: float = 1.0,
    *,
    light: float = 1.0,
    colour: float = 1.0,
    model: str | Path = DEFAULT,
    method: str = METHODS[0],
    device: str = "cpu",
) -> Any:
    """Enhance a photo.

    >>> import deep_photo_enhancer as dpe
    >>> photo = dpe.enhance("photo.jpg")
    >>> photo
    <Photo of 768 x 512 pixels, colour, 8 bits>
    >>> _ = photo.save("better.jpg")

    photo: a path, the bytes of a photo file, a file that is open in binary mode, or a Photo, which all give a Photo; or a NumPy
    array or PIL picture, which gives its like. Arrays: (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) with alpha, RGB, sRGB-encoded;
    uint8, uint16, or floats in [0, 1]. A PIL picture comes back in its mode, or in one with full colours: a palette and CMYK as
    RGB, 1 bit as L, a transparent colour as alpha. What comes in is left as it is.

    strength: 0 gives the photo back bit by bit, 1 is the full change, up to 2 exaggerates it. light and colour, also from 0 to 2,
    scale the two parts of the change: with light=0 lightness stays, with colour=0 hue and saturation stay.

    model: a name that `dpe models` lists, or the path of an .onnx file. method: "fast" carries the model's change from a small
    copy to full size, "native" runs the network at full size, in half a minute for 24 megapixels; "fllf", "npea" and "clhe" are
    classical methods, without a model. device: "auto", "cpu", "cuda" or "cuda:1". The last models stay loaded; with `Enhancer`
    you hold one yourself.

    PhotoError for a photo that cannot be read, ModelError for a model or device that is not there, TypeError and ValueError for
    arguments of another kind or outside their range.
    """
    Amounts(strength, light, colour)
    return _enhancer(*_identity(model, method), method, device)(photo, strength, light=light, colour=colour)


def _identity(model: str | Path, method: str) -> tuple[str | Path, int]:
    """The model's file and when it was written last: learnt again under its name, it is another one."""
    if method in CLASSICAL:
        return "", 0
    path = find_model(model)
    return path, path.stat().st_mtime_ns


@lru_cache(maxsize=4)
def _enhancer(model: str | Path, _written: int, method: str, device: str) -> Enhancer:
    return Enhancer(model, device, method=method)


def _is_picture(photo: object) -> bool:
    """Without PIL loaded, nothing is a picture of PIL."""
    pil = sys.modules.get("PIL.Image")
    return pil is not None and isinstance(photo, pil.Image)


def _grey_transforms(transforms: Floats) -> Floats:
    """What transforms of colours do to grey pixels, averaged over the channels: (h, w, 3, 4) -> (h, w, 1, 2)."""
    slope = transforms[..., :3].sum(3).mean(2)
    offset = transforms[..., 3].mean(2)
    return np.stack([slope, offset], 2)[:, :, None]
