"""What all ways of training have in common: the trainer knows methods by this interface alone."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.training.config import TrainConfig
from deep_photo_enhancer.training.data.pairs import TrainingPairs, Validation
from deep_photo_enhancer.training.data.unpaired import UnpairedSamples
from deep_photo_enhancer.training.distributed import Processes
from deep_photo_enhancer.training.networks.generator import Generator
from deep_photo_enhancer.training.start import Start

ADVICE = (
    "the last good checkpoint is kept: start from it with a lower learning rate "
    "(--set start_from=... --set optimiser.learning_rate=...)"
)
"""What to do when training diverges."""

Batch = Sequence[Tensor]
"""What the data sets give, with a batch dimension; photos are (B, 3, S, S) in [0, 1], sRGB, masks (B, 1, S, S)."""


@dataclass(frozen=True)
class TrainingContext:
    """What a method is built with."""

    config: TrainConfig
    device: torch.device
    processes: Processes
    scaler: torch.amp.GradScaler

    def move(self, network: nn.Module) -> nn.Module:
        """To the device, channels last."""
        return network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]

    def move_batch(self, batch: Batch) -> list[Tensor]:
        """To the device, photos channels last."""
        return [part.to(self.device, non_blocking=True).contiguous(memory_format=torch.channels_last) for part in batch]

    def autocast(self) -> torch.autocast:
        """Around the generators; critics and losses stay in full precision."""
        kinds = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
        kind = kinds[self.config.machine.precision]
        return torch.autocast(self.device.type, kind, enabled=kind != torch.float32)

    def means(self, sums: dict[str, float]) -> dict[str, float]:
        """Each figure's mean over the processes."""
        totals = self.processes.total(list(sums.values()), self.device)
        return {name: total / self.processes.count for name, total in zip(sums, totals, strict=True)}


class Method(ABC):
    """Networks, their optimisers, and one step of training."""

    context: TrainingContext
    networks: dict[str, nn.Module]
    """By their names in a checkpoint."""
    optimisers: dict[str, torch.optim.Optimizer]
    batches_a_step: int
    advice = ADVICE
    """What to do when the training diverges."""

    @property
    @abstractmethod
    def generator(self) -> Generator:
        """G_X, which becomes the enhancer."""

    @property
    @abstractmethod
    def loss_names(self) -> list[str]:
        """Of what `update` returns, in the order of the log's columns."""

    @abstractmethod
    def open_data(self, length: int) -> tuple[TrainingPairs | UnpairedSamples, Validation]:
        """The samples to learn from and what the run is validated with. DataError lists everything wrong with the photos."""

    @abstractmethod
    def start(self, start: Start) -> None:
        """Begin with a trained generator's weights. TrainingError when they do not fit."""

    @abstractmethod
    def update(self, batches: Iterable[Batch], step: int, learning_rate: float) -> dict[str, float]:
        """One step; step counts from 0. Returns losses by name, means over the processes. TrainingError on divergence."""

    def calibration_inputs(self, batches: Iterable[Batch]) -> Iterator[Tensor]:
        """What G_X's running statistics are measured on, (B, 3, S, S) each: the photos that trained its batch norms, here x."""
        for batch in batches:
            yield self.context.move_batch(batch)[0]

    @abstractmethod
    def figures(self) -> dict[str, float]:
        """What else is logged: values as they are now."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps beside the tensors."""

    @abstractmethod
    def restore(self, state: dict[str, Any]) -> None:
        """Put back what `state` gave."""

    @abstractmethod
    def sample_rows(self, validation: Validation, y_fake: Sequence[Pixels]) -> list[list[Pixels]]:
        """Rows of the sample picture, one for each of y_fake."""
