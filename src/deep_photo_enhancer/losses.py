"""The paper's losses, one function an equation."""

from __future__ import annotations

from torch import Tensor


def masked_mse(y_fake: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    """Mean squared error over the photos' pixels, the padding left out: the supervised loss (Section 4 of the paper).

    y_fake, y: (B, 3, S, S), sRGB; mask: (B, 1, S, S), 1 on the photo, 0 on the padding. Every photo counts alike.
    """
    squared = ((y_fake - y) ** 2 * mask).sum((1, 2, 3))  # (B, 3, S, S) -> (B)
    return (squared / (mask.sum((1, 2, 3)) * y.shape[1])).mean()
