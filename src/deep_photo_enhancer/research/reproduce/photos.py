"""A data set for those without FiveK, made of any photos, in the layout of a prepared FiveK.

Each photo is a label y; its input x is one flattened copy of it, as FiveK has one input for each retouched photo. A tenth are
test photos; the rest is cut into the paper's two halves.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from deep_photo_enhancer.enhancement.classical.fast_local_laplacian import fast_local_laplacian
from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.research.evaluation.systems import apply_method
from deep_photo_enhancer.research.fivek.looks import measure_look
from deep_photo_enhancer.research.fivek.manifest import MANIFEST, TEST_LIST, Entry, Manifest, Prepared, fingerprint, load_prepared
from deep_photo_enhancer.research.fivek.source import file_sha256
from deep_photo_enhancer.system.files import atomic_write
from deep_photo_enhancer.training.data.files import PhotoCache, find_photos
from deep_photo_enhancer.training.data.flattening import FlatteningConfig, flatten

FLATTENING = FlatteningConfig(unchanged=0)
"""Unchanged photos would have an infinite PSNR."""
FEWEST = 8
TEST_SHARE = 0.1
MOST_TEST_PHOTOS = 100
FILTER = partial(fast_local_laplacian, sigma_r=0.4, alpha=0.5, beta=1.0, levels=16, noise=(0.01, 0.02))
"""With the parameters of its usual example, which amplifies detail; the paper does not give its own."""


def make_stand_in(photos: Path, folder: Path, size: int) -> Prepared:
    """Copies of all photos below a folder, and their flattened inputs, as PNG with the long side `size`; below `folder`.

    They are made once: the folder's name depends on the photos' contents and the size. What lies below `folder` is ignored
    where that is among the photos, and of equal files one is taken. DataError when photos are too few, too small or
    unreadable.
    """
    own, root = folder.resolve(), photos.resolve()
    holds_output = own.is_relative_to(root)
    found = [path for path in find_photos([photos]) if not (holds_output and path.resolve().is_relative_to(own))]
    by_content = {file_sha256(path): path for path in reversed(found)}
    sources = dict(sorted(by_content.items(), key=lambda item: found.index(item[1])))
    if len(sources) < FEWEST:
        raise DataError(f"{photos}: {len(sources)} photos are too few to be split; {FEWEST} are the fewest, hundreds make sense")
    place = folder / f"stand-in-{fingerprint([(size, FLATTENING), *zip(sources)])[:8]}"
    if not place.exists():
        _write(sources, photos, size, place)
    return load_prepared(place)


def _write(sources: Mapping[str, Path], root: Path, size: int, place: Path) -> None:
    """sources: by SHA-256. The order of the photos is shuffled, so that every split has photos of all kinds."""
    copies = PhotoCache(size).load_all(list(sources.values()))
    small = [path for path, copy in zip(sources.values(), copies, strict=True) if max(copy.shape) < size]
    if small:
        raise DataError(f"{root}: {len(small)} photos have no side of {size} pixels, such as {small[0]}; move them elsewhere")
    unfinished = place.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    count = len(copies)
    order = np.random.default_rng(0).permutation(count)
    test = min(MOST_TEST_PHOTOS, round(count * TEST_SHARE) or 1)
    train = (count - test + 1) // 2
    splits = ["test"] * test + ["train"] * train + ["unpaired"] * (count - test - train)
    facts = list(sources.items())
    entries = []
    for number, (index, split) in enumerate(zip(order, splits, strict=True), 1):
        y, (digest, path) = copies[index], facts[index]
        of_source = {"source": str(path.relative_to(root)), "source_sha256": digest}
        if split == "unpaired":
            entries.append(_save(y, unfinished, "unpaired/labels", "labels", split, number, of_source))
        else:
            x = flatten(y, FLATTENING, np.random.default_rng([0, number]))
            entries.append(_save(y, unfinished, f"labels/{split}", "labels", split, number, of_source))
            entries.append(_save(x, unfinished, f"inputs/{split}", "inputs", split, number, of_source))
    names = [Path(entry.file).name for entry in entries if (entry.role, entry.split) == ("inputs", "test")]
    (unfinished / TEST_LIST).write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    (unfinished / MANIFEST).write_text(_manifest(entries, size).text(), encoding="utf-8")
    unfinished.rename(place)


def _save(pixels: Pixels, place: Path, folder: str, role: str, split: str, number: int, of_source: Mapping[str, str]) -> Entry:
    file = f"{folder}/a{number:04d}.png"
    path = place / file
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    height, width = pixels.shape[:2]
    return Entry(
        file,
        number,
        role,
        split,
        width,
        height,
        file_sha256(path),
        **of_source,
        source_bytes=0,
        source_profile="",
        source_bits=8,
        look=measure_look(pixels),
    )


def _manifest(entries: list[Entry], size: int) -> Manifest:
    return Manifest(
        size=size,
        splits=f"a random tenth of the photos, at most {MOST_TEST_PHOTOS}, for the test, halves of the rest",
        paper_splits=False,
        settings={"flattening": asdict(FLATTENING)},
        libraries={},
        photos=entries,
        warnings=["Not FiveK: the photos of a folder are the labels, and flattened copies of them the inputs"],
    )


def fllf(x: Pixels) -> Pixels:
    """A photo (H, W, 3), uint8, sRGB, through the filter."""
    return apply_method(FILTER, x)


def write_fllf_labels(prepared: Prepared, folder: Path) -> Path:
    """A label for every input, in the same tree, in a folder below `folder`, which is returned; labels that are there are kept.

    The folder's name depends on the photos and the filter's parameters.
    """
    inputs = prepared.folder / "inputs"
    place = folder / f"fllf-{fingerprint([(prepared.fingerprint, json.dumps(FILTER.keywords))])[:8]}"
    for path in sorted(inputs.rglob("*.png")):
        label = place / path.relative_to(inputs)
        if not label.exists():
            with atomic_write(label) as unfinished, Image.open(path) as x:
                Image.fromarray(fllf(np.asarray(x.convert("RGB")))).save(unfinished, "PNG")
    return place
