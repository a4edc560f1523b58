"""What is done to every photo of an archive, in a form that travels to workers and into records."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from deep_photo_enhancer.enhancement.batch import JobOptions
from deep_photo_enhancer.enhancement.classical import CLASSICAL
from deep_photo_enhancer.enhancement.models import DEFAULT, find_model
from deep_photo_enhancer.photo import SaveOptions

MAX_PIXELS = 200_000_000
"""Width times height of the largest photo that is decoded, by default: memory for it is reserved for every worker."""
_BASE, _A_PIXEL = 300_000_000, 6
"""Bytes of memory that a worker takes for any photo, and for each pixel of 16 bits a channel (docs/performance.md)."""


@dataclass(frozen=True)
class Settings:
    """The look and the form of all outputs."""

    model: str = DEFAULT
    """A bundled model's name, or the path of an .onnx file on the driver's machine."""
    method: str = "fast"
    strength: float = 1.0
    light: float = 1.0
    colour: float = 1.0
    suffix: str | None = None
    """Of all outputs; None for that of each photo."""
    quality: int | None = None
    metadata: Literal["all", "no-gps", "none"] = "all"
    max_pixels: int = MAX_PIXELS

    @property
    def job_options(self) -> JobOptions:
        """For `run_job`."""
        return JobOptions(
            strength=self.strength,
            light=self.light,
            colour=self.colour,
            existing="update",
            save=SaveOptions(self.quality, self.metadata),
            max_pixels=self.max_pixels,
        )

    @property
    def reserve(self) -> int:
        """Bytes of memory for a worker: those that the largest photo takes."""
        return _BASE + _A_PIXEL * self.max_pixels

    def model_bytes(self) -> bytes | None:
        """The model's file, None for a method without one. ModelError where there is none."""
        return None if self.method in CLASSICAL else find_model(self.model).read_bytes()

    def describe(self) -> dict[str, Any]:
        """What makes one output differ from another; the model by its content."""
        model = self.model_bytes()
        wished = asdict(self) | {"model_sha256": None if model is None else hashlib.sha256(model).hexdigest()}
        wished["model"] = None if model is None else Path(self.model).name
        del wished["max_pixels"]
        return wished


def digest(described: dict[str, Any]) -> str:
    """A few letters that are the same for the same settings only; the model's name is none of them."""
    told = {name: value for name, value in described.items() if name != "model"}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
