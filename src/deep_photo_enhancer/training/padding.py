"""Generated photos get the padding that real ones have."""

from __future__ import annotations

import torch
from torch import Tensor


def mirror_again(photos: Tensor, mask: Tensor) -> Tensor:
    """Replace the padding by the photo's exact mirror image, as `square.pad_to_square` makes it.

    A generator's padding is its own work and no exact mirror image: a critic would tell it from a real photo's. photos:
    (B, 3, S, S); mask: (B, 1, S, S), 1 on the photo, which begins at the top left.
    """
    if bool((mask != 0).all()):
        return photos
    heights = mask[:, 0, :, 0].sum(1).long()  # (B, 1, S, S) -> (B)
    widths = mask[:, 0, 0, :].sum(1).long()
    rows, columns = (_mirrored_places(sides, photos.shape[-1]) for sides in (heights, widths))
    mirrored = [
        photo.index_select(1, of_rows).index_select(2, of_columns)
        for photo, of_rows, of_columns in zip(photos, rows, columns, strict=True)
    ]
    return torch.stack(mirrored).contiguous(memory_format=torch.channels_last)


def _mirrored_places(sides: Tensor, size: int) -> Tensor:
    """For each photo, which of its rows stands in each row of the square: 0 .. n-1, n-1 .. 0, 0 .. (B) -> (B, S)."""
    places = torch.arange(size, device=sides.device) % (2 * sides[:, None])
    return torch.where(places < sides[:, None], places, 2 * sides[:, None] - 1 - places)
