"""A photo, as users hold it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from deep_photo_enhancer.photo.picture import Picture, SaveOptions
from deep_photo_enhancer.photo.writing import photo_bytes, save_photo


@dataclass(frozen=True, eq=False)
class Photo(Picture):
    """A decoded photo, upright. `pixels` may be written to by the code that owns the photo."""

    def save(self, path: str | Path, options: SaveOptions | None = None) -> tuple[str, ...]:
        """Write the photo in the format of the path's suffix, complete or not at all.

        Returns what the format could not take, one sentence each. PhotoError when the photo cannot be written.
        """
        return save_photo(self, Path(path), options or SaveOptions())

    def to_bytes(self, suffix: str, options: SaveOptions | None = None) -> bytes:
        """The photo as a file of the format of a suffix, such as ".jpg". PhotoError when it cannot be written."""
        return photo_bytes(self, suffix, options or SaveOptions())[0]
