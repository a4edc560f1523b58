"""--strip, --strip-gps, --format, --quality and --keep-times."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from benchmarks.corpus.case import Case
from benchmarks.corpus.groups.metadata import rich
from benchmarks.corpus.pictures import Pictures

STRIPPED = (
    "IFD0:*",
    "ExifIFD:*",
    "GPS:*",
    "InteropIFD:*",
    "XMP-*:*",
    "IPTC:*",
    "Photoshop:*",
    "File:Comment",
    "PNG:Comment",
    "XMP:*",
    "File:CurrentIPTCDigest",
    "PNG:*",
    "*:Exif*",
    "RIFF:WebP_Flags",
)
MISSING = dict.fromkeys(("IFD0:Make", "ExifIFD:ISO", "GPS:GPSLatitude", "XMP-dc:Title", "IPTC:Keywords", "File:Comment"))
NO_PLACE = dict.fromkeys(
    ("GPS:GPSLatitude", "GPS:GPSLongitude", "GPS:GPSAltitude", "XMP-exif:GPSLatitude", "XMP-exif:GPSLongitude")
)
SUFFIXES = ("jpg", "png", "webp", "tif", "heic", "avif")
FORMATS = {"png": "comment", "tif": "comment", "webp": "IPTC", "avif": "IPTC", "heic": "IPTC", "jp2": "comment", "jxl": "IPTC"}

IN_CODES = ("ICC-header:*", "ICC_Profile*")
"""JPEG XL says what its colours mean by numbers, which ExifTool does not show; other formats get a profile that says the same."""


def cases(pictures: Pictures) -> list[Case]:
    make = partial(rich, pictures)
    found = []
    for suffix in SUFFIXES:
        tolerance = 0.0 if suffix in ("png", "tif") else 4.0
        found += [
            Case("options", f"strip.{suffix}", make, ("--strip",), tolerance=tolerance, may_differ=STRIPPED, expect=MISSING),
            Case(
                "options",
                f"strip-gps.{suffix}",
                make,
                ("--strip-gps",),
                tolerance=tolerance,
                may_differ=("GPS:*", "XMP-exif:GPS*"),
                expect=NO_PLACE,
            ),
        ]
    for suffix in FORMATS:
        warnings: tuple[str, ...] = ("comment", "IPTC") if suffix in ("webp", "avif", "heic", "jxl") else ("comment",)
        options = ("--format", suffix)
        differ: tuple[str, ...] = ("IPTC:*", "Photoshop:*") if "IPTC" in warnings else ()
        differ += IN_CODES if suffix == "jxl" else ()
        found.append(Case("options", "to.jpg", make, options, f"to.{suffix}", warnings=warnings, tolerance=5, may_differ=differ))
    for suffix in ("png", "tif", "webp", "heic", "avif", "jp2", "jxl"):
        warnings = ("PNG texts",) if suffix == "png" else ()
        differ = IN_CODES if suffix == "jxl" else ()
        found.append(
            Case(
                "options",
                f"to-jpg.{suffix}",
                make,
                ("--format", "jpg"),
                "to-jpg.jpg",
                warnings=warnings,
                tolerance=4,
                may_differ=differ,
            )
        )
    times = Case("options", "times.jpg", partial(_old, pictures), ("--keep-times",), tolerance=4, check=_same_time)
    return [*found, times]


def _old(pictures: Pictures, path: Path) -> None:
    rich(pictures, path)
    os.utime(path, ns=(1_500_000_000_123_456_789, 1_400_000_000_987_654_321))


def _same_time(before: Path, after: Path) -> str | None:
    same = before.stat().st_mtime_ns == after.stat().st_mtime_ns
    return None if same else "the file time was not kept"
