"""TIFF's ways to store pixels."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from benchmarks.corpus.case import Case
from benchmarks.corpus.pictures import Pictures
from benchmarks.corpus.tools import convert, run

FROM_YCC = ("IFD0:PhotometricInterpretation", "IFD0:JPEGTables", "IFD0:YCbCr*", "IFD0:PreviewImage*", "IFD0:ReferenceBlackWhite")
TIFFCP = {
    "none": ("-c", "none"),
    "lzw": ("-c", "lzw:2"),
    "deflate": ("-c", "zip:2"),
    "packbits": ("-c", "packbits"),
    "tiled": ("-t", "-w", "64", "-l", "64", "-c", "zip"),
    "big-endian": ("-B", "-c", "none"),
    "big-endian-lzw": ("-B", "-c", "lzw"),
    "bigtiff": ("-8", "-c", "none"),
    "bigtiff-big-endian": ("-8", "-B", "-c", "zip"),
    "planar": ("-p", "separate", "-c", "none"),
    "one-row-strips": ("-r", "1", "-c", "lzw"),
    "fill-order": ("-f", "lsb2msb", "-c", "none"),
}


def cases(pictures: Pictures) -> list[Case]:
    found = []
    for name, options in TIFFCP.items():
        for bits, pnm in ((8, pictures.ppm), (16, pictures.deep_ppm)):
            if bits == 8 or name in ("none", "big-endian", "tiled", "bigtiff"):
                make = partial(_tiffcp, pictures, pnm, options)
                found.append(Case("TIFF", f"{name}-{bits}.tif", make))
    separate = ("-p", "separate", "-t", "-w", "32", "-l", "32")
    for words, options in {"ZSTD": ("-c", "zstd"), "tiled separate planes": separate}.items():
        make = partial(_tiffcp, pictures, pictures.ppm, options)
        found.append(Case("refused", f"{words}.tif", make, refused=words))
    found += [
        Case("TIFF", "jpeg.tif", partial(_jpeg, pictures), tolerance=3, may_differ=FROM_YCC),
        Case("TIFF", "white-is-zero.tif", partial(_white_is_zero, pictures), may_differ=("IFD0:PhotometricInterpretation",)),
    ]
    return found


def _tiffcp(pictures: Pictures, pnm: Path, options: tuple[str, ...], path: Path) -> None:
    plain = pictures.folder / f"{pnm.stem}.tif"
    convert(pnm, "-compress", "none", plain)
    run("tiffcp", *options, plain, path)


def _jpeg(pictures: Pictures, path: Path) -> None:
    convert(pictures.ppm, "-compress", "jpeg", "-quality", "95", path)


def _white_is_zero(pictures: Pictures, path: Path) -> None:
    convert(pictures.pgm, "-define", "quantum:polarity=min-is-white", path)
