"""Lightness of sRGB colours, and colours of another lightness."""

from __future__ import annotations

import numpy as np

from deep_photo_enhancer.photo.arrays import Floats

WEIGHTS = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Of red, green and blue (ITU-R BT.709)."""
BLACK = np.float32(1 / 255)
"""Added to both sides of a ratio of lightness, so that near black the noise does not make it huge."""


def luma(photo: Floats) -> Floats:
    """Weighted mean of the encoded channels: (H, W, 3) -> (H, W), in [0, 1]."""
    weighted: Floats = photo @ WEIGHTS
    return weighted


def change_luma(photo: Floats, old: Floats, new: Floats) -> Floats:
    """The photo with its channels scaled by the ratio of the new luma to the old: (H, W, 3), in [0, 1].

    Colours that leave the range go towards the grey of their luma until they are inside: hue stays, saturation falls.
    """
    gain = (new + BLACK) / (old + BLACK)
    return draw_inside(photo * gain[..., None])


def draw_inside(colours: Floats) -> Floats:
    """Colours >= 0 with channels above 1, drawn to their own grey until they are not: (H, W, 3), changed in place."""
    high = colours.max(2)
    rows, columns = np.nonzero(high > 1)
    wild = colours[rows, columns]  # (n, 3)
    grey = np.minimum(wild @ WEIGHTS, 1)
    share = (1 - grey) / (high[rows, columns] - grey)
    colours[rows, columns] = grey[:, None] + share[:, None] * (wild - grey[:, None])
    return colours
