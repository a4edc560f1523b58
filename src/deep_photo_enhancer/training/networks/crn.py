"""CRN: Chen and Koltun, "Photographic Image Synthesis with Cascaded Refinement Networks", ICCV 2017, Section 3.2."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from deep_photo_enhancer.training.networks.config import NetworkConfig, Norms
from deep_photo_enhancer.training.networks.generator import Generator

SLOPE = 0.2
"""Of the leaky ReLU below 0."""
COARSEST = 4
"""Sides of the first module's photo, at least."""


class CRN(Generator):
    """From coarse to fine: each module refines the features of the one before at twice their size, and sees the photo at its own.

    The published network takes a semantic layout; here, as in the DPE paper's comparison, it takes a photo. The output layer is
    linear, y_fake = (.. + 1) / 2 as in the authors' code. The first module's side is S halved while that is even and at least 4.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config)
        modules, channels_in = [], 0
        for side in sides(config.image_size):
            channels = config.channels(published_channels(side))
            modules.append(RefinementModule(channels_in + 3, channels))
            channels_in = channels
        self.refinements = nn.ModuleList(modules)
        self.last = nn.Conv2d(channels_in, 3, 1)
        self.apply(_initialise)

    def forward(self, x: Tensor, norms: Norms = "real") -> Tensor:  # noqa: ARG002
        photos = [x]
        for _ in self.refinements[1:]:
            photos.append(F.avg_pool2d(photos[-1], 2))  # (B, 3, S, S), (B, 3, S/2, S/2), ... (B, 3, 4, 4)
        first, *others = self.refinements
        features = first(photos.pop())  # -> (B, 1024, 4, 4)
        for module in others:
            features = F.interpolate(features, scale_factor=2, mode="bilinear", align_corners=True)
            features = module(torch.cat([features, photos.pop()], 1))  # -> (B, 1024, 8, 8), ... (B, 128, 512, 512)
        y_fake: Tensor = (self.last(features) + 1) / 2  # -> (B, 3, S, S)
        return y_fake


class RefinementModule(nn.Module):
    """conv 3 x 3 -> layer norm -> leaky ReLU, twice."""

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, padding=1, bias=False)
        self.norm1 = nn.GroupNorm(1, channels)  # one group is layer norm: over channels and places, a scale for each channel
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.GroupNorm(1, channels)

    def forward(self, features: Tensor) -> Tensor:
        inner = F.leaky_relu(self.norm1(self.conv1(features)), SLOPE)
        return F.leaky_relu(self.norm2(self.conv2(inner)), SLOPE)


def sides(image_size: int) -> list[int]:
    """Of the photos that the modules see, from coarse to fine: 4, 8, .. 512 for 512."""
    halved = [image_size]
    while halved[-1] % 2 == 0 and halved[-1] // 2 >= COARSEST:
        halved.append(halved[-1] // 2)
    return halved[::-1]


def published_channels(side: int) -> int:
    """Of the module with this side: 1024 up to 64, then 512, 128 from 512 on and 32 from 1024 on, as in the authors' code."""
    return 1024 if side < 128 else 512 if side < 512 else 128 if side < 1024 else 32


def _initialise(module: nn.Module) -> None:
    """Glorot and Bengio's uniform numbers, the default of the authors' library; offsets 0."""
    if isinstance(module, nn.Conv2d):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
