"""Photo files and bytes to pixels, colour profile and metadata, and back."""

from deep_photo_enhancer.photo.formats import FORMAT_NAMES, FORMAT_OF_SUFFIX, PHOTO_SUFFIXES, RAW_SUFFIXES, SAVERS, output_suffix
from deep_photo_enhancer.photo.photo import Photo
from deep_photo_enhancer.photo.picture import JpegEncoding, SaveOptions, with_pixels
from deep_photo_enhancer.photo.reading import MAX_PIXELS, load_photo

__all__ = [
    "FORMAT_NAMES",
    "FORMAT_OF_SUFFIX",
    "MAX_PIXELS",
    "PHOTO_SUFFIXES",
    "RAW_SUFFIXES",
    "SAVERS",
    "JpegEncoding",
    "Photo",
    "SaveOptions",
    "load_photo",
    "output_suffix",
    "with_pixels",
]
