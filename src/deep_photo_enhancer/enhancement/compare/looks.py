"""A photo, made with each model at each strength."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deep_photo_enhancer.enhancement.captions import AS_TAKEN
from deep_photo_enhancer.enhancement.enhancer import Enhancer
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.photo.small_copies import small_copy

SIDE = 1200
"""Long side of the pictures, at most, in pixels."""


@dataclass(frozen=True)
class Look:
    """One picture of the photo."""

    caption: str
    pixels: Pixels
    """(H, W, 3), uint8, sRGB."""
    options: str
    """What makes it of the photo: options of `dpe enhance`; empty for the photo as taken."""


def make_looks(photo: Path, enhancers: Mapping[str, Enhancer], strengths: Sequence[float]) -> Iterator[list[Look]]:
    """A row for each enhancer: the photo as taken, small, and with each strength. PhotoError when it cannot be read.

    enhancers: by what the user calls them, a model's name, file or a method.
    """
    taken = small_copy(photo, SIDE)
    for name, enhancer in enhancers.items():
        option = "--method" if enhancer.model is None else "--model"
        row = [Look(AS_TAKEN, taken, "")]
        for strength in strengths:
            text = f"{Path(name).stem}, strength {strength:g}"
            row.append(Look(text, enhancer(taken, strength), f"{option} {shlex.quote(name)} --strength {strength:g}"))
        yield row
