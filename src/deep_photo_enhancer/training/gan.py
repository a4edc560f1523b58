"""One-way and two-way GAN training from unpaired photos (Section 5 of the paper)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from deep_photo_enhancer.errors import DivergenceError
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.training.advice import GAN_ADVICE
from deep_photo_enhancer.training.config import TrainConfig
from deep_photo_enhancer.training.data.pairs import Validation
from deep_photo_enhancer.training.distributed import share_gradients
from deep_photo_enhancer.training.losses.adaptive_weight import AdaptiveWeight
from deep_photo_enhancer.training.losses.adversarial import OBJECTIVES, Objective, critic_total, generator_total
from deep_photo_enhancer.training.losses.content import DISTANCES, Pass, cycle_loss, identity_loss
from deep_photo_enhancer.training.method import Batch, Method, Setting
from deep_photo_enhancer.training.networks.build import build_network
from deep_photo_enhancer.training.networks.critic import Critic
from deep_photo_enhancer.training.networks.generator import Generator
from deep_photo_enhancer.training.networks.patch_critic import PatchCritic
from deep_photo_enhancer.training.padding import mirror_again
from deep_photo_enhancer.training.prediction import predict
from deep_photo_enhancer.training.start import Start, start_generator, start_inverse

DIVERGED = 10
"""A critic whose slope is 1 tells two photos apart by at most sqrt(3) S, the longest line in the space of photos. A gap that is
this many times as large has diverged."""

PENALTY_STREAM = 5
"""Seed of the gradient penalty's random numbers."""


class Generators(nn.Module):
    """G_X and, in the two-way GAN, G_Y."""

    def __init__(self, x: Generator, y: Generator | None) -> None:
        super().__init__()
        self.x = x
        self.y = y

    def forward(self, x: Tensor, mask_x: Tensor, y: Tensor, mask_y: Tensor) -> dict[str, Tensor]:
        """All that a batch becomes: y' = G_X(x); two-way also x'' = G'_Y(y'), x' = G_Y(y) and y'' = G'_X(x').

        y' and x' get the padding of real photos: critics and second passes learn nothing from what generators paint there.
        """
        y_fake = mirror_again(self.x(x), mask_x)
        if self.y is None:
            return {"y_fake": y_fake}
        x_fake = mirror_again(self.y(y), mask_y)
        x_cycled, y_cycled = self.y(y_fake, "generated"), self.x(x_fake, "generated")
        return {"y_fake": y_fake, "x_cycled": x_cycled, "x_fake": x_fake, "y_cycled": y_cycled}

    @torch.no_grad()
    def generate(self, x: Tensor, mask_x: Tensor, y: Tensor, mask_y: Tensor) -> dict[str, Tensor]:
        """Only what the critics judge: y' and, two-way, x'."""
        y_fake = {"y_fake": mirror_again(self.x(x), mask_x)}
        return y_fake if self.y is None else y_fake | {"x_fake": mirror_again(self.y(y), mask_y)}


class CriticLoss(nn.Module):
    """One critic and what it minimises."""

    def __init__(self, critic: Critic | PatchCritic, objective: Objective) -> None:
        super().__init__()
        self.critic = critic
        self.objective = objective

    def forward(self, real: Tensor, generated: Tensor, penalty_weight: float, random: torch.Generator) -> dict[str, Tensor]:
        """Its total (Eq. 12), its gap E D(real) - E D(generated), and its gradient's mean norm and penalty, if any."""
        of_real, of_generated = self.critic(torch.cat([real, generated])).chunk(2)
        terms = {"gap": of_real.mean() - of_generated.mean()}
        norms = self.objective.gradient_norms(self.critic, real, generated, random)
        penalty = None
        if norms is not None and self.objective.penalty is not None:
            penalty = self.objective.penalty(norms)
            terms |= {"norm": norms.mean(), "penalty": penalty}
        return terms | {"total": critic_total(self.objective.critic_loss(of_real, of_generated), penalty, penalty_weight)}


def build_critic(config: TrainConfig) -> Critic | PatchCritic:
    if config.gan.critic == "patch":
        return PatchCritic(config.gan.critic_instance_norm)
    return Critic(config.network.image_size, config.gan.critic_instance_norm)


class GAN(Method):
    """Critics and generators in turn: `critic_steps` updates of the critics, then one of the generators."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        config, self.gan = setting.config, setting.config.gan
        self.is_two_way = config.method == "two_way"
        self.batches_a_step = self.gan.critic_steps

        self._generator = build_network(config.network)
        self._inverse = build_network(config.network) if self.is_two_way else None
        domains = ("y", "x") if self.is_two_way else ("y",)
        self.generators = Generators(self._generator, self._inverse)
        critics = {domain: build_critic(config) for domain in domains}
        self.critics = nn.ModuleDict(critics)
        setting.move(self.generators)
        setting.move(self.critics)
        self.networks = {f"generator_{domain}": network for domain, network in self.generators.named_children()}
        self.networks |= {f"critic_{domain}": critic for domain, critic in critics.items()}

        settings = config.optimiser
        self.optimiser, self.critic_optimiser = (
            torch.optim.Adam(networks.parameters(), lr=settings.learning_rate, betas=settings.betas)
            for networks in (self.generators, self.critics)
        )
        self.optimisers = {"optimiser": self.optimiser, "critic_optimiser": self.critic_optimiser}
        self.objective = OBJECTIVES[self.gan.objective]
        adapts = self.objective.adaptive
        self.penalty_weights = {domain: AdaptiveWeight(self.gan.penalty_weight, adapts) for domain in domains}
        self.forward_generators = share_gradients(self.generators, setting.device, setting.processes)
        self.critic_losses = {
            domain: share_gradients(CriticLoss(critic, self.objective), setting.device, setting.processes)
            for domain, critic in critics.items()
        }

    @property
    def generator(self) -> Generator:
        return self._generator

    def start(self, start: Start) -> None:
        start_generator(self._generator, start)
        if self._inverse is not None:
            start_inverse(self._inverse, start)

    def update(self, batches: Iterable[Batch], step: int, learning_rate: float) -> dict[str, float]:
        """Each batch serves one update of the critics, the last one also that of the generators: (x, mask, y, mask) each."""
        self.generators.train()
        self._set_learning_rates(step, learning_rate)
        terms: list[dict[str, float]] = []
        made: dict[str, Tensor] = {}
        for i, batch in enumerate(batches):
            x, mask_x, y, mask_y = self.setting.move_batch(batch)
            is_last = i == self.batches_a_step - 1
            with self.setting.autocast():
                generate = self.forward_generators if is_last else self.generators.generate
                made = {name: photos.float() for name, photos in generate(x, mask_x, y, mask_y).items()}
            generated = {domain: made[f"{domain}_fake"].detach() for domain in self.penalty_weights}
            terms.append(self._update_critics({"y": y, "x": x}, generated, self._random(step, i)))
        losses = {name: fmean(each[name] for each in terms) for name in terms[0]}
        passes = [Pass(x, mask_x, made["y_fake"], made.get("x_cycled"))]
        passes += [Pass(y, mask_y, made["x_fake"], made["y_cycled"])] if self.is_two_way else []
        losses |= self._update_generators(passes, {domain: made[f"{domain}_fake"] for domain in self.penalty_weights})
        self._stop_if_diverged(losses, step)
        return losses

    def figures(self) -> dict[str, float]:
        """lambda of each critic and the moving average of its gradient's norm."""
        values = {f"lambda_{domain}": weight.value for domain, weight in self.penalty_weights.items()}
        return values | {f"mean_norm_{domain}": weight.mean_norm for domain, weight in self.penalty_weights.items()}

    def state(self) -> dict[str, Any]:
        return {domain: weight.state() for domain, weight in self.penalty_weights.items()}

    def restore(self, state: dict[str, Any]) -> None:
        for domain, weight in self.penalty_weights.items():
            weight.restore(state[domain])

    def sample_rows(self, validation: Validation, y_fake: Sequence[Pixels]) -> list[list[Pixels]]:
        """One-way: x, y'. Two-way: x, y', x'', y, x', y''."""
        if self._inverse is None:
            return [[x, out] for x, out in zip(validation.x, y_fake, strict=False)]
        g_x, g_y = self._generator.eval(), self._inverse.eval()
        rows = []
        for x, out, y in zip(validation.x, y_fake, validation.y, strict=False):
            x_fake = predict(g_y, y, self.setting.device)
            x_cycled = predict(g_y, out, self.setting.device, "generated")
            y_cycled = predict(g_x, x_fake, self.setting.device, "generated")
            rows.append([x, out, x_cycled, y, x_fake, y_cycled])
        return rows

    def _set_learning_rates(self, step: int, learning_rate: float) -> None:
        first_rate = self.setting.config.optimiser.learning_rate
        risen = min(1.0, step / self.gan.warm_up) if self.gan.warm_up else 1.0
        self.optimiser.param_groups[0]["lr"] = learning_rate * risen
        critic_rate = self.gan.critic_learning_rate or first_rate
        self.critic_optimiser.param_groups[0]["lr"] = learning_rate * critic_rate / first_rate

    def _update_critics(self, real: dict[str, Tensor], generated: dict[str, Tensor], random: torch.Generator) -> dict[str, float]:
        self.critic_optimiser.zero_grad(set_to_none=True)
        values = {"critic": 0.0}
        for domain, weight in self.penalty_weights.items():
            terms = self.critic_losses[domain](real[domain], generated[domain], weight.value, random)
            terms["total"].backward()  # one critic's graph at a time in memory
            values["critic"] += terms.pop("total").item()
            values |= {f"{name}_{domain}": term.item() for name, term in terms.items()}
        self.critic_optimiser.step()
        means = self.setting.means(values)
        for domain, weight in self.penalty_weights.items():
            if f"norm_{domain}" in means:
                weight.observe(means.pop(f"norm_{domain}"))
        return means

    def _update_generators(self, passes: Sequence[Pass], judged: dict[str, Tensor]) -> dict[str, float]:
        self.critics.requires_grad_(False)
        scores = {domain: critic(judged[domain]) for domain, critic in self.critics.items()}
        adversarial = torch.stack([self.objective.generator_loss(of_generated) for of_generated in scores.values()]).sum()
        identity = identity_loss(passes)
        cycle = cycle_loss(passes, DISTANCES[self.gan.cycle]) if self.is_two_way else None
        total = generator_total(adversarial, identity, cycle, self.gan.alpha, self.gan.cycle_weight)
        self.optimiser.zero_grad(set_to_none=True)
        self.setting.scaler.scale(total).backward()
        self.setting.scaler.step(self.optimiser)
        self.setting.scaler.update()
        self.critics.requires_grad_(True)
        terms = {"generator": total, "adversarial": adversarial, "identity": identity}
        terms |= {"cycle": cycle} if cycle is not None else {}
        return self.setting.means({name: term.item() for name, term in terms.items()})

    def _stop_if_diverged(self, losses: dict[str, float], step: int) -> None:
        where = self.setting.config.run
        for name, value in losses.items():
            if not np.isfinite(value):
                raise DivergenceError(f"{where}: the loss {name} is {value} at step {step + 1}; {GAN_ADVICE}")
            limit = DIVERGED * 3**0.5 * self.setting.config.network.image_size
            if name.startswith("gap_") and abs(value) > limit:
                raise DivergenceError(
                    f"{where}: the critic's {name} is {value:.3g} at step {step + 1}, it diverges; {GAN_ADVICE}"
                )

    def _random(self, step: int, critic_step: int) -> torch.Generator:
        """For the penalty's random points: its own for every critic step and process, so that a resumed run draws the same."""
        seed = [self.setting.config.seed, PENALTY_STREAM, step, critic_step, self.setting.processes.rank]
        return torch.Generator(self.setting.device).manual_seed(int(np.random.SeedSequence(seed).generate_state(1)[0]))
