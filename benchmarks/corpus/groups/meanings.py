"""Files of which pixels are not all: which picture is the photo, what its numbers mean, and what a format cannot hold."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
import tifffile
from numpy.typing import NDArray
from PIL import Image

from benchmarks.corpus.case import Case, Levels
from benchmarks.corpus.pictures import Codes, Pictures, levels
from benchmarks.corpus.tools import convert, run
from tests.photo.fuzz_samples import dng

GAIN_MAP = "its HDR gain map is left out"
OF_GAIN_MAP = ("MPF*:*", "MPImage*:*", "File:*", "XMP-*:*", "JFIF:*", "Trailer:*", "ICC*:*")
OF_TIFF = ("File:PageCount", "IFD0:*", "SubIFD*:*", "IFD1:*", "EXIF:*")
PREMULTIPLIED = ("QuickTime:Unknown_prem",)
OF_SUFFIX = ("File:*",)


def cases(pictures: Pictures) -> list[Case]:
    truth = levels(pictures.colours)
    found = [*_tiffs(pictures, truth), *_transparency(pictures), *_colours(pictures, truth)]
    return [*found, *_names(pictures), *_refused(pictures)]


def _tiffs(pictures: Pictures, truth: Levels) -> list[Case]:
    photo, small = pictures.colours, np.ascontiguousarray(pictures.colours[::4, ::4])
    mask = pictures.grey > 99
    made: dict[str, tuple[list[dict[str, Any]], tuple[str, ...]]] = {
        "below-a-preview.tif": ([{"data": small, "subfiletype": 1, "subifds": 1}, {"data": photo, "subfiletype": 0}], ()),
        "below-an-unmarked-preview.tif": ([{"data": small, "subifds": 1}, {"data": photo}], ()),
        "pyramid.tif": ([{"data": photo, "subifds": 1}, {"data": small, "subfiletype": 1}], ()),
        "preview-second.tif": ([{"data": photo}, {"data": small, "subfiletype": 1}], ()),
        "preview-first.tif": ([{"data": small, "subfiletype": 1}, {"data": photo}], ()),
        "unmarked-preview-second.tif": ([{"data": photo}, {"data": small}], ()),
        "page.tif": ([{"data": photo, "subfiletype": 2}], ()),
        "mask-second.tif": (
            [{"data": photo}, {"data": mask[..., 0], "photometric": "mask", "subfiletype": 4}],
            ("its transparency mask is left out",),
        ),
    }
    found = [
        Case("meanings", name, partial(_pages, pages), truth=truth, warnings=warnings, may_differ=OF_TIFF)
        for name, (pages, warnings) in made.items()
    ]
    for compression in ("none", "lzw", "zip"):
        make = partial(_ycbcr, pictures, compression)
        found.append(Case("meanings", f"ycbcr-{compression}.tif", make, truth=truth, tolerance=2, may_differ=OF_TIFF))
    return found


def _pages(pages: list[dict[str, Any]], path: Path) -> None:
    with tifffile.TiffWriter(path) as writer:
        for page in pages:
            writer.write(**{"photometric": "rgb", "metadata": None, **page})


def _ycbcr(pictures: Pictures, compression: str, path: Path) -> None:
    convert(pictures.ppm, "-colorspace", "YCbCr", "-depth", "8", "-compress", compression, path)


def _transparency(pictures: Pictures) -> list[Case]:
    found = []
    for bits, pixels in ((8, pictures.colours), (16, pictures.deep)):
        stored, truth = _multiplied(pixels, _opacity(pictures))
        page = {"data": stored, "extrasamples": ["assocalpha"]}
        found.append(
            Case("meanings", f"multiplied{bits}.tif", partial(_pages, [page]), truth=truth, tolerance=0.3, may_differ=OF_TIFF)
        )
    truth = np.concatenate([levels(pictures.colours)[..., :3], _opacity(pictures) / np.float32(255)], 2)
    commands = {
        "multiplied.avif": ("avifenc", "-s", "9", "--min", "0", "--max", "4", "-y", "444", "--premultiply"),
        "multiplied10.avif": ("avifenc", "-s", "9", "-d", "10", "--min", "0", "--max", "4", "-y", "444", "--premultiply"),
        "straight.avif": ("avifenc", "-s", "9", "--min", "0", "--max", "4", "-y", "444"),
    }
    for name, command in commands.items():
        found.append(
            Case("meanings", name, partial(_encoded, pictures, command), truth=truth, tolerance=6, may_differ=PREMULTIPLIED)
        )
    return found


def _opacity(pictures: Pictures) -> NDArray[np.uint8]:
    """Transparent at the left, opaque at the right."""
    height, width, _ = pictures.colours.shape
    return np.tile(np.linspace(0, 255, width).round().astype(np.uint8)[None, :, None], (height, 1, 1))


def _multiplied(pixels: Codes, alpha: Codes) -> tuple[NDArray[Any], Levels]:
    """The codes of colours and alpha that such a file stores, and what they mean to its reader."""
    white = int(np.iinfo(pixels.dtype).max)
    opacity = alpha.astype(np.int64) * (white // 255)
    stored = (pixels.astype(np.int64) * opacity + white // 2) // white
    straight = np.where(opacity > 0, np.minimum(stored * white / np.maximum(opacity, 1), white), 0)
    truth = (np.concatenate([straight, opacity], 2) / white).astype(np.float32)
    return np.concatenate([stored, opacity], 2).astype(pixels.dtype), truth


def _encoded(pictures: Pictures, command: tuple[str, ...], path: Path) -> None:
    plain = pictures.folder / f"{path.stem}.png"
    Image.fromarray(np.concatenate([pictures.colours, _opacity(pictures)], 2)).save(plain)
    run(*command, plain, path)


def _colours(pictures: Pictures, truth: Levels) -> list[Case]:
    grey = levels(pictures.grey)
    described = ("PNG:*", "PNG-cICP:*", "ICC*:*", "ICC_Profile*")
    grey_profile = {"ICC-header:ColorSpaceData": "GRAY"}
    return [
        Case(
            "meanings", "ultra-hdr.jpg", partial(_ultra_hdr, pictures), warnings=(GAIN_MAP,), tolerance=4, may_differ=OF_GAIN_MAP
        ),
        Case(
            "meanings",
            "grey-gamma.png",
            partial(_png, pictures.grey, {b"gAMA": struct.pack(">I", 100_000)}),
            truth=grey,
            may_differ=described,
            expect=grey_profile,
        ),
        Case(
            "meanings",
            "grey-linear-codes.png",
            partial(_png, pictures.grey, {b"cICP": bytes([1, 8, 0, 1])}),
            truth=grey,
            may_differ=described,
            expect=grey_profile,
        ),
        Case(
            "meanings",
            "one-frame.png",
            partial(_png, pictures.colours, {b"acTL": struct.pack(">2I", 1, 0), b"fcTL": _frame(pictures.colours)}),
            truth=truth,
            may_differ=("PNG:*",),
        ),
    ]


def _frame(pixels: Codes) -> bytes:
    return struct.pack(">5I2H2B", 0, pixels.shape[1], pixels.shape[0], 0, 0, 1, 10, 0, 0)


def _png(pixels: Codes, chunks: dict[bytes, bytes], path: Path) -> None:
    """With chunks behind the header."""
    file = io.BytesIO()
    Image.fromarray(pixels.squeeze()).save(file, "PNG")
    more = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks.items()
    )
    path.write_bytes(file.getvalue()[:33] + more + file.getvalue()[33:])


def _ultra_hdr(pictures: Pictures, path: Path) -> None:
    picture = pyvips.Image.new_from_array(pictures.colours).copy(interpretation="srgb")
    bright = (picture.colourspace("scrgb") * 2.5).copy(interpretation="scrgb")
    bright.uhdrsave(str(path), Q=95)


def _names(pictures: Pictures) -> list[Case]:
    jpeg = partial(_as, pictures, "jpg")
    return [
        Case("meanings", "saved.jfif", jpeg, tolerance=4),
        Case("meanings", "other.JPE", jpeg, tolerance=4),
        Case("meanings", "DSC00001.HIF", partial(_heic, pictures), tolerance=4),
        Case("meanings", "pair.MPO", jpeg, output="pair.jpg", tolerance=4, may_differ=OF_SUFFIX),
        Case("meanings", "stream.j2k", partial(_j2k, pictures), output="stream.jp2", may_differ=("*:*",)),
    ]


def _as(pictures: Pictures, kind: str, path: Path) -> None:
    plain = pictures.folder / f"suffix.{kind}"
    convert(pictures.ppm, "-strip", "-quality", "95", "-sampling-factor", "1x1", plain)
    path.write_bytes(plain.read_bytes())


def _heic(pictures: Pictures, path: Path) -> None:
    plain = pictures.folder / "suffix.png"
    convert(pictures.ppm, plain)
    run("heif-enc", "-q", "95", "-p", "chroma=444", plain, "-o", path)


def _j2k(pictures: Pictures, path: Path) -> None:
    plain = pictures.folder / "stream.png"
    convert(pictures.ppm, plain)
    run("opj_compress", "-i", plain, "-o", path)


def _refused(pictures: Pictures) -> list[Case]:
    hdr = ("-x", "color_space=RGB_D65_202_Rel_PeQ"), ("-x", "color_space=RGB_D65_202_Rel_HLG")
    said: dict[str, tuple[str, Callable[[Path], object]]] = {
        "pq.jxl": ("is an HDR picture (PQ)", partial(_jxl, pictures, hdr[0])),
        "hlg.jxl": ("is an HDR picture (HLG)", partial(_jxl, pictures, hdr[1])),
        "grey-pq.png": ("is an HDR picture (PQ)", partial(_png, pictures.grey, {b"cICP": bytes([9, 16, 0, 1])})),
        "cut.dng": ("it ends too early", lambda path: path.write_bytes(dng(pictures.colours[:100, :150])[:-3000])),
        "lzma.tif": ("is compressed with LZMA", partial(_tiffcp, pictures, ("-c", "lzma"))),
        "twice-and-preview.tif": ("holds 2 pictures", partial(_pages, _twice(pictures))),
        "lab-of-icc.tif": ("its colours are CIELAB", partial(_pages, [{"data": pictures.colours, "photometric": "icclab"}])),
    }
    found = [Case("meanings", name, make, refused=words) for name, (words, make) in said.items()]
    for suffix, side, words in (
        ("webp", 16_384, "16384 x 3 pixels do not fit into WebP, which holds 16383 a side; write JPEG, PNG or TIFF"),
        ("avif", 16_385, "16385 x 3 pixels do not fit into AVIF, which holds 16384 a side; write JPEG, PNG or TIFF"),
        ("jpg", 65_501, "65501 x 3 pixels do not fit into JPEG, which holds 65500 a side; write PNG or TIFF"),
        ("heic", 65_501, "65501 x 3 pixels do not fit into HEIC, which holds 65500 a side; write PNG or TIFF"),
    ):
        make = partial(_wide, side)
        found.append(Case("meanings", f"wide-for-{suffix}.png", make, ("--format", suffix), refused=words))
    return found


def _jxl(pictures: Pictures, options: tuple[str, ...], path: Path) -> None:
    plain = pictures.folder / "hdr.png"
    Image.fromarray(pictures.colours).save(plain)
    run("cjxl", "--quiet", *options, plain, path)


def _tiffcp(pictures: Pictures, options: tuple[str, ...], path: Path) -> None:
    plain = pictures.folder / "compressed.tif"
    convert(pictures.ppm, "-compress", "none", plain)
    run("tiffcp", *options, plain, path)


def _twice(pictures: Pictures) -> list[dict[str, Any]]:
    small = np.ascontiguousarray(pictures.colours[::4, ::4])
    return [{"data": pictures.colours}, {"data": small, "subfiletype": 1}, {"data": pictures.colours[::-1].copy()}]


def _wide(side: int, path: Path) -> None:
    Image.fromarray(np.zeros((3, side, 3), np.uint8)).save(path)
