"""Names of files, and sizes that are hardly sizes."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from benchmarks.corpus.case import Case
from benchmarks.corpus.pictures import Pictures
from benchmarks.corpus.tools import convert

NAMES = (
    "with space.jpg", "it's \"quoted\".jpg", "new\nline.jpg", "tab\tand\rreturn.jpg", "mountains \U0001f304 Ærø.jpg",
    "decomposed e\u0301.jpg", os.fsdecode(b"latin-1 \xe9\xff.jpg"), "-leading-dash.jpg", "--strip.jpg", f"{'long' * 62}.jpg",
    "UPPER.JPG", "Photo.JPEG", "brackets[1].jpg", "percent%d 100%.jpg", "semi;colon&pipe|.jpg", "back\\slash.jpg", "*?.jpg",
    "$HOME.jpg", "two..dots.jpg", "UPPER.PNG", "Upper.TIF", "~tilde.jpg", "#hash.jpg", "=1.jpg",
)  # fmt: skip
WRONG_SUFFIXES = (
    ("png", "a PNG.jpg"), ("jpg", "a JPEG.png"), ("tif", "a TIFF.jpg"), ("webp", "a WebP.JPG"), ("jpg", "a JPEG.tif"),
    ("png", "a PNG.webp"),
)  # fmt: skip
TINY = ("1x1", "2x1", "1x2", "3x3", "1x700", "700x1", "3x900", "900x2", "8x8", "17x9")


def cases(pictures: Pictures) -> list[Case]:
    found = []
    for name in NAMES:
        suffix = Path(name).suffix.lower().lstrip(".")
        tolerance = 0.0 if suffix in ("png", "tif") else 4.0
        found.append(Case("names", name, partial(_as, pictures, suffix), tolerance=tolerance))
    found += [Case("names", name, partial(_as, pictures, kind), tolerance=4) for kind, name in WRONG_SUFFIXES]
    for size in TINY:
        found += [
            Case("tiny and narrow", f"{size}.jpg", partial(_tiny, pictures, size), tolerance=4),
            Case("tiny and narrow", f"{size}.png", partial(_tiny, pictures, size)),
        ]
    found += [
        Case("tiny and narrow", f"{size}.{suffix}", partial(_tiny, pictures, size), tolerance=0 if suffix == "tif" else 6)
        for size in ("1x1", "1x700")
        for suffix in ("tif", "webp")
    ]
    return found


def _as(pictures: Pictures, kind: str, path: Path) -> None:
    plain = pictures.folder / f"named.{kind}"
    convert(pictures.ppm, "-strip", "-quality", "95", "-sampling-factor", "1x1", plain)
    path.write_bytes(plain.read_bytes())


def _tiny(pictures: Pictures, size: str, path: Path) -> None:
    """A PNG in full colour: ImageMagick makes a palette of few colours otherwise."""
    named = f"png24:{path}" if path.suffix == ".png" else str(path)
    convert(
        pictures.ppm,
        "-resize",
        f"{size}!",
        "-strip",
        "-depth",
        "8",
        "-type",
        "TrueColor",
        "-quality",
        "95",
        "-sampling-factor",
        "1x1",
        named,
    )
