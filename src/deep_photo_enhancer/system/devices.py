"""Names of what a network runs on, the same for enhancing and training."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

DEVICE_NAMES = "auto, cpu, cuda, or cuda:1 for the second one"


class Device(NamedTuple):
    """A device as a user names it."""

    kind: Literal["auto", "cpu", "cuda"]
    """auto: CUDA where it works, else the CPU."""
    number: int | None = None
    """Of the CUDA device, from 0; None for the one that CUDA prefers."""


def parse_device(name: str) -> Device:
    """ValueError, with a sentence for the user, for any other name than auto, cpu, cuda and cuda:n."""
    found = re.fullmatch(r"(auto|cpu|cuda)|cuda:(\d+)", name, re.ASCII)
    if found is None:
        raise ValueError(f"device {name}: not known; use {DEVICE_NAMES}")
    if found[2] is not None:
        return Device("cuda", int(found[2]))
    return Device(found[1])  # type: ignore[arg-type] # one of three words
