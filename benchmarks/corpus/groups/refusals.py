"""What is refused, with a line that says why."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pyvips
from PIL import Image

from benchmarks.corpus.case import Case
from benchmarks.corpus.pictures import Pictures
from benchmarks.corpus.tools import convert, run

SEVERAL = "; save the one to enhance as a file of its own"


def cases(pictures: Pictures) -> list[Case]:
    said: dict[str, tuple[str, Callable[[Path], object]]] = {
        "pages.tif": ("holds 2 pictures", partial(_two, pictures)),
        "animated.gif": ("a GIF picture", partial(_two, pictures)),
        "still.gif": ("a GIF picture", partial(_one, pictures)),
        "picture.bmp": ("a BMP picture", partial(_one, pictures)),
        "document.psd": ("a Photoshop document", partial(_one, pictures)),
        "picture.exr": ("an OpenEXR picture", partial(_exr)),
        "animated.webp": ("holds 2 pictures", partial(_img2webp, pictures)),
        "animated.png": ("holds an animation", partial(_apng, pictures)),
        "two.heic": ("holds 2 pictures", partial(_two_heic, pictures)),
        "sequence.avif": ("holds a sequence", partial(_avif_sequence, pictures)),
        "animated.jxl": ("holds an animation", partial(_animated_jxl, pictures)),
        "float.tif": ("float pixels", partial(_float, pictures)),
        "words.jpg": ("damaged, or not a photo", _words),
        "empty.jpg": ("the file is empty", Path.touch),
        "cut.jpg": ("damaged", partial(_cut, pictures, 0.5)),
        "cut.png": ("damaged", partial(_cut, pictures, 0.5)),
        "cut.tif": ("damaged", partial(_cut, pictures, 0.5)),
        "cut.webp": ("damaged", partial(_cut, pictures, 0.5)),
        "cut.heic": ("damaged", partial(_cut_heic, pictures)),
        "video.mp4": ("a video", _video),
    }
    found = [Case("refused", name, make, refused=words) for name, (words, make) in said.items()]
    large = Case("refused", "large.png", partial(_one, pictures), ("--max-megapixels", "0.01"), refused="more than the limit")
    return [*found, large]


def _one(pictures: Pictures, path: Path) -> None:
    convert(pictures.ppm, path)


def _two(pictures: Pictures, path: Path) -> None:
    convert(pictures.ppm, pictures.pgm, path)


def _pngs(pictures: Pictures) -> list[Path]:
    files = [pictures.folder / "first.png", pictures.folder / "second.png"]
    for file, operation in zip(files, ("-flip", "-flop"), strict=True):
        convert(pictures.ppm, operation, file)
    return files


def _exr(path: Path) -> None:
    path.write_bytes(b"v/1\x01\x02\0\0\0channels\0chlist\0" + bytes(200))


def _img2webp(pictures: Pictures, path: Path) -> None:
    run("img2webp", *_pngs(pictures), "-o", path)


def _apng(pictures: Pictures, path: Path) -> None:
    first, second = (Image.open(file) for file in _pngs(pictures))
    first.save(path, "PNG", save_all=True, append_images=[second])


def _two_heic(pictures: Pictures, path: Path) -> None:
    run("heif-enc", *_pngs(pictures), "-o", path)


def _avif_sequence(pictures: Pictures, path: Path) -> None:
    run("avifenc", "-s", "9", *_pngs(pictures), path)


def _animated_jxl(pictures: Pictures, path: Path) -> None:
    gif = pictures.folder / "animated.gif"
    convert("-delay", "10", *_pngs(pictures), gif)
    run("cjxl", "--quiet", gif, path)


def _float(pictures: Pictures, path: Path) -> None:
    pyvips.Image.new_from_array(pictures.colours).cast("float").tiffsave(str(path))


def _words(path: Path) -> None:
    path.write_text("This is no photo. " * 100)


def _cut(pictures: Pictures, share: float, path: Path) -> None:
    convert(pictures.ppm, "-strip", path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def _cut_heic(pictures: Pictures, path: Path) -> None:
    run("heif-enc", _pngs(pictures)[0], "-o", path)
    path.write_bytes(path.read_bytes()[:-2000])


def _video(path: Path) -> None:
    path.write_bytes(b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + np.random.default_rng(0).bytes(1000))
