"""A photo, as users hold it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo.picture import Picture, SaveOptions
from deep_photo_enhancer.photo.views import pil_picture, png_view
from deep_photo_enhancer.photo.writing import photo_bytes, save_photo

if TYPE_CHECKING:
    from PIL.Image import Image as PILImage


@dataclass(frozen=True, eq=False, repr=False)
class Photo(Picture):
    """A decoded photo, upright. `pixels` may be written to by the code that owns the photo.

    `np.asarray(photo)` gives its pixels, without alpha; a notebook shows it.
    """

    source: Path | None = field(default=None)
    """The file that it was read from."""

    def save(self, path: str | Path, options: SaveOptions | None = None) -> tuple[str, ...]:
        """Write the photo in the format of the path's suffix, complete or not at all.

        Returns what the format could not take, one sentence each. PhotoError when the photo cannot be written, and for the file
        that it was read from, enhanced or not: that one is never overwritten.
        """
        if self.source is not None and _is_same(self.source, path):
            raise PhotoError(f"{path}: is the photo that this one was read from and would be overwritten; choose another name")
        return save_photo(self, Path(path), options or SaveOptions())

    def to_bytes(self, suffix: str, options: SaveOptions | None = None) -> bytes:
        """The photo as a file of the format of a suffix, such as ".jpg". PhotoError when it cannot be written."""
        return photo_bytes(self, suffix, options or SaveOptions())[0]

    def to_pil(self) -> PILImage:
        """A PIL picture with alpha and colour profile: L, LA, RGB or RGBA, or I;16. PIL has no colours of 16 bits: they get 8."""
        return pil_picture(self)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.pixels, dtype, copy=copy) if copy is not None else np.asarray(self.pixels, dtype)

    def __repr__(self) -> str:
        kind = ("grey" if self.pixels.shape[2] == 1 else "colour") + ("" if self.alpha is None else " and alpha")
        return f"<Photo of {self.size[0]} x {self.size[1]} pixels, {kind}, {8 * self.pixels.itemsize} bits>"

    def _repr_png_(self) -> bytes:
        """What a notebook shows: a small copy in sRGB."""
        return png_view(self)


def _is_same(source: Path, path: str | Path) -> bool:
    try:
        return source.samefile(path)
    except OSError:  # one of them does not exist
        return False
