"""Supervised training: y_fake = G(x) is drawn towards y (Section 4 of the paper)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from deep_photo_enhancer.errors import DivergenceError
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.training.data.pairs import TrainingPairs, Validation, load_photos, validation_pairs
from deep_photo_enhancer.training.distributed import share_gradients
from deep_photo_enhancer.training.losses.content import SUPERVISED_LOSSES
from deep_photo_enhancer.training.method import Batch, Method, TrainingContext
from deep_photo_enhancer.training.networks.build import build_network
from deep_photo_enhancer.training.networks.generator import Generator
from deep_photo_enhancer.training.start import Start, start_generator


class Supervised(Method):
    """One generator and a distance to the labels."""

    def __init__(self, context: TrainingContext) -> None:
        self.context = context
        settings = context.config.optimiser
        self.batches_a_step = settings.accumulate
        self._generator = build_network(context.config.network)
        self.networks = {"generator_x": context.move(self._generator)}
        self.optimiser = torch.optim.Adam(self._generator.parameters(), lr=settings.learning_rate, betas=settings.betas)
        self.optimisers = {"optimiser": self.optimiser}
        self.forward = share_gradients(self._generator, context.device, context.processes)

    @property
    def generator(self) -> Generator:
        return self._generator

    @property
    def loss_names(self) -> list[str]:
        return ["loss"]

    def open_data(self, length: int) -> tuple[TrainingPairs, Validation]:
        config, size = self.context.config, self.context.config.network.image_size
        training, kept = load_photos(config.data, size)
        pairs = TrainingPairs(training, config.data, size, config.seed, length)
        return pairs, validation_pairs(kept, config.data.flattening, size, config.seed)

    def start(self, start: Start) -> None:
        start_generator(self._generator, start)

    def update(self, batches: Iterable[Batch], step: int, learning_rate: float) -> dict[str, float]:
        """One update from the gradients of all batches: (x, y, mask) each."""
        self._generator.train()
        self.optimiser.param_groups[0]["lr"] = learning_rate
        self.optimiser.zero_grad(set_to_none=True)
        total = 0.0
        for i, batch in enumerate(batches):
            is_last = i == self.batches_a_step - 1
            with contextlib.nullcontext() if is_last else self._without_sharing():
                loss = self._loss(batch) / self.batches_a_step
                self.context.scaler.scale(loss).backward()
            total += loss.item()
        losses = self.context.means({"loss": total})
        if not np.isfinite(losses["loss"]):
            raise DivergenceError(f"{self.context.config.run}: the loss is {losses['loss']} at step {step + 1}; {self.advice}")
        self.context.scaler.step(self.optimiser)
        self.context.scaler.update()
        return losses

    def figures(self) -> dict[str, float]:
        return {}

    def state(self) -> dict[str, Any]:
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        pass

    def sample_rows(self, validation: Validation, y_fake: Sequence[Pixels]) -> list[list[Pixels]]:
        """x, y_fake, y."""
        return [[x, out, y] for x, out, y in zip(validation.x, y_fake, validation.y, strict=False)]

    def _loss(self, batch: Batch) -> Tensor:
        x, y, mask = self.context.move_batch(batch)
        with self.context.autocast():
            y_fake = self.forward(x)
        return SUPERVISED_LOSSES[self.context.config.loss](y_fake.float(), y, mask)

    def _without_sharing(self) -> contextlib.AbstractContextManager[None]:
        """Gradients of all but the last batch stay in their process."""
        no_sync = getattr(self.forward, "no_sync", contextlib.nullcontext)
        context: contextlib.AbstractContextManager[None] = no_sync()
        return context
