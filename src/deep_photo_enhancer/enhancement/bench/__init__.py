"""How fast this machine enhances photos, against the time that decoding and encoding alone take: the codec floor."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from deep_photo_enhancer.enhancement.bench.machine import machine
from deep_photo_enhancer.enhancement.bench.measure import (
    ACTIONS,
    cold_start,
    measure_folder,
    measure_photo,
    pass_over,
    synthetic_photo,
)
from deep_photo_enhancer.enhancement.bench.report import markdown, report
from deep_photo_enhancer.enhancement.enhancer import Enhancer

__all__ = ["FOLDER", "count_measurements", "markdown", "report", "run_bench"]

FOLDER = 8
"""Photos, at least, of the folder that tells how many go through in a minute."""


def run_bench(
    photos: Sequence[Path], model: str | Path, device: str, runs: int, advance: Callable[[str], object] = pass_over
) -> dict[str, Any]:
    """Measure the photos, or a made up one of 24 megapixels: figures for `report` and `markdown`.

    advance: is told, `count_measurements` times, what has been measured. PhotoError when a photo cannot be read, ModelError when
    model or device is not there.
    """
    with tempfile.TemporaryDirectory() as folder:
        if not photos:
            photos = [Path(folder) / "made-up.jpg"]
            synthetic_photo(6000, 4000).save(photos[0])
        enhancer = Enhancer(model, device)
        assert enhancer.model is not None
        many = list(photos) * -(-FOLDER // len(photos))
        return {
            "machine": machine() | {"device": enhancer.model.device, "model": str(model), "runs": runs},
            "photos": [asdict(measure_photo(path, enhancer, model, device, runs, advance)) for path in photos],
            "folder": asdict(measure_folder(many, model, device, _folder_runs(runs), advance)),
            "cold start": cold_start(model, device, runs, advance),
        }


def count_measurements(photos: int, runs: int) -> int:
    """How often `run_bench` measures for so many photos; 0 for the made up one."""
    return max(photos, 1) * ((runs + 1) * ACTIONS + runs) + 3 * _folder_runs(runs) + runs + 1


def _folder_runs(runs: int) -> int:
    return max(1, runs // 3)
