"""The runs behind a table: what each is trained with, and training those that are not done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deep_photo_enhancer.errors import DivergenceError
from deep_photo_enhancer.research.reproduce.budgets import Budget
from deep_photo_enhancer.research.reproduce.paper_tables import System
from deep_photo_enhancer.training.checkpoint import has_checkpoint, load_checkpoint
from deep_photo_enhancer.training.config import TrainConfig, from_dict
from deep_photo_enhancer.training.trainer import train

DIVERGED = "diverged.txt"
REPORTS = 4
"""Points of a run's curve: validating costs time."""


@dataclass(frozen=True, eq=False)
class Run:
    """One training of one system."""

    system: System
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


def plan_run(
    system: System, seed: int, budget: Budget, data: Mapping[str, Any], photos: str, machine: Mapping[str, Any], folder: Path
) -> Run:
    """The run of a system and a seed, in a folder named after all that it learns from: equal rows of two tables share one.

    data, machine: settings of `TrainConfig` by their dotted names. photos: what identifies the photos that `data` names, wherever
    they lie.
    """
    kind = budget.supervised if system.settings["method"] == "supervised" else budget.gan
    settings = {"network.image_size": budget.image_size, **kind, **system.settings}
    for name in ("network.architecture", "gan.objective"):
        settings |= budget.exceptions.get(system.settings.get(name, ""), {})
    settings |= {"seed": seed, "log_every": max(1, settings["optimiser.steps"] // REPORTS)}
    digest = hashlib.sha256(json.dumps([photos, settings], sort_keys=True).encode()).hexdigest()[:8]
    what = system.settings.get("network.architecture") or f"{system.settings['method']}-{system.settings['gan.objective']}"
    run = folder / f"{what}-seed{seed}-{digest}"
    return Run(system, seed, from_dict(TrainConfig, _nested({**settings, **data, **machine, "run": str(run)})))


def _nested(settings: Mapping[str, Any]) -> dict[str, Any]:
    """{"a.b": 1} -> {"a": {"b": 1}}"""
    nested: dict[str, Any] = {}
    for key, value in settings.items():
        *sections, last = key.split(".")
        within = nested
        for section in sections:
            within = within.setdefault(section, {})
        within[last] = value
    return nested
