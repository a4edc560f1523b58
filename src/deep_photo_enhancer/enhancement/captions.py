"""Lines of text below pictures."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

AS_TAKEN = "as taken"
ELLIPSIS = "..."


def caption(text: str, width: int, size: int) -> NDArray[np.uint8]:
    """Black on white, cut to the width: (2 * size, width, 1), for letters of `size` pixels."""
    from PIL import Image, ImageDraw

    font = _font(size)
    strip = Image.new("L", (width, 2 * size), 255)
    ImageDraw.Draw(strip).text((size // 2, size), _cut(text, width - size, font), fill=0, font=font, anchor="lm")
    return np.asarray(strip)[..., None]


def _cut(text: str, width: int, font: Any) -> str:
    if font.getlength(text) <= width:
        return text
    length = max((n for n in range(len(text)) if font.getlength(text[:n] + ELLIPSIS) <= width), default=0)
    return text[:length] + ELLIPSIS if length else ""


@lru_cache
def _font(size: int) -> Any:
    """The font that comes with Pillow."""
    from PIL import ImageFont

    return ImageFont.load_default(size)
