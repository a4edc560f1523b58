from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.stats import kstest
from torch import Tensor, nn

from deep_photo_enhancer.training.losses.adversarial import OBJECTIVES, critic_total, wasserstein_critic_loss
from deep_photo_enhancer.training.losses.penalties import (
    CriticFunction,
    gradient_norms,
    interpolate,
    one_sided_penalty,
    perturb,
    two_sided_penalty,
)
from deep_photo_enhancer.training.networks.critic import Critic

Penalty = Callable[[Tensor], Tensor]
both_penalties = pytest.mark.parametrize("penalty", [one_sided_penalty, two_sided_penalty])


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def photos(seed: int, count: int = 2, size: int = 64, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.rand(count, 3, size, size, generator=seeded(seed), dtype=dtype)


def real_critic(dtype: torch.dtype = torch.float32) -> Critic:
    """At S = 64; its gradient's norm is about 7 at random photos."""
    torch.manual_seed(0)
    critic = Critic(64)
    critic.fully_connected.weight.data *= 20
    return critic.to(dtype)


def linear_critic(weights: Tensor) -> CriticFunction:
    """D(x) = w . x, whose gradient is w everywhere. weights: (3, S, S)."""
    return lambda points: (points * weights).sum((1, 2, 3))


def gradients(loss: Tensor, network: nn.Module) -> dict[str, Tensor]:
    """By the parameters' names; zeros for those that the loss does not depend on."""
    names, parameters = zip(*network.named_parameters(), strict=True)
    found = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True, materialize_grads=True)
    return dict(zip(names, found, strict=True))


# Norms


def test_the_gradient_of_a_linear_critic_has_the_norm_of_its_weights_at_every_point() -> None:
    weights = torch.zeros(3, 2, 2)
    weights[0, 0, 0], weights[1, 0, 1], weights[2, 1, 1] = 2, 3, -6  # |w| = sqrt(4 + 9 + 36)
    assert gradient_norms(linear_critic(weights), photos(0, 4, 2)).tolist() == [7, 7, 7, 7]


def test_each_photo_has_the_norm_at_its_own_place() -> None:
    # D(x) = sum x^2 / 2 has the gradient x: 3 x 2 x 2 values of 0.5, 1 and 2 have norms of sqrt(12) times as much.
    points = torch.tensor([0.5, 1, 2]).reshape(3, 1, 1, 1).expand(3, 3, 2, 2)
    norms = gradient_norms(lambda taken: (taken**2).sum((1, 2, 3)) / 2, points)
    assert norms.tolist() == pytest.approx([0.5 * 12**0.5, 12**0.5, 2 * 12**0.5])


def test_the_points_are_left_alone_and_their_makers_learn_nothing() -> None:
    real, generated = photos(0), photos(1).requires_grad_()
    norms = gradient_norms(real_critic(), interpolate(real, generated, seeded(0)))
    norms.sum().backward()
    assert generated.grad is None
    assert not real.requires_grad


# Points


def test_interpolate_draws_one_number_a_photo_and_no_more() -> None:
    random, same = seeded(0), seeded(0)
    places = interpolate(torch.zeros(5, 3, 8, 8), torch.ones(5, 3, 8, 8), random)  # the place is the number itself
    numbers = torch.rand(5, 1, 1, 1, generator=same)
    assert torch.equal(places, numbers.expand(5, 3, 8, 8))
    assert torch.equal(random.get_state(), same.get_state())


def test_interpolate_is_uniform_from_the_real_photo_to_the_generated_one() -> None:
    places = interpolate(torch.zeros(2000, 1, 1, 1), torch.ones(2000, 1, 1, 1), seeded(0)).flatten()
    assert (places >= 0).all()
    assert (places <= 1).all()
    assert len(places.unique()) > 1990
    assert kstest(places.numpy(), "uniform").pvalue > 0.01


def test_interpolate_goes_straight_from_each_real_photo_to_its_generated_one() -> None:
    real, generated = photos(0), photos(1)
    numbers = torch.rand(2, 1, 1, 1, generator=seeded(2))
    torch.testing.assert_close(interpolate(real, generated, seeded(2)), (1 - numbers) * real + numbers * generated)


def test_perturb_adds_uniform_noise_of_its_own_strength_to_each_photo() -> None:
    real = photos(0, 4)
    noise = (perturb(real, seeded(1)) - real) / (0.5 * real.std())
    strengths = noise.amax((1, 2, 3))
    assert (noise >= -1e-6).all()
    assert (strengths <= 1).all()
    assert len(strengths.unique()) == 4
    for i in range(4):
        # Were there a strength for each pixel, their products with the noise would crowd near 0.
        assert kstest((noise[i] / strengths[i]).flatten().numpy(), "uniform").pvalue > 0.01


def test_perturb_draws_one_number_a_value_and_one_a_photo() -> None:
    random, same = seeded(0), seeded(0)
    perturb(photos(0, 5, 8), random)
    torch.rand(5, 3, 8, 8, generator=same), torch.rand(5, 1, 1, 1, generator=same)
    assert torch.equal(random.get_state(), same.get_state())


def test_the_noise_is_as_strong_as_the_photos_are_varied() -> None:
    real = photos(0)
    noise = perturb(real, seeded(1)) - real
    contrasty = perturb(3 * real, seeded(1)) - 3 * real
    torch.testing.assert_close(contrasty, 3 * noise)
    even = torch.full((2, 3, 8, 8), 0.5)
    assert torch.equal(perturb(even, seeded(1)), even)


@pytest.mark.parametrize("objective", ["wgan-gp", "dragan"])
def test_the_points_depend_on_the_seed_alone(objective: str) -> None:
    points = OBJECTIVES[objective].points
    assert points is not None
    torch.manual_seed(1)
    first = points(photos(0), photos(1), seeded(7))
    torch.manual_seed(2)
    assert torch.equal(points(photos(0), photos(1), seeded(7)), first)
    assert not torch.equal(points(photos(0), photos(1), seeded(8)), first)


# Penalties


def test_the_one_sided_penalty_is_the_mean_excess_over_1() -> None:
    assert one_sided_penalty(torch.tensor([0.0, 0.5, 1.5, 4.0])).item() == (0 + 0 + 0.5 + 3) / 4


def test_the_two_sided_penalty_is_the_mean_squared_distance_from_1() -> None:
    assert two_sided_penalty(torch.tensor([0.0, 0.5, 1.5, 4.0])).item() == (1 + 0.25 + 0.25 + 9) / 4


@pytest.mark.parametrize(("norm", "value", "slope"), [(0, 0, 0), (0.5, 0, 0), (1, 0, 0), (1.5, 0.5, 1), (4, 3, 1)])
def test_the_one_sided_penalty_punishes_only_norms_above_1_and_linearly(norm: float, value: float, slope: float) -> None:
    norms = torch.tensor([norm], dtype=torch.float32, requires_grad=True)
    penalty = one_sided_penalty(norms)
    penalty.backward()
    assert norms.grad is not None
    assert (penalty.item(), norms.grad.item()) == (value, slope)


@pytest.mark.parametrize(("norm", "value", "slope"), [(0, 1, -2), (0.5, 0.25, -1), (1, 0, 0), (1.5, 0.25, 1), (4, 9, 6)])
def test_the_two_sided_penalty_punishes_norms_below_1_too(norm: float, value: float, slope: float) -> None:
    norms = torch.tensor([norm], dtype=torch.float32, requires_grad=True)
    penalty = two_sided_penalty(norms)
    penalty.backward()
    assert norms.grad is not None
    assert (penalty.item(), norms.grad.item()) == (value, slope)


# The penalty's gradient


@both_penalties
def test_the_penalty_teaches_every_convolution_of_the_critic(penalty: Penalty) -> None:
    critic = real_critic()
    norms = gradient_norms(critic, interpolate(photos(0), photos(1), seeded(2)))
    assert norms.min() > 1
    taught = gradients(penalty(norms), critic)
    weights = [name for name in taught if name.endswith("conv.weight")]
    assert len(weights) == 6
    for name in [*weights, "fully_connected.weight"]:
        assert taught[name].isfinite().all(), name
        assert taught[name].any(), name


@both_penalties
def test_the_critics_total_teaches_it_otherwise_than_the_scores_alone(penalty: Penalty) -> None:
    """The known mistake of two ports: a penalty that went through .item() moves the loss and never the critic."""
    critic, real, generated = real_critic(), photos(0), photos(1)
    adversarial = wasserstein_critic_loss(critic(real), critic(generated))
    value = penalty(gradient_norms(critic, interpolate(real, generated, seeded(2))))
    assert value.requires_grad
    alone = gradients(adversarial, critic)
    through_item = gradients(critic_total(adversarial, torch.tensor(value.item()), 10), critic)
    together = gradients(critic_total(adversarial, value, 10), critic)
    for name in alone:
        if name.endswith("conv.weight"):
            assert torch.equal(through_item[name], alone[name])
            assert (together[name] - alone[name]).abs().max() > alone[name].abs().max(), name


@both_penalties
@pytest.mark.parametrize("works", [True, False], ids=["the penalty", "a penalty through .item()"])
def test_the_penalty_keeps_the_critics_gradient_near_1(penalty: Penalty, works: bool) -> None:
    real, generated = torch.full((2, 3, 2, 2), 0.75), torch.full((2, 3, 2, 2), 0.25)
    weights = torch.full((3, 2, 2), 0.1, requires_grad=True)
    optimiser = torch.optim.SGD([weights], lr=0.01)
    critic = linear_critic(weights)
    random = seeded(0)
    for _ in range(200):
        value = penalty(gradient_norms(critic, interpolate(real, generated, random)))
        total = critic_total(wasserstein_critic_loss(critic(real), critic(generated)), value if works else value.detach(), 10)
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
    # The scores alone lengthen w by 0.01 sqrt(12) / 2 a step: to sqrt(12) (0.1 + 200 * 0.005) = 3.81.
    norm = weights.detach().norm().item()
    assert norm == pytest.approx(1.05, abs=0.15) if works else norm == pytest.approx(3.81, abs=0.01)


@both_penalties
def test_the_penaltys_gradient_on_a_smooth_critic_is_that_of_finite_differences(penalty: Penalty) -> None:
    random = seeded(0)
    points = torch.rand(2, 3, 4, 4, generator=random, dtype=torch.float64)
    first = torch.randn(4, 3, 3, 3, generator=random, dtype=torch.float64, requires_grad=True)
    last = torch.randn(4, 2, 2, generator=random, dtype=torch.float64, requires_grad=True)

    def penalised(first: Tensor, last: Tensor) -> Tensor:
        def critic(taken: Tensor) -> Tensor:
            return (torch.tanh(nn.functional.conv2d(taken, first)) * last).sum((1, 2, 3))

        norms = gradient_norms(critic, points)
        assert norms.min() > 1.1
        return penalty(norms)

    assert torch.autograd.gradcheck(penalised, (first, last))


def moved(weights: Tensor, place: tuple[int, ...], step: float, value: Callable[[], Tensor]) -> list[float]:
    """The value with one of the weights a step lower, and a step higher. The step is small: the leaky ReLU has kinks."""
    middle = weights[place].item()
    values = []
    for sign in (-1, 1):
        weights[place] = middle + sign * step
        values.append(value().item())
    weights[place] = middle
    return values


@both_penalties
def test_the_penaltys_gradient_on_the_real_critic_is_that_of_finite_differences(penalty: Penalty) -> None:
    critic, points = real_critic(torch.float64), photos(0, dtype=torch.float64)

    def penalised() -> Tensor:
        return penalty(gradient_norms(critic, points))

    taught = gradients(penalised(), critic)
    for name in ("blocks.0.conv.weight", "blocks.3.conv.weight", "blocks.5.conv.weight", "blocks.2.norm.weight"):
        steepest = tuple(int(i) for i in np.unravel_index(int(taught[name].abs().argmax()), taught[name].shape))
        values = moved(critic.get_parameter(name).detach(), steepest, 1e-7, penalised)
        assert (values[1] - values[0]) / 2e-7 == pytest.approx(taught[name][steepest].item(), rel=1e-5), name


@both_penalties
def test_the_penaltys_gradient_is_the_same_with_channels_last(penalty: Penalty) -> None:
    critic, points = real_critic(torch.float64), photos(0, dtype=torch.float64)
    expected = gradients(penalty(gradient_norms(critic, points)), critic)
    critic.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    norms = gradient_norms(critic, points.contiguous(memory_format=torch.channels_last))
    for name, gradient in gradients(penalty(norms), critic).items():
        torch.testing.assert_close(gradient, expected[name], rtol=1e-6, atol=1e-6, msg=name)


@both_penalties
def test_a_critic_without_any_gradient_makes_no_nan(penalty: Penalty) -> None:
    critic = real_critic()
    nn.init.zeros_(critic.fully_connected.weight)
    norms = gradient_norms(critic, photos(0))
    assert norms.tolist() == [0, 0]
    value = penalty(norms)
    assert value.isfinite()
    assert all(gradient.isfinite().all() for gradient in gradients(value, critic).values())
