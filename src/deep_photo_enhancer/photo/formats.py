"""Which file formats there are, and what an input of each becomes."""

from __future__ import annotations

JPEG, PNG, TIFF, WEBP, AVIF, HEIC, JPEG_2000, JPEG_XL, RAW = (
    "JPEG",
    "PNG",
    "TIFF",
    "WebP",
    "AVIF",
    "HEIC",
    "JPEG 2000",
    "JPEG XL",
    "RAW",
)

SAVERS: dict[str, str] = {
    ".jpg": JPEG,
    ".jpeg": JPEG,
    ".png": PNG,
    ".tif": TIFF,
    ".tiff": TIFF,
    ".webp": WEBP,
    ".avif": AVIF,
    ".heic": HEIC,
    ".heif": HEIC,
    ".jp2": JPEG_2000,
    ".jxl": JPEG_XL,
}
"""The format that is written for each suffix; all of them are read, too."""

LIBVIPS_SUFFIXES = frozenset(suffix for suffix, kind in SAVERS.items() if kind in (JPEG, PNG, TIFF, WEBP, AVIF))
"""Suffixes of what libvips reads and writes by itself."""

# fmt: off
RAW_SUFFIXES = frozenset({
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".kdc", ".mef", ".mos",
    ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f",
})
# fmt: on
"""Suffixes of cameras' raw files, which are read and not written."""

OTHER_FORMATS = RAW_SUFFIXES
"""Suffixes of photos that are read and not written."""


def output_suffix(input_suffix: str) -> str:
    """The suffix of the output for an input's: its own where that can be written, .jpg for RAW and all else."""
    return input_suffix if input_suffix.lower() in SAVERS else ".jpg"
