from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from deep_photo_enhancer.training.networks.layers import (
    SELU_ALPHA,
    SELU_SCALE,
    BatchNorms,
    SymmetricConv,
    pad_symmetric,
    scale_variance,
    selu,
)


@pytest.mark.parametrize("border", [1, 2, 3])
def test_padding_is_numpys_symmetric_one(border: int) -> None:
    features = np.random.default_rng(0).random((2, 3, 5, 4)).astype(np.float32)
    expected = np.pad(features, ((0, 0), (0, 0), (border, border), (border, border)), mode="symmetric")
    np.testing.assert_array_equal(pad_symmetric(torch.from_numpy(features), border).numpy(), expected)


def test_a_convolution_sees_the_mirrored_border() -> None:
    conv = SymmetricConv(1, 1, kernel=5, stride=2)
    with torch.no_grad():
        conv.weight.fill_(1)
        assert conv.bias is not None
        conv.bias.fill_(0)
        column = torch.tensor([1.0, 10, 100, 1000]).reshape(1, 1, 4, 1).expand(1, 1, 4, 4)
        out = conv(column)
    # rows 10 1 | 1 10 100 and 1 10 | 100 1000 | 1000, each five columns wide
    assert out.reshape(2, 2).tolist() == [[5 * 122, 5 * 122], [5 * 2111, 5 * 2111]]


@pytest.mark.parametrize(("kernel", "stride", "side"), [(3, 1, 8), (5, 1, 8), (3, 2, 4), (5, 2, 4)])
def test_a_convolution_keeps_the_side_and_its_stride_divides_it(kernel: int, stride: int, side: int) -> None:
    assert SymmetricConv(2, 5, kernel, stride)(torch.zeros(1, 2, 8, 8)).shape == (1, 5, side, side)


@pytest.mark.parametrize("kernel", [3, 5])
def test_a_convolutions_first_and_second_gradients_are_those_of_finite_differences(kernel: int) -> None:
    torch.manual_seed(0)
    conv = SymmetricConv(2, 2, kernel).double()
    features = torch.rand(1, 2, 4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(conv, (features,))
    assert torch.autograd.gradgradcheck(lambda taken: torch.tanh(conv(taken)), (features,))


def test_selu_has_the_authors_constants() -> None:
    assert (SELU_ALPHA, SELU_SCALE) == (1.0198755295894968, 1.0026538655307724)
    values = selu(torch.tensor([2.0, 0.0, -1.0, -50.0], dtype=torch.float64)).tolist()
    # 2 * 1.0026538655; 0; 1.0026538655 * 1.0198755296 * (1 / e - 1) = 1.0225821421 * -0.6321205588; -1.0225821421
    assert values == pytest.approx([2.0053077311, 0, -0.6463951951, -1.0225821421], abs=1e-9)
    assert values[2] == pytest.approx(1.0026538655307724 * 1.0198755295894968 * (math.exp(-1) - 1), abs=1e-12)


def test_batch_norms_have_the_papers_decay_and_epsilon() -> None:
    for norm in BatchNorms(4, ("real", "generated")).values():
        assert isinstance(norm, nn.BatchNorm2d)
        # decay 0.9: the running value keeps 0.9 of itself and takes 0.1 of the batch's
        assert (norm.num_features, norm.momentum, norm.eps, norm.affine) == (4, 0.1, 1e-5, True)


@torch.no_grad()
def test_batch_norms_normalise_with_the_named_one_alone() -> None:
    norms = BatchNorms(1, ("real", "generated"))
    for name, scale, offset in (("real", 2.0, 10.0), ("generated", 4.0, -10.0)):
        norms[name].weight.fill_(scale)  # type: ignore[operator]
        norms[name].bias.fill_(offset)  # type: ignore[operator]
    features = torch.tensor([3.0, 5.0]).reshape(2, 1, 1, 1)  # mean 4, standard deviation 1
    assert norms(features, "real").flatten().tolist() == pytest.approx([10 - 2, 10 + 2], abs=1e-3)
    assert norms.state_dict()["generated.running_mean"].tolist() == [0]
    assert norms(features, "generated").flatten().tolist() == pytest.approx([-10 - 4, -10 + 4], abs=1e-3)
    # Each saw one batch: 0.9 * 0 + 0.1 * 4
    assert [norms.state_dict()[f"{name}.running_mean"].item() for name in norms] == pytest.approx([0.4, 0.4])


@pytest.mark.parametrize("factor", [1e-3, 2.0])
@pytest.mark.parametrize("layer", [nn.Conv2d(64, 128, 5), nn.Linear(1600, 128)])
def test_first_weights_have_the_stated_variance_and_none_is_beyond_two_deviations(
    layer: nn.Conv2d | nn.Linear, factor: float
) -> None:
    torch.manual_seed(0)
    scale_variance(layer, factor)
    assert layer.weight.var().item() == pytest.approx(factor / 1600, rel=0.02)  # 204,800 weights, fan-in 1,600
    assert layer.weight.abs().max() <= 2 * (1.3 * factor / 1600) ** 0.5
    assert layer.bias is not None
    assert not layer.bias.any()
