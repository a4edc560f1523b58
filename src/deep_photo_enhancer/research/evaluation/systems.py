"""What can be evaluated, by the names that a user gives: models, training runs, classical methods, pictures of other tools."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from deep_photo_enhancer.enhancement.models import known_models
from deep_photo_enhancer.errors import ModelError
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.research.evaluation.pairs import Pair, PairFiles
from deep_photo_enhancer.research.evaluation.precomputed import PrecomputedImages
from deep_photo_enhancer.training.learning.suitability import RUN_MARK

INPUT = "input"
"""The system that leaves photos as they are."""
RUN_MARKS = (RUN_MARK, "log.csv")
"""Files of a run's folder, which are there before the first checkpoint."""

Floats = NDArray[np.float32]


class System(Protocol):
    """Something that makes pictures to compare with labels."""

    def __call__(self, pair: Pair) -> Pixels:
        """y_fake for a pair's x: (H, W, 3), uint8, of the same size."""

    def problems(self, pairs: PairFiles) -> Sequence[str]:
        """Why it cannot be evaluated with these photos, a sentence for each."""


@dataclass(frozen=True)
class PixelSystem:
    """A system that enhances pixels, of any size."""

    enhance: Callable[[Pixels], Pixels]

    def __call__(self, pair: Pair) -> Pixels:
        return self.enhance(pair.x)

    def problems(self, _pairs: PairFiles) -> Sequence[str]:
        """None."""
        return []


Loader = Callable[[], System]


def find_systems(names: Sequence[str], size: int | None = None, device: str = "cpu") -> dict[str, System]:
    """Systems by the names given, in their order.

    A name is a known model's, a method's (classical, or "input"), the path of an .onnx file, of a training run's or
    checkpoint's folder, or of a folder of pictures that another tool made of the inputs. size: long side that photos, and such
    pictures, are scaled down to. device: for networks. ModelError for a name that means nothing or comes
    twice; ModelError, TrainingError and DataError for models, runs and folders that cannot be used.
    """
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise ModelError(f"{', '.join(twice)}: given twice; name each system once")
    loaders = {name: _find_loader(name, size, device) for name in names}
    return {name: load() for name, load in loaders.items()}


def _find_loader(name: str, size: int | None, device: str) -> Loader:
    """What loads the system: nothing is loaded before all names are known."""
    path, methods = Path(name), _methods()
    own: dict[str, Loader] = {model: partial(_load_model, model, device) for model in known_models()}
    own |= {method: partial(PixelSystem, enhance) for method, enhance in methods.items()}
    if name in own:
        return own[name]
    if path.is_dir():
        _check_not_empty_run(path)
        return partial(_load_run, path, device) if _is_run(path) else partial(PrecomputedImages, path, size)
    if path.is_file() and path.suffix.lower() == ".onnx":
        return partial(_load_model, name, device)
    raise ModelError(
        f"{name}: no such system; there are the models {', '.join(known_models())} and the methods {', '.join(methods)}; or "
        "give an .onnx file, the folder of a training run or of a checkpoint, or a folder of ready-made pictures"
    )


def _is_run(folder: Path) -> bool:
    return (folder / "state.json").is_file() or (folder / "checkpoints").is_dir()


def _check_not_empty_run(folder: Path) -> None:
    """ModelError for what a training, or `dpe learn`, left before its first checkpoint: its photos are no system's pictures."""
    if not _is_run(folder) and any((folder / mark).is_file() for mark in RUN_MARKS):
        raise ModelError(f"{folder}: a training run without a checkpoint; train further, or evaluate another run")


def _methods() -> dict[str, Callable[[Pixels], Pixels]]:
    """Systems that need no file: the unchanged input and the classical methods."""
    from deep_photo_enhancer.enhancement.classical import CLASSICAL

    return {INPUT: lambda x: x} | {name: partial(apply_method, method) for name, method in CLASSICAL.items()}


def apply_method(method: Callable[[Floats], Floats], x: Pixels) -> Pixels:
    """What a method for colours (H, W, 3), float32 in [0, 1], makes of x, uint8: clipped to [0, 1] and rounded to 8 bits."""
    colours = x.astype(np.float32) / np.float32(255)
    codes: Pixels = (np.clip(method(colours), 0, 1) * 255 + 0.5).astype(np.uint8)
    return codes


def _load_model(name: str, device: str) -> System:
    from deep_photo_enhancer.enhancement.enhancer import Enhancer

    return PixelSystem(Enhancer(name, device))


def _load_run(folder: Path, device: str) -> System:
    from deep_photo_enhancer.research.evaluation.runs import TrainedRun  # late: it needs torch

    return TrainedRun(folder, device)
