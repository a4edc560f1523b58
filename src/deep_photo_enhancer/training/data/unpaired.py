"""Unpaired samples: an ordinary photo x and a good photo y that have nothing to do with each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor
from torch.utils.data import Dataset

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.training.data.config import DataConfig
from deep_photo_enhancer.training.data.drawing import Draws, resize_pixels, to_sample
from deep_photo_enhancer.training.data.files import every_nth, find_photos, problems_of_list, read_names
from deep_photo_enhancer.training.data.flattening import flatten
from deep_photo_enhancer.training.data.pairs import Photos, Validation, cache_of, validation_pairs

X_STREAM, Y_STREAM = 3, 4
"""Seeds apart from those of the supervised pairs."""


@dataclass(frozen=True)
class Domains:
    """Small copies of the training photos of both domains."""

    x: list[Pixels]
    y: list[Pixels]


def load_unpaired(config: DataConfig, image_size: int, seed: int) -> tuple[Domains, Validation]:
    """Training photos of both domains, and what the run is validated with. DataError lists everything wrong with the files."""
    left_out, listed = read_names(config.leave_out), read_names(config.validation)
    labels = find_photos(config.labels)
    inputs = find_photos(config.inputs) if config.inputs else []
    names = {path.name for path in labels + inputs}
    problems = [
        *problems_of_list(config.leave_out, left_out - names),
        *problems_of_list(config.validation, listed - (names - left_out)),
    ]
    labels, inputs = ([path for path in paths if path.name not in left_out] for paths in (labels, inputs))
    copies = dict(zip(labels + inputs, cache_of(config, image_size).load_all(labels + inputs, problems), strict=True))

    kept = listed if config.validation is not None else every_nth(labels, config.validation_share)
    held_y = [path for path in labels if path.name in kept]
    training_y = [copies[path] for path in labels if path.name not in kept]
    held_x, paired = _held_inputs(inputs, held_y, config) if config.inputs else ([], False)
    if paired or (config.inputs and not config.flatten_inputs):
        validation = _validation_of_folders(held_x, held_y, copies, image_size, paired)
    else:
        held_x = []
        photos = Photos([path.name for path in held_y], [copies[path] for path in held_y], None)
        validation = validation_pairs(photos, config.flattening, image_size, seed)
    stems = {Path(name).stem for name in kept}
    training_x = [copies[path] for path in inputs if path.stem not in stems and path not in held_x]
    domains = Domains(training_x if config.inputs else training_y, training_y)
    _check_none_is_empty(config.labels, domains.y, validation.y)
    _check_none_is_empty(config.inputs or config.labels, domains.x, validation.x)
    return domains, validation


def _validation_of_folders(
    held_x: list[Path], held_y: list[Path], copies: Mapping[Path, Pixels], image_size: int, paired: bool
) -> Validation:
    x, y = ([resize_pixels(copies[path], image_size) for path in held] for held in (held_x, held_y))
    return Validation(x, y, paired and all(a.shape == b.shape for a, b in zip(x, y, strict=True)))


def _check_none_is_empty(folders: Sequence[str], for_training: list[Pixels], for_validation: list[Pixels]) -> None:
    for purpose, photos in (("training", for_training), ("validation", for_validation)):
        if not photos:
            raise DataError(f"{', '.join(folders)}: no photos left for {purpose}")


def _held_inputs(inputs: list[Path], held_y: list[Path], config: DataConfig) -> tuple[list[Path], bool]:
    """The inputs of the same stems as the held labels, in their order; if some have none, inputs that are no pairs."""
    by_stem = {path.stem: path for path in inputs}
    if all(path.stem in by_stem for path in held_y):
        return [by_stem[path.stem] for path in held_y], True
    listed = read_names(config.validation)
    kept = {path.name for path in inputs} & listed or every_nth(inputs, config.validation_share)
    return [path for path in inputs if path.name in kept], False


class UnpairedSamples(Dataset[tuple[Tensor, ...]]):
    """An endless stream of unpaired samples: sample n is the same for the same seed, whenever it is asked for."""

    def __init__(self, domains: Domains, config: DataConfig, image_size: int, seed: int, length: int) -> None:
        self.domains = domains
        self.config = config
        self.image_size = image_size
        self.length = length
        self.flattens = config.flatten_inputs or not config.inputs
        self.draws_x = Draws(domains.x, config, image_size, [seed, X_STREAM], weighted=self.flattens)
        self.draws_y = Draws(domains.y, config, image_size, [seed, Y_STREAM])

    def __len__(self) -> int:
        return self.length

    @property
    def photos_used(self) -> int:
        """Photos that the samples are made of."""
        return len(self.domains.x) + len(self.domains.y) * bool(self.config.inputs)

    def __getitem__(self, n: int) -> tuple[Tensor, ...]:
        """x, its mask, y, its mask: (3, S, S) in [0, 1] and (1, S, S)."""
        draw = self.draws_x[n]
        x = draw.cut(self.domains.x[draw.index])
        if self.flattens:
            x = flatten(x, self.config.flattening, draw.rng)
        draw = self.draws_y[n]
        y = draw.cut(self.domains.y[draw.index])
        return *to_sample(x, self.image_size), *to_sample(y, self.image_size)
