"""JPEG's ways to compress."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from benchmarks.corpus.case import Case
from benchmarks.corpus.pictures import Pictures
from benchmarks.corpus.tools import run

FULL = ("File:YCbCrSubSampling",)
"""4:2:2 and 4:4:0 are written with full colour, 4:1:1 with half in both directions."""
SAMPLINGS = {"444": "1x1", "422": "2x1", "440": "1x2", "420": "2x2", "411": "4x1", "410": "4x2"}


def cases(pictures: Pictures) -> list[Case]:
    found = []
    for name, factors in SAMPLINGS.items():
        own = () if name in ("444", "420") else FULL
        make = partial(_cjpeg, pictures.ppm, ("-quality", "90", "-sample", factors))
        found.append(Case("JPEG", f"{name}.jpg", make, tolerance=4, may_differ=own))
    for quality in (100, 97, 75, 40, 5):
        make = partial(_cjpeg, pictures.ppm, ("-quality", str(quality)))
        found.append(Case("JPEG", f"quality{quality}.jpg", make, tolerance=4, check=partial(_same_quality, max(quality, 75))))
    ways = {
        "progressive": ("-progressive",),
        "arithmetic": ("-arithmetic",),
        "arithmetic-progressive": ("-arithmetic", "-progressive"),
        "restart": ("-restart", "1B"),
        "restart-rows": ("-restart", "1", "-progressive"),
        "optimised": ("-optimize",),
        "rgb": ("-rgb",),
        "grey": ("-grayscale",),
        "float": ("-dct", "float"),
    }
    for name, options in ways.items():
        make = partial(_cjpeg, pictures.ppm, ("-quality", "90", *options))
        found.append(Case("JPEG", f"{name}.jpg", make, tolerance=4, may_differ=("Adobe:*",) if name == "rgb" else ()))
    found.append(Case("JPEG", "turned-by-jpegtran.jpg", partial(_jpegtran, pictures), tolerance=4))
    return found


def _cjpeg(pnm: Path, options: tuple[str, ...], path: Path) -> None:
    run("cjpeg", *options, "-outfile", path, pnm)


def _jpegtran(pictures: Pictures, path: Path) -> None:
    plain = pictures.folder / "for-jpegtran.jpg"
    run("cjpeg", "-quality", "90", "-outfile", plain, pictures.ppm)
    run("jpegtran", "-rotate", "90", "-trim", "-copy", "all", "-outfile", path, plain)


def _same_quality(wanted: int, _before: Path, after: Path) -> str | None:
    found = int(run("identify-im6.q16", "-format", "%Q", after))
    return None if found == wanted else f"quality {found}, not {wanted}"
