"""The formats: one row for each, and what follows from the rows."""

from __future__ import annotations

from dataclasses import dataclass

JPEG, PNG, TIFF, WEBP, AVIF, HEIC = "JPEG", "PNG", "TIFF", "WebP", "AVIF", "HEIC"
JPEG_2000, JPEG_XL, RAW = "JPEG 2000", "JPEG XL", "RAW"


@dataclass(frozen=True)
class Format:
    """A format of photo files."""

    codec: str
    """Its module in photo/codecs/."""
    suffixes: tuple[str, ...] = ()
    """Of the files that are written, in lower case; the first is for photos that come without a name."""
    further_suffixes: tuple[str, ...] = ()
    """Of files that are read only: their outputs have the first of those above, or .jpg."""
    quality: int | None = None
    """Of written files without a wish of the user's, 1 to 100; None where nothing is lost, or nothing written."""
    longest: int | None = None
    """Pixels that a side of a written picture may have; None for more than any photo has."""


# fmt: off
FORMATS = {
    JPEG: Format("jpeg", (".jpg", ".jpeg", ".jpe", ".jfif"), (".jif", ".jfi", ".pjpeg", ".pjp", ".mpo"), 92, 65_500),
    PNG: Format("png", (".png",), (".apng",)),
    TIFF: Format("tiff", (".tif", ".tiff")),
    WEBP: Format("webp", (".webp",), quality=92, longest=16_383),
    AVIF: Format("avif", (".avif",), quality=85, longest=16_384),
    HEIC: Format("heic", (".heic", ".heif", ".hif"), quality=80, longest=65_500),
    JPEG_2000: Format("jpeg2000", (".jp2",), (".j2k", ".j2c", ".jpc", ".jpf", ".jpx")),
    JPEG_XL: Format("jpeg_xl", (".jxl",), quality=92),
    RAW: Format("raw", (), (
        ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".kdc", ".mef", ".mos",
        ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f",
    )),
}
# fmt: on
"""By name."""

FORMAT_OF_SUFFIX = {suffix: name for name, kind in FORMATS.items() for suffix in (*kind.suffixes, *kind.further_suffixes)}
"""The format that a suffix says."""
SAVERS = {suffix: name for name, kind in FORMATS.items() for suffix in kind.suffixes}
"""The format that is written for each suffix; all of them are read, too."""
FORMAT_NAMES = ", ".join([*dict.fromkeys(SAVERS.values()), "camera RAW"])
"""Of all that is read, for messages."""
RAW_SUFFIXES = frozenset(FORMATS[RAW].further_suffixes)
_OUTPUTS = {suffix: kind.suffixes[0] for kind in FORMATS.values() if kind.suffixes for suffix in kind.further_suffixes}
PHOTO_SUFFIXES = RAW_SUFFIXES | _OUTPUTS.keys() | SAVERS.keys()
"""The suffixes of all photos that are read: what every search through a folder takes."""


def output_suffix(input_suffix: str) -> str:
    """The suffix of the output for an input's: its own where that can be written, or its format's; .jpg for RAW and all else."""
    return input_suffix if input_suffix.lower() in SAVERS else _OUTPUTS.get(input_suffix.lower(), ".jpg")
