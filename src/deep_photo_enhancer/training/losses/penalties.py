"""Penalties on the norm of the critic's gradient, one function an equation.

The norms carry their graph, so that a penalty's gradient reaches the critic's weights.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

CriticFunction = Callable[[Tensor], Tensor]
"""Photos (B, 3, S, S) -> scores (B), or (B, h, w) for the patch critic."""


def gradient_norms(critic: CriticFunction, points: Tensor) -> Tensor:
    """|grad D| at each point: the Euclidean norm over all pixels and channels. (B, 3, S, S) -> (B)."""
    points = points.detach().requires_grad_()
    (gradients,) = torch.autograd.grad(critic(points).sum(), points, create_graph=True)
    norms: Tensor = torch.linalg.vector_norm(gradients.flatten(1), dim=1)
    return norms


def interpolate(real: Tensor, generated: Tensor, random: torch.Generator) -> Tensor:
    """A uniformly random place on the line from each real photo to a generated one: one random number a photo (Eq. 10, 11)."""
    return real + _one_number_a_photo(real, random) * (generated - real)


def perturb(real: Tensor, random: torch.Generator) -> Tensor:
    """Real photos with uniform noise of random strength, up to half the photos' standard deviation (DRAGAN's released code)."""
    noise = torch.rand(real.shape, generator=random, device=real.device, dtype=real.dtype)
    return real + _one_number_a_photo(real, random) * 0.5 * real.std() * noise


def one_sided_penalty(norms: Tensor) -> Tensor:
    """E max(0, |grad D| - 1): only gradients above 1, and linearly (Eq. 10, 11)."""
    return torch.relu(norms - 1).mean()


def two_sided_penalty(norms: Tensor) -> Tensor:
    """E (|grad D| - 1)^2: below 1 and above (Gulrajani et al. 2017, Eq. 3)."""
    return ((norms - 1) ** 2).mean()


def _one_number_a_photo(real: Tensor, random: torch.Generator) -> Tensor:
    return torch.rand(len(real), 1, 1, 1, generator=random, device=real.device, dtype=real.dtype)
