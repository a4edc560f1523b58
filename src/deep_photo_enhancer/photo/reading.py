"""Reading photos of all formats."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields

import pyvips

from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo.codecs import Codec, codec
from deep_photo_enhancer.photo.containers.detect import describe_unsupported, detect, is_sequence
from deep_photo_enhancer.photo.containers.endings import is_cut_off
from deep_photo_enhancer.photo.formats import AVIF, FORMAT_NAMES, FORMAT_OF_SUFFIX, HEIC
from deep_photo_enhancer.photo.metadata import read_metadata
from deep_photo_enhancer.photo.photo import Photo
from deep_photo_enhancer.photo.picture import Picture
from deep_photo_enhancer.photo.profiles import names_hdr, refuse_hdr
from deep_photo_enhancer.photo.source import PhotoFile, PhotoSource
from deep_photo_enhancer.system.forks import keep_threads

MAX_PIXELS = 500_000_000
"""Width times height of the largest photo that is decoded, by default: 3 GB of memory at 16 bits."""


def load_photo(photo: PhotoFile, *, name: str | None = None, max_pixels: int = MAX_PIXELS) -> Photo:
    """Decode a photo file by its path, its bytes, or a file that is open in binary mode; the format is known by the content.

    name: what messages call it, by default its path. PhotoError, one sentence, says what is wrong with it and what to do; so for
    a photo of more than `max_pixels`, which is refused before its memory is taken. TypeError for what is none of these.
    """
    source = PhotoSource.of(photo, name, max_pixels)
    with reading(source):
        decoder = codec_for(source)
        with source.content() as data:  # before the pixels take their memory
            metadata, left_out = read_metadata(data)
        picture = decoder.decode(source)
        if picture.profile is not None and (transfer := names_hdr(picture.profile)) is not None:
            refuse_hdr(transfer, source)
        decoded = {field.name: getattr(picture, field.name) for field in fields(Picture)}
        warnings = (*_wrong_suffix(source), *picture.warnings, *left_out)
        joined = {"metadata": metadata.join(picture.metadata), "warnings": warnings}
        return Photo(**(decoded | joined), source=None if source.path is None else source.path.absolute())


@contextmanager
def reading(source: PhotoSource) -> Iterator[None]:
    """Turns what codecs and the file system raise into a PhotoError of one sentence.

    libvips keeps the words of its errors for all threads together, so that they may be those of another photo: they are not used.
    """
    keep_threads()
    try:
        yield
    except pyvips.Error as error:
        with source.content() as data:
            reason = "it ends too early" if is_cut_off(data) else "its pixels cannot be decoded"
        raise source.damage(reason) from error
    except MemoryError as error:
        raise source.refusal("too large for this machine's memory; scale it down first") from error
    except PermissionError as error:
        raise source.refusal("you may not read this file; change its permissions") from error
    except OSError as error:
        raise source.refusal(f"cannot read this file: {error.strerror or error}; copy it again from its source") from error


def codec_for(source: PhotoSource) -> Codec:
    """The codec of the file's format. PhotoError for a file of no format that is read, and for a sequence of pictures."""
    head = source.head
    kind = detect(head, source.suffix)
    if kind is None:
        raise _unknown(source)
    if is_sequence(head):
        raise source.refusal("holds a sequence of pictures; save the one to enhance as a file of its own")
    return codec(kind)


def _wrong_suffix(source: PhotoSource) -> tuple[str, ...]:
    """A warning where the name says another format than the content; .heif stands for AVIF, too."""
    kind, named = detect(source.head, source.suffix), FORMAT_OF_SUFFIX.get(source.suffix)
    if named in (None, kind) or (named, kind) == (HEIC, AVIF):
        return ()
    return (f"its content is {kind}, though its name ends in {source.suffix}",)


def _unknown(source: PhotoSource) -> PhotoError:
    known = describe_unsupported(source.head)
    if known is not None:
        return source.refusal(f"not one of the formats {FORMAT_NAMES} but {known}; convert it first")
    return source.damage(f"its content is none of {FORMAT_NAMES}")
