"""Colour profiles, and colour spaces that a file names by codes."""

from __future__ import annotations

import struct
import zlib
from functools import partial
from pathlib import Path

from benchmarks.corpus.case import Case
from benchmarks.corpus.pictures import Pictures
from benchmarks.corpus.tools import convert, run

RGB = ("sRGB", "Adobe RGB", "p3", "ProPhoto", "Rec. 2020", "camera", "table")
AS_PROFILE = ("ICC_Profile:*", "ICC-*:*", "ICC_Profile", "PNG:ProfileName")
FROM_CMYK = (
    "File:ColorComponents",
    "File:YCbCrSubSampling",
    "IFD0:BitsPerSample",
    "IFD0:SamplesPerPixel",
    "IFD0:InkSet",
    "IFD0:Photometric*",
    "Adobe:*",
)
UNUSABLE = "treated as sRGB"


def cases(pictures: Pictures) -> list[Case]:
    found = []
    for name in RGB:
        for suffix, tolerance in (("jpg", 4.0), ("png", 0.0), ("tif", 0.0), ("webp", 4.0)):
            make = partial(_profiled, pictures, pictures.ppm, name)
            found.append(Case("profiles", f"{name}.{suffix}", make, tolerance=tolerance))
    for name in ("p3", "Adobe RGB"):
        found += [
            Case("profiles", f"{name}.heic", partial(_heic, pictures, name), tolerance=4),
            Case("profiles", f"{name}.avif", partial(_avif, pictures, ("--icc", str(pictures.profile(name)))), tolerance=4),
        ]
    grey = partial(_profiled, pictures, pictures.pgm, "grey")
    found += [Case("profiles", f"grey.{suffix}", grey, tolerance=of) for suffix, of in (("jpg", 4.0), ("png", 0.0), ("tif", 0.0))]
    for suffix, tolerance in (("jpg", 4.0), ("png", 0.0), ("tif", 0.0)):
        make = partial(_broken, pictures)
        found.append(Case("profiles", f"broken.{suffix}", make, tolerance=tolerance, warnings=(UNUSABLE,), may_differ=AS_PROFILE))
    for suffix in ("jpg", "tif"):
        found.append(
            Case(
                "profiles",
                f"cmyk.{suffix}",
                partial(_cmyk, pictures),
                warnings=("converted from CMYK to sRGB",),
                tolerance=20,
                may_differ=(*AS_PROFILE, *FROM_CMYK),
            )
        )
    return found + _by_codes(pictures)


def _by_codes(pictures: Pictures) -> list[Case]:
    """Display P3 (12), Rec. 2020 (9) and HDR's PQ (16), without a profile."""
    found = []
    for primaries in (12, 9):
        codes = f"{primaries}/13/6"
        found += [
            Case(
                "profiles",
                f"codes{primaries}.avif",
                partial(_avif, pictures, ("--cicp", codes)),
                tolerance=4,
                may_differ=AS_PROFILE,
            ),
            Case(
                "profiles",
                f"codes{primaries}.heic",
                partial(_heic_codes, pictures, primaries),
                tolerance=4,
                may_differ=AS_PROFILE,
            ),
            Case("profiles", f"codes{primaries}.png", partial(_png_codes, pictures, primaries, 13), may_differ=AS_PROFILE),
        ]
    hdr = "HDR picture (PQ)"
    return [
        *found,
        Case("refused", "pq.avif", partial(_avif, pictures, ("--cicp", "9/16/9")), refused=hdr),
        Case("refused", "pq.png", partial(_png_codes, pictures, 9, 16), refused=hdr),
    ]


def _profiled(pictures: Pictures, pnm: Path, name: str, path: Path) -> None:
    convert(pnm, "-quality", "95", "-sampling-factor", "1x1", "-profile", pictures.profile(name), path)


def _heic(pictures: Pictures, name: str, path: Path) -> None:
    png = pictures.folder / f"{name}.png"
    convert(pictures.ppm, "-profile", pictures.profile(name), png)
    run("heif-enc", "-q", "95", "-p", "chroma=444", png, "-o", path)


def _heic_codes(pictures: Pictures, primaries: int, path: Path) -> None:
    png = pictures.folder / "plain.png"
    convert(pictures.ppm, "-strip", png)
    codes = (f"--colour_primaries={primaries}", "--transfer_characteristic=13", "--matrix_coefficients=6")
    run("heif-enc", "-q", "95", "-p", "chroma=444", *codes, png, "-o", path)


def _avif(pictures: Pictures, options: tuple[str, ...], path: Path) -> None:
    png = pictures.folder / "plain.png"
    convert(pictures.ppm, "-strip", png)
    run("avifenc", "-s", "9", "--min", "0", "--max", "12", *options, png, path)


def _png_codes(pictures: Pictures, primaries: int, transfer: int, path: Path) -> None:
    convert(pictures.ppm, "-strip", path)
    plain = path.read_bytes()
    content = b"cICP" + bytes([primaries, transfer, 0, 1])
    chunk = struct.pack(">I", 4) + content + struct.pack(">I", zlib.crc32(content))
    path.write_bytes(plain[:33] + chunk + plain[33:])


def _broken(pictures: Pictures, path: Path) -> None:
    """The Adobe RGB profile with its tags' places overwritten."""
    whole = pictures.profile("Adobe RGB").read_bytes()
    broken = pictures.folder / "broken.icc"
    broken.write_bytes(whole[:132] + b"\xff" * 200 + whole[332:])
    _embed(pictures, broken, path)


def _embed(pictures: Pictures, profile: Path, path: Path) -> None:
    """With ExifTool, which does not look into it."""
    convert(pictures.ppm, "-strip", "-quality", "95", "-sampling-factor", "1x1", path)
    run("exiftool", "-q", "-m", "-overwrite_original", f"-ICC_Profile<={profile}", path)


def _cmyk(pictures: Pictures, path: Path) -> None:
    profiles = ("-profile", pictures.profile("sRGB"), "-profile", pictures.profile("cmyk"))
    convert(pictures.ppm, *profiles, "-quality", "95", "-sampling-factor", "1x1", path)
