"""A dark photo's exposure, raised until its lights are light, before the network sees the photo (ours).

A network that adds to x would have to learn by heart what a longer exposure does; here it is done, and what is left to learn is
what to make of such a photo. Photos whose lights are light enough stay as they are, but for rounding.

`data/light.py` exposes arrays, for the faults that are drawn.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from deep_photo_enhancer.training.srgb import GAMMA, OFFSET, to_encoded, to_linear

LIGHTS = 200
"""One in so many pixels is a light."""
LIGHT = 0.75
"""Highest channel of a photo's darkest light, sRGB-encoded, up to which the exposure is raised."""
MOST = 3.5
"""Stops, at most."""
LOG2_LIGHT = GAMMA * math.log2((LIGHT + OFFSET) / (1 + OFFSET))
"""Of the linear light."""
DARKEST = 1e-4
"""Linear light that darker lights count as."""


@torch.no_grad()
def missing_stops(x: Tensor) -> Tensor:
    """How many stops a photo is too dark, from 0 to 3.5: (B, 3, H, W), sRGB-encoded -> (B, 1, 1, 1)."""
    highest = x.amax(1).flatten(1)  # (B, 3, H, W) -> (B, H * W)
    lights = highest.topk(max(1, highest.shape[1] // LIGHTS)).values
    return (LOG2_LIGHT - to_linear(lights[:, -1]).clamp_min(DARKEST).log2()).clamp(0, MOST).reshape(-1, 1, 1, 1)


def expose(x: Tensor, stops: Tensor) -> Tensor:
    """x exposed longer, clipped at white; (B, 3, H, W), sRGB-encoded in [0, 1]. stops: (B, 1, 1, 1)."""
    return to_encoded((to_linear(x) * 2**stops).clamp(0, 1))
