from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from deep_photo_enhancer.training.networks.config import Norms
from deep_photo_enhancer.training.prediction import predict
from tests.synthetic import synthetic_photo

CPU = torch.device("cpu")


class Offset(nn.Module):
    """A network whose result is known; notes what it is given."""

    def __init__(self, offset: float) -> None:
        super().__init__()
        self.offset = nn.Parameter(torch.tensor(offset))
        self.taken: list[tuple[Tensor, Norms]] = []

    def forward(self, x: Tensor, norms: Norms) -> Tensor:
        self.taken.append((x, norms))
        return x + self.offset


def test_a_prediction_is_clipped_and_rounded() -> None:
    x = np.array([[[0, 100, 250]] * 64] * 20, np.uint8)
    out = predict(Offset(10.4 / 255), x, CPU)
    assert out.dtype == np.uint8
    assert out.shape == (20, 64, 3)
    assert np.unique(out.reshape(-1, 3), axis=0).tolist() == [[10, 110, 255]]
    assert predict(Offset(-10.6 / 255), x, CPU)[0, 0].tolist() == [0, 89, 239]


@pytest.mark.parametrize("shape", [(20, 64), (64, 48), (64, 64)])
def test_the_network_sees_the_photo_with_its_mirrored_padding_which_is_cropped_again(shape: tuple[int, int]) -> None:
    photo = synthetic_photo(0, *shape)
    network = Offset(0.0)
    np.testing.assert_array_equal(predict(network, photo, CPU), photo)
    ((x, _),) = network.taken
    assert x.shape == (1, 3, 64, 64)
    padded = np.pad(photo, ((0, 64 - shape[0]), (0, 64 - shape[1]), (0, 0)), mode="symmetric")
    torch.testing.assert_close(x[0], torch.from_numpy(padded).permute(2, 0, 1) / 255)


def test_the_norms_are_those_for_real_photos_unless_others_are_asked_for() -> None:
    network = Offset(0.0)
    predict(network, synthetic_photo(0, 64, 64), CPU)
    predict(network, synthetic_photo(0, 64, 64), CPU, "generated")
    assert [norms for _, norms in network.taken] == ["real", "generated"]
