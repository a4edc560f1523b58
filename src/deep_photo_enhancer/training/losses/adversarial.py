"""The adversarial losses, one function an equation; all are to be minimised.

real_scores and generated_scores: (B), or (B, h, w) from the patch critic, the scores of real and of generated photos; no sigmoid
is applied before, and means are over all scores.
The totals (Eq. 12, 13) are at the end; the sums over both critics (Eq. 7 to 9) are taken in training.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from deep_photo_enhancer.training.losses.penalties import (
    CriticFunction,
    gradient_norms,
    interpolate,
    one_sided_penalty,
    perturb,
    two_sided_penalty,
)


def wasserstein_critic_loss(real_scores: Tensor, generated_scores: Tensor) -> Tensor:
    """-(E D(y) - E D(y')): one critic's part of -A_D (Eq. 7, 8)."""
    return generated_scores.mean() - real_scores.mean()


def wasserstein_generator_loss(generated_scores: Tensor) -> Tensor:
    """-E D(y'): one critic's part of -A_G (Eq. 9)."""
    return -generated_scores.mean()


def gan_critic_loss(real_scores: Tensor, generated_scores: Tensor) -> Tensor:
    """-E log s(D(y)) - E log(1 - s(D(y'))), s the sigmoid (Goodfellow et al. 2014, Eq. 1)."""
    return F.softplus(-real_scores).mean() + F.softplus(generated_scores).mean()


def gan_generator_loss(generated_scores: Tensor) -> Tensor:
    """-E log s(D(y')): the form that does not saturate (Goodfellow et al. 2014, Section 3)."""
    return F.softplus(-generated_scores).mean()


def lsgan_critic_loss(real_scores: Tensor, generated_scores: Tensor) -> Tensor:
    """E (D(y) - 1)^2 / 2 + E D(y')^2 / 2 (Mao et al. 2017, Eq. 9)."""
    return ((real_scores - 1) ** 2).mean() / 2 + (generated_scores**2).mean() / 2


def lsgan_generator_loss(generated_scores: Tensor) -> Tensor:
    """E (D(y') - 1)^2 / 2 (Mao et al. 2017, Eq. 9)."""
    return ((generated_scores - 1) ** 2).mean() / 2


@dataclass(frozen=True)
class Objective:
    """What critic and generator minimise."""

    critic_loss: Callable[[Tensor, Tensor], Tensor]
    generator_loss: Callable[[Tensor], Tensor]
    points: Callable[[Tensor, Tensor, torch.Generator], Tensor] | None = None
    """Where the critic's gradient is watched, from real and generated photos; none without a penalty."""
    penalty: Callable[[Tensor], Tensor] | None = None
    """Of the gradients' norms there."""
    adaptive: bool = False
    """Whether the penalty's weight lambda adapts (A-WGAN)."""

    def gradient_norms(self, critic: CriticFunction, real: Tensor, generated: Tensor, random: torch.Generator) -> Tensor | None:
        """|grad D| at the objective's points, (B), with its graph; None for objectives without a penalty."""
        return gradient_norms(critic, self.points(real, generated, random)) if self.points is not None else None


OBJECTIVES = {
    "gan": Objective(gan_critic_loss, gan_generator_loss),
    "lsgan": Objective(lsgan_critic_loss, lsgan_generator_loss),
    "dragan": Objective(
        gan_critic_loss,
        gan_generator_loss,
        lambda real, _generated, random: perturb(real, random),
        two_sided_penalty,
    ),
    "wgan-gp": Objective(wasserstein_critic_loss, wasserstein_generator_loss, interpolate, two_sided_penalty),
    "a-wgan": Objective(wasserstein_critic_loss, wasserstein_generator_loss, interpolate, one_sided_penalty, adaptive=True),
}
"""By the names that the paper's Table 3 gives them."""


def critic_total(adversarial: Tensor, penalty: Tensor | None, penalty_weight: float) -> Tensor:
    """-A_D + lambda P for one critic (Eq. 12, negated: the paper maximises)."""
    return adversarial if penalty is None else adversarial + penalty_weight * penalty


def generator_total(
    adversarial: Tensor, identity: Tensor, cycle: Tensor | None, alpha: float, cycle_weight: float | None = None
) -> Tensor:
    """-A_G + alpha I + 10 alpha C (Eq. 13), or another weight of C; the one-way GAN has no C."""
    total = adversarial + alpha * identity
    weight = 10 * alpha if cycle_weight is None else cycle_weight
    return total if cycle is None else total + weight * cycle
