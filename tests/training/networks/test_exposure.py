from __future__ import annotations

import pytest
import torch

from deep_photo_enhancer.training.networks.exposure import LIGHT, MOST, expose, missing_stops
from deep_photo_enhancer.training.srgb import to_encoded, to_linear


def photo(light: float, share: float = 0.02) -> torch.Tensor:
    """Grey of 0.1 with a share of lights, of which red alone is light."""
    x = torch.full((1, 3, 20, 50), 0.1)
    x.view(3, -1)[0, : round(share * 1000)] = light
    return x


@pytest.mark.parametrize("light", [0.75, 0.8, 1.0])
def test_a_photo_with_lights_lacks_no_stop(light: float) -> None:
    assert missing_stops(photo(light)).item() == pytest.approx(0, abs=1e-5)


def test_the_stops_that_lights_lack_are_those_of_linear_light() -> None:
    two_stops_darker = to_encoded(to_linear(torch.tensor(LIGHT)) / 4).item()
    stops = missing_stops(photo(two_stops_darker))
    assert stops.item() == pytest.approx(2, abs=1e-4)
    assert expose(photo(two_stops_darker), stops).amax().item() == pytest.approx(LIGHT, abs=1e-5)


def test_a_few_lights_in_the_dark_are_no_reason_to_leave_it_dark() -> None:
    assert missing_stops(photo(1.0, share=0.004)).item() > 3
    assert missing_stops(photo(1.0, share=0.006)).item() == 0


def test_each_photo_of_a_batch_is_exposed_by_its_own_stops() -> None:
    photos = torch.cat([photo(0.3), photo(1.0), photo(0.6)])
    stops = missing_stops(photos)
    alone = torch.cat([missing_stops(each[None]) for each in photos])
    assert torch.equal(stops, alone)
    assert stops[0] > stops[2] > stops[1] == 0
    torch.testing.assert_close(expose(photos, stops)[2:], expose(photos[2:], stops[2:]))


def test_black_is_exposed_by_the_most_and_stays_black() -> None:
    black = torch.zeros(2, 3, 8, 8)
    stops = missing_stops(black)
    assert stops.tolist() == [[[[MOST]]]] * 2
    assert torch.equal(expose(black, stops), black)


def test_what_a_longer_exposure_blows_out_is_white() -> None:
    x = torch.tensor([0.2, 0.5, 1.0]).reshape(1, 3, 1, 1)
    exposed = expose(x, torch.ones(1, 1, 1, 1)).flatten()
    torch.testing.assert_close(exposed, torch.tensor([0.2855, 0.6858, 1.0]), atol=2e-3, rtol=0)


def test_the_way_to_linear_light_and_back_changes_nothing_and_has_gradients() -> None:
    codes = torch.linspace(0, 1, 256, requires_grad=True)
    back = to_encoded(to_linear(codes))
    torch.testing.assert_close(back, codes, atol=1e-6, rtol=0)
    back.sum().backward()
    assert codes.grad is not None
    torch.testing.assert_close(codes.grad, torch.ones(256), atol=1e-3, rtol=0)
    assert to_linear(torch.tensor(0.5)).item() == pytest.approx(0.21404, abs=1e-5)
