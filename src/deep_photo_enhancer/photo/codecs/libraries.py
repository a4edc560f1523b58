"""Libraries for single formats: loaded when the first photo of theirs comes, their errors in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo.picture import Picture, join_alpha
from deep_photo_enhancer.photo.source import PhotoSource
from deep_photo_enhancer.system.extras import install_command

_PACKAGES = {
    "pillow_heif": "pillow-heif",
    "PIL": "pillow",
    "PIL.Jpeg2KImagePlugin": "pillow",
    "PIL.Image": "pillow",
}
_EXTRAS = {"pillow_jxl": "jxl", "rawpy": "raw"}


def library(module: str, kind: str, name: str) -> Any:
    """The module that reads and writes files of a kind. PhotoError when its package is not installed."""
    try:
        return import_module(module)
    except ImportError as error:
        raise package_error(module, kind, name) from error


def package_error(module: str, kind: str, name: str) -> PhotoError:
    """The error for a library that is not installed."""
    command = install_command(_EXTRAS[module]) if module in _EXTRAS else f"pip install {_PACKAGES[module]}"
    return PhotoError(f"{name}: {kind} needs a package that is not installed: {command}")


@contextmanager
def decoding(source: PhotoSource) -> Iterator[None]:
    """Turns what such a library raises for a damaged file into a PhotoError."""
    try:
        yield
    except (PhotoError, MemoryError):
        raise
    except Exception as error:  # each library has classes of its own
        raise source.damage(error) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what libraries in Rust raise is no Exception
            raise
        raise source.damage(error) from error


def pillow_image(picture: Picture, name: str) -> Any:
    """The picture as Pillow's; of 16 bits only greyscale without alpha."""
    channels = join_alpha(picture)
    return library("PIL.Image", "this format", name).fromarray(channels[..., 0] if channels.shape[2] == 1 else channels)
