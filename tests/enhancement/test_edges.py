"""What the bundled model's change looks like at full size: nothing at edges and in ramps that the network did not ask for.

The same measures at the sizes of real photos, and on photos: benchmarks/edges.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from deep_photo_enhancer import Enhancer, Photo
from tests.enhancement.edges import SIDES, edge_excursions, edge_photo, largest_fall

Array = NDArray[Any]


@pytest.fixture(scope="module")
def natural() -> Enhancer:
    return Enhancer()


@pytest.mark.parametrize(
    ("edge", "angle", "size"),
    [("grey 5, 60", 0, (2048, 1536)), ("roof, sky", 0, (2048, 1536)), ("brick, sky", 20, (1024, 768))],
)
def test_no_more_overshoot_at_a_step_edge_than_the_network_has(
    natural: Enhancer, edge: str, angle: float, size: tuple[int, int]
) -> None:
    network, full = edge_excursions(natural, edge_photo(size, angle, SIDES[edge]), angle)
    assert full.overshoot - network.overshoot <= 0.02
    assert full.halo - network.halo <= 0.06  # before the edge, within the window of the fit


def ramp(depth: Any) -> Array:
    """Black to white over 4096 pixels: (48, 4096, 3)."""
    levels = np.linspace(0, np.iinfo(depth).max, 4096).round().astype(depth)
    wide: Array = np.broadcast_to(levels[None, :, None], (48, 4096, 3))
    return wide


def enhanced_line(natural: Enhancer, pixels: Array) -> Array:
    line: Array = natural.enhance_photo(Photo(pixels.copy())).pixels[24].astype(float)
    return line


def test_a_ramp_of_8_bits_gets_no_step_above_the_slope_of_the_networks_own(natural: Enhancer) -> None:
    line = enhanced_line(natural, ramp(np.uint8))
    assert np.diff(line, axis=0).max() <= network_slopes(natural).max() + 1  # both levels are rounded
    assert largest_fall(line) <= 1


def test_a_ramp_of_8_bits_does_not_come_back_between_its_levels(natural: Enhancer) -> None:
    """Given in 16 bits, so that rounding hides nothing: the transforms along the pixels of one level change, those hardly do."""
    line = enhanced_line(natural, ramp(np.uint8).astype(np.uint16) * 257) / 257
    assert largest_fall(line) < 0.3


def test_a_ramp_of_16_bits_has_neither_plateaus_nor_jumps(natural: Enhancer) -> None:
    line = enhanced_line(natural, ramp(np.uint16))[512:-512]  # black and white may be clipped
    slopes = (line[16:] - line[:-16]) / (16 * 65535 / 4095)
    assert slopes.min() > 0.4
    assert slopes.max() < 1.05 * network_slopes(natural).max()


def network_slopes(natural: Enhancer) -> Array:
    """Of the network's own tone curve, from an eighth to seven eighths of a ramp from black to white over its 256 pixels."""
    assert natural.model is not None
    levels = np.linspace(0, 1, 256, dtype=np.float32)
    y_fake = natural.model(np.tile(levels[None, :, None], (256, 1, 3)))
    slopes: Array = 255 * np.diff(y_fake[128], axis=0)[32:-32]
    return slopes
