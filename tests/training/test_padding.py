from __future__ import annotations

import pytest
import torch

from deep_photo_enhancer.training.data.drawing import to_sample
from deep_photo_enhancer.training.padding import mirror_again
from tests.synthetic import synthetic_photo

SHAPES = [(64, 64), (40, 64), (64, 33), (9, 64), (64, 1)]


def test_the_padding_becomes_that_of_a_real_photo_whatever_was_there() -> None:
    samples = [to_sample(synthetic_photo(i, *shape), 64) for i, shape in enumerate(SHAPES)]
    padded, mask = (torch.stack(parts) for parts in zip(*samples, strict=True))
    spoilt = padded * mask + (1 - mask) * torch.rand(padded.shape)
    assert (spoilt != padded).any()
    assert torch.equal(mirror_again(spoilt, mask), padded)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_photo_learns_from_its_mirror_image_and_not_from_its_own_padding(shape: tuple[int, int]) -> None:
    photo, mask = (part[None] for part in to_sample(synthetic_photo(0, *shape), 64))
    photo.requires_grad_()
    mirror_again(photo, mask).sum().backward()
    assert photo.grad is not None
    assert (photo.grad[0, :, : shape[0], : shape[1]] >= 1).all()  # once itself, and once for each mirror image
    assert photo.grad.sum() == 3 * 64 * 64
    assert (photo.grad * (1 - mask) == 0).all()
