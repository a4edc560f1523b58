from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from deep_photo_enhancer.enhancement import models
from deep_photo_enhancer.enhancement.models import (
    CONFIG_KEY,
    bundled_models,
    find_model,
    known_models,
    load_model,
    name_own_model,
    user_folder,
)
from deep_photo_enhancer.errors import ModelError
from tests.onnx_files import DETAILS, SIZE, write_model
from tests.synthetic import synthetic_photo, write_photo


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


def test_ones_own_models_are_found_by_name_behind_the_bundled_ones(bundle: Path, model_files: dict[str, Path]) -> None:
    assert list(known_models()) == ["natural", "autumn", "zebra"]
    user_folder().mkdir(parents=True)
    for name in ("warm", "cold", "zebra"):
        (user_folder() / f"{name}.onnx").write_bytes(model_files["lift"].read_bytes())
    (user_folder() / "warm.md").write_text("a card")
    assert list(known_models()) == ["natural", "autumn", "zebra", "cold", "warm"]
    assert find_model("warm") == user_folder() / "warm.onnx"
    assert find_model("zebra") == bundle / "zebra.onnx"
    assert load_model("warm").description == "a model for tests"


@pytest.mark.usefixtures("bundle")
def test_a_name_for_ones_own_model() -> None:
    assert name_own_model("warm-2") == user_folder() / "warm-2.onnx"
    with pytest.raises(ModelError, match="autumn: is the name of a bundled model"):
        name_own_model("autumn")
    for wrong in ("", ".hidden", "a/b", "a b", "../warm", "x" * 101):
        with pytest.raises(ModelError, match="a model's name is of letters"):
            name_own_model(wrong)


@pytest.mark.usefixtures("bundle")
def test_an_unknown_model_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    for wrong in ("unknown", str(tmp_path / "missing.onnx"), str(tmp_path)):
        with pytest.raises(ModelError) as caught:
            find_model(wrong)
        assert str(caught.value).startswith(f"{wrong}: no such model; there are natural, autumn, zebra")


def test_a_loaded_model_knows_itself(model_files: dict[str, Path]) -> None:
    model = load_model(model_files["lift"])
    assert (model.image_size, model.description, model.device) == (SIZE, "a model for tests", "cpu")
    assert model.details == DETAILS
    assert model.card is None  # as in files of earlier versions


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
        {CONFIG_KEY: json.dumps(DETAILS | {"card": {"name": "half a card"}})},
    ],
)
def test_an_onnx_file_of_another_tool(tmp_path: Path, properties: dict[str, str]) -> None:
    path = write_model(tmp_path / "model.onnx", "identity", properties)
    with pytest.raises(ModelError, match="not a model of this tool; make one with `dpe export`"):
        load_model(path)


@pytest.mark.parametrize("device", ["tpu", "cuda:", "cuda:one", "CPU", ""])
def test_an_unknown_device(model_files: dict[str, Path], device: str) -> None:
    with pytest.raises(ModelError, match=f"device {device}: not known; use auto, cpu, cuda, or cuda:1 for the second one$"):
        load_model(model_files["identity"], device)


@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
def test_cuda_where_onnx_runtime_lacks_it(model_files: dict[str, Path], monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(ModelError, match=f"device {device}: this installation of ONNX Runtime has no CUDAExecutionProvider; use"):
        load_model(model_files["identity"], device)


class Recorder:
    """ONNX Runtime as it is where CUDA's library is there: notes what is asked for and starts the CPU.

    CUDA "works": sessions claim to run there; "raises": it does not start; "falls back": its sessions run on the CPU.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, cuda: str) -> None:
        self.cuda = cuda
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.threads: list[int] = []
        self.real_session = onnxruntime.InferenceSession
        monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"])
        monkeypatch.setattr(onnxruntime, "InferenceSession", self.session)

    def session(self, path: Path, options: Any, providers: list[tuple[str, dict[str, Any]]], enable_fallback: bool) -> Any:
        assert not enable_fallback  # it would tell of it on stdout
        ((name, _),) = providers
        self.asked += providers
        self.threads.append(options.intra_op_num_threads)
        if name != "CPUExecutionProvider" and self.cuda == "raises":
            raise RuntimeError("CUDA driver version is insufficient for CUDA runtime version")
        session = self.real_session(path, options, providers=["CPUExecutionProvider"])
        if self.cuda == "works":
            session.get_providers = lambda: [name]
        return session


@pytest.mark.parametrize("cuda", ["raises", "falls back"])
@pytest.mark.parametrize("device", ["cuda", "cuda:3"])
def test_cuda_that_does_not_start_is_not_replaced_in_silence(
    model_files: dict[str, Path], monkeypatch: pytest.MonkeyPatch, device: str, cuda: str
) -> None:
    Recorder(monkeypatch, cuda)
    with pytest.raises(ModelError, match=f"device {device}: ONNX Runtime cannot start it; check the driver, or use cpu"):
        load_model(model_files["identity"], device)


@pytest.mark.parametrize(("device", "number"), [("cuda", 0), ("cuda:3", 3)])
def test_a_certain_gpu_is_asked_for_by_its_number(
    model_files: dict[str, Path], monkeypatch: pytest.MonkeyPatch, device: str, number: int
) -> None:
    recorder = Recorder(monkeypatch, "works")
    assert load_model(model_files["identity"], device).device == device
    assert recorder.asked == [("CUDAExecutionProvider", {"device_id": number})]


@pytest.mark.parametrize(("cuda", "used"), [("works", "cuda"), ("raises", "cpu"), ("falls back", "cpu")])
def test_auto_takes_cuda_where_it_starts_and_else_the_cpu(
    model_files: dict[str, Path], monkeypatch: pytest.MonkeyPatch, cuda: str, used: str
) -> None:
    recorder = Recorder(monkeypatch, cuda)
    assert load_model(model_files["identity"], "auto").device == used
    assert recorder.asked[0][0] == "CUDAExecutionProvider"


def test_auto_without_cuda_is_the_cpu(model_files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(monkeypatch, "works")
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    assert load_model(model_files["identity"], "auto").device == "cpu"
    assert [name for name, _ in recorder.asked] == ["CPUExecutionProvider"]


def test_the_number_of_threads_is_handed_on(model_files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(monkeypatch, "works")
    for threads in (None, 1, 3):
        load_model(model_files["identity"], "cpu", threads)
    assert recorder.threads == [0, 1, 3]  # 0 leaves it to ONNX Runtime


@pytest.mark.parametrize("device", ["auto", "cpu", "cuda"])
def test_a_damaged_file_is_told_for_every_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    Recorder(monkeypatch, "works")
    (tmp_path / "model.onnx").write_bytes(b"text")
    with pytest.raises(ModelError, match="damaged, or not an ONNX model"):
        load_model(tmp_path / "model.onnx", device)


def test_onnx_runtime_is_loaded_with_the_first_model_only() -> None:
    code = "import sys, deep_photo_enhancer.enhancement.models; assert 'onnxruntime' not in sys.modules; print('late')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("late\n", "")


def test_a_file_of_one_size_tells_so(model_files: dict[str, Path]) -> None:
    assert not load_model(model_files["lift"]).takes_any_size
    assert load_model("natural").takes_any_size


@pytest.mark.parametrize(("height", "width"), [(24, 32), (32, 40)])
def test_parts_of_other_sizes_are_refused(height: int, width: int) -> None:
    with pytest.raises(ValueError, match=f"multiples of 16, not {height} and {width}"):
        load_model("natural").part(np.zeros((height, width, 3), np.float32), None)


def test_enhancing_leaves_nothing_of_onnx_runtimes_telemetry(tmp_path: Path) -> None:
    photo = write_photo(tmp_path / "photo.png", synthetic_photo(0))
    home = tmp_path / "home"
    home.mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    command = [sys.executable, "-m", "deep_photo_enhancer", "enhance", str(photo), "-o", str(tmp_path / "out.png")]
    subprocess.run(command, check=True, env=environment | {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")})
    assert (tmp_path / "out.png").exists()
    assert [path for path in home.rglob("*") if "onnx" in path.name.lower() or "deviceid" in path.name] == []


def test_a_users_own_choice_stays() -> None:
    module = "deep_photo_enhancer.enhancement.models"
    code = f"import os; from {module} import load_onnxruntime; load_onnxruntime(); print(os.environ['ORT_DISABLE_TELEMETRY'])"
    for choice, expected in (({}, "1"), ({"ORT_DISABLE_TELEMETRY": "0"}, "0")):
        environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"} | choice
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == expected
