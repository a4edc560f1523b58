"""The losses that keep a photo's content, one function an equation.

All photos are (B, 3, S, S), sRGB; masks (B, 1, S, S), 1 on the photo, 0 on the padding. Every photo counts alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

Distance = Callable[[Tensor, Tensor, Tensor], Tensor]
"""y_fake, y and their mask -> one number."""


@dataclass(frozen=True)
class Translation:
    """One direction of a GAN: x -> y' -> x'' through G_X and G'_Y, or y -> x' -> y'' through G_Y and G'_X."""

    real: Tensor
    """x or y."""
    mask: Tensor
    generated: Tensor
    """y' or x'."""
    cycled: Tensor | None = None
    """x'' or y''; none in the one-way GAN."""


def masked_mse(y_fake: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    """Mean squared error over the photos' pixels, the padding left out: the supervised loss (Section 4 of the paper)."""
    squared = ((y_fake - y) ** 2 * mask).sum((1, 2, 3))  # (B, 3, S, S) -> (B)
    return (squared / (mask.sum((1, 2, 3)) * y.shape[1])).mean()


def masked_l1(y_fake: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    """Mean absolute error over the photos' pixels, the padding left out."""
    absolute = ((y_fake - y).abs() * mask).sum((1, 2, 3))  # (B, 3, S, S) -> (B)
    return (absolute / (mask.sum((1, 2, 3)) * y.shape[1])).mean()


DISTANCES: dict[str, Distance] = {"mse": masked_mse, "l1": masked_l1}
"""Of two photos, by the name that a recipe gives them."""


def identity_loss(passes: Sequence[Translation]) -> Tensor:
    """I = E MSE(x, y') + E MSE(y, x') (Eq. 5): the result keeps the photo's content. One-way: the first term."""
    return _sum([masked_mse(each.generated, each.real, each.mask) for each in passes])


def cycle_loss(passes: Sequence[Translation], distance: Distance = masked_mse) -> Tensor:
    """C = E MSE(x, x'') + E MSE(y, y'') (Eq. 6): there and back again changes nothing. Two-way passes only.

    With `masked_l1`, the cycle loss of CycleGAN (Zhu et al. 2017, Eq. 2).
    """
    return _sum([distance(each.cycled, each.real, each.mask) for each in passes if each.cycled is not None])


def _sum(terms: Sequence[Tensor]) -> Tensor:
    first, *others = terms
    return sum(others, start=first)
