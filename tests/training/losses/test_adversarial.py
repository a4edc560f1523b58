from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from deep_photo_enhancer.training.losses.adversarial import (
    OBJECTIVES,
    Objective,
    critic_total,
    gan_critic_loss,
    gan_generator_loss,
    generator_total,
    lsgan_critic_loss,
    lsgan_generator_loss,
    wasserstein_critic_loss,
    wasserstein_generator_loss,
)
from deep_photo_enhancer.training.losses.penalties import one_sided_penalty, two_sided_penalty

REAL_SCORES = torch.tensor([2.0, -1.0, 0.5])
GENERATED_SCORES = torch.tensor([0.0, 3.0, -0.6])

every_objective = pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES.keys())


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def photos_around(level: float, seed: int) -> Tensor:
    """Three photos of 4 x 4 pixels, within 0.1 of a level of grey."""
    return level + 0.2 * torch.rand(3, 3, 4, 4, generator=seeded(seed)) - 0.1


class BrightnessCritic(nn.Module):
    """Likes bright photos, or dark ones where its only weight is negative: D(x) = w (mean of x - 0.5)."""

    def __init__(self, weight: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(weight))

    def forward(self, photos: Tensor) -> Tensor:
        scores: Tensor = self.weight * (photos.mean((1, 2, 3)) - 0.5)
        return scores


def three_and_four(photos: Tensor) -> Tensor:
    """D(x) = 3 a + 4 b of a photo's first two values: its gradient's norm is 5 everywhere."""
    return 3 * photos[:, 0, 0, 0] + 4 * photos[:, 0, 0, 1]


# Losses


def test_the_wasserstein_losses_worked_out_by_hand() -> None:
    # The means are 1.5 / 3 = 0.5 of the real scores and 2.4 / 3 = 0.8 of the generated ones.
    assert wasserstein_critic_loss(REAL_SCORES, GENERATED_SCORES).item() == pytest.approx(-(0.5 - 0.8))
    assert wasserstein_generator_loss(GENERATED_SCORES).item() == pytest.approx(-0.8)


def test_the_gan_losses_worked_out_by_hand() -> None:
    def sigmoid(score: float) -> float:
        return 1 / (1 + math.exp(-score))

    on_real = -(math.log(sigmoid(2)) + math.log(sigmoid(-1)) + math.log(sigmoid(0.5))) / 3
    on_generated = -(math.log(1 - sigmoid(0)) + math.log(1 - sigmoid(3)) + math.log(1 - sigmoid(-0.6))) / 3
    assert gan_critic_loss(REAL_SCORES, GENERATED_SCORES).item() == pytest.approx(on_real + on_generated)
    not_saturating = -(math.log(sigmoid(0)) + math.log(sigmoid(3)) + math.log(sigmoid(-0.6))) / 3
    assert gan_generator_loss(GENERATED_SCORES).item() == pytest.approx(not_saturating)


def test_the_gan_losses_are_torchs_cross_entropies_with_real_as_1_and_generated_as_0() -> None:
    real, generated = 10 * torch.randn(50, generator=seeded(0)), 10 * torch.randn(50, generator=seeded(1))
    ones, zeros = torch.ones(50), torch.zeros(50)
    both = binary_cross_entropy_with_logits(real, ones) + binary_cross_entropy_with_logits(generated, zeros)
    torch.testing.assert_close(gan_critic_loss(real, generated), both)
    torch.testing.assert_close(gan_generator_loss(generated), binary_cross_entropy_with_logits(generated, ones))


def test_the_gan_losses_are_finite_for_scores_of_any_size() -> None:
    high, low = torch.tensor([1e4]), torch.tensor([-1e4])
    assert (gan_critic_loss(high, low).item(), gan_critic_loss(low, high).item()) == (0, 2e4)
    assert (gan_generator_loss(high).item(), gan_generator_loss(low).item()) == (0, 1e4)


def test_the_lsgan_losses_worked_out_by_hand() -> None:
    # Real scores from 1: (1^2 + 2^2 + 0.5^2) / 3 = 1.75; generated from 0: (0 + 9 + 0.36) / 3 = 3.12
    assert lsgan_critic_loss(REAL_SCORES, GENERATED_SCORES).item() == pytest.approx((1.75 + 3.12) / 2)
    # Generated scores from 1: (1 + 4 + 2.56) / 3 = 2.52
    assert lsgan_generator_loss(GENERATED_SCORES).item() == pytest.approx(2.52 / 2)


# Totals


def test_the_critics_total_is_its_loss_and_lambda_times_the_penalty() -> None:
    assert critic_total(torch.tensor(-0.75), torch.tensor(0.5), 10).item() == -0.75 + 10 * 0.5
    assert critic_total(torch.tensor(-0.75), None, 10).item() == -0.75


def test_the_generators_total_weighs_the_identity_loss_with_alpha_and_the_cycle_loss_with_ten_alpha() -> None:
    adversarial, identity, cycle = torch.tensor(-0.5), torch.tensor(0.25), torch.tensor(0.125)
    assert generator_total(adversarial, identity, cycle, alpha=1000).item() == -0.5 + 250 + 1250
    assert generator_total(adversarial, identity, None, alpha=1000).item() == -0.5 + 250  # the one-way GAN
    assert generator_total(adversarial, identity, cycle, alpha=0, cycle_weight=10).item() == -0.5 + 1.25  # CycleGAN, Eq. 3


# D = 3 a + 4 b gives 3.5 to real photos of 0.5 and 1.75 to generated ones of 0.25, and |grad D| = 5 everywhere.
GAN = math.log(1 + math.exp(-3.5)) + math.log(1 + math.exp(1.75))
LSGAN = (2.5**2 + 1.75**2) / 2
TOTALS_WITH_LAMBDA_10 = {
    "gan": GAN,
    "lsgan": LSGAN,
    "dragan": GAN + 10 * (5 - 1) ** 2,
    "wgan-gp": -(3.5 - 1.75) + 10 * (5 - 1) ** 2,
    "a-wgan": -(3.5 - 1.75) + 10 * (5 - 1),
}


def total_of_critic(objective: Objective, real: Tensor, generated: Tensor) -> Tensor:
    norms = objective.gradient_norms(three_and_four, real, generated, seeded())
    penalty = objective.penalty(norms) if objective.penalty is not None and norms is not None else None
    return critic_total(objective.critic_loss(three_and_four(real), three_and_four(generated)), penalty, 10)


def test_the_objectives_are_those_of_the_papers_table_3() -> None:
    assert set(OBJECTIVES) == {"gan", "lsgan", "dragan", "wgan-gp", "a-wgan"}
    assert {name for name, objective in OBJECTIVES.items() if objective.adaptive} == {"a-wgan"}


@pytest.mark.parametrize("name", OBJECTIVES)
def test_each_objectives_total_on_a_known_critic(name: str) -> None:
    total = total_of_critic(OBJECTIVES[name], torch.full((2, 3, 2, 2), 0.5), torch.full((2, 3, 2, 2), 0.25))
    assert total.item() == pytest.approx(TOTALS_WITH_LAMBDA_10[name])


def test_each_objective_punishes_as_its_paper_says() -> None:
    penalties = {name: objective.penalty for name, objective in OBJECTIVES.items()}
    assert penalties == {
        "gan": None,
        "lsgan": None,
        "dragan": two_sided_penalty,
        "wgan-gp": two_sided_penalty,
        "a-wgan": one_sided_penalty,
    }


def test_each_objective_watches_the_gradient_where_its_paper_says() -> None:
    # D(x) = sum x^2 / 2 has the gradient x: the norm tells where on the line from 0 to a photo of norm 1 a point lies.
    real, generated = torch.zeros(200, 1, 1, 1), torch.ones(200, 1, 1, 1)
    norms = {
        name: objective.gradient_norms(lambda photos: (photos**2).sum((1, 2, 3)) / 2, real, generated, seeded())
        for name, objective in OBJECTIVES.items()
    }
    for name in ("wgan-gp", "a-wgan"):  # between the real and the generated
        places = norms[name]
        assert places is not None
        assert places.mean().item() == pytest.approx(0.5, abs=0.1)
        assert places.max() > 0.9
    assert norms["dragan"] is not None
    assert not norms["dragan"].any()  # near the real alone, which does not vary here
    assert norms["gan"] is None
    assert norms["lsgan"] is None


# Signs


@every_objective
@pytest.mark.parametrize(("real_level", "generated_level"), [(0.8, 0.3), (0.3, 0.8)])
def test_a_step_of_the_critic_moves_real_scores_above_generated_ones(
    objective: Objective, real_level: float, generated_level: float
) -> None:
    real, generated = photos_around(real_level, 0), photos_around(generated_level, 1)
    critic = BrightnessCritic(0.0)
    optimiser = torch.optim.Adam(critic.parameters(), lr=0.1)
    objective.critic_loss(critic(real), critic(generated)).backward()
    optimiser.step()
    assert critic(real).min() > critic(generated).max()


@every_objective
@pytest.mark.parametrize("weight", [1.0, -1.0])
def test_a_step_of_the_generator_moves_the_scores_of_its_photos_up(objective: Objective, weight: float) -> None:
    x, critic = photos_around(0.5, 0), BrightnessCritic(weight)
    residual = torch.zeros(3, 4, 4, requires_grad=True)
    optimiser = torch.optim.Adam([residual], lr=0.1)
    objective.generator_loss(critic(x + residual)).backward()
    optimiser.step()
    assert (critic(x + residual) > critic(x)).all()


@every_objective
def test_critic_and_generator_pull_generated_scores_in_opposite_directions(objective: Objective) -> None:
    scores = torch.tensor([0.25, 0.5, 0.75], requires_grad=True)
    (for_critic,) = torch.autograd.grad(objective.critic_loss(REAL_SCORES, scores), scores)
    (for_generator,) = torch.autograd.grad(objective.generator_loss(scores), scores)
    assert (for_critic > 0).all()  # a descent lowers them
    assert (for_generator < 0).all()
