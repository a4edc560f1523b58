"""sRGB's transfer function (IEC 61966-2-1) on tensors, with gradients that are finite everywhere."""

from __future__ import annotations

import torch
from torch import Tensor


def to_linear(codes: Tensor) -> Tensor:
    """Encoded values, from 0 to 1, to linear light."""
    return torch.where(codes <= 0.04045, codes / 12.92, ((codes.clamp_min(0.04045) + 0.055) / 1.055) ** 2.4)


def to_encoded(light: Tensor) -> Tensor:
    """Linear light, from 0 to 1, to encoded values."""
    return torch.where(light <= 0.0031308, light * 12.92, 1.055 * light.clamp_min(0.0031308) ** (1 / 2.4) - 0.055)
