"""A change of colours, split into a part of light and a part of colour, each to be scaled by itself.

The part of light gives x the luma of y and keeps its hue and its saturation, as a longer exposure would:

    light(x, y) = (x + BLACK) * (luma(y) + BLACK) / (luma(x) + BLACK) - BLACK

and the part of colour is the rest, y - light(x, y), whose luma is 0. Both are grey where x and y are grey. With the amounts
strength s, light l and colour c

    result = x + s * (l * (light(x, y) - x) + c * (y - light(x, y)))

The fit of affine transforms is linear in its target, so the same holds for them, at each node of the grid and after any
interpolation: T = I + s * (l * A_light + c * A_colour), where A_light and A_colour are fitted once (`Enhancer.split_transforms`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from numbers import Real

import numpy as np

from deep_photo_enhancer.enhancement.classical.luma import draw_inside, luma
from deep_photo_enhancer.photo.arrays import Floats

MAX_AMOUNT = 2.0
BLACK = np.float32(0.02)
"""Below about this luma, light is added to all channels alike: multiplied, the noise of near black would become colourful."""


@dataclass(frozen=True)
class Amounts:
    """How much of a change is applied: 0 nothing, 1 all of it, up to 2 exaggerates it.

    ValueError outside this range, TypeError for what is no number.
    """

    strength: float = 1.0
    """Scales both parts."""
    light: float = 1.0
    colour: float = 1.0

    def __post_init__(self) -> None:
        for name in ("strength", "light", "colour"):
            amount = getattr(self, name)
            if not isinstance(amount, Real):
                raise TypeError(f"{name} is a number from 0 to {MAX_AMOUNT:g}, not {amount!r} ({type(amount).__name__})")
            if not 0 <= float(amount) <= MAX_AMOUNT:
                raise ValueError(f"{name} lies between 0 and {MAX_AMOUNT:g}, not {amount}")

    def on(self, channels: int) -> Amounts:
        """For a photo of so many channels: all of a greyscale photo's change is light."""
        return replace(self, colour=self.light) if channels == 1 else self

    @property
    def of_light(self) -> float:
        return self.strength * self.light

    @property
    def of_colour(self) -> float:
        return self.strength * self.colour

    @property
    def are_even(self) -> bool:
        """Whether both parts are scaled alike, so that nothing has to be split."""
        return self.of_light == self.of_colour

    @property
    def are_nothing(self) -> bool:
        return self.of_light == self.of_colour == 0


ALL = Amounts()


def light_part(x: Floats, y: Floats) -> Floats:
    """x with the luma of y: (h, w, 3), sRGB-encoded in [0, 1]. What would leave the range is drawn to the grey of its luma."""
    gain = (np.clip(luma(y), 0, 1) + BLACK) / (luma(x) + BLACK)
    return draw_inside((x + BLACK) * gain[..., None] - BLACK)


def blend(x: Floats, y: Floats, amounts: Amounts) -> Floats:
    """x with so much of its change to y: (h, w, 3), sRGB-encoded, about [0, 1]; not clipped."""
    of_light, of_colour = np.float32(amounts.of_light), np.float32(amounts.of_colour)
    if amounts.are_even:
        return x + of_light * (y - x)
    light = light_part(x, y)
    return x + of_light * (light - x) + of_colour * (y - light)
