"""What a generator is built from: the part of a recipe, a checkpoint and a model's file that is called `network`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

Norms = Literal["real", "generated"]
"""Which photos a pass of a generator sees: G takes real ones, G' of the paper generated ones."""

U_NETS = ("global-unet", "unet")
COMPARED = ("dped", "8resblk", "fcn", "crn")
"""The networks of others that the paper compares with its own."""
ARCHITECTURES = U_NETS + COMPARED


@dataclass(frozen=True)
class NetworkConfig:
    """What it takes to build a generator again from its weights."""

    image_size: int = 512
    """S: side of the square that the network is trained on, in pixels; a multiple of 64."""
    architecture: str = "global-unet"
    """A column of the paper's Tables 1 and 2: global-unet (the paper's own), unet (the same without global features), dped,
    8resblk, fcn or crn."""
    individual_batch_norm: bool = False
    """True gives a U-Net a second set of batch norms, for generated photos: G and G' of the two-way GAN in one module."""
    keep_ends: bool = False
    """Let a U-Net's change fade out towards white and black, so that a white background stays white (ours)."""
    width: float = 1.0
    """Multiplies the channel numbers of dped, 8resblk, fcn and crn, which are large; the U-Nets stay as published."""

    def __post_init__(self) -> None:
        if self.image_size < 64 or self.image_size % 64:
            raise ValueError(f"image_size must be a positive multiple of 64, not {self.image_size}")
        if self.architecture not in ARCHITECTURES:
            raise ValueError(f"architecture is one of {', '.join(ARCHITECTURES)}, not {self.architecture}")
        if not self.width > 0:
            raise ValueError(f"width must be above 0, not {self.width}")
        if self.is_u_net and self.width != 1:
            raise ValueError(f"width is for {', '.join(COMPARED)}; the U-Nets have the paper's channels")
        if self.individual_batch_norm and not self.is_u_net:
            raise ValueError(f"individual_batch_norm is for {' and '.join(U_NETS)}, not for {self.architecture}")
        if self.keep_ends and not self.is_u_net:
            raise ValueError(f"keep_ends is for {' and '.join(U_NETS)}, not for {self.architecture}")

    @property
    def is_u_net(self) -> bool:
        return self.architecture in U_NETS

    @property
    def has_global_features(self) -> bool:
        return self.architecture == "global-unet"

    @property
    def norms(self) -> tuple[Norms, ...]:
        """The names of a U-Net's sets of batch norms."""
        return ("real", "generated") if self.individual_batch_norm else ("real",)

    def channels(self, published: int) -> int:
        """How many channels take the place of the published number of them."""
        return max(1, round(self.width * published))

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def enhancer_config(config: NetworkConfig) -> NetworkConfig:
    """Of the enhancer Phi = G_X, which is exported: without the batch norms for generated photos."""
    return replace(config, individual_batch_norm=False)
