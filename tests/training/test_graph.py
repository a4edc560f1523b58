from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import Tensor

import deep_photo_enhancer as dpe
from deep_photo_enhancer.enhancement.models import BUNDLED, Floats, Model, load_model
from deep_photo_enhancer.training.export import export_network
from deep_photo_enhancer.training.networks.global_unet import GlobalUNet
from tests.training.test_export import random_network

Exported = tuple[GlobalUNet, Model]


@pytest.fixture(scope="module", params=[(64, True), (64, False), (192, True)], ids=["global-features", "plain", "larger"])
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """A random network in float64, and what was exported of it in float32."""
    size, global_features = request.param
    network = random_network(0, global_features, size)
    details = {"network": network.config.to_dict(), "description": ""}
    path = export_network(network, tmp_path_factory.mktemp("graph") / "model.onnx", details)
    return network.double(), load_model(path)


def photo(seed: int, height: int, width: int) -> Floats:
    return np.random.default_rng(seed).random((height, width, 3), np.float32)


def test_the_ends_are_kept_in_the_graph_as_in_the_network(tmp_path: Path) -> None:
    network = random_network(0, True)
    network.config = replace(network.config, keep_ends=True)
    path = export_network(network, tmp_path / "model.onnx", {"network": network.config.to_dict(), "description": ""})
    x = photo(3, 64, 64)
    x[:8], x[8:16], x[16:24], x[24:32] = 1, 0, 0.9 + 0.1 * x[16:24], 0.04 * x[24:32]
    y_fake = load_model(path)(x)
    np.testing.assert_allclose(y_fake, exact(network.double(), x), atol=1e-5)
    np.testing.assert_array_equal(y_fake[:16], x[:16])


@torch.no_grad()
def exact(network: GlobalUNet, x: Floats, given: Tensor | None = None) -> Floats:
    y_fake: Floats = network(torch.from_numpy(x.transpose(2, 0, 1)[None]).double(), global_features=given)[0].numpy()
    return y_fake.transpose(1, 2, 0)


def test_the_cheaper_order_changes_nothing_but_roundings(exported: Exported) -> None:
    network, model = exported
    x = photo(3, model.image_size, model.image_size)
    np.testing.assert_allclose(model(x), exact(network, x), atol=1e-5)


@pytest.mark.parametrize(("height", "width"), [(16, 16), (48, 160), (128, 32)])
def test_a_part_of_any_size_by_given_global_features(exported: Exported, height: int, width: int) -> None:
    network, model = exported
    whole, x = photo(5, model.image_size, model.image_size), photo(6, height, width)
    given = model.global_features(whole)
    assert (given is None) == (not network.config.has_global_features)
    expected = exact(network, x, None if given is None else torch.from_numpy(given).double())
    np.testing.assert_allclose(model.part(x, given), expected, atol=1e-5)
    if given is not None:
        assert abs(model.part(x, given + 1) - expected).max() > 1e-3


def test_given_its_own_global_features_a_photo_is_enhanced_as_without(exported: Exported) -> None:
    _, model = exported
    x = photo(7, model.image_size, model.image_size)
    np.testing.assert_array_equal(model.part(x, model.global_features(x)), model(x))


def test_no_norm_and_nothing_slow_is_left_in_the_graph(exported: Exported) -> None:
    network, model = exported
    graph = onnx.load(model.path).graph
    operators = {node.op_type for node in graph.node}
    assert not operators & {"BatchNormalization", "Elu", "Selu", "Resize"}
    assert ("If" in operators) == network.config.has_global_features
    assert [side.dim_param or side.dim_value for side in graph.input[0].type.tensor_type.shape.dim] == [1, 3, "height", "width"]


def test_each_bundled_model_is_small_and_in_full_precision() -> None:
    assert dpe.bundled_models()
    for path in dpe.bundled_models().values():
        assert path.parent == BUNDLED
        assert path.stat().st_size < 14_000_000
        model = onnx.load(path)
        onnx.checker.check_model(model)
        weights = [entry for entry in model.graph.initializer if np.prod(entry.dims) > 100]
        assert weights
        assert {entry.data_type for entry in weights} == {onnx.TensorProto.FLOAT}
