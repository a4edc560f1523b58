"""One-way and two-way GAN training from unpaired photos (Section 5 of the paper)."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from statistics import fmean
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from deep_photo_enhancer.errors import DivergenceError
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.training.config import TrainConfig
from deep_photo_enhancer.training.data.pairs import Validation
from deep_photo_enhancer.training.data.unpaired import UnpairedSamples, load_unpaired
from deep_photo_enhancer.training.distributed import average_gradients, share_gradients
from deep_photo_enhancer.training.losses.adaptive_weight import AdaptiveWeight, window_at
from deep_photo_enhancer.training.losses.adversarial import OBJECTIVES, Objective, critic_total, generator_total
from deep_photo_enhancer.training.losses.content import DISTANCES, Translation, cycle_loss, identity_loss, masked_mse
from deep_photo_enhancer.training.method import ADVICE, Batch, Method, TrainingContext
from deep_photo_enhancer.training.networks.build import build_network
from deep_photo_enhancer.training.networks.critic import Critic, PooledCritic
from deep_photo_enhancer.training.networks.generator import Generator
from deep_photo_enhancer.training.networks.patch_critic import PatchCritic
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

        y' and x' get the padding of real photos: critics and second passes learn nothing from what generators paint there. Second
        passes see them clipped to [0, 1], as in the authors' code.
        """
        y_fake = mirror_padding(self.x(x), mask_x)
        if self.y is None:
            return {"y_fake": y_fake}
        x_fake = mirror_padding(self.y(y), mask_y)
        x_cycled, y_cycled = self.y(clip(y_fake), "generated"), self.x(clip(x_fake), "generated")
        return {"y_fake": y_fake, "x_cycled": x_cycled, "x_fake": x_fake, "y_cycled": y_cycled}

    @torch.no_grad()
    def generate(self, x: Tensor, mask_x: Tensor, y: Tensor, mask_y: Tensor) -> dict[str, Tensor]:
        """Only what the critics judge: y' and, two-way, x'."""
        y_fake = {"y_fake": mirror_padding(self.x(x), mask_x)}
        return y_fake if self.y is None else y_fake | {"x_fake": mirror_padding(self.y(y), mask_y)}


def clip(photos: Tensor) -> Tensor:
    """To [0, 1]."""
    return photos.clamp(0, 1)


def mirror_padding(photos: Tensor, mask: Tensor) -> Tensor:
    """Replace the padding by the photo's exact mirror image, as `square.pad_to_square` makes it.

    A generator's padding is its own work and no exact mirror image: a critic would tell it from a real photo's. photos:
    (B, 3, S, S); mask: (B, 1, S, S), 1 on the photo, which begins at the top left.
    """
    if bool((mask != 0).all()):
        return photos
    heights = mask[:, 0, :, 0].sum(1).long()  # (B, 1, S, S) -> (B)
    widths = mask[:, 0, 0, :].sum(1).long()
    rows, columns = (_mirrored_places(sides, photos.shape[-1]) for sides in (heights, widths))
    mirrored = [
        photo.index_select(1, of_rows).index_select(2, of_columns)
        for photo, of_rows, of_columns in zip(photos, rows, columns, strict=True)
    ]
    return torch.stack(mirrored).contiguous(memory_format=torch.channels_last)


def _mirrored_places(sides: Tensor, size: int) -> Tensor:
    """For each photo, which of its rows stands in each row of the square: 0 .. n-1, n-1 .. 0, 0 .. (B) -> (B, S)."""
    places = torch.arange(size, device=sides.device) % (2 * sides[:, None])
    return torch.where(places < sides[:, None], places, 2 * sides[:, None] - 1 - places)


class CriticLoss(nn.Module):
    """One critic and what it minimises."""

    def __init__(self, critic: Critic | PooledCritic | PatchCritic, objective: Objective) -> None:
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


def build_critic(config: TrainConfig) -> Critic | PooledCritic | PatchCritic:
    if config.gan.critic == "pooled":
        return PooledCritic(config.network.image_size)
    if config.gan.critic == "patch":
        return PatchCritic(config.gan.critic_instance_norm)
    return Critic(config.network.image_size, config.gan.critic_instance_norm)


class GAN(Method):
    """Critics and generators in turn: `critic_steps` updates of the critics, then one of the generators.

    A run that starts from a trained generator may begin with `inverse_steps` of G_Y alone, then `warm_up` steps of the critics.
    """

    advice = f"{ADVICE}, or with more critic steps (--set gan.critic_steps=...)"

    def __init__(self, context: TrainingContext) -> None:
        self.context = context
        config, self.gan = context.config, context.config.gan
        self.batches_a_step = self.gan.critic_steps

        self._generator = build_network(config.network)
        self._inverse = build_network(config.network) if config.kind.is_two_way else None
        domains = config.kind.critics
        self.generators = Generators(self._generator, self._inverse)
        critics = {domain: build_critic(config) for domain in domains}
        self.critics = nn.ModuleDict(critics)
        context.move(self.generators)
        context.move(self.critics)
        self.networks = {f"generator_{domain}": network for domain, network in self.generators.named_children()}
        self.networks |= {f"critic_{domain}": critic for domain, critic in critics.items()}

        settings = config.optimiser
        self.optimiser, self.critic_optimiser = (
            torch.optim.Adam(networks.parameters(), lr=settings.learning_rate, betas=settings.betas)
            for networks in (self.generators, self.critics)
        )
        self.optimisers = {"optimiser": self.optimiser, "critic_optimiser": self.critic_optimiser}
        self.objective = OBJECTIVES[self.gan.objective]
        self.penalty_weights = {domain: self._penalty_weight() for domain in domains}
        self.forward_generators = share_gradients(self.generators, context.device, context.processes)
        self.critic_losses = {
            domain: share_gradients(CriticLoss(critic, self.objective), context.device, context.processes)
            for domain, critic in critics.items()
        }

    @property
    def generator(self) -> Generator:
        return self._generator

    def open_data(self, length: int) -> tuple[UnpairedSamples, Validation]:
        config, size = self.context.config, self.context.config.network.image_size
        domains, validation = load_unpaired(config.data, size, config.seed)
        return UnpairedSamples(domains, config.data, size, config.seed, length), validation

    def start(self, start: Start) -> None:
        start_generator(self._generator, start)
        if self._inverse is not None:
            start_inverse(self._inverse, start)

    def update(self, batches: Iterable[Batch], step: int, learning_rate: float) -> dict[str, float]:
        """Each batch serves one update of the critics, the last one also that of the generators: (x, mask, y, mask) each.

        In a run's first phases each batch serves one update of G_Y, or of the critics; losses of what does not learn are nan.
        """
        self.generators.train()
        fits = step < self.gan.inverse_steps
        generators_wait = not fits and step < self.gan.preparing_steps
        self._set_learning_rates(0 if generators_wait else learning_rate, learning_rate)
        losses = self._fit_inverse(batches) if fits else self._play(batches, step, generators_wait)
        self._stop_if_diverged(losses, step)
        return dict.fromkeys(self.loss_names, float("nan")) | losses

    def calibration_inputs(self, batches: Iterable[Batch]) -> Iterator[Tensor]:
        """x; and where G_X has no batch norms of its own for generated photos, x' as well, on which they were trained alike."""
        if self._inverse is None or self.context.config.network.individual_batch_norm:
            yield from super().calibration_inputs(batches)
            return
        inverse = copy.deepcopy(self._inverse).train()  # whose running statistics may change
        for batch in batches:
            x, _, y, mask_y = self.context.move_batch(batch)
            yield x
            with torch.no_grad():
                yield clip(mirror_padding(inverse(y), mask_y))

    def _fit_inverse(self, batches: Iterable[Batch]) -> dict[str, float]:
        """G_Y(G_X(x)) is drawn towards x, with the batch norms for real photos and those for generated ones alike."""
        assert self._inverse is not None
        losses = []
        for batch in batches:
            x, mask, _, _ = self.context.move_batch(batch)
            with self.context.autocast():
                with torch.no_grad():
                    y_fake = clip(mirror_padding(self._generator(x), mask))
                cycled = [self._inverse(y_fake, norms) for norms in self.context.config.network.norms]
            loss = torch.stack([masked_mse(photos.float(), x, mask) for photos in cycled]).mean()
            self._step(loss, shared=False)
            losses.append(loss.item())
        return self.context.means({"cycle": fmean(losses)})

    def _play(self, batches: Iterable[Batch], step: int, generators_wait: bool) -> dict[str, float]:
        """Critics learn from each batch, generators from the last one unless they wait."""
        terms: list[dict[str, float]] = []
        made: dict[str, Tensor] = {}
        for i, batch in enumerate(batches):
            x, mask_x, y, mask_y = self.context.move_batch(batch)
            is_last = i == self.batches_a_step - 1
            with self.context.autocast():
                generate = self.forward_generators if is_last and not generators_wait else self.generators.generate
                made = {name: photos.float() for name, photos in generate(x, mask_x, y, mask_y).items()}
            generated = {domain: made[f"{domain}_fake"].detach() for domain in self.penalty_weights}
            terms.append(self._update_critics({"y": y, "x": x}, generated, self._random(step, i)))
        losses = {name: fmean(each[name] for each in terms) for name in terms[0]}
        if generators_wait:
            return losses
        ways = [Translation(x, mask_x, made["y_fake"], made.get("x_cycled"))]
        ways += [Translation(y, mask_y, made["x_fake"], made["y_cycled"])] if self._inverse is not None else []
        return losses | self._update_generators(ways, {domain: made[f"{domain}_fake"] for domain in self.penalty_weights})

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
            x_fake = predict(g_y, y, self.context.device)
            x_cycled = predict(g_y, out, self.context.device, "generated")
            y_cycled = predict(g_x, x_fake, self.context.device, "generated")
            rows.append([x, out, x_cycled, y, x_fake, y_cycled])
        return rows

    def _set_learning_rates(self, of_generators: float, of_both: float) -> None:
        """of_both: from which the critics' own rate follows."""
        self.optimiser.param_groups[0]["lr"] = of_generators
        self.critic_optimiser.param_groups[0]["lr"] = of_both * self._critic_rate / self.context.config.optimiser.learning_rate

    @property
    def _critic_rate(self) -> float:
        return self.gan.critic_learning_rate or self.context.config.optimiser.learning_rate

    def _penalty_weight(self) -> AdaptiveWeight:
        window = self.gan.penalty_window or window_at(self._critic_rate)
        return AdaptiveWeight(self.gan.penalty_weight, self.objective.adaptive, window, self.gan.penalty_floor)

    @property
    def loss_names(self) -> list[str]:
        of_critics = ["gap"] if self.objective.penalty is None else ["gap", "penalty"]
        names = ["critic", *(f"{name}_{domain}" for domain in self.penalty_weights for name in of_critics)]
        return [*names, "generator", "adversarial", "identity", *(["cycle"] if self._inverse is not None else [])]

    def _update_critics(self, real: dict[str, Tensor], generated: dict[str, Tensor], random: torch.Generator) -> dict[str, float]:
        self.critic_optimiser.zero_grad(set_to_none=True)
        values = {"critic": 0.0}
        for domain, weight in self.penalty_weights.items():
            terms = self.critic_losses[domain](real[domain], generated[domain], weight.value, random)
            terms["total"].backward()  # one critic's graph at a time in memory
            values["critic"] += terms.pop("total").item()
            values |= {f"{name}_{domain}": term.item() for name, term in terms.items()}
        self.critic_optimiser.step()
        means = self.context.means(values)
        for domain, weight in self.penalty_weights.items():
            if f"norm_{domain}" in means:
                weight.observe(means.pop(f"norm_{domain}"), means[f"gap_{domain}"])
        return means

    def _update_generators(self, ways: Sequence[Translation], judged: dict[str, Tensor]) -> dict[str, float]:
        self.critics.requires_grad_(False)
        scores = {domain: critic(judged[domain]) for domain, critic in self.critics.items()}
        adversarial = torch.stack([self.objective.generator_loss(of_generated) for of_generated in scores.values()]).sum()
        identity = identity_loss(ways)
        cycle = cycle_loss(ways, DISTANCES[self.gan.cycle]) if self._inverse is not None else None
        total = generator_total(adversarial, identity, cycle, self.gan.alpha, self.gan.cycle_weight)
        self._step(total)
        self.critics.requires_grad_(True)
        terms = {"generator": total, "adversarial": adversarial, "identity": identity}
        terms |= {"cycle": cycle} if cycle is not None else {}
        return self.context.means({name: term.item() for name, term in terms.items()})

    def _step(self, loss: Tensor, shared: bool = True) -> None:
        """One update of the generators. shared: whether the loss went through `forward_generators`, which shares gradients."""
        self.optimiser.zero_grad(set_to_none=True)
        self.context.scaler.scale(loss).backward()
        if not shared:
            average_gradients(self.generators, self.context.processes)
        self.context.scaler.step(self.optimiser)
        self.context.scaler.update()

    def _stop_if_diverged(self, losses: dict[str, float], step: int) -> None:
        where = self.context.config.run
        for name, value in losses.items():
            if not np.isfinite(value):
                raise DivergenceError(f"{where}: the loss {name} is {value} at step {step + 1}; {self.advice}")
            limit = DIVERGED * 3**0.5 * self.context.config.network.image_size
            if name.startswith("gap_") and abs(value) > limit:
                raise DivergenceError(
                    f"{where}: the critic's {name} is {value:.3g} at step {step + 1}, it diverges; {self.advice}"
                )

    def _random(self, step: int, critic_step: int) -> torch.Generator:
        """For the penalty's random points: its own for every critic step and process, so that a resumed run draws the same."""
        seed = [self.context.config.seed, PENALTY_STREAM, step, critic_step, self.context.processes.rank]
        return torch.Generator(self.context.device).manual_seed(int(np.random.SeedSequence(seed).generate_state(1)[0]))
