"""The network at full size, in parts: random networks in which each path counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from deep_photo_enhancer.enhancement import native
from deep_photo_enhancer.enhancement.models import Model, load_model
from deep_photo_enhancer.enhancement.native import AFTER, BEFORE, GRID, native_y_fake
from deep_photo_enhancer.photo.arrays import Floats
from deep_photo_enhancer.training.export import export_network
from tests.enhancing_fixtures import noise
from tests.training.test_export import SIZE, random_network

SMALL = np.random.default_rng(1).random((48, SIZE, 3), np.float32)


@pytest.fixture(scope="module", params=[True, False], ids=["global-features", "plain"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A random network in which each path counts."""
    network = random_network(0, request.param)
    details = {"network": network.config.to_dict(), "description": "a random network"}
    return load_model(export_network(network, tmp_path_factory.mktemp("native") / "model.onnx", details), threads=1)


def in_one_pass(model: Model, pixels: NDArray[Any]) -> Floats:
    """The whole photo, mirrored up to a multiple of 16, by the global features of SMALL."""
    height, width = pixels.shape[:2]
    x = np.pad(pixels / np.float32(255), ((0, -height % 16), (0, -width % 16), (0, 0)), mode="symmetric")
    square = np.pad(SMALL, ((0, SIZE - SMALL.shape[0]), (0, 0), (0, 0)), mode="symmetric")
    return model.part(x.astype(np.float32), model.global_features(square))[:height, :width]


def in_parts(model: Model, pixels: NDArray[Any], step: int) -> Floats:
    y_fake = np.full(pixels.shape, np.nan, np.float32)
    for part, y in native_y_fake(model, pixels, SMALL, step):
        assert np.isnan(y_fake[part]).all()  # each pixel once
        y_fake[part] = y
    return y_fake


@pytest.mark.parametrize(("height", "width", "step"), [(401, 613, 128), (201, 177, 16), (7, 233, 64)])
def test_a_photo_in_parts_is_the_photo_in_one_pass(model: Model, height: int, width: int, step: int) -> None:
    pixels = noise(height, height, width, 3)
    expected = in_one_pass(model, pixels)
    np.testing.assert_allclose(in_parts(model, pixels, step), expected, atol=1e-5)
    assert expected.std() > 0.1


@pytest.mark.parametrize(("before", "after"), [(BEFORE - GRID, AFTER), (BEFORE, AFTER - GRID)])
def test_windows_with_less_around_them_would_have_seams(
    model: Model, monkeypatch: pytest.MonkeyPatch, before: int, after: int
) -> None:
    monkeypatch.setattr(native, "BEFORE", before)
    monkeypatch.setattr(native, "AFTER", after)
    pixels = noise(2, 208, 400, 3)
    assert abs(in_parts(model, pixels, 64) - in_one_pass(model, pixels)).max() > 1e-4


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(("place", "first", "last"), [(207, 128, 287), (208, 144, 287), (223, 144, 303)])
def test_a_pixel_reaches_as_far_as_the_layers_say(model: Model, axis: int, place: int, first: int, last: int) -> None:
    """A block of 16 pixels of the output takes 79 pixels before it and 64 after it: so says the module's own account."""
    shape = (32, 400, 3) if axis else (400, 32, 3)
    x = np.random.default_rng(3).random(shape, np.float32)
    given = model.global_features(np.zeros((SIZE, SIZE, 3), np.float32))
    changed = x.copy()
    changed[(slice(None), place) if axis else place] += 50
    change = abs(model.part(changed, given) - model.part(x, given)).max((1 - axis, 2))
    reached = np.flatnonzero(change)
    assert (reached.min(), reached.max()) == (first, last)
