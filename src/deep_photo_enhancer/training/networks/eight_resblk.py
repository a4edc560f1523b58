"""8RESBLK: the generator of CycleGAN (Zhu et al., ICCV 2017, Appendix, "Network architectures"), after Johnson et al. 2016.

In the appendix's letters: c7s1-32, d64, d128, R128 eight times, u64, u32, c7s1-3. CycleGAN takes 6 or 9 residual blocks by the
photo's size; 8 is in the DPE paper's name for what it compares, whose channels it does not tell: these are the appendix's
(CycleGAN's released code has twice as many: `width` 2).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from deep_photo_enhancer.training.networks.config import NetworkConfig, Norms
from deep_photo_enhancer.training.networks.generator import Generator

STD = 0.02
"""Of the first kernels, normal around 0 (CycleGAN, Section 7)."""


class EightResBlk(Generator):
    """Down by four, eight residual blocks, up by four. y_fake = (tanh(..) + 1) / 2 lies in (0, 1); the network sees 2 x - 1.

    Instance norm has a trainable scale and offset, so the convolutions before it have no offset of their own. Borders are
    mirrored around the 7 x 7 convolutions and in the blocks, and zero elsewhere, as in CycleGAN's code. Comments give shapes at
    S = 512.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config)
        c32, c64, c128 = (config.channels(number) for number in (32, 64, 128))
        self.layers = nn.Sequential(
            Normed(nn.Conv2d(3, c32, 7, padding=3, padding_mode="reflect", bias=False)),  # -> (B, 32, 512, 512)
            Normed(nn.Conv2d(c32, c64, 3, stride=2, padding=1, bias=False)),  # -> (B, 64, 256, 256)
            Normed(nn.Conv2d(c64, c128, 3, stride=2, padding=1, bias=False)),  # -> (B, 128, 128, 128)
            *[ResidualBlock(c128) for _ in range(8)],
            Normed(nn.ConvTranspose2d(c128, c64, 3, stride=2, padding=1, output_padding=1, bias=False)),  # -> (B, 64, 256, 256)
            Normed(nn.ConvTranspose2d(c64, c32, 3, stride=2, padding=1, output_padding=1, bias=False)),  # -> (B, 32, 512, 512)
            nn.Conv2d(c32, 3, 7, padding=3, padding_mode="reflect"),  # -> (B, 3, 512, 512)
        )
        self.apply(_initialise)

    def forward(self, x: Tensor, norms: Norms = "real") -> Tensor:  # noqa: ARG002
        return (torch.tanh(self.layers(2 * x - 1)) + 1) / 2


class Normed(nn.Module):
    """convolution -> instance norm -> ReLU."""

    def __init__(self, conv: nn.Conv2d | nn.ConvTranspose2d) -> None:
        super().__init__()
        self.conv = conv
        # a group for each channel is instance norm, and keeps the channels last
        self.norm = nn.GroupNorm(conv.out_channels, conv.out_channels)

    def forward(self, features: Tensor) -> Tensor:
        return torch.relu(self.norm(self.conv(features)))


class ResidualBlock(nn.Module):
    """x + (conv -> instance norm -> ReLU -> conv -> instance norm); nothing after the sum."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = Normed(nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect", bias=False))
        self.conv = nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect", bias=False)
        self.norm = nn.GroupNorm(channels, channels)

    def forward(self, features: Tensor) -> Tensor:
        inner: Tensor = self.norm(self.conv(self.first(features)))
        return features + inner


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, std=STD)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
