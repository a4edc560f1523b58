"""How fast this machine enhances photos, against the time that decoding and encoding alone take: the codec floor."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from deep_photo_enhancer.enhancement.bench.machine import machine
from deep_photo_enhancer.enhancement.bench.measure import cold_start, measure_folder, measure_photo, synthetic_photo
from deep_photo_enhancer.enhancement.bench.report import report
from deep_photo_enhancer.enhancement.enhancer import Enhancer

FOLDER = 8
"""Photos, at least, of the folder that tells how many go through in a minute."""


def run_bench(photos: Sequence[Path], model: str | Path, device: str, runs: int) -> tuple[str, str]:
    """Measure the photos, or a made up one of 24 megapixels: a report in Markdown, and the figures as JSON.

    PhotoError when a photo cannot be read, ModelError when model or device is not there.
    """
    with tempfile.TemporaryDirectory() as folder:
        if not photos:
            photos = [Path(folder) / "made-up.jpg"]
            synthetic_photo(6000, 4000).save(photos[0])
        enhancer = Enhancer(model, device)
        assert enhancer.model is not None
        figures = {
            "machine": machine() | {"device": enhancer.model.device, "model": str(model), "runs": runs},
            "photos": [asdict(measure_photo(path, enhancer, model, device, runs)) for path in photos],
            "folder": asdict(measure_folder(list(photos) * -(-FOLDER // len(photos)), model, device, max(1, runs // 3))),
            "cold start": cold_start(model, device, runs),
        }
    return report(figures), json.dumps(figures, indent=2) + "\n"
