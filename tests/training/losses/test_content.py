from __future__ import annotations

import pytest
import torch
from skimage.color import deltaE_cie76, rgb2lab
from torch import Tensor

from deep_photo_enhancer.training.losses.content import (
    Translation,
    cielab,
    cycle_loss,
    identity_loss,
    masked_l1,
    masked_lab,
    masked_log_mse,
    masked_mse,
    masked_rmse,
)


def two_photos(first: float, second: float) -> Tensor:
    """A batch of two even photos of 2 x 2 pixels."""
    return torch.tensor([first, second]).reshape(2, 1, 1, 1).expand(2, 3, 2, 2).clone()


def two_passes() -> tuple[Translation, Translation]:
    """x -> y' -> x'' and y -> x' -> y''; the lower rows of x's photos are padding, in which anything may stand."""
    mask = torch.ones(2, 1, 2, 2)
    mask[:, :, 1] = 0
    forward = Translation(two_photos(0.5, 0.5), mask, two_photos(0.6, 0.8), two_photos(0.4, 0.9))
    for photos in (forward.generated, forward.cycled):
        assert photos is not None
        photos[:, :, 1] = 7
    backward = Translation(two_photos(0.2, 0.3), torch.ones(2, 1, 2, 2), two_photos(0.5, 0.4), two_photos(0.2, 0.8))
    return forward, backward


def test_two_small_photos_worked_out_by_hand() -> None:
    y = torch.zeros(2, 3, 2, 2)
    y_fake = torch.zeros(2, 3, 2, 2)
    y_fake[0, 0, 0, 0] = 0.6  # 0.36 over 3 channels x 1 pixel: 0.12
    y_fake[1] = 0.2  # 0.04 everywhere
    mask = torch.ones(2, 1, 2, 2)
    mask[0, 0, :, 1] = 0
    mask[0, 0, 1, :] = 0
    assert masked_mse(y_fake, y, mask).item() == pytest.approx((0.12 + 0.04) / 2)


def test_the_absolute_error_of_two_small_photos_worked_out_by_hand() -> None:
    y = torch.zeros(2, 3, 2, 2)
    y_fake = torch.zeros(2, 3, 2, 2)
    y_fake[0, 0, 0, 0] = -0.6  # over 3 channels x 1 pixel: 0.2
    y_fake[0, :, 1] = 7  # padding
    y_fake[1] = 0.1
    mask = torch.ones(2, 1, 2, 2)
    mask[0, 0, :, 1] = 0
    mask[0, 0, 1, :] = 0
    assert masked_l1(y_fake, y, mask).item() == pytest.approx((0.2 + 0.1) / 2)


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


def test_the_identity_loss_is_the_distance_of_each_photo_from_its_enhanced_one() -> None:
    # E MSE(x, y') = (0.1^2 + 0.3^2) / 2 = 0.05; E MSE(y, x') = (0.3^2 + 0.1^2) / 2 = 0.05 (one photo 0.09, the other 0.01)
    forward, backward = two_passes()
    assert identity_loss([forward, backward]).item() == pytest.approx(0.10)
    assert identity_loss([forward]).item() == pytest.approx(0.05)  # the one-way GAN


def test_cyclegans_cycle_loss_takes_absolute_distances() -> None:
    # x: 0.1 and 0.4, y: 0 and 0.5
    assert cycle_loss(two_passes(), masked_l1).item() == pytest.approx(0.25 + 0.25)


def test_the_cycle_loss_is_the_distance_of_each_photo_from_itself_there_and_back() -> None:
    # E MSE(x, x'') = (0.1^2 + 0.4^2) / 2 = 0.085; E MSE(y, y'') = (0 + 0.5^2) / 2 = 0.125
    assert cycle_loss(two_passes()).item() == pytest.approx(0.21)


def test_a_cycle_that_comes_back_costs_nothing_wherever_it_went() -> None:
    forward, backward = two_passes()
    closed = [Translation(each.real, each.mask, each.generated, cycled=each.real) for each in (forward, backward)]
    assert cycle_loss(closed).item() == 0
    assert identity_loss(closed).item() == pytest.approx(0.10)


def test_each_loss_teaches_the_photos_that_it_compares_and_no_others() -> None:
    forward, backward = two_passes()
    made = [photos for each in (forward, backward) for photos in (each.generated, each.cycled) if photos is not None]
    for photos in made:
        photos.requires_grad_()
    y_fake, x_cycled, x_fake, y_cycled = made

    identity_loss([forward, backward]).backward()
    assert [photos.grad is not None for photos in (y_fake, x_fake, x_cycled, y_cycled)] == [True, True, False, False]
    # d/dy' of a mean over 2 photos x 6 values: 2 * (0.6 - 0.5) / 12; nothing in the padding
    assert y_fake.grad is not None
    assert y_fake.grad[0, 0].flatten().tolist() == pytest.approx([0.2 / 12, 0.2 / 12, 0, 0])

    y_fake.grad = x_fake.grad = None
    cycle_loss([forward, backward]).backward()
    assert [photos.grad is not None for photos in (y_fake, x_fake, x_cycled, y_cycled)] == [False, False, True, True]


def test_log_mse_is_minus_a_tenth_of_the_mean_psnr() -> None:
    y = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    y_fake = y + torch.tensor([0.1, 0.01]).reshape(2, 1, 1, 1)
    # MSE 1e-2 and 1e-4, and 1e-5 more: 10 log10 of 1.001e-2 and of 1.1e-4 are -19.996 and -39.586 dB
    loss = masked_log_mse(y_fake, y, torch.ones(2, 1, 8, 8))
    assert loss.item() == pytest.approx(-(19.996 + 39.586) / 20, abs=1e-3)


def test_rmse_gives_near_and_far_photos_gradients_of_one_length() -> None:
    y = torch.zeros(2, 3, 2, 2)
    y_fake = torch.tensor([0.3, 0.02]).reshape(2, 1, 1, 1).repeat(1, 3, 2, 2).requires_grad_()
    loss = masked_rmse(y_fake, y, torch.ones(2, 1, 2, 2))
    loss.backward()
    assert y_fake.grad is not None
    assert loss.item() == pytest.approx(0.16, abs=1e-4)
    # each of 12 values moves its photo's root by 1/12, that is 1/24 of the mean over two photos
    assert y_fake.grad.flatten().tolist() == pytest.approx([1 / 24] * 24, rel=2e-3)


def test_cielab_is_scikit_images() -> None:
    photos = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    expected = rgb2lab(photos.permute(0, 2, 3, 1).numpy()) / 100
    torch.testing.assert_close(cielab(photos).permute(0, 2, 3, 1), torch.from_numpy(expected), atol=1e-4, rtol=0)


def test_the_loss_in_cielab_is_the_mean_difference_and_leaves_padding_out() -> None:
    y = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    y_fake = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    mask = torch.zeros(2, 1, 8, 8)
    mask[..., :4] = 1
    of_photos = [each[..., :4].permute(0, 2, 3, 1).numpy() for each in (y_fake, y)]
    expected = deltaE_cie76(*(rgb2lab(photo) for photo in of_photos)).mean() / 100
    assert masked_lab(y_fake, y, mask).item() == pytest.approx(expected, abs=2e-3)  # 1e-5 stands under the root
    y_fake[:, :, 0, 0] = 1.5
    y[:, :, 0, 0] = 1
    y_fake.requires_grad_()
    masked_lab(y_fake, y, mask).backward()
    assert y_fake.grad is not None
    assert (y_fake.grad[:, :, 0, 0] > 0).all()  # drawn back into the range
