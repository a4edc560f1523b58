"""The runs behind a table: what each is trained with, training those that are not done, and judging them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deep_photo_enhancer.errors import DivergenceError
from deep_photo_enhancer.research.evaluation.evaluate import evaluate_systems
from deep_photo_enhancer.research.evaluation.pairs import PairFiles
from deep_photo_enhancer.research.evaluation.runs import TrainedRun
from deep_photo_enhancer.research.evaluation.systems import PixelSystem, System
from deep_photo_enhancer.research.fivek import Prepared
from deep_photo_enhancer.research.reproduce.budgets import ReproduceOptions
from deep_photo_enhancer.research.reproduce.paper_tables import PaperRow
from deep_photo_enhancer.system.files import atomic_write
from deep_photo_enhancer.training.checkpoint import has_checkpoint, load_checkpoint
from deep_photo_enhancer.training.config import TrainConfig, from_dict
from deep_photo_enhancer.training.metrics.quality import METRICS
from deep_photo_enhancer.training.trainer import train

DIVERGED = "diverged.txt"
JUDGED = "judged.json"

NAMING = ("network.architecture", "method", "gan.objective", "gan.critic")
"""Settings of a row that its runs' folders are called after."""

Means = Mapping[str, float]
"""By metric: means over the test photos."""


@dataclass(frozen=True)
class TablePhotos:
    """What a table's systems learn from and are judged by."""

    prepared: Prepared
    size: int
    """Long side in pixels that they are judged at."""
    labels: Path | None = None
    """Folder of other labels than the data's own, of the same names."""

    @property
    def fingerprint(self) -> str:
        """Of all photos of the data set, wherever they lie, and which labels."""
        return f"{self.prepared.fingerprint} {'own' if self.labels is None else self.labels.name}"

    @property
    def test(self) -> PairFiles:
        """The pairs that every system is judged by."""
        labels = self.labels
        files = [(x, y if labels is None else labels / "test" / y.name) for x, y in self.prepared.test]
        return PairFiles(files, size=self.size)

    def settings(self, method: str) -> dict[str, Any]:
        """The data of a method, as settings of `TrainConfig` by their dotted names."""
        own = self.prepared.data(method) | ({} if self.labels is None else {"labels": [str(self.labels)]})
        return {f"data.{key}": value for key, value in own.items()}


@dataclass(frozen=True, eq=False)
class Run:
    """One training of one row."""

    row: PaperRow
    seed: int
    config: TrainConfig

    @property
    def folder(self) -> Path:
        return Path(self.config.run)

    @property
    def has_diverged(self) -> bool:
        return (self.folder / DIVERGED).exists()

    @property
    def is_done(self) -> bool:
        """Trained to its last step."""
        return has_checkpoint(self.folder) and load_checkpoint(self.folder).step == self.config.optimiser.steps

    def finish(self) -> bool:
        """Train to the last step, from where an earlier command stopped. False when somebody stops it before."""
        if self.has_diverged or self.is_done:
            return True
        try:
            train(self.config, resume=has_checkpoint(self.folder))
        except DivergenceError as error:
            (self.folder / DIVERGED).write_text(f"{error}\n", encoding="utf-8")
            return True
        return self.is_done


def parts_of(row: PaperRow) -> tuple[str, ...]:
    """What a budget can make an exception for: the architecture; or the objective, and the critic as "NAME critic"."""
    settings = row.settings
    if settings["method"] == "supervised":
        return (settings["network.architecture"],)
    return settings["gan.objective"], f"{settings.get('gan.critic', 'paper')} critic"


def plan_run(row: PaperRow, seed: int, photos: TablePhotos, options: ReproduceOptions) -> Run:
    """The run of a row and a seed, in a folder named after all that it learns from: equal rows of two tables share one."""
    budget = options.budget
    kind = budget.supervised if row.settings["method"] == "supervised" else budget.gan
    settings = {"network.image_size": budget.image_size, **kind, **row.settings}
    for part in parts_of(row):
        settings |= budget.exceptions.get(part, {})
    settings |= {"seed": seed, "log_every": max(1, settings["optimiser.steps"] // budget.reports)}
    digest = hashlib.sha256(json.dumps([photos.fingerprint, settings], sort_keys=True).encode()).hexdigest()[:8]
    what = "-".join(str(row.settings[name]) for name in NAMING if name in row.settings)
    settings |= photos.settings(row.settings["method"]) | options.machine
    settings["run"] = str(options.folder / "runs" / f"{what}-seed{seed}-{digest}")
    return Run(row, seed, from_dict(TrainConfig, _nest(settings)))


def _nest(settings: Mapping[str, Any]) -> dict[str, Any]:
    """{"a.b": 1} -> {"a": {"b": 1}}"""
    nested: dict[str, Any] = {}
    for key, value in settings.items():
        *sections, last = key.split(".")
        within = nested
        for section in sections:
            within = within.setdefault(section, {})
        within[last] = value
    return nested


def judge_input(photos: TablePhotos) -> Means:
    """The inputs of the test photos as they are."""
    return _means(PixelSystem(lambda x: x), photos)


def judge_run(run: Run, photos: TablePhotos, device: str) -> Means:
    """What a finished run makes of the test photos; measured once and kept in the run's folder."""
    kept = run.folder / JUDGED
    if kept.exists():
        stored = json.loads(kept.read_text(encoding="utf-8"))
        if stored["photos"] == photos.fingerprint:
            return dict(stored["means"])
    means = _means(TrainedRun(run.folder, device), photos)
    with atomic_write(kept) as unfinished:
        unfinished.write_text(json.dumps({"photos": photos.fingerprint, "means": means}, indent=1), encoding="utf-8")
    return means


def _means(system: System, photos: TablePhotos) -> Means:
    figures = evaluate_systems({"": system}, photos.test).figures[""]
    return {metric: float(np.mean(figures[metric])) for metric in METRICS}
