"""sRGB's transfer function (IEC 61966-2-1) on tensors, with gradients that are finite everywhere."""

from __future__ import annotations

import torch
from torch import Tensor

STRAIGHT_CODES, STRAIGHT_LIGHT, SLOPE = 0.04045, 0.0031308, 12.92
"""Up to this encoded value and this light, the function is a line."""
OFFSET, GAMMA = 0.055, 2.4
"""Of the rest."""


def to_linear(codes: Tensor) -> Tensor:
    """Encoded values, from 0 to 1, to linear light."""
    bent = ((codes.clamp_min(STRAIGHT_CODES) + OFFSET) / (1 + OFFSET)) ** GAMMA
    return torch.where(codes <= STRAIGHT_CODES, codes / SLOPE, bent)


def to_encoded(light: Tensor) -> Tensor:
    """Linear light, from 0 to 1, to encoded values."""
    bent = (1 + OFFSET) * light.clamp_min(STRAIGHT_LIGHT) ** (1 / GAMMA) - OFFSET
    return torch.where(light <= STRAIGHT_LIGHT, light * SLOPE, bent)
