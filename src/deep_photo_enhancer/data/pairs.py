"""Training pairs (x, y), each made from its own number alone: the order of the data needs no state to be resumed."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import Dataset

from deep_photo_enhancer.data.files import Matches, PhotoCache, Pixels, find_photos, match_pairs
from deep_photo_enhancer.data.flattening import FlatteningConfig, flatten
from deep_photo_enhancer.data.statistics import STATISTICS, tilted_weights, tone_statistics
from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.square import pad_to_square

Batch = tuple[Tensor, Tensor, Tensor]
"""x and y, (B, 3, S, S) in [0, 1], sRGB; mask, (B, 1, S, S): 1 on the photo, 0 on the padding."""


@dataclass(frozen=True)
class DataConfig:
    """Which photos to learn from, and how a training pair is made of them."""

    labels: tuple[str, ...] = ()
    """Folders of good photos: y."""
    inputs: str | None = None
    """Folder of the inputs x, matched by stem with the one folder of labels; without it x is a flattened y."""
    validation: str | None = None
    """Text file with the names (without folder) of the photos kept for validation, one a line; `#` starts a comment."""
    validation_share: float = 0.1
    """Without such a file: every how-manieth photo is kept for validation."""
    leave_out: str | None = None
    """Text file of the same form: photos that are neither trained on nor validated with."""
    label_statistics: tuple[float, ...] = ()
    """Wanted mean of luma mean, luma standard deviation, 95th percentile and colourfulness: labels are drawn with weights that
    bring their means there. Empty: every label alike."""
    flattening: FlatteningConfig = field(default_factory=FlatteningConfig)
    fit: str = "pad"
    """"pad": the photo's long side becomes S and the rest mirror padding (the paper's way); "crop": a square out of it."""
    crop: float = 0.7
    """Smallest random crop, as a share of the photo's sides; 1 takes the whole photo."""
    flip: bool = True
    """Mirror half of the photos left to right."""
    cache: str | None = None
    """Folder for the resized photos; without it they are kept in memory."""

    def __post_init__(self) -> None:
        if not self.labels:
            raise ValueError("labels must name at least one folder of photos")
        if self.inputs is not None and len(self.labels) != 1:
            raise ValueError("inputs needs exactly one folder of labels")
        if self.fit not in ("pad", "crop"):
            raise ValueError(f"fit is pad or crop, not {self.fit}")
        if not 0 < self.crop <= 1:
            raise ValueError(f"crop is a share above 0 and at most 1, not {self.crop}")
        if not 0 < self.validation_share <= 0.5:
            raise ValueError(f"validation_share is above 0 and at most 0.5, not {self.validation_share}")
        if len(self.label_statistics) not in (0, len(STATISTICS)):
            raise ValueError(f"label_statistics has four numbers: {', '.join(STATISTICS)}")


@dataclass(frozen=True)
class Photos:
    """Small copies of the photos of one split. x is None where it is made by flattening y."""

    names: list[str]
    y: list[Pixels]
    x: list[Pixels] | None


def load_photos(config: DataConfig, image_size: int) -> tuple[Photos, Photos]:
    """The training and the validation photos. DataError lists everything that is wrong with the files."""
    if config.inputs is not None:
        found = match_pairs(Path(config.inputs), Path(config.labels[0]))
    else:
        found = Matches([(path, path) for path in find_photos(config.labels)], [], [])
    left_out, listed = read_names(config.leave_out), read_names(config.validation)
    names = {path.name for path in [*(y for _, y in found.pairs), *found.alone]}
    problems = [
        *found.problems,
        *_problems_of_list(config.leave_out, left_out - names),
        *_problems_of_list(config.validation, listed - (names - left_out)),
    ]
    pairs = [pair for pair in found.pairs if pair[1].name not in left_out]
    cache = PhotoCache(
        round(image_size / config.crop),
        max if config.fit == "pad" else min,
        Path(config.cache) if config.cache else None,
    )
    paired = [x for x, _ in pairs] if config.inputs is not None else []
    copies = cache.load_all([y for _, y in pairs] + paired + found.alone, problems)
    labels, inputs = copies[: len(pairs)], copies[len(pairs) :] if paired else None

    kept = listed if config.validation is not None else {y.name for _, y in pairs[:: round(1 / config.validation_share)]}
    splits = []
    for for_validation in (False, True):
        chosen = [i for i, (_, y) in enumerate(pairs) if (y.name in kept) == for_validation]
        if not chosen:
            raise DataError(f"{', '.join(config.labels)}: no photos left for {'validation' if for_validation else 'training'}")
        splits.append(
            Photos(
                [pairs[i][1].name for i in chosen],
                [labels[i] for i in chosen],
                [inputs[i] for i in chosen] if inputs is not None else None,
            )
        )
    return splits[0], splits[1]


def read_names(file: str | None) -> frozenset[str]:
    """The names in a list file, without comments and blank lines; none without a file. DataError when it cannot be read."""
    if file is None:
        return frozenset()
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: cannot read this list of photos: {error}") from error
    return frozenset(line.split("#")[0].strip() for line in lines) - {""}


def _problems_of_list(file: str | None, unknown: Set[str]) -> list[str]:
    return [f"{file}: lists photos that are not among the labels: {', '.join(sorted(unknown))}"] if unknown else []


class TrainingPairs(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """An endless stream of pairs: sample n is the same for the same seed, whenever it is asked for."""

    def __init__(self, photos: Photos, config: DataConfig, image_size: int, seed: int, length: int) -> None:
        self.photos = photos
        self.config = config
        self.image_size = image_size
        self.seed = seed
        self.length = length
        self.weights: NDArray[np.float64] | None = None
        if config.label_statistics:
            statistics = np.array([tone_statistics(y) for y in photos.y])
            self.weights = tilted_weights(statistics, np.array(config.label_statistics))

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, n: int) -> tuple[Tensor, Tensor, Tensor]:
        """x, y (3, S, S) in [0, 1] and mask (1, S, S)."""
        rng = np.random.default_rng([self.seed, 1, n])
        i = self._draw(n, rng)
        y = self.photos.y[i]
        box = _random_box(y.shape[0], y.shape[1], self.config, rng)
        flip = self.config.flip and rng.random() < 0.5
        y = self._cut(y, box, flip)
        x = flatten(y, self.config.flattening, rng) if self.photos.x is None else self._cut(self.photos.x[i], box, flip)
        return to_sample(x, y, self.image_size)

    def _draw(self, n: int, rng: np.random.Generator) -> int:
        """Every photo once an epoch, in an order of the epoch's own; with weights, each draw by itself."""
        count = len(self.photos.y)
        if self.weights is not None:
            return int(rng.choice(count, p=self.weights))
        epoch, place = divmod(n, count)
        return int(np.random.default_rng([self.seed, 0, epoch]).permutation(count)[place])

    def _cut(self, pixels: Pixels, box: tuple[int, int, int, int], flip: bool) -> Pixels:
        top, left, height, width = box
        cut = resize_pixels(pixels[top : top + height, left : left + width], self.image_size)
        return cut[:, ::-1] if flip else cut


def resize_pixels(pixels: Pixels, long_side: int) -> Pixels:
    """The same picture, its long side exactly `long_side`: antialiased bicubic, safe in forked workers. (H, W, 3), uint8."""
    height, width = pixels.shape[:2]
    scale = long_side / max(height, width)
    size = (max(1, round(height * scale)), max(1, round(width * scale)))
    planes = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None]  # (1, 3, H, W)
    resized: Pixels = F.interpolate(planes, size=size, mode="bicubic", antialias=True)[0].permute(1, 2, 0).numpy()
    return resized


def _random_box(height: int, width: int, config: DataConfig, rng: np.random.Generator) -> tuple[int, int, int, int]:
    """top, left, height, width of a random crop."""
    share = rng.uniform(config.crop, 1)
    if config.fit == "crop":
        side = max(1, round(share * min(height, width)))
        cut_height, cut_width = side, side
    else:
        cut_height, cut_width = max(1, round(share * height)), max(1, round(share * width))
    top = int(rng.integers(height - cut_height + 1))
    left = int(rng.integers(width - cut_width + 1))
    return top, left, cut_height, cut_width


def validation_pairs(photos: Photos, config: FlatteningConfig, image_size: int, seed: int) -> list[tuple[Pixels, Pixels]]:
    """(x, y) of each whole validation photo, long side S, uint8, not padded; each flattened with a seed of its own."""
    pairs = []
    for i, label in enumerate(photos.y):
        y = resize_pixels(label, image_size)
        if photos.x is None:
            x = flatten(y, config, np.random.default_rng([seed, 2, i]))
        else:
            x = resize_pixels(photos.x[i], image_size)
        pairs.append((x, y))
    return pairs


def to_sample(x: Pixels, y: Pixels, image_size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Pad a pair to the square and turn it into tensors; the mask tells photo from padding."""
    mask = np.zeros((image_size, image_size, 1), np.float32)
    mask[: y.shape[0], : y.shape[1]] = 1
    return _planes(pad_to_square(x, image_size)) / 255, _planes(pad_to_square(y, image_size)) / 255, _planes(mask)


def _planes(pixels: NDArray[Any]) -> Tensor:
    """(H, W, C) -> (C, H, W), float32."""
    return torch.from_numpy(pixels.astype(np.float32).transpose(2, 0, 1).copy())
