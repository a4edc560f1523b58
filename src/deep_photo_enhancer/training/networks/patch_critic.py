"""CycleGAN's critic (Zhu et al., ICCV 2017, Appendix, "Discriminator architectures"): the 70 x 70 PatchGAN of Isola et al. 2017.

In the appendix's letters: C64-C128-C256-C512, and a last convolution to one channel.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from deep_photo_enhancer.training.networks.eight_resblk import STD

SLOPE = 0.2
"""Of the leaky ReLU below 0."""


class PatchCritic(nn.Module):
    """Scores overlapping patches of 70 x 70 pixels: (B, 3, S, S) -> (B, S/8 - 2, S/8 - 2). No sigmoid: any real number.

    The photo is seen as 2 x - 1. Instance norm has a trainable scale and offset. Comments give shapes at S = 256.
    """

    def __init__(self, instance_norm: bool = True) -> None:
        super().__init__()
        self.blocks = nn.Sequential(
            PatchBlock(3, 64, stride=2, instance_norm=False),  # (B, 3, 256, 256) -> (B, 64, 128, 128)
            PatchBlock(64, 128, stride=2, instance_norm=instance_norm),  # -> (B, 128, 64, 64)
            PatchBlock(128, 256, stride=2, instance_norm=instance_norm),  # -> (B, 256, 32, 32)
            PatchBlock(256, 512, stride=1, instance_norm=instance_norm),  # -> (B, 512, 31, 31)
        )
        self.last = nn.Conv2d(512, 1, 4, padding=1)
        self.apply(_initialise)

    def forward(self, photos: Tensor) -> Tensor:
        scores: Tensor = self.last(self.blocks(2 * photos - 1))  # -> (B, 1, 30, 30)
        return scores[:, 0]


class PatchBlock(nn.Module):
    """4 x 4 conv -> instance norm, or nothing in its place -> leaky ReLU."""

    def __init__(self, channels_in: int, channels_out: int, stride: int, instance_norm: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, 4, stride=stride, padding=1, bias=not instance_norm)
        self.norm = nn.GroupNorm(channels_out, channels_out) if instance_norm else nn.Identity()

    def forward(self, features: Tensor) -> Tensor:
        return F.leaky_relu(self.norm(self.conv(features)), SLOPE)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.normal_(module.weight, std=STD)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
