"""What a reproduction is asked for, and how much it may cost: settings of its runs, over `TrainConfig`'s own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class SwissRollBudget:
    """How long and how large the runs of Figure 3 are."""

    steps: int
    """Of the generator."""
    seeds: int
    width: int
    """Of the hidden layers."""
    samples: int
    """Of each side of a distance."""


@dataclass(frozen=True)
class Budget:
    """What all runs of one kind have in common, so that a table compares its systems alone."""

    name: str
    purpose: str
    image_size: int
    """S, in pixels; photos are judged at this size too."""
    seeds: int
    """Runs of each system."""
    supervised: Mapping[str, Any]
    gan: Mapping[str, Any]
    exceptions: Mapping[str, Mapping[str, Any]]
    """What single architectures, objectives and critics need otherwise, as `parts_of` a row names them; said under the table."""
    swiss_roll: SwissRollBudget
    """Of Figure 3."""
    reports: int = 4
    """Points of a run's curve, with a checkpoint each: validating costs time."""


_PHOTOS = {"data.fit": "pad", "data.crop": 1.0}
"""The paper's way: whole photos, padded to the square."""
_TURNED = _PHOTOS | {"data.rotate": True}
"""With the released code's eight views of a photo: quarter turns and mirror images."""

_SMOKE = Budget(
    name="smoke",
    purpose="minutes on a CPU: shows that everything runs; its figures mean nothing",
    image_size=64,
    seeds=1,
    reports=1,
    supervised=_TURNED | {"optimiser.steps": 2, "optimiser.batch_size": 2, "recalibrate": 1, "loss": "log-mse"},
    gan=_TURNED
    | {
        "recalibrate": 1,
        "optimiser.steps": 2,
        "optimiser.batch_size": 2,
        "optimiser.learning_rate": 1e-4,
        "optimiser.betas": [0.5, 0.9],
        "gan.critic_steps": 1,
        "gan.warm_up": 1,
        "gan.penalty_window": 1,
    },
    exceptions={"crn": {"network.width": 1 / 64}, "dped": {"network.width": 0.125}},
    swiss_roll=SwissRollBudget(steps=5, seeds=1, width=32, samples=200),
)
_SMALL = Budget(
    name="small",
    purpose="hours on a CPU of two cores: the order of the systems, not the paper's figures",
    image_size=64,
    seeds=3,
    supervised=_PHOTOS
    | {"optimiser.steps": 1000, "optimiser.batch_size": 4, "optimiser.learning_rate": 1e-3, "optimiser.average": 0.99},
    gan=_PHOTOS
    | {
        "optimiser.steps": 150,
        "optimiser.batch_size": 8,
        "optimiser.learning_rate": 4e-4,
        "optimiser.betas": [0.5, 0.9],
        "optimiser.average": 0.95,
        "gan.alpha": 500,
        "gan.critic_steps": 1,
        "gan.critic_learning_rate": 3e-4,
    },
    exceptions={
        "crn": {"network.width": 1 / 16},
        "dped": {"network.width": 0.5},
        "paper critic": {"gan.critic_instance_norm": False},
    },
    swiss_roll=SwissRollBudget(steps=2500, seeds=5, width=128, samples=2000),
    reports=2,
)
_MEDIUM = replace(
    _SMALL,
    name="medium",
    purpose="minutes a run on a GPU, days a table on two cores: `small` at twice the size, with more steps of the generators",
    image_size=128,
    gan={**_SMALL.gan, "optimiser.steps": 250},
)
_LARGE = replace(
    _MEDIUM,
    name="large",
    purpose="a few minutes a run on a GPU: `medium` at twice the size, with twice the steps",
    image_size=256,
    supervised={**_SMALL.supervised, "optimiser.steps": 2000},
    gan={**_SMALL.gan, "optimiser.steps": 500},
)
_PAPER = Budget(
    name="paper",
    purpose="the released code's schedule at 512 x 512, for a GPU: 2 hours for a supervised run of the global U-Net and 43 for a "
    "two-way one, by the time of single updates on an NVIDIA H100",
    image_size=512,
    seeds=1,
    reports=60,
    supervised=_TURNED
    | {"optimiser.steps": 300_000, "optimiser.batch_size": 3, "optimiser.learning_rate": 1e-5, "loss": "log-mse"},
    gan=_TURNED
    | {
        "optimiser.steps": 18_000,
        "optimiser.batch_size": 3,
        "optimiser.learning_rate": 1e-5,
        "gan.alpha": 1000,
        "gan.critic_steps": 50,
        "gan.penalty_floor": 0,
        "gan.penalty_window": 50,
    },
    exceptions={},
    swiss_roll=SwissRollBudget(steps=100_000, seeds=1, width=512, samples=2000),
)

BUDGETS = {budget.name: budget for budget in (_SMOKE, _SMALL, _MEDIUM, _LARGE, _PAPER)}
"""By name. `paper` follows Section 6 and the released code, where an epoch of 2,250 photos in eight views is 6,000 batches of 3:
50 epochs supervised; 150 unpaired, 900,000 batches with one update of the critics each and one of the generators in 50."""


@dataclass(frozen=True)
class ReproduceOptions:
    """What `dpe reproduce` is asked for."""

    budget: Budget
    output: Path
    """Folder of the runs and reports of all budgets."""
    data: Path | None = None
    """Photos to learn from; None for those that the smoke budget makes."""
    seeds: int | None = None
    """Runs of each system; None for the budget's own number."""
    rows: tuple[str, ...] = ()
    """Names of the rows to train, all without any."""
    device: str = "cpu"
    """As of `dpe train`."""
    threads: int = 1
    """Of a run on the CPU."""

    @property
    def folder(self) -> Path:
        """Of this budget's runs and reports."""
        return self.output / self.budget.name

    @property
    def machine(self) -> dict[str, Any]:
        """Settings of `TrainConfig` that say where to compute."""
        return {"machine.device": self.device, "machine.threads": self.threads}
