"""A data set for those without FiveK, in the layout of a prepared FiveK: of pairs, or of good photos alone.

Pairs lie in two folders, `flat` and `finished`, and are matched by their stems: x and y, as FiveK has an input for each retouched
photo. Without them each photo is a label y, and its input x one flattened copy of it. Test photos are those that a list names
(`test.txt`), or else a random tenth; the rest is cut into the paper's two halves: x of the one, y of the other, no pair at all.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from deep_photo_enhancer.enhancement.classical.fast_local_laplacian import fast_local_laplacian
from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.research.evaluation.systems import apply_method
from deep_photo_enhancer.research.fivek.layout import stem
from deep_photo_enhancer.research.fivek.looks import measure_look
from deep_photo_enhancer.research.fivek.manifest import MANIFEST, TEST_LIST, Entry, Manifest, Prepared, fingerprint, load_prepared
from deep_photo_enhancer.research.fivek.source import file_sha256
from deep_photo_enhancer.research.fivek.splits import PLACES
from deep_photo_enhancer.system.files import atomic_write
from deep_photo_enhancer.system.progress import map_in_threads
from deep_photo_enhancer.system.text import one_line
from deep_photo_enhancer.training.data.files import PhotoCache, find_photos, match_pairs, read_names
from deep_photo_enhancer.training.data.flattening import FlatteningConfig, flatten

FLATTENING = FlatteningConfig(unchanged=0)
"""Unchanged photos would have an infinite PSNR."""
FEWEST = 8
TEST_SHARE = 0.1
MOST_TEST_PHOTOS = 500
FLAT, FINISHED = "flat", "finished"
FILTER = partial(fast_local_laplacian, sigma_r=0.4, alpha=0.5, beta=1.0, levels=16, noise=(0.01, 0.02))
"""With the parameters of its usual example, which amplifies detail; the paper does not give its own."""


def make_stand_in(photos: Path, folder: Path, size: int) -> Prepared:
    """The data set of a folder of photos, in a folder below `folder`, as PNG with the long side `size`; see this module.

    It is made once: the new folder's name depends on the photos' contents, the list of test photos and the size. What lies below
    `folder` is ignored where that is among the photos, and of equal labels one is taken. Of two commands
    that make it at once, the first one's stays. DataError when photos are too few, too small, unreadable or without a partner.
    """
    sources = _find_pairs(photos) if is_paired(photos) else _find_labels(photos, folder)
    if len(sources) < FEWEST:
        raise DataError(f"{photos}: {len(sources)} photos are too few to be split; {FEWEST} are the fewest, hundreds make sense")
    kept = _read_test_list(photos, sources)
    facts = [(size, FLATTENING), *((source.sha256, source.input_sha256, source.name in kept) for source in sources)]
    place = folder / f"stand-in-{fingerprint(facts)[:8]}"
    if not place.exists():
        _write(sources, kept, photos, size, place)
    return load_prepared(place)


def is_paired(photos: Path) -> bool:
    """Whether the folder has pairs, in `flat` and `finished`."""
    return (photos / FLAT).is_dir() and (photos / FINISHED).is_dir()


@dataclass(frozen=True)
class _Source:
    """What a photo of the data set is made of."""

    label: Path
    sha256: str
    """Of the label's file."""
    input: Path | None = None
    """None for the label flattened."""
    input_sha256: str = ""

    @property
    def name(self) -> str:
        """As a list of test photos has it."""
        return (self.input or self.label).name


def _find_pairs(photos: Path) -> list[_Source]:
    matches = match_pairs(photos / FLAT, photos / FINISHED)
    if matches.problems:
        raise DataError(f"{photos}: {len(matches.problems)} problems:\n  " + "\n  ".join(map(one_line, matches.problems)))
    inputs, labels = (map_in_threads(file_sha256, list(files)) for files in zip(*matches.pairs, strict=True))
    found = [_Source(y, of_y, x, of_x) for (x, y), of_x, of_y in zip(matches.pairs, inputs, labels, strict=True)]
    return list({source.sha256: source for source in reversed(found)}.values())[::-1]


def _find_labels(photos: Path, folder: Path) -> list[_Source]:
    own, root = folder.resolve(), photos.resolve()
    holds_output = own.is_relative_to(root)
    found = [path for path in find_photos([photos]) if not (holds_output and path.resolve().is_relative_to(own))]
    sources = [_Source(path, digest) for path, digest in zip(found, map_in_threads(file_sha256, found), strict=True)]
    return list({source.sha256: source for source in reversed(sources)}.values())[::-1]


def _read_test_list(photos: Path, sources: Sequence[_Source]) -> frozenset[str]:
    """Names in the folder's own list of test photos; none without one."""
    file = photos / TEST_LIST
    kept = read_names(str(file)) if file.is_file() else frozenset()
    if unknown := kept - {source.name for source in sources}:
        raise DataError(
            f"{file}: {len(unknown)} of its names belong to no photo, such as {min(unknown)}; mend or remove the list"
        )
    if kept and len(sources) - len(kept) < 2:
        raise DataError(f"{file}: leaves fewer than two photos to learn from; name fewer")
    return kept


def _split(sources: Sequence[_Source], kept: Collection[str]) -> list[tuple[_Source, str]]:
    """Each with its split. Shuffled, so that every split has photos of all kinds."""
    shuffled = [sources[i] for i in np.random.default_rng(0).permutation(len(sources))]
    test = [source for source in shuffled if source.name in kept]
    if not kept:
        test = shuffled[: min(MOST_TEST_PHOTOS, round(len(sources) * TEST_SHARE) or 1)]
    rest = [source for source in shuffled if source not in set(test)]
    half = (len(rest) + 1) // 2
    parts = {"test": test, "train": rest[:half], "unpaired": rest[half:]}
    return [(source, split) for split, part in parts.items() for source in part]


def _write(sources: Sequence[_Source], kept: Collection[str], root: Path, size: int, place: Path) -> None:
    paths = [path for source in sources for path in (source.label, source.input) if path is not None]
    copies = dict(zip(paths, PhotoCache(size).load_all(paths), strict=True))
    if small := [path for path, copy in copies.items() if max(copy.shape) < size]:
        raise DataError(f"{root}: {len(small)} photos have no side of {size} pixels, such as {small[0]}; move them elsewhere")
    place.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=place.parent, prefix=f"{place.name}.", ignore_cleanup_errors=True) as folder:
        unfinished = Path(folder, place.name)
        tasks = list(enumerate(_split(sources, kept), 1))
        made = map_in_threads(_Making(copies, root, unfinished).entries, tasks, "writing photos")
        entries = [entry for of_source in made for entry in of_source]
        names = [Path(entry.file).name for entry in entries if (entry.role, entry.split) == ("inputs", "test")]
        (unfinished / TEST_LIST).write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
        (unfinished / MANIFEST).write_text(_manifest(entries, size, bool(kept), is_paired(root)).text(), encoding="utf-8")
        try:
            unfinished.rename(place)
        except OSError:
            if not (place / MANIFEST).exists():
                raise


@dataclass(frozen=True)
class _Making:
    """Writes the photos of sources into a folder."""

    copies: Mapping[Path, Pixels]
    root: Path
    """Folder that the sources' names start from."""
    folder: Path

    def entries(self, numbered: tuple[int, tuple[_Source, str]]) -> list[Entry]:
        """The label and, but for the unpaired half, the input of the source with this number and split."""
        number, (source, split) = numbered
        y = self.copies[source.label]
        label = self._save(y, "labels", split, number, source.label, source.sha256)
        if split == "unpaired":
            return [label]
        if source.input is None:
            x = flatten(y, FLATTENING, np.random.default_rng([0, number]))
            return [label, self._save(x, "inputs", split, number, source.label, source.sha256)]
        return [label, self._save(self.copies[source.input], "inputs", split, number, source.input, source.input_sha256)]

    def _save(self, pixels: Pixels, role: str, split: str, number: int, source: Path, source_sha256: str) -> Entry:
        file = f"{PLACES[role, split]}/{stem(number)}.png"
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
        return Entry(
            file=file,
            number=number,
            role=role,
            split=split,
            width=pixels.shape[1],
            height=pixels.shape[0],
            sha256=file_sha256(path),
            source=str(source.relative_to(self.root)),
            source_sha256=source_sha256,
            source_bytes=0,
            source_profile="",
            source_bits=8,
            look=measure_look(pixels),
        )


def _manifest(entries: list[Entry], size: int, has_list: bool, has_pairs: bool) -> Manifest:
    kept = f"the photos that {TEST_LIST} names" if has_list else f"a random tenth of the photos, at most {MOST_TEST_PHOTOS},"
    photos = "the photos of a folder are the labels, and flattened copies of them the inputs"
    if has_pairs:
        photos = f"pairs of a folder, its {FLAT} photos the inputs and its {FINISHED} ones the labels"
    return Manifest(
        size=size,
        splits=f"{kept} for the test, halves of the rest",
        paper_splits=False,
        settings={} if has_pairs else {"flattening": asdict(FLATTENING)},
        libraries={},
        photos=entries,
        warnings=[f"Not FiveK: {photos}"],
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
