"""Draws photos and cuts them to the network's square; each draw is made from its own number alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from deep_photo_enhancer.enhancement.square import pad_to_square
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.training.data.config import DataConfig
from deep_photo_enhancer.training.data.statistics import tilted_weights, tone_statistics

ORDER, CHOICE = 0, 1
"""What a draw's random numbers are for: the photos' order in an epoch; all else of one draw."""


@dataclass(frozen=True)
class Draw:
    """One photo and how it is cut."""

    index: int
    """Of the photo."""
    box: tuple[int, int, int, int]
    """top, left, height, width of the crop."""
    flip: bool
    turns: int
    """Quarters of a circle, counter-clockwise."""
    image_size: int
    rng: np.random.Generator
    """For whatever else is random in this sample."""

    def cut(self, photo: Pixels) -> Pixels:
        """The crop, mirrored and turned if so drawn, its long side S. (H, W, 3), uint8."""
        top, left, height, width = self.box
        cropped = resize_pixels(photo[top : top + height, left : left + width], self.image_size)
        return np.rot90(cropped[:, ::-1] if self.flip else cropped, self.turns)


class Draws:
    """An endless stream of draws: draw n is the same for the same seeds, whenever it is asked for."""

    def __init__(
        self, photos: Sequence[Pixels], config: DataConfig, image_size: int, seeds: Sequence[int], weighted: bool = True
    ) -> None:
        self.photos = photos
        self.config = config
        self.image_size = image_size
        self.seeds = list(seeds)
        self.weights: NDArray[np.float64] | None = None
        if weighted and config.label_statistics:
            statistics = np.array([tone_statistics(photo) for photo in photos])
            self.weights = tilted_weights(statistics, np.array(config.label_statistics))

    def __getitem__(self, n: int) -> Draw:
        rng = np.random.default_rng([*self.seeds, CHOICE, n])
        index = self._index(n, rng)
        height, width, _ = self.photos[index].shape
        box = _random_box(height, width, self.config, rng)
        flip = self.config.flip and rng.random() < 0.5
        turns = int(rng.integers(4)) if self.config.rotate else 0
        return Draw(index, box, flip, turns, self.image_size, rng)

    def _index(self, n: int, rng: np.random.Generator) -> int:
        """Every photo once an epoch, in an order of the epoch's own; with weights, each draw by itself."""
        count = len(self.photos)
        if self.weights is not None:
            return int(rng.choice(count, p=self.weights))
        epoch, place = divmod(n, count)
        return int(np.random.default_rng([*self.seeds, ORDER, epoch]).permutation(count)[place])


def resize_pixels(pixels: Pixels, long_side: int) -> Pixels:
    """The same picture, its long side exactly `long_side`: antialiased bicubic, safe in forked workers. (H, W, 3), uint8."""
    height, width = pixels.shape[:2]
    scale = long_side / max(height, width)
    size = (max(1, round(height * scale)), max(1, round(width * scale)))
    planes = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None]  # (1, 3, H, W)
    resized: Pixels = F.interpolate(planes, size=size, mode="bicubic", antialias=True)[0].permute(1, 2, 0).numpy()
    return resized


def to_sample(photo: Pixels, image_size: int) -> tuple[Tensor, Tensor]:
    """A photo padded to the square, (3, S, S) in [0, 1], and its mask, (1, S, S): 1 on the photo, 0 on the padding."""
    mask = np.zeros((image_size, image_size, 1), np.float32)
    mask[: photo.shape[0], : photo.shape[1]] = 1
    return _planes(pad_to_square(photo, image_size)) / 255, _planes(mask)


def _planes(pixels: NDArray[Any]) -> Tensor:
    """(H, W, C) -> (C, H, W), float32."""
    return torch.from_numpy(pixels.astype(np.float32).transpose(2, 0, 1).copy())


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
