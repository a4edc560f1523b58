"""What a reproduction is asked for, and how much it may cost: settings of its runs, over `TrainConfig`'s own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
    """What single architectures and objectives need otherwise, by their names; said under the table."""
    swiss_roll: SwissRollBudget
    """Of Figure 3."""


_PHOTOS = {"data.fit": "pad", "data.crop": 1.0}
"""The paper's way: whole photos, padded to the square."""

BUDGETS = {
    budget.name: budget
    for budget in (
        Budget(
            name="smoke",
            purpose="minutes on a CPU: shows that everything runs; its figures mean nothing",
            image_size=64,
            seeds=1,
            supervised=_PHOTOS
            | {"optimiser.steps": 2, "optimiser.batch_size": 2, "optimiser.learning_rate": 1e-3, "recalibrate": 1},
            gan=_PHOTOS
            | {
                "recalibrate": 1,
                "optimiser.steps": 2,
                "optimiser.batch_size": 2,
                "optimiser.learning_rate": 1e-4,
                "optimiser.betas": [0.5, 0.9],
                "gan.critic_steps": 1,
            },
            exceptions={"crn": {"network.width": 1 / 64}, "dped": {"network.width": 0.125}},
            swiss_roll=SwissRollBudget(steps=20, seeds=1, width=32, samples=200),
        ),
        Budget(
            name="small",
            purpose="hours on a CPU of two cores: the order of the systems, not the paper's figures",
            image_size=128,
            seeds=3,
            supervised=_PHOTOS
            | {
                "optimiser.steps": 1000,
                "optimiser.batch_size": 4,
                "optimiser.learning_rate": 1e-3,
                "optimiser.average": 0.99,
            },
            gan=_PHOTOS
            | {
                "optimiser.steps": 150,
                "optimiser.batch_size": 8,
                "optimiser.learning_rate": 4e-4,
                "optimiser.betas": [0.5, 0.9],
                "optimiser.average": 0.95,
                "gan.alpha": 500,
                "gan.critic_steps": 2,
                "gan.critic_learning_rate": 3e-4,
                "gan.critic_instance_norm": False,
                "gan.warm_up": 20,
            },
            exceptions={"crn": {"network.width": 1 / 16}, "dped": {"network.width": 0.5}, "a-wgan": {"gan.penalty_weight": 128}},
            swiss_roll=SwissRollBudget(steps=2500, seeds=5, width=128, samples=2000),
        ),
        Budget(
            name="paper",
            purpose="days on a GPU: the paper's own, at 512 x 512",
            image_size=512,
            seeds=1,
            supervised=_PHOTOS | {"optimiser.steps": 112_500, "optimiser.batch_size": 3, "optimiser.learning_rate": 1e-5},
            gan=_PHOTOS
            | {
                "optimiser.steps": 2250,
                "optimiser.batch_size": 3,
                "optimiser.learning_rate": 1e-5,
                "optimiser.betas": [0.5, 0.9],
                "gan.alpha": 1000,
                "gan.critic_steps": 50,
            },
            exceptions={},
            swiss_roll=SwissRollBudget(steps=100_000, seeds=1, width=512, samples=2000),
        ),
    )
}
"""By name. `paper` follows Section 6 and the released code: 150 epochs of 2,250 photos, alpha 1000, 50 critic steps."""


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
