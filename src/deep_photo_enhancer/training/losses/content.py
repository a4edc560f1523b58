"""The losses that keep a photo's content, one function an equation.

All photos are (B, 3, S, S), sRGB; masks (B, 1, S, S), 1 on the photo, 0 on the padding. Every photo counts alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
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
    return _mse_of_each(y_fake, y, mask).mean()


def masked_l1(y_fake: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    """Mean absolute error over the photos' pixels, the padding left out."""
    absolute = ((y_fake - y).abs() * mask).sum((1, 2, 3))  # (B, 3, S, S) -> (B)
    return (absolute / (mask.sum((1, 2, 3)) * y.shape[1])).mean()


def masked_log_mse(y_fake: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    """Mean over the photos of log10 MSE, which is -PSNR / 10: the supervised loss of the authors' code.

    1e-5 is added to the MSE, so that a photo that is 50 dB near cannot outweigh all others.
    """
    return torch.log10(_mse_of_each(y_fake, y, mask) + 1e-5).mean()


def masked_rmse(y_fake: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    """Mean over the photos of the root of their MSE: ours, between the two others.

    MSE hears the photos that are far from their label most, its logarithm those that are near; here the gradients of all photos
    have one length. 1e-6 is added to the MSE, so that a photo without an error has a gradient.
    """
    return torch.sqrt(_mse_of_each(y_fake, y, mask) + 1e-6).mean()


def _mse_of_each(y_fake: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    squared = ((y_fake - y) ** 2 * mask).sum((1, 2, 3))  # (B, 3, S, S) -> (B)
    return squared / (mask.sum((1, 2, 3)) * y.shape[1])


def masked_lab(y_fake: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    """Mean colour difference of the photos' pixels in CIELAB (CIE 1976) over 100, and what leaves [0, 1], squared. Ours."""
    outside = ((y_fake - y_fake.clamp(0, 1)) ** 2).sum(1, keepdim=True)
    difference = torch.sqrt(((cielab(y_fake) - cielab(y)) ** 2).sum(1, keepdim=True) + 1e-5)  # (B, 3, S, S) -> (B, 1, S, S)
    return (((difference + outside) * mask).sum((1, 2, 3)) / mask.sum((1, 2, 3))).mean()


def cielab(photos: Tensor) -> Tensor:
    """L, a, b over 100 of sRGB photos, D65: (B, 3, H, W) -> (B, 3, H, W). Below black and above 1.2 there is no gradient."""
    codes = photos.clamp(1e-4, 1.2)
    linear = torch.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)
    xyz = torch.einsum("ij,bjhw->bihw", photos.new_tensor(XYZ_OVER_WHITE), linear)
    f = torch.where(xyz > 0.008856, xyz.clamp_min(1e-6) ** (1 / 3), 7.787 * xyz + 16 / 116)
    x, y, z = f.unbind(1)
    return torch.stack([1.16 * y - 0.16, 5 * (x - y), 2 * (y - z)], 1)


XYZ_OVER_WHITE = (
    (0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339 / 1.08883, 0.1191920 / 1.08883, 0.9503041 / 1.08883),
)
"""Linear sRGB to XYZ over that of D65 white."""

SUPERVISED_LOSSES: dict[str, Distance] = {
    "mse": masked_mse,
    "log-mse": masked_log_mse,
    "rmse": masked_rmse,
    "lab": masked_lab,
}
"""By the name that a recipe gives them."""

DISTANCES: dict[str, Distance] = {"mse": masked_mse, "l1": masked_l1}
"""Of two photos, by the name that a recipe gives them."""


def identity_loss(translations: Sequence[Translation]) -> Tensor:
    """I = E MSE(x, y') + E MSE(y, x') (Eq. 5): the result keeps the photo's content. One-way: the first term."""
    return _sum([masked_mse(each.generated, each.real, each.mask) for each in translations])


def cycle_loss(translations: Sequence[Translation], distance: Distance = masked_mse) -> Tensor:
    """C = E MSE(x, x'') + E MSE(y, y'') (Eq. 6): there and back again changes nothing. Two-way passes only.

    With `masked_l1`, the cycle loss of CycleGAN (Zhu et al. 2017, Eq. 2).
    """
    return _sum([distance(each.cycled, each.real, each.mask) for each in translations if each.cycled is not None])


def _sum(terms: Sequence[Tensor]) -> Tensor:
    first, *others = terms
    return sum(others, start=first)
