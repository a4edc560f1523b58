"""Bits a channel, greyscale, palettes, transparency."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.corpus.case import Case
from benchmarks.corpus.pictures import Pictures, levels
from benchmarks.corpus.tools import convert, rendered, run

SPREAD = ("PNG:BitDepth", "PNG:ColorType", "PNG:Palette", "PNG:Transparency", "PNG:BackgroundColor")
"""A palette and less than 8 bits become 8 bits a channel."""
TIFF_SPREAD = (
    "IFD0:BitsPerSample",
    "IFD0:SamplesPerPixel",
    "IFD0:PhotometricInterpretation",
    "IFD0:ColorMap",
    "IFD0:ExtraSamples",
)


def cases(pictures: Pictures) -> list[Case]:
    deep, ramp = levels(pictures.deep), levels(_ramp(3))
    ramp_file = partial(_plain, pictures.pnm("ramp", _ramp(3)), ())
    grey_ramp_file = partial(_plain, pictures.pnm("grey-ramp", _ramp(1)), ())
    smooth = partial(_levels_kept, 20_000)
    found = []
    for suffix in ("png", "tif"):
        found += [
            Case("depths", f"8.{suffix}", partial(_plain, pictures.ppm, ("-depth", "8")), truth=levels(pictures.colours)),
            Case("depths", f"16.{suffix}", partial(_plain, pictures.deep_ppm, ()), truth=deep),
            Case("depths", f"ramp16.{suffix}", ramp_file, truth=ramp, check=smooth),
            Case("depths", f"grey-ramp16.{suffix}", grey_ramp_file, truth=levels(_ramp(1)), check=smooth),
            Case("depths", f"grey.{suffix}", partial(_plain, pictures.pgm, ("-depth", "8")), truth=levels(pictures.grey)),
            Case("depths", f"alpha.{suffix}", partial(_alpha, pictures, pictures.ppm)),
            Case("depths", f"alpha16.{suffix}", partial(_alpha, pictures, pictures.deep_ppm)),
            Case("depths", f"grey-alpha.{suffix}", partial(_alpha, pictures, pictures.pgm)),
        ]
    found += [
        Case("depths", "grey.jpg", partial(_plain, pictures.pgm, ("-quality", "95")), tolerance=4),
        Case("depths", "alpha.webp", partial(_alpha, pictures, pictures.ppm), tolerance=4),
        Case("depths", "lossless.webp", partial(_cwebp, pictures), tolerance=4),
        Case("depths", "palette.png", partial(_as, pictures, "png8:"), may_differ=SPREAD),
        Case("depths", "palette-alpha.png", partial(_palette_alpha, pictures), may_differ=SPREAD),
        Case("depths", "bit.png", partial(_plain, pictures.pgm, ("-threshold", "50%", "-depth", "1")), may_differ=SPREAD),
        Case("depths", "grey4.png", partial(_plain, pictures.pgm, ("-depth", "4")), may_differ=SPREAD),
        Case("depths", "colour-key.png", partial(_plain, pictures.ppm, ("-depth", "8", "-interlace", "PNG"))),
        Case(
            "depths",
            "palette.tif",
            partial(_plain, pictures.ppm, ("-colors", "64", "-type", "Palette")),
            tolerance=0.5,
            may_differ=TIFF_SPREAD,
        ),
        Case(
            "depths", "bit.tif", partial(_plain, pictures.pgm, ("-threshold", "50%", "-type", "Bilevel")), may_differ=TIFF_SPREAD
        ),
        Case("depths", "10.avif", partial(_avif, pictures, 10), tolerance=2),
        Case("depths", "12.avif", partial(_avif, pictures, 12), tolerance=2),
        Case("depths", "10.heic", partial(_heic, pictures, 10), tolerance=4),
        Case("depths", "12.heic", partial(_heic, pictures, 12), tolerance=4),
        Case("depths", "8.jp2", partial(_jp2, pictures)),
        Case("depths", "8.jxl", partial(_jxl, pictures, ("-d", "0")), tolerance=4),
        Case("depths", "of-jpeg.jxl", partial(_jxl_of_jpeg, pictures), tolerance=4),
    ]
    return found


def _ramp(channels: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint16]]:
    """Every level of 16 bits once: (256, 256, channels), the channels in different directions."""
    every = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    return np.stack([every, every.T, every[::-1]][:channels], 2)


def _levels_kept(least: int, _before: Path, after: Path) -> str | None:
    levels = np.unique(rendered(after, "PNG").levels[..., 0]).size
    return None if levels >= least else f"{levels} levels are left of 65,536"


def _plain(pnm: Path, options: tuple[str, ...], path: Path) -> None:
    convert(pnm, *options, path)


def _as(pictures: Pictures, kind: str, path: Path) -> None:
    convert(pictures.ppm, f"{kind}{path}")


def _alpha(pictures: Pictures, pnm: Path, path: Path) -> None:
    mask = pictures.pnm("alpha", pictures.alpha)
    convert(pnm, mask, "-alpha", "off", "-compose", "CopyOpacity", "-composite", "-quality", "95", path)


def _palette_alpha(pictures: Pictures, path: Path) -> None:
    convert(pictures.ppm, "-colors", "32", "-transparent-color", "white", "-fuzz", "20%", "-transparent", "white", f"png8:{path}")


def _png(pictures: Pictures, deep: bool) -> Path:
    png = pictures.folder / f"deep{deep}.png"
    convert(pictures.deep_ppm if deep else pictures.ppm, png)
    return png


def _cwebp(pictures: Pictures, path: Path) -> None:
    run("cwebp", "-quiet", "-lossless", _png(pictures, deep=False), "-o", path)


def _avif(pictures: Pictures, bits: int, path: Path) -> None:
    run("avifenc", "-s", "9", "-d", str(bits), "--min", "0", "--max", "8", _png(pictures, deep=True), path)


def _heic(pictures: Pictures, bits: int, path: Path) -> None:
    run("heif-enc", "-q", "97", "-b", str(bits), "-p", "chroma=444", _png(pictures, deep=True), "-o", path)


def _jp2(pictures: Pictures, path: Path) -> None:
    run("opj_compress", "-i", _png(pictures, deep=False), "-o", path)


def _jxl(pictures: Pictures, options: tuple[str, ...], path: Path) -> None:
    run("cjxl", "--quiet", _png(pictures, deep=False), path, *options)


def _jxl_of_jpeg(pictures: Pictures, path: Path) -> None:
    jpeg = pictures.folder / "for-jxl.jpg"
    convert(pictures.ppm, "-quality", "90", jpeg)
    run("cjxl", "--quiet", jpeg, path)
