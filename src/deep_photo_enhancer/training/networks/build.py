"""From a configuration to a network, and how large and costly it is."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.utils.flop_counter import FlopCounterMode

from deep_photo_enhancer.training.networks.config import NetworkConfig
from deep_photo_enhancer.training.networks.crn import CRN
from deep_photo_enhancer.training.networks.dped import DPED
from deep_photo_enhancer.training.networks.eight_resblk import EightResBlk
from deep_photo_enhancer.training.networks.fcn import FCN
from deep_photo_enhancer.training.networks.generator import Generator
from deep_photo_enhancer.training.networks.global_unet import GlobalUNet

NETWORKS: dict[str, Callable[[NetworkConfig], Generator]] = {
    "global-unet": GlobalUNet,
    "unet": GlobalUNet,
    "dped": DPED,
    "8resblk": EightResBlk,
    "fcn": FCN,
    "crn": CRN,
}
"""By the architecture's name; the plain U-Net is the global one without its global features."""


def build_network(config: NetworkConfig) -> Generator:
    """The generator of a configuration, with first weights drawn from PyTorch's global random numbers."""
    return NETWORKS[config.architecture](config)


def count_parameters(config: NetworkConfig) -> int:
    """Of the generator, its batch norms' scales and offsets included."""
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in build_network(config).parameters())


@torch.no_grad()
def count_multiply_adds(config: NetworkConfig) -> int:
    """Of the convolutions and fully connected layers for one photo of S x S, as PyTorch counts them."""
    with torch.device("meta"):
        network = build_network(config).eval()
        x = torch.empty(1, 3, config.image_size, config.image_size)
    with FlopCounterMode(display=False) as counter:
        network(x)
    return int(counter.get_total_flops()) // 2
