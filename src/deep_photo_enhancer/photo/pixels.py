"""Small changes to pixels on their way in."""

from __future__ import annotations

import numpy as np

from deep_photo_enhancer.photo.arrays import Pixels


def filled_up(pixels: Pixels, bits: int) -> Pixels:
    """Codes of 9 to 15 bits that were shifted to the top of 16, with their high bits repeated below: white becomes 65535."""
    return pixels if bits == 16 else pixels | (pixels >> np.uint16(bits))


def apart(everything: Pixels, colours: int) -> tuple[Pixels, Pixels | None]:
    """(H, W, colours [+ 1]) -> pixels and alpha, each contiguous and free to be written to."""
    if everything.shape[2] == colours:
        return np.array(everything, order="C"), None
    return np.array(everything[..., :colours], order="C"), np.array(everything[..., colours : colours + 1], order="C")
