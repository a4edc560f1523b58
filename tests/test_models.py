from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from deep_photo_enhancer import models
from deep_photo_enhancer.errors import ModelError
from deep_photo_enhancer.models import CONFIG_KEY, bundled_models, find_model, load_model
from tests.enhancing_fixtures import DETAILS, SIZE, write_model


@pytest.fixture
def bundle(tmp_path: Path, model_files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of bundled models: autumn, natural and zebra."""
    folder = tmp_path / "weights"
    folder.mkdir()
    for name in ("zebra", "natural", "autumn"):
        (folder / f"{name}.onnx").write_bytes(model_files["identity"].read_bytes())
    (folder / "natural.md").write_text("a card, not a model")
    monkeypatch.setattr(models, "BUNDLED", folder)
    return folder


def test_bundled_models_come_with_the_default_first(bundle: Path) -> None:
    assert list(bundled_models()) == ["natural", "autumn", "zebra"]
    assert bundled_models()["zebra"] == bundle / "zebra.onnx"


def test_a_model_is_found_by_its_name_or_its_path(bundle: Path, model_files: dict[str, Path]) -> None:
    assert find_model("autumn") == bundle / "autumn.onnx"
    assert find_model(model_files["lift"]) == model_files["lift"]
    assert find_model(str(model_files["lift"])) == model_files["lift"]


@pytest.mark.usefixtures("bundle")
def test_an_unknown_model_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    for wrong in ("vivid", str(tmp_path / "missing.onnx"), str(tmp_path)):
        with pytest.raises(ModelError) as caught:
            find_model(wrong)
        assert str(caught.value).startswith(f"{wrong}: no such model; bundled are natural, autumn, zebra")


def test_a_loaded_model_knows_itself(model_files: dict[str, Path]) -> None:
    model = load_model(model_files["lift"])
    assert (model.image_size, model.description, model.device) == (SIZE, "a model for tests", "cpu")
    assert model.details == DETAILS


def test_a_model_maps_a_square_photo_channel_by_channel(model_files: dict[str, Path]) -> None:
    x = np.random.default_rng(0).random((SIZE, SIZE, 3), np.float32)
    y_fake = load_model(model_files["gains"])(x)
    assert y_fake.dtype == np.float32
    np.testing.assert_allclose(y_fake, x * [1.15, 0.95, 0.7], rtol=1e-5)
    assert y_fake.max() > 1  # not clipped here


@pytest.mark.parametrize("content", [b"", b"text", b"\x08\x09" * 40])
def test_a_damaged_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"damaged, or not an ONNX model; make one with `dpe export`$") as caught:
        load_model(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_half_a_model(tmp_path: Path, model_files: dict[str, Path]) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(model_files["lift"].read_bytes()[:150])
    with pytest.raises(ModelError, match="damaged"):
        load_model(path)


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"author": "somebody else"},
        {CONFIG_KEY: "not JSON"},
        {CONFIG_KEY: json.dumps(["a", "list"])},
        {CONFIG_KEY: json.dumps({"description": "no network"})},
        {CONFIG_KEY: json.dumps({"network": {"image_size": SIZE}})},
        {CONFIG_KEY: json.dumps({"description": "", "network": {"image_size": "large"}})},
    ],
)
def test_an_onnx_file_of_another_tool(tmp_path: Path, properties: dict[str, str]) -> None:
    path = write_model(tmp_path / "model.onnx", "identity", properties)
    with pytest.raises(ModelError, match="not a model of this tool; make one with `dpe export`"):
        load_model(path)


def test_an_unknown_device(model_files: dict[str, Path]) -> None:
    with pytest.raises(ModelError, match="device tpu: not known; use cpu or cuda"):
        load_model(model_files["identity"], "tpu")


def test_cuda_where_onnx_runtime_lacks_it(model_files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(ModelError, match="device cuda: this installation of ONNX Runtime has no CUDAExecutionProvider; use cpu"):
        load_model(model_files["identity"], "cuda")


def test_cuda_that_does_not_start_is_not_replaced_in_silence(
    model_files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    real_session = onnxruntime.InferenceSession

    def falls_back(path: Path, options: Any, providers: list[str]) -> Any:
        """What ONNX Runtime does where a provider's library is there and its driver is not."""
        assert providers == ["CUDAExecutionProvider"]
        return real_session(path, options, providers=["CPUExecutionProvider"])

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"])
    monkeypatch.setattr(onnxruntime, "InferenceSession", falls_back)
    with pytest.raises(ModelError, match="device cuda: ONNX Runtime cannot start it"):
        load_model(model_files["identity"], "cuda")
