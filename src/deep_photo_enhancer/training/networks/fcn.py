"""FCN: Chen, Xu and Koltun, "Fast Image Processing with Fully-Convolutional Networks", ICCV 2017: their network CAN32."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from deep_photo_enhancer.training.networks.config import NetworkConfig, Norms
from deep_photo_enhancer.training.networks.generator import Generator

SLOPE = 0.2
"""Of the leaky ReLU below 0 (Section 3.1)."""
DILATIONS = (1, 2, 4, 8, 16, 32, 64, 128, 1)
"""Of the 3 x 3 convolutions (Table 1: depth 10 with the last layer). The authors' code also has one with 24 channels (`width`
0.75) that stops at 64."""


class FCN(Generator):
    """A context aggregation network: dilated convolutions at full resolution, each with adaptive normalisation; no residual.

    Which of its sizes the DPE paper compared is not known. Borders are zero, as published. The layers before the last begin as
    the identity, so that the first features are the photo.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config)
        channels = config.channels(32)
        taken = (3, *[channels] * (len(DILATIONS) - 1))
        self.layers = nn.Sequential(*[DilatedLayer(each, channels, rate) for each, rate in zip(taken, DILATIONS, strict=True)])
        self.last = nn.Conv2d(channels, 3, 1)
        nn.init.xavier_uniform_(self.last.weight)
        assert self.last.bias is not None
        nn.init.zeros_(self.last.bias)

    def forward(self, x: Tensor, norms: Norms = "real") -> Tensor:  # noqa: ARG002
        y_fake: Tensor = self.last(self.layers(x))  # (B, 3, S, S) -> (B, 32, S, S) -> (B, 3, S, S)
        return y_fake


class DilatedLayer(nn.Module):
    """conv -> adaptive normalisation -> leaky ReLU (Eq. 1); the norm has the offset."""

    def __init__(self, channels_in: int, channels_out: int, dilation: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, 3, padding=dilation, dilation=dilation, bias=False)
        self.norm = AdaptiveNorm(channels_out)
        nn.init.dirac_(self.conv.weight)

    def forward(self, features: Tensor) -> Tensor:
        return F.leaky_relu(self.norm(self.conv(features)), SLOPE)


class AdaptiveNorm(nn.Module):
    """lambda x + mu BN(x) (Section 3.2): learns how much normalisation is good. Begins as the identity, lambda = 1 and mu = 0.

    While mu is 0, no gradient reaches the batch norm's own scale and offset. The released code has the offset alone (the default
    of TensorFlow's slim.batch_norm), averages with a decay of 0.999 and normalises by the batch at test time too. Here the batch
    norm has both, as in Ioffe and Szegedy 2015; the scale is redundant beside mu but for its being one a channel. Its averages
    have PyTorch's momentum of 0.1 (a decay of 0.9), and are what a trained network normalises by.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))
        self.norm_scale = nn.Parameter(torch.zeros(()))
        self.batch_norm = nn.BatchNorm2d(channels, eps=1e-3)

    def forward(self, features: Tensor) -> Tensor:
        normed: Tensor = self.scale * features + self.norm_scale * self.batch_norm(features)
        return normed
