"""What several networks are built of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function

from deep_photo_enhancer.training.networks.config import Norms

# Fitted by the authors for use with batch normalisation; the usual SELU has 1.6733 and 1.0507.
SELU_ALPHA = 1.0198755295894968
SELU_SCALE = 1.0026538655307724


INIT_SCALE = 1e-3
"""The authors' small factor for `scale_variance`: with it an untrained generator is close to the identity, and a critic with
instance norm has a slope near 1."""
TRUNCATION = 1.3
"""A normal distribution that is cut at two standard deviations keeps 0.774 of its variance; the authors' library multiplies the
variance by this to make up for it."""


def scale_variance(layer: nn.Conv2d | nn.Linear, factor: float) -> None:
    """Variance scaling over the fan-in (tf.contrib's): truncated normal weights of variance factor / fan-in; offsets 0."""
    std = (TRUNCATION * factor / layer.weight[0].numel()) ** 0.5
    nn.init.trunc_normal_(layer.weight, std=std, a=-2 * std, b=2 * std)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


class SymmetricConv(nn.Conv2d):
    """A convolution whose border is the picture's mirror image, the edge pixels included (as in the authors' code)."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, stride: int = 1) -> None:
        super().__init__(channels_in, channels_out, kernel, stride)
        self.border = kernel // 2

    def forward(self, features: Tensor) -> Tensor:
        return super().forward(pad_symmetric(features, self.border))


def pad_symmetric(features: Tensor, border: int) -> Tensor:
    """Mirror `border` rows and columns outwards, edge included: ``.. 1 0 | 0 1 ..``. (B, C, H, W) -> (B, C, H + 2b, W + 2b)."""
    padded: Tensor = _Pad.apply(features, border)  # type: ignore[no-untyped-call]
    return padded


class _Pad(Function):
    """`pad_symmetric` in one pass over memory; its gradient is `_Fold` and the other way round, so that both have second ones."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, border: int) -> Tensor:
        ctx.border = border
        b, (n, c, h, w) = border, features.shape
        size = (n, c, h + 2 * b, w + 2 * b)
        padded = torch.empty(size, dtype=features.dtype, device=features.device, memory_format=_format(features))
        padded[..., b:-b, b:-b] = features
        padded[..., b:-b, :b] = features[..., :b].flip(-1)
        padded[..., b:-b, -b:] = features[..., -b:].flip(-1)
        padded[..., :b, :] = padded[..., b : 2 * b, :].flip(-2)
        padded[..., -b:, :] = padded[..., -2 * b : -b, :].flip(-2)
        return padded

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return _Fold.apply(gradient, ctx.border), None  # type: ignore[no-untyped-call]


class _Fold(Function):
    """Adds the mirrored border to the pixels that it came from: (B, C, H + 2b, W + 2b) -> (B, C, H, W)."""

    @staticmethod
    def forward(ctx: Any, padded: Tensor, border: int) -> Tensor:
        ctx.border = b = border
        middle, first, last = slice(b, -b), slice(None, b), slice(-b, None)
        folded = padded[..., middle, middle].clone(memory_format=_format(padded))
        for edge in (first, last):
            folded[..., edge, :] += padded[..., edge, middle].flip(-2)
            folded[..., edge] += padded[..., middle, edge].flip(-1)
            for corner in (first, last):
                folded[..., edge, corner] += padded[..., edge, corner].flip(-2, -1)
        return folded

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return _Pad.apply(gradient, ctx.border), None  # type: ignore[no-untyped-call]


def _format(features: Tensor) -> torch.memory_format:
    is_channels_last = features.is_contiguous(memory_format=torch.channels_last)
    return torch.channels_last if is_channels_last else torch.contiguous_format


def selu(features: Tensor) -> Tensor:
    """SELU with the authors' constants: scale * (x where x > 0, else alpha * (exp(x) - 1))."""
    scaled: Tensor = torch.ops.aten.elu(features, SELU_ALPHA, SELU_SCALE)  # F.elu has no scale: one pass less over memory
    return scaled


class BatchNorms(nn.ModuleDict):
    """Batch norms by name, one of them used at each call: individual batch normalisation (Section 5 of the paper).

    Decay 0.9 (PyTorch counts it from the other end), epsilon 1e-5, trainable offset and scale.
    """

    def __init__(self, channels: int, names: Sequence[Norms]) -> None:
        super().__init__({name: nn.BatchNorm2d(channels, eps=1e-5, momentum=0.1) for name in names})

    def forward(self, features: Tensor, norms: Norms) -> Tensor:
        normed: Tensor = self[norms](features)
        return normed
