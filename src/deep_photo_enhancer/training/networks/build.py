"""From a configuration to a network."""

from __future__ import annotations

from collections.abc import Callable

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
