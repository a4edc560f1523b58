"""Photo files and bytes to pixels, colour profile and metadata, and back."""

from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.photo.formats import LIBVIPS_SUFFIXES, OTHER_FORMATS, RAW_SUFFIXES, SAVERS, output_suffix
from deep_photo_enhancer.photo.picture import JpegEncoding, Photo, SaveOptions, with_pixels
from deep_photo_enhancer.photo.reading import MAX_PIXELS, load_photo

__all__ = [
    "LIBVIPS_SUFFIXES",
    "MAX_PIXELS",
    "OTHER_FORMATS",
    "RAW_SUFFIXES",
    "SAVERS",
    "JpegEncoding",
    "Photo",
    "Pixels",
    "SaveOptions",
    "load_photo",
    "output_suffix",
    "with_pixels",
]
