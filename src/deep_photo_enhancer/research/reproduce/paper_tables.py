"""The paper's tables 1 to 4, and one of ours: their rows as settings of a training run, beside the paper's own numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class PaperRow:
    """A row: what is trained, and what the paper says of it."""

    name: str
    settings: Mapping[str, Any]
    """Of `TrainConfig`, by their dotted names; over those of the budget."""
    paper: Mapping[str, float] = field(default_factory=dict)
    """The paper's "psnr" and "ssim", where it gives them."""


@dataclass(frozen=True)
class PaperTable:
    """A table of systems that are compared."""

    name: str
    title: str
    labels: Literal["retoucher", "fllf"]
    """What the results are held against: the data's own labels, or the fast local Laplacian filter of the inputs."""
    rows: tuple[PaperRow, ...]


def _network(name: str, architecture: str, psnr: float, ssim: float) -> PaperRow:
    settings = {"method": "supervised", "network.architecture": architecture}
    return PaperRow(name, settings, {"psnr": psnr, "ssim": ssim})


def _gan(name: str, psnr: float | None, objective: str, **settings: Any) -> PaperRow:
    """settings: `TrainConfig`'s, with two underscores for the dot."""
    own = {"method": "one_way", "gan.objective": objective, "gan.penalty_weight": 10} | {
        key.replace("__", "."): value for key, value in settings.items()
    }
    return PaperRow(name, own, {} if psnr is None else {"psnr": psnr})


def _pooled(rows: Sequence[PaperRow]) -> tuple[PaperRow, ...]:
    """The same with the pooled critic, which the paper does not have."""
    return tuple(PaperRow(f"{row.name}, pooled critic", {**row.settings, "gan.critic": "pooled"}) for row in rows)


_OBJECTIVES = (
    _gan("GAN", None, "gan"),
    _gan("LSGAN", None, "lsgan"),
    _gan("DRAGAN", None, "dragan"),
    _gan("WGAN-GP, lambda 10", 21.42, "wgan-gp"),
    _gan("WGAN-GP, lambda 1", 21.19, "wgan-gp", gan__penalty_weight=1),
    _gan("WGAN-GP, lambda 0.1", 20.78, "wgan-gp", gan__penalty_weight=0.1),
    _gan("A-WGAN", 22.17, "a-wgan"),
)
_WAYS = (
    _gan("WGAN-GP, one-way", 21.42, "wgan-gp"),
    _gan("WGAN-GP, two-way", 21.96, "wgan-gp", method="two_way"),
    _gan("WGAN-GP, two-way, iBN", 22.27, "wgan-gp", method="two_way", network__individual_batch_norm=True),
    _gan("A-WGAN, one-way", 22.17, "a-wgan"),
    _gan("A-WGAN, two-way", 22.21, "a-wgan", method="two_way"),
    _gan("A-WGAN, two-way, iBN", 22.37, "a-wgan", method="two_way", network__individual_batch_norm=True),
)
_LAMBDAS = tuple(
    _gan(f"{name}, {word} {weight:g}", None, objective, gan__penalty_weight=weight)
    for name, word, objective in (("A-WGAN", "first lambda", "a-wgan"), ("WGAN-GP", "lambda", "wgan-gp"))
    for weight in (1, 10, 100)
)

TABLES = {
    table.name: table
    for table in (
        PaperTable(
            "table1",
            "Supervised learning of the fast local Laplacian filter",
            "fllf",
            (
                _network("DPED", "dped", 25.50, 0.911),
                _network("8RESBLK", "8resblk", 31.46, 0.951),
                _network("FCN", "fcn", 31.52, 0.952),
                _network("CRN", "crn", 33.52, 0.972),
                _network("U-Net", "unet", 31.06, 0.960),
                _network("global U-Net", "global-unet", 33.93, 0.976),
            ),
        ),
        PaperTable(
            "table2",
            "Supervised learning of a retoucher's work",
            "retoucher",
            (
                _network("DPED", "dped", 21.76, 0.871),
                _network("8RESBLK", "8resblk", 23.42, 0.875),
                _network("FCN", "fcn", 20.66, 0.849),
                _network("CRN", "crn", 22.38, 0.877),
                _network("U-Net", "unet", 22.13, 0.879),
                _network("global U-Net", "global-unet", 23.89, 0.900),
            ),
        ),
        PaperTable("table3", "Objectives of the one-way GAN, unpaired", "retoucher", _OBJECTIVES + _pooled(_OBJECTIVES)),
        PaperTable("table4", "One-way and two-way GANs, unpaired", "retoucher", _WAYS + _pooled(_WAYS)),
        PaperTable("lambdas", "One-way GANs from lambdas two decades apart", "retoucher", _LAMBDAS + _pooled(_LAMBDAS)),
    )
}
"""By name; `lambdas` is ours, after Figure 3. Numbers that the paper gives in words or graphs only are left out."""
