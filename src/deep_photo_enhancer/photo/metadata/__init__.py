"""EXIF, XMP and IPTC from the input's file to the output's, byte by byte.

Own code, because the libraries that go this deep are under the GPL (exiv2), unmaintained (piexif), or rewrite EXIF and so break
maker notes (libexif in libvips).
"""

from deep_photo_enhancer.photo.metadata.blocks import Metadata
from deep_photo_enhancer.photo.metadata.record import Record, add_record, find_record
from deep_photo_enhancer.photo.metadata.transfer import adapt_metadata, embed, read_metadata, read_orientation

__all__ = [
    "Metadata",
    "Record",
    "adapt_metadata",
    "add_record",
    "embed",
    "find_record",
    "read_metadata",
    "read_orientation",
]
