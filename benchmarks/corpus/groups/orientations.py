"""Photos that are stored turned and mirrored, with the tag or the box that says so."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pillow_heif
from PIL import Image

from benchmarks.corpus.case import Case
from benchmarks.corpus.pictures import Codes, Pictures, levels
from benchmarks.corpus.tools import convert, run, tagged

BOXES = {1: (), 2: ("--imir", "1"), 3: ("--irot", "2"), 4: ("--imir", "0"), 6: ("--irot", "3"), 8: ("--irot", "1")}
"""avifenc's options that stand for EXIF's orientations; 5 and 7 need both in an order that avifenc does not write."""
SUFFIXES = {"jpg": 4.0, "png": 0.0, "webp": 4.0, "tif": 0.0}


def cases(pictures: Pictures) -> list[Case]:
    found = []
    for orientation in range(1, 9):
        truth = levels(pictures.colours)
        for suffix, tolerance in SUFFIXES.items():
            make = partial(_tagged, pictures, orientation)
            found.append(Case("orientations", f"{orientation}.{suffix}", make, truth=truth, tolerance=tolerance))
        found.append(Case("orientations", f"{orientation}.heic", partial(_heic, pictures, orientation), truth=truth, tolerance=4))
    for orientation, options in BOXES.items():
        make = partial(_avif, pictures, orientation, options)
        found.append(Case("orientations", f"{orientation}.avif", make, truth=truth, tolerance=4))
    return found


def stored(upright: Codes, orientation: int) -> Codes:
    """The pixels as a file of this orientation stores them (TIFF 6.0: 1 to 8)."""
    if orientation >= 5:
        upright = upright.transpose(1, 0, 2)
    if orientation in (2, 3, 7, 8):
        upright = upright[:, ::-1]
    if orientation in (3, 4, 6, 7):
        upright = upright[::-1]
    return upright.copy()


def _ppm(pictures: Pictures, orientation: int) -> Path:
    return pictures.pnm(f"stored{orientation}", stored(pictures.colours, orientation))


def _tagged(pictures: Pictures, orientation: int, path: Path) -> None:
    convert(_ppm(pictures, orientation), "-quality", "95", "-sampling-factor", "1x1", path)
    tagged(path, "-n", f"-IFD0:Orientation={orientation}", f"-XMP-tiff:Orientation={orientation}", "-XMP-dc:Title=turned")


def _heic(pictures: Pictures, orientation: int, path: Path) -> None:
    """As phones do, with box and EXIF tag. heif-enc writes no boxes for turned pixels; libheif by pillow-heif does."""
    pixels, exif = stored(pictures.colours, orientation), Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "Maker"
    file = pillow_heif.from_bytes("RGB", pixels.shape[1::-1], pixels.tobytes())
    file.save(path, quality=95, chroma=444, exif=exif.tobytes())


def _avif(pictures: Pictures, orientation: int, options: tuple[str, ...], path: Path) -> None:
    plain = pictures.folder / f"orientation{orientation}.png"
    convert(_ppm(pictures, orientation), plain)
    run("avifenc", "-s", "9", "--min", "0", "--max", "12", *options, plain, path)
