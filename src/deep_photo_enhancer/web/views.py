"""What a page shows of a photo: a preview, the small grid of affine transforms that it applies itself, and thumbnails.

The page's shader does what `apply_affine` does: I + s * (l * A_light + c * A_colour) at each pixel (enhancement/split.py). The
other methods are no affine transforms: there the page mixes the preview with what the method makes of it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyvips

from deep_photo_enhancer.enhancement.enhancer import Enhancer
from deep_photo_enhancer.photo import Photo
from deep_photo_enhancer.photo.arrays import Floats, Pixels
from deep_photo_enhancer.photo.picture import round_to_8_bits
from deep_photo_enhancer.photo.small_copies import fitted, shrink
from deep_photo_enhancer.photo.spaces import Space
from deep_photo_enhancer.photo.vips import vips_image

PREVIEW_PIXELS = 2_000_000
TILE_SIDE = 1024
THUMBNAIL_SIDE = 256
QUALITY = 95
LUT_SIDE = 33
"""Nodes a side of the table from a photo's own space to sRGB."""


@dataclass(frozen=True)
class Preview:
    """A small copy of a photo in its own space, 8 bits, and how large the photo is."""

    photo: Photo
    size: tuple[int, int]

    @staticmethod
    def of(photo: Photo) -> Preview:
        """Area-averaged to at most PREVIEW_PIXELS."""
        width, height = photo.size
        scale = min(1.0, math.sqrt(PREVIEW_PIXELS / (width * height)))
        small = photo if scale == 1 else Photo(_scale(photo.pixels, scale), photo.alpha, photo.profile)
        if scale < 1 and photo.alpha is not None:
            small = Photo(small.pixels, _scale(photo.alpha, scale), photo.profile)
        return Preview(_in_8_bits(small), photo.size)

    def save(self, folder: Path) -> None:
        """Keep it for `load`."""
        arrays = {"pixels": self.photo.pixels, "size": np.array(self.size)}
        if self.photo.alpha is not None:
            arrays["alpha"] = self.photo.alpha
        if self.photo.profile is not None:
            arrays["profile"] = np.frombuffer(self.photo.profile, np.uint8)
        np.savez(folder / "preview.npz", **arrays)  # type: ignore[arg-type]

    @staticmethod
    def load(folder: Path) -> Preview | None:
        """What `save` kept; None where nothing is."""
        path = folder / "preview.npz"
        if not path.is_file():
            return None
        with np.load(path) as arrays:
            profile = arrays["profile"].tobytes() if "profile" in arrays else None
            alpha = arrays.get("alpha")
            return Preview(Photo(arrays["pixels"], alpha, profile), tuple(arrays["size"].tolist()))


def view(photo: Photo, enhancer: Enhancer, folder: Path) -> bytes:
    """All that a page needs to show a photo with any amounts of a model's change by the fast method."""
    preview = Preview.of(photo)
    preview.save(folder)
    grid = split_grid(enhancer, photo)
    details = {"width": photo.size[0], "height": photo.size[1], "grid": grid.shape[2:0:-1], "warnings": photo.warnings}
    table = lut(photo.profile, photo.pixels.shape[2])
    parts = {"photo": _picture(preview.photo), "grid": grid.tobytes()}
    return pack(details, parts if table is None else parts | {"lut": table.tobytes()})


def mixed_view(preview: Preview, enhancer: Enhancer) -> bytes:
    """All that a page needs to show a photo with any amounts of another method's change; both pictures are sRGB."""
    after = enhancer.enhance_photo(preview.photo)
    width, height = preview.photo.size
    parts = {"photo": _picture(preview.photo), "after": _jpeg(shrink(after, width, height))}
    table = lut(preview.photo.profile, preview.photo.pixels.shape[2])
    details = {"width": preview.size[0], "height": preview.size[1], "warnings": ()}
    return pack(details, parts if table is None else parts | {"lut": table.tobytes()})


def thumbnails(preview: Preview, enhancers: Mapping[str, Enhancer]) -> bytes:
    """The photo by each of several enhancers, small: JPEGs by the enhancers' names."""
    scale = fitted(preview.photo.size, THUMBNAIL_SIDE)[0] / preview.photo.size[0]
    small = Photo(_scale(preview.photo.pixels, scale), None, preview.photo.profile)
    return pack({}, {name: _jpeg(shrink(each.enhance_photo(small), *small.size), 85) for name, each in enhancers.items()})


def split_grid(enhancer: Enhancer, photo: Photo) -> np.ndarray[tuple[int, ...], np.dtype[np.float16]]:
    """A_light and A_colour as a stack of six pictures of four numbers: (6, h, w, 4). A greyscale photo's change is light."""
    if photo.pixels.shape[2] == 1:
        grey = enhancer.transforms(photo)  # (h, w, 1, 2)
        light = np.zeros((*grey.shape[:2], 3, 4), np.float32)
        for channel in range(3):
            light[:, :, channel, channel] = grey[:, :, 0, 0] - 1
            light[:, :, channel, 3] = grey[:, :, 0, 1]
        parts: tuple[Floats, Floats] = light, np.zeros_like(light)
    else:
        parts = enhancer.split_transforms(photo)
    rows = np.concatenate(parts, 2)  # (h, w, 6, 4)
    return np.ascontiguousarray(rows.transpose(2, 0, 1, 3), np.float16)


def lut(profile: bytes | None, channels: int) -> Pixels | None:
    """sRGB codes for each of LUT_SIDE levels of blue, green and red in a profile's space, with an opaque alpha: (n, n, n, 4)."""
    profile = Space.of(profile, channels).profile
    if profile is None:
        return None
    levels = np.linspace(0, 65535, LUT_SIDE).round().astype(np.uint16)
    blue, green, red = np.meshgrid(levels, levels, levels, indexing="ij")
    image = vips_image(np.stack([red, green, blue], -1).reshape(LUT_SIDE, -1, 3))
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    srgb = image.icc_transform("srgb", embedded=True, depth=8).numpy().reshape(LUT_SIDE, LUT_SIDE, LUT_SIDE, 3)
    return np.concatenate([srgb, np.full((*srgb.shape[:3], 1), 255, np.uint8)], 3)


def write_tiles(photo: Photo, folder: Path) -> None:
    """The photo at full size in its own space, cut into JPEGs of TILE_SIDE: COLUMN-ROW.jpg."""
    pixels = _in_8_bits(photo).pixels
    for top in range(0, len(pixels), TILE_SIDE):
        for left in range(0, pixels.shape[1], TILE_SIDE):
            tile = pixels[top : top + TILE_SIDE, left : left + TILE_SIDE]
            (folder / f"{left // TILE_SIDE}-{top // TILE_SIDE}.jpg").write_bytes(_jpeg(tile))


def pack(details: Mapping[str, object], parts: Mapping[str, bytes]) -> bytes:
    """One answer of several files: the length of a JSON head (8 bytes, little end first), the head, and the files.

    Each is filled up to a multiple of 8 bytes, so that the browser can read the numbers in it where they lie.
    """
    head = json.dumps({**details, "parts": [[name, len(content)] for name, content in parts.items()]}).encode()
    head += b" " * (-len(head) % 8)
    padded = [content + b"\0" * (-len(content) % 8) for content in parts.values()]
    return len(head).to_bytes(8, "little") + head + b"".join(padded)


def _scale(pixels: Pixels, scale: float) -> Pixels:
    image = vips_image(pixels).resize(scale)
    scaled: Pixels = image.numpy().reshape(image.height, image.width, image.bands)
    return scaled


def _in_8_bits(photo: Photo) -> Photo:
    return round_to_8_bits(photo) if photo.pixels.dtype == np.uint16 else photo


def _picture(photo: Photo) -> bytes:
    """Without a profile: the page works in the photo's own space. With alpha a PNG, else a JPEG."""
    if photo.alpha is None:
        return _jpeg(photo.pixels)
    colours = np.repeat(photo.pixels, 3, 2) if photo.pixels.shape[2] == 1 else photo.pixels
    png: bytes = vips_image(np.concatenate([colours, photo.alpha], 2)).write_to_buffer(".png", compression=1)
    return png


def _jpeg(pixels: Pixels, quality: int = QUALITY) -> bytes:
    jpeg: bytes = vips_image(pixels).write_to_buffer(".jpg", Q=quality, subsample_mode="off", strip=True)
    return jpeg
