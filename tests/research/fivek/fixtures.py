"""Small folders like FiveK's, made of numbers."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from numpy.typing import NDArray

from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.photo.profiles import Primaries, matrix_profile
from deep_photo_enhancer.photo.vips import vips_image
from deep_photo_enhancer.research.fivek import BadDataError, Prepared, work
from deep_photo_enhancer.research.fivek.layout import FiveKSettings
from deep_photo_enhancer.research.fivek.looks import INPUTS, LABELS
from deep_photo_enhancer.research.fivek.prepare import prepare
from deep_photo_enhancer.research.fivek.source import load_pixels
from deep_photo_enhancer.research.fivek.splits import Task
from deep_photo_enhancer.training.data.statistics import tone_statistics
from tests.enhancing_fixtures import in_profile
from tests.synthetic import synthetic_photo

HEIGHT, WIDTH = 48, 64
SIZE = 32
PROPHOTO = matrix_profile(Primaries((0.3457, 0.3585), (0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)), 1.8, "ProPhoto RGB")
"""ISO 22028-2 (ROMM RGB): white D50, a power of 1.8."""


def photo(number: int, look: NDArray[np.float64] = INPUTS, height: int = HEIGHT, width: int = WIDTH) -> Pixels:
    """A picture of its own for each number, with about this mean and standard deviation of luma, and colourfulness."""
    rgb = synthetic_photo(number, height, width).astype(np.float64)
    luma = rgb @ np.array([0.299, 0.587, 0.114])
    z = np.clip((luma - luma.mean()) / luma.std(), -2, 2)
    chroma = rgb - luma[..., None]
    chroma *= look[3] / tone_statistics(rgb.astype(np.uint8))[3]
    made: Pixels = np.clip(look[0] + look[1] * z[..., None] + chroma, 0, 255).round().astype(np.uint8)
    return made


def write(path: Path, pixels: Pixels, *, bits: int = 8, profile: bytes | None = None) -> Path:
    """Save sRGB pixels with 8 or 16 bits, converted to a profile and tagged with it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    codes: NDArray[Any] = pixels if profile is None else in_profile(pixels, profile)
    image = vips_image(codes.astype(np.uint16) * 257 if bits == 16 else codes)
    if profile is not None:
        image = image.copy()
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    image.write_to_file(str(path))
    return path


def exports(root: Path, numbers: Sequence[int] = range(1, 25), suffix: str = ".tif", names: str = "a{:04d}-photo") -> Path:
    """InputAsShotZeroed and expertC, 16-bit sRGB without a profile."""
    for number in numbers:
        write(root / "InputAsShotZeroed" / (names.format(number) + suffix), photo(number), bits=16)
        write(root / "expertC" / (names.format(number) + suffix), photo(number, LABELS), bits=16)
    return root


def lists(folder: Path, train: Sequence[int], unpaired: Sequence[int], test: Sequence[int]) -> Path:
    """The three list files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, numbers in (("train_input.txt", train), ("train_label.txt", unpaired), ("test.txt", test)):
        (folder / name).write_text("".join(f"a{number:04d}\n" for number in numbers))
    return folder


def settings(tmp_path: Path, **changes: Any) -> FiveKSettings:
    """From tmp_path/disk to tmp_path/fivek, small."""
    return FiveKSettings(**{"root": tmp_path / "disk", "output": tmp_path / "fivek", "size": SIZE, **changes})


def cut_short(path: Path) -> Path:
    """A file with only its first part; the header of a TIFF is moved there, so that only decoding notices."""
    image = pyvips.Image.new_from_file(str(path)).copy_memory()
    path.write_bytes(_tiff_with_header_first(image)[: 8 + 256 + 600])
    return path


def _tiff_with_header_first(image: pyvips.Image) -> bytes:
    body: bytes = image.cast("uchar").numpy().tobytes()
    height, width = image.height, image.width
    entries = [(0x100, 4, 1, width), (0x101, 4, 1, height), (0x102, 3, 1, 8), (0x103, 3, 1, 1), (0x106, 3, 1, 2)]
    entries += [(0x111, 4, 1, 264), (0x115, 3, 1, 3), (0x116, 4, 1, height), (0x117, 4, 1, len(body))]
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries) + b"\0" * 4
    return b"II*\0\x08\0\0\0" + directory.ljust(256, b"\0") + body


TRAIN, UNPAIRED, TEST = range(1, 24, 2), range(2, 19, 2), (20, 22, 24)
"""What the lists of `root` say of its 24 pairs."""


def run(tmp_path: Path, **changes: Any) -> tuple[Prepared, list[str]]:
    """What `prepare` makes of `root` and its lists, and what it reports."""
    said: list[str] = []
    return prepare(settings(tmp_path, **{"splits": tmp_path / "lists", **changes}), said.append), said


def problems(tmp_path: Path, **changes: Any) -> dict[str, list[str]]:
    """Names by the first words of the kind."""
    with pytest.raises(BadDataError) as caught:
        run(tmp_path, **changes)
    assert not (tmp_path / "fivek").exists()
    found: dict[str, list[str]] = {}
    for problem in caught.value.problems:
        found.setdefault(problem.kind, []).append(problem.item)
    return found


def numbers(paths: list[Path]) -> list[int]:
    """Of prepared photos."""
    return [int(path.stem[1:]) for path in paths]


def record_decoding(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that are decoded from now on."""
    decoded: list[str] = []

    def note(task: Task, size: tuple[int, int]) -> Pixels:
        decoded.append(task.name)
        return load_pixels(task, size)

    monkeypatch.setattr(work, "load_pixels", note)
    return decoded
