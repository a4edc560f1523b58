from __future__ import annotations

import pytest
import torch

from deep_photo_enhancer.losses import masked_mse


def test_two_small_photos_worked_out_by_hand() -> None:
    y = torch.zeros(2, 3, 2, 2)
    y_fake = torch.zeros(2, 3, 2, 2)
    y_fake[0, 0, 0, 0] = 0.6  # 0.36 over 3 channels x 1 pixel: 0.12
    y_fake[1] = 0.2  # 0.04 everywhere
    mask = torch.ones(2, 1, 2, 2)
    mask[0, 0, :, 1] = 0
    mask[0, 0, 1, :] = 0
    assert masked_mse(y_fake, y, mask).item() == pytest.approx((0.12 + 0.04) / 2)


def test_padding_neither_counts_nor_learns() -> None:
    torch.manual_seed(0)
    y = torch.rand(1, 3, 4, 4)
    y_fake = torch.rand(1, 3, 4, 4, requires_grad=True)
    mask = torch.zeros(1, 1, 4, 4)
    mask[..., :3, :] = 1
    loss = masked_mse(y_fake, y, mask)
    loss.backward()
    assert loss.item() == pytest.approx(torch.nn.functional.mse_loss(y_fake[..., :3, :], y[..., :3, :]).item())
    assert y_fake.grad is not None
    assert (y_fake.grad[..., 3, :] == 0).all()
    assert (y_fake.grad[..., :3, :] != 0).all()


def test_the_gradient_is_that_of_finite_differences() -> None:
    torch.manual_seed(0)
    y_fake = torch.rand(2, 3, 3, 3, dtype=torch.float64, requires_grad=True)
    y = torch.rand(2, 3, 3, 3, dtype=torch.float64)
    mask = (torch.rand(2, 1, 3, 3, dtype=torch.float64) > 0.3).double()
    assert torch.autograd.gradcheck(lambda out: masked_mse(out, y, mask), (y_fake,))
