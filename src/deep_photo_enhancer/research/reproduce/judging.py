"""What finished runs make of the test photos."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deep_photo_enhancer.research.evaluation.evaluate import evaluate_systems
from deep_photo_enhancer.research.evaluation.pairs import PairFiles
from deep_photo_enhancer.research.evaluation.runs import Run as TrainedRun
from deep_photo_enhancer.research.evaluation.systems import Enhancing, System
from deep_photo_enhancer.research.fivek import Prepared
from deep_photo_enhancer.research.reproduce.runs import Run
from deep_photo_enhancer.system.files import atomic_write
from deep_photo_enhancer.training.metrics.quality import METRICS

Means = Mapping[str, float]
"""By metric: means over the test photos."""


@dataclass(frozen=True)
class TestPhotos:
    """The photos that every system of a table is judged by."""

    pairs: PairFiles
    fingerprint: str
    """Of all photos of the data set, and which labels."""

    @staticmethod
    def of(prepared: Prepared, labels: Path | None, size: int) -> TestPhotos:
        """labels: a folder of other labels than the data's own, of the same names."""
        files = [(x, y if labels is None else labels / "test" / y.name) for x, y in prepared.test]
        kind = "own" if labels is None else labels.name
        return TestPhotos(PairFiles(files, size=size), f"{prepared.fingerprint} {kind}")

    def of_input(self) -> Means:
        """The inputs as they are."""
        return self._means(Enhancing(lambda x: x))

    def judge(self, run: Run, device: str) -> Means:
        """Of a finished run; measured once and kept in the run's folder."""
        kept = run.folder / "judged.json"
        if kept.exists():
            stored = json.loads(kept.read_text(encoding="utf-8"))
            if stored["photos"] == self.fingerprint:
                return dict(stored["means"])
        means = self._means(TrainedRun(run.folder, device))
        with atomic_write(kept) as unfinished:
            unfinished.write_text(json.dumps({"photos": self.fingerprint, "means": means}, indent=1), encoding="utf-8")
        return means

    def _means(self, system: System) -> Means:
        figures = evaluate_systems({"": system}, self.pairs).figures[""]
        return {metric: float(np.mean(figures[metric])) for metric in METRICS}
