"""Training pairs (x, y) of the supervised method, and the photos that a run is validated with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor
from torch.utils.data import Dataset

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.training.data.config import DataConfig
from deep_photo_enhancer.training.data.drawing import Draws, resize_pixels, to_sample
from deep_photo_enhancer.training.data.faults import draw_faults
from deep_photo_enhancer.training.data.files import (
    Matches,
    PhotoCache,
    every_nth,
    find_photos,
    match_pairs,
    problems_of_list,
    read_names,
)
from deep_photo_enhancer.training.data.flattening import FlatteningConfig, flatten


@dataclass(frozen=True)
class Photos:
    """Small copies of the photos of one split. x is None where it is made by flattening y."""

    names: list[str]
    y: list[Pixels]
    x: list[Pixels] | None


@dataclass(frozen=True)
class Validation:
    """Whole photos with long side S, uint8, not padded."""

    x: list[Pixels]
    y: list[Pixels]
    paired: bool = True
    """Whether y[i] is the label of x[i]."""


def load_photos(config: DataConfig, image_size: int) -> tuple[Photos, Photos]:
    """The training and the validation photos. DataError lists everything that is wrong with the files."""
    if config.inputs:
        found = match_pairs(*_one_folder_each(config))
    else:
        found = Matches([(path, path) for path in find_photos(config.labels)], [], [])
    left_out, listed = read_names(config.leave_out), read_names(config.validation)
    names = {path.name for path in [*(y for _, y in found.pairs), *found.alone]}
    problems = [
        *found.problems,
        *problems_of_list(config.leave_out, left_out - names),
        *problems_of_list(config.validation, listed - (names - left_out)),
    ]
    pairs = [pair for pair in found.pairs if pair[1].name not in left_out]
    paired = [x for x, _ in pairs] if config.inputs else []
    copies = cache_of(config, image_size).load_all([y for _, y in pairs] + paired + found.alone, problems)
    labels, inputs = copies[: len(pairs)], copies[len(pairs) :] if paired else None

    kept = listed if config.validation is not None else every_nth([y for _, y in pairs], config.validation_share)
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


def cache_of(config: DataConfig, image_size: int) -> PhotoCache:
    """Keeps copies just large enough that the smallest crop still has S pixels."""
    return PhotoCache(
        round(image_size / config.crop),
        max if config.fit == "pad" else min,
        Path(config.cache) if config.cache else None,
    )


def _one_folder_each(config: DataConfig) -> tuple[Path, Path]:
    if len(config.inputs) != 1 or len(config.labels) != 1:
        raise DataError(f"{', '.join(config.inputs)}: pairs need exactly one folder of inputs and one of labels")
    return Path(config.inputs[0]), Path(config.labels[0])


class TrainingPairs(Dataset[tuple[Tensor, ...]]):
    """An endless stream of pairs: sample n is the same for the same seed, whenever it is asked for."""

    def __init__(self, photos: Photos, config: DataConfig, image_size: int, seed: int, length: int) -> None:
        self.photos = photos
        self.config = config
        self.image_size = image_size
        self.length = length
        self.draws = Draws(photos.y, config, image_size, [seed])

    def __len__(self) -> int:
        return self.length

    @property
    def photos_used(self) -> int:
        """Photos that the samples are made of."""
        return len(self.photos.y)

    def __getitem__(self, n: int) -> tuple[Tensor, ...]:
        """x, y (3, S, S) in [0, 1] and mask (1, S, S)."""
        draw = self.draws[n]
        y = draw.cut(self.photos.y[draw.index])
        inputs = self.photos.x
        x = flatten(y, self.config.flattening, draw.rng) if inputs is None else draw.cut(inputs[draw.index])
        x = draw_faults(x, self.config.faults, draw.rng)
        planes, mask = to_sample(y, self.image_size)
        return to_sample(x, self.image_size)[0], planes, mask


def validation_pairs(photos: Photos, config: FlatteningConfig, image_size: int, seed: int) -> Validation:
    """Each whole validation photo with its input, flattened with a seed of its own where there is none."""
    y = [resize_pixels(label, image_size) for label in photos.y]
    if photos.x is None:
        x = [flatten(label, config, np.random.default_rng([seed, 2, i])) for i, label in enumerate(y)]
    else:
        x = [resize_pixels(photo, image_size) for photo in photos.x]
    return Validation(x, y)
