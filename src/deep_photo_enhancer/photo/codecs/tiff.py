"""TIFF: which picture of a file is the photo, and what its numbers mean, is read from the tags; libvips decodes it.

TIFF 6.0 (Adobe, 1992) sections 8, 16, 18, 21; SubIFDs: TIFF technical note 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyvips

from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.photo.codecs import libvips
from deep_photo_enhancer.photo.containers.bytes import DamagedError
from deep_photo_enhancer.photo.containers.tiff import Directory, Tiff
from deep_photo_enhancer.photo.metadata.exif import ORIENTATION, valid_orientation
from deep_photo_enhancer.photo.picture import Header, Picture, SaveOptions, divide_by_alpha
from deep_photo_enhancer.photo.source import PhotoSource

_SUBFILE, _OLD_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 255, 256, 257, 258, 259, 262
_STRIPS, _SAMPLES, _PLANES, _TILE_WIDTH, _TILES, _SUB_IFDS, _INKS, _EXTRA, _SAMPLE_FORMAT = (
    273,
    277,
    284,
    322,
    324,
    330,
    332,
    338,
    339,
)
_COLOUR_MAP, _COEFFICIENTS, _SUBSAMPLING, _REFERENCES, _PROFILE = 320, 529, 530, 532, 34675
_PREVIEW, _MASK = 1, 4
"""Bits of the kind of a picture."""
_PALETTE, _SEPARATED, _YCBCR, _LABS = 3, 5, 6, (8, 9, 10)
_MEANINGS = {0, 1, 2, _PALETTE, _SEPARATED, _YCBCR}
_JPEG = 7
_READ = {1, 2, 3, 4, 5, 6, _JPEG, 8, 32773, 32946, 50001}
_COMPRESSIONS = {
    34661: "JBIG", 34712: "JPEG 2000", 34887: "LERC", 34892: "lossy JPEG", 34925: "LZMA", 50000: "ZSTD", 50002: "JPEG XL",
    52546: "JPEG XL",
}  # fmt: skip
_DEPTHS = {1, 2, 4, 8, 16, 32, 64}
_ROWS = 256
_SAME_SHAPE, _SAME_CODES = 0.05, 12
"""Share by which width by height may differ, and mean difference of codes of 8 bits, between a photo and a preview of it."""


@dataclass(frozen=True)
class _Tags:
    """What a directory says of its picture."""

    tiff: Tiff
    directory: Directory
    place: dict[str, int]
    """Where libvips finds it."""

    def numbers(self, tag: int, *default: int) -> tuple[int, ...]:
        return self.tiff.integers(self.directory.find(tag)) or default

    def rationals(self, tag: int, *default: float) -> tuple[float, ...]:
        entry = self.directory.find(tag)
        if entry is None or entry.kind != 5 or entry.value is None or entry.count != len(default):
            return default
        parts = self.tiff.numbers(f"{2 * entry.count}I", entry.value[0])
        return tuple(above / below if below else 0.0 for above, below in zip(parts[::2], parts[1::2], strict=True))

    @property
    def size(self) -> tuple[int, int]:
        return self.numbers(_WIDTH, 0)[0], self.numbers(_HEIGHT, 0)[0]

    @property
    def area(self) -> int:
        return self.size[0] * self.size[1]

    @property
    def kind(self) -> int:
        return self.numbers(_SUBFILE, 0)[0]

    @property
    def is_photo(self) -> bool:
        """Whether it is neither a preview, nor a mask, nor without pixels of its own."""
        has_pixels = bool(self.numbers(_STRIPS) or self.numbers(_TILES))
        return has_pixels and not self.kind & (_PREVIEW | _MASK) and self.numbers(_OLD_SUBFILE, 0)[0] != 2

    @property
    def has_raw_ycbcr(self) -> bool:
        """Whether its numbers are brightness and colour differences, which only JPEG's decoder converts by itself."""
        return self.numbers(_PHOTOMETRIC, 1)[0] == _YCBCR and self.numbers(_COMPRESSION, 1)[0] != _JPEG

    @property
    def is_premultiplied(self) -> bool:
        return self.numbers(_EXTRA, 0)[0] == 1


def decode(source: PhotoSource) -> Picture:
    with source.content() as data:
        tags, profile, left_out = _photo_of(data, source)
        _check(tags, source)
        coefficients = tags.rationals(_COEFFICIENTS, 0.299, 0.587, 0.114)
        references = tags.rationals(_REFERENCES, 0, 255, 128, 255, 128, 255)
        is_ycbcr, is_premultiplied = tags.has_raw_ycbcr, tags.is_premultiplied
        orientation = valid_orientation(tags.numbers(ORIENTATION)) or source.orientation
    image = libvips.with_orientation(_open(source, tags), orientation)
    picture = libvips.picture_of(image, profile)
    if is_premultiplied and picture.alpha is not None and not picture.warnings:
        picture = replace(picture, pixels=divide_by_alpha(_multiply_again(picture.pixels, picture.alpha), picture.alpha))
    if is_ycbcr:
        picture = replace(picture, pixels=_rgb(picture.pixels, coefficients, references))
    return replace(picture, warnings=(*picture.warnings, *left_out))


def header(source: PhotoSource) -> Header:
    with source.content() as data:
        tags, profile, _ = _photo_of(data, source)
        _check(tags, source)
        is_plain = profile is None and not tags.has_raw_ycbcr and not tags.is_premultiplied
        orientation = valid_orientation(tags.numbers(ORIENTATION)) or source.orientation
    image = libvips.with_orientation(_open(source, tags), orientation)
    return libvips.header_of(image, (lambda _factor: image) if is_plain else None)


def encode(picture: Picture, _options: SaveOptions, file: Path, _name: str) -> tuple[str, ...]:
    size = picture.pixels.nbytes + (0 if picture.alpha is None else picture.alpha.nbytes)
    is_big = size > 4_000_000_000  # TIFF ends at 4 GiB, BigTIFF does not
    return libvips.save(picture, "tiffsave", file, compression="lzw", predictor="horizontal", resunit="inch", bigtiff=is_big)


def _open(source: PhotoSource, tags: _Tags) -> pyvips.Image:
    return libvips.open_image(source, "tiffload", is_chosen=True, **tags.place)


def _photo_of(data: Any, source: PhotoSource) -> tuple[_Tags, bytes | None, tuple[str, ...]]:
    """The directory of the only photo, the profile of the first directory where it is another one, and what is left out.

    Previews and masks are passed by, wherever they stand, also a preview that its tags do not call one. Of a page and the
    directories below it, the largest is the photo.
    """
    try:
        tiff = Tiff(data)
        pages = [_family(tiff, page, directory) for page, directory in enumerate(tiff.chain(tiff.first))]
    except DamagedError as error:
        raise source.damage("its directory cannot be read") from error
    if not pages:
        raise source.damage("it ends too early" if tiff.first >= len(data) else "its directory cannot be read")
    photos = [max(photos, key=lambda tags: tags.area) for page in pages if (photos := [tags for tags in page if tags.is_photo])]
    if len(photos) > 1:
        largest = max(photos, key=lambda tags: tags.area)
        photos = [tags for tags in photos if tags is largest or not _is_small_copy(tags, largest, source)]
    if len(photos) > 1:
        raise source.refusal(f"holds {len(photos)} pictures; save the one to enhance as a file of its own")
    first = pages[0][0]
    photo = photos[0] if photos else max((tags for page in pages for tags in page), key=lambda tags: tags.area)
    profile = tiff.value_bytes(first.directory.find(_PROFILE)) if photo is not first else None
    has_mask = any(tags.kind & _MASK for page in pages for tags in page)
    return photo, profile, ("its transparency mask is left out",) if has_mask else ()


def _family(tiff: Tiff, page: int, directory: Directory) -> list[_Tags]:
    """A page, and what lies below it."""
    found = [_Tags(tiff, directory, {"page": page})]
    for number, at in enumerate(tiff.integers(directory.find(_SUB_IFDS))[:16]):
        try:
            found.append(_Tags(tiff, tiff.directory(at), {"page": page, "subifd": number}))
        except DamagedError:
            continue
    return found


def _is_small_copy(tags: _Tags, photo: _Tags, source: PhotoSource) -> bool:
    """Whether a page is the photo again, at half its size or less: its pixels are compared."""
    (width, height), (whole_width, whole_height) = tags.size, photo.size
    if not 0 < 2 * width <= whole_width or not height > 0 or abs(width * whole_height / (height * whole_width) - 1) > _SAME_SHAPE:
        return False
    small, whole = _open(source, tags), _open(source, photo)
    if (small.bands, small.interpretation) != (whole.bands, whole.interpretation):
        return False
    difference = whole.resize(width / whole_width, vscale=height / whole_height) - small
    return bool(difference.abs().avg() < (_SAME_CODES if small.format == "uchar" else 257 * _SAME_CODES))


def _check(tags: _Tags, source: PhotoSource) -> None:
    """PhotoError for pixels that libvips does not read, or would take for something else."""
    source.check_size(*tags.size)
    compression, meaning = tags.numbers(_COMPRESSION, 1)[0], tags.numbers(_PHOTOMETRIC, 1)[0]
    if meaning in _LABS:
        raise source.refusal("its colours are CIELAB, which is not supported; save it as RGB")
    if meaning not in _MEANINGS:
        raise source.refusal(f"its pixels are neither grey levels nor colours that are known ({meaning}); save it as RGB")
    if meaning == _PALETTE and tags.directory.find(_COLOUR_MAP) is None:
        raise source.damage("its palette is missing")
    if tags.numbers(_SAMPLE_FORMAT, 1)[0] == 3:
        raise source.refusal("float pixels are not supported; save it with 8 or 16 bits")
    depths = set(tags.numbers(_BITS, 1))
    if len(depths) > 1 or not depths <= _DEPTHS:
        raise source.refusal(f"{max(depths)} bits a channel are not supported in a TIFF; save it with 8 or 16")
    if compression not in _READ:
        name = _COMPRESSIONS.get(compression, f"method {compression}")
        raise source.refusal(f"is compressed with {name}, which is not supported; save it with LZW or Deflate")
    if tags.numbers(_PLANES, 1)[0] == 2 and tags.numbers(_TILE_WIDTH):
        raise source.refusal("its colours lie in tiled separate planes, which is not supported; save it without tiles")
    inks = tags.numbers(_SAMPLES, 1)[0] - len(tags.numbers(_EXTRA))
    if meaning == _SEPARATED and (tags.numbers(_INKS, 1)[0] != 1 or inks != 4):
        raise source.refusal("its colours are inks other than CMYK's; save it as RGB")
    if tags.has_raw_ycbcr and tags.numbers(_SUBSAMPLING, 2, 2) != (1, 1):
        raise source.refusal(
            "its colours are YCbCr of less resolution than its brightness, which is not supported; save it as RGB"
        )


def _multiply_again(pixels: Pixels, alpha: Pixels) -> Pixels:
    """The file's own numbers, from the quotients that libvips rounds down: of each, only one can have come."""
    white = int(np.iinfo(pixels.dtype).max)
    products = np.empty_like(pixels)
    for top in range(0, len(pixels), _ROWS):
        rows = slice(top, top + _ROWS)
        products[rows] = -(-(pixels[rows] * alpha[rows].astype(np.int64)) // white)
    return products


def _rgb(pixels: Pixels, coefficients: tuple[float, ...], references: tuple[float, ...]) -> Pixels:
    """Brightness and colour differences as RGB. TIFF 6.0, section 21."""
    white = float(np.iinfo(pixels.dtype).max)
    red, green, blue = coefficients
    black, whites = np.array(references[::2]), np.array(references[1::2])
    spans = np.where(whites == black, 1, whites - black)
    converted = np.empty_like(pixels)
    for top in range(0, len(pixels), _ROWS):
        codes = pixels[top : top + _ROWS] * (255 / white)
        y, cb, cr = np.moveaxis((codes - black) * (np.array([255, 127, 127]) / spans), 2, 0)
        r, b = y + cr * (2 - 2 * red), y + cb * (2 - 2 * blue)
        g = (y - red * r - blue * b) / green
        rgb = np.stack([r, g, b], 2) * (white / 255)
        converted[top : top + _ROWS] = np.clip(np.round(rgb), 0, white)
    return converted
