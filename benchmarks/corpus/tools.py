"""The independent tools that make the corpus and look at the outputs."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.corpus.case import Levels

PACKAGES = {
    "exiftool": "libimage-exiftool-perl",
    "convert-im6.q16": "imagemagick",
    "heif-enc": "libheif-examples",
    "heif-convert": "libheif-examples",
    "avifenc": "libavif-bin",
    "cjxl": "libjxl-tools",
    "djxl": "libjxl-tools",
    "tiffcp": "libtiff-tools",
    "cwebp": "webp",
    "img2webp": "webp",
    "cjpeg": "libjpeg-turbo-progs",
    "jpegtran": "libjpeg-turbo-progs",
    "opj_compress": "libopenjp2-tools",
    "opj_decompress": "libopenjp2-tools",
}
"""Debian's package for each command."""
PROFILES = Path("/usr/share/color/icc")
PROFILE_FILES = {"colord/AdobeRGB1998.icc": "colord-data", "Gray.icc": "icc-profiles-free"}
CONVERT = "convert-im6.q16"


def missing_packages() -> list[str]:
    """The Debian packages to install first."""
    commands = {package for command, package in PACKAGES.items() if which(command) is None}
    return sorted(commands | {package for file, package in PROFILE_FILES.items() if not (PROFILES / file).exists()})


def run(command: str, *arguments: str | Path | bytes) -> bytes:
    """What it prints. RuntimeError with its last words when it fails."""
    done = subprocess.run([command, *(os.fspath(argument) for argument in arguments)], capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stderr[-400:].decode(errors='replace').strip()}")
    return done.stdout


def convert(*arguments: str | Path) -> None:
    """ImageMagick."""
    run(CONVERT, *arguments)


def tagged(path: Path, *arguments: str | Path) -> None:
    """Write tags into a file with ExifTool."""
    run("exiftool", "-q", "-overwrite_original", "-m", *arguments, path)


@dataclass(frozen=True)
class Rendering:
    """What a reader makes of a file."""

    size: tuple[int, int]
    """Width and height, upright."""
    levels: Levels
    """The pixels; of a large picture, evenly chosen ones."""


def rendered(path: Path, kind: str) -> Rendering:
    """The upright pixels of a file of an ExifTool file type, by other builds of the decoders than the product's."""
    with TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.png"
        if kind in ("HEIC", "HEIF", "AVIF"):
            run("heif-convert", path, plain)
        elif kind.startswith("JXL"):
            run("djxl", path, plain)
        elif kind == "JP2":
            run("opj_decompress", "-quiet", "-i", path, "-o", plain)
        else:
            return _rendering(path, "-auto-orient")
        return _rendering(plain)


def _rendering(path: Path, *operations: str) -> Rendering:
    with TemporaryDirectory() as folder:
        named, raw = Path(folder) / "named", Path(folder) / "raw"
        named.symlink_to(path.resolve())  # ImageMagick reads percent signs and brackets in names
        told = ("-format", "%w %h\n", "-write", "info:-")
        chosen = ("-sample", "2000x2000>", "-write", "info:-", "-depth", "16", f"rgba:{raw}")
        sizes = run(CONVERT, f"{named}[0]", *operations, *told, *chosen).split()
        whole, (width, height) = (int(sizes[0]), int(sizes[1])), map(int, sizes[-2:])
        codes = np.fromfile(raw, "<u2").reshape(height, width, 4)
        return Rendering(whole, codes.astype(np.float32) / np.float32(65535))
