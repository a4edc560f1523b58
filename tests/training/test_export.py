from __future__ import annotations

import datetime
import os
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from click.testing import CliRunner

from deep_photo_enhancer.cli import main
from deep_photo_enhancer.cli.shared import model_file
from deep_photo_enhancer.enhancement.enhancer import Enhancer
from deep_photo_enhancer.enhancement.models import ModelCard, load_model
from deep_photo_enhancer.errors import ModelError, TrainingError
from deep_photo_enhancer.training.checkpoint import ENHANCER, Checkpoint, save_checkpoint
from deep_photo_enhancer.training.export import Words, export_network, export_runs, mean_weights, rewrite_words
from deep_photo_enhancer.training.networks.config import NetworkConfig
from deep_photo_enhancer.training.networks.global_unet import GlobalUNet
from tests.enhancing_fixtures import smooth_photo

SIZE = 64


def random_network(seed: int, global_features: bool, size: int = SIZE) -> GlobalUNet:
    """Weights, offsets and running statistics far from their first values, so that each of them counts."""
    torch.manual_seed(seed)
    network = GlobalUNet(NetworkConfig(size, "global-unet" if global_features else "unet"))
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if name.endswith("running_var"):
                tensor.uniform_(0.5, 2)
            elif name.endswith(("bias", "running_mean")):
                tensor.uniform_(-0.2, 0.2)
            elif name.endswith("norm.weight"):
                tensor.uniform_(0.5, 1.5)
            elif name.endswith("weight"):
                tensor.normal_(0, (1 / tensor[0].numel()) ** 0.5)
    return network.eval()


@pytest.fixture(scope="module", params=[True, False], ids=["global-features", "plain"])
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[GlobalUNet, Path]:
    """A run with a checkpoint whose enhancer is a random network, and the ONNX file made of it."""
    network = random_network(0, request.param)
    other = {name: torch.zeros_like(tensor) for name, tensor in network.state_dict().items()}
    run = tmp_path_factory.mktemp("run")
    config = {"network": network.config.to_dict(), "seed": 7}
    save_checkpoint(Checkpoint(12, config, {"generator_x": other, "average": other, ENHANCER: network.state_dict()}, {}), run)
    return network, export_runs([run], run / "exports" / "model.onnx", Words("a random network"))


def test_onnx_runtime_computes_what_pytorch_computes(exported: tuple[GlobalUNet, Path]) -> None:
    network, path = exported
    model = load_model(path)
    for seed in range(3):
        x = np.random.default_rng(seed).random((SIZE, SIZE, 3), np.float32)
        with torch.no_grad():
            expected = network(torch.from_numpy(x.transpose(2, 0, 1)[None]))[0].numpy().transpose(1, 2, 0)
        assert abs(expected - x).max() > 0.1  # the network does something
        np.testing.assert_allclose(model(x), expected, atol=1e-5)


def test_the_file_says_what_it_holds(exported: tuple[GlobalUNet, Path]) -> None:
    network, path = exported
    model = load_model(path)
    assert (model.image_size, model.description) == (SIZE, "a random network")
    assert NetworkConfig(**model.details["network"]) == network.config
    assert model.card == ModelCard("model", datetime.date.today().isoformat(), "not said", "not said: your own")
    (training,) = model.details["training"]
    assert (training["step"], training["seed"]) == (12, 7)


def test_a_runs_folder_is_taken_as_a_model(tmp_path: Path) -> None:
    network = random_network(3, False)
    run = tmp_path / "my-run"
    save_checkpoint(Checkpoint(1, {"network": network.config.to_dict()}, {ENHANCER: network.state_dict()}, {}), run)
    path = run / "enhancer.onnx"
    assert model_file(str(run)) == str(path)
    assert load_model(path).description == "the run my-run"
    written = path.stat().st_mtime_ns
    assert model_file(str(run)) == str(path)
    assert path.stat().st_mtime_ns == written  # as long as there is no newer checkpoint
    os.utime(path, ns=(0, 0))
    model_file(str(run))
    assert path.stat().st_mtime_ns > 0
    assert model_file(str(path)) == str(path)
    with pytest.raises(ModelError, match="is a folder, and not of a training run"):
        model_file(str(tmp_path))


def test_several_runs_become_the_mean_of_their_weights(tmp_path: Path) -> None:
    networks = [random_network(seed, False) for seed in (1, 2)]
    runs = [tmp_path / "one", tmp_path / "two"]
    for run, network in zip(runs, networks, strict=True):
        save_checkpoint(Checkpoint(1, {"network": network.config.to_dict()}, {ENHANCER: network.state_dict()}, {}), run)
    path = export_runs(runs, tmp_path / "mean.onnx", Words())
    weights = {entry.name: onnx.numpy_helper.to_array(entry) for entry in onnx.load(path).graph.initializer}
    one, two = (network.decoder1.conv.weight.detach().numpy() for network in networks)
    np.testing.assert_allclose(weights["decoder1.conv.weight"], (one + two) / 2, rtol=1e-6)
    assert len(load_model(path).details["training"]) == 2


def test_the_mean_with_the_model_that_a_run_started_from_is_half_as_far(tmp_path: Path) -> None:
    start, end = (random_network(seed, False) for seed in (1, 2))
    export_network(start, tmp_path / "start.onnx", {"network": start.config.to_dict(), "description": "", "training": []})
    save_checkpoint(Checkpoint(1, {"network": end.config.to_dict()}, {ENHANCER: end.state_dict()}, {}), tmp_path / "run")
    path = export_runs([tmp_path / "run", tmp_path / "start.onnx"], tmp_path / "half.onnx", Words())
    weights = {entry.name: onnx.numpy_helper.to_array(entry) for entry in onnx.load(path).graph.initializer}
    one, two = (network.decoder1.conv.weight.detach().numpy() for network in (start, end))
    np.testing.assert_allclose(weights["decoder1.conv.weight"], (one + two) / 2, rtol=1e-6)
    assert load_model(path).details["training"][1] == {"model": "start"}


def test_counters_are_not_averaged() -> None:
    mean = mean_weights([{"a": torch.tensor([1.0]), "n": torch.tensor(3)}, {"a": torch.tensor([2.0]), "n": torch.tensor(8)}])
    assert mean == {"a": torch.tensor([1.5]), "n": torch.tensor(3)}


def test_runs_of_different_networks_have_no_mean(tmp_path: Path) -> None:
    for name, has_global in (("one", False), ("two", True)):
        network = random_network(1, has_global)
        save_checkpoint(
            Checkpoint(1, {"network": network.config.to_dict()}, {ENHANCER: network.state_dict()}, {}), tmp_path / name
        )
    with pytest.raises(TrainingError, match="two: has another network than"):
        export_runs([tmp_path / "one", tmp_path / "two"], tmp_path / "mean.onnx", Words())


def test_no_path_of_the_exporting_machine_is_in_the_file(exported: tuple[GlobalUNet, Path]) -> None:
    content = exported[1].read_bytes()
    assert b".py" not in content
    assert b"stack_trace" not in content


def test_folders_in_the_settings_are_shown_by_their_last_names(tmp_path: Path) -> None:
    network = random_network(1, False)
    data = {
        "labels": ["/home/me/liked", "/home/me/more"],
        "inputs": [],
        "cache": None,
        "validation": "lists/kept.txt",
        "crop": 0.5,
    }
    config = {"network": network.config.to_dict(), "run": "/home/me/looks/warm", "start_from": "natural", "data": data}
    save_checkpoint(Checkpoint(1, config, {ENHANCER: network.state_dict()}, {}), tmp_path)
    (details,) = load_model(export_runs([tmp_path], tmp_path / "model.onnx", Words())).details["training"]
    short = {"labels": ["liked", "more"], "inputs": [], "cache": None, "validation": "kept.txt", "crop": 0.5}
    assert details == config | {"step": 1, "run": "warm", "data": short}


def test_a_card_has_the_folders_names_where_no_data_is_said(tmp_path: Path) -> None:
    network = random_network(1, False)
    config = {"network": network.config.to_dict(), "data": {"labels": ["/me/good"], "inputs": ["/me/plain"]}}
    save_checkpoint(Checkpoint(1, config, {ENHANCER: network.state_dict()}, {}), tmp_path)
    card = load_model(export_runs([tmp_path], tmp_path / "a.onnx", Words(licence="MIT"))).card
    assert card == ModelCard("a", datetime.date.today().isoformat(), "photos in good, plain", "MIT")


def test_a_model_is_written_again_with_other_words_and_the_same_weights(
    exported: tuple[GlobalUNet, Path], tmp_path: Path
) -> None:
    _, path = exported
    output = tmp_path / "named.onnx"
    command = ["export", str(path), "-o", str(output), "--data", "a photo of mine", "--licence", "CC0"]
    result = CliRunner().invoke(main, command)
    assert (result.exit_code, result.stdout) == (0, f"wrote {output}\n")
    before, after = load_model(path), load_model(output)
    assert after.card == ModelCard("named", datetime.date.today().isoformat(), "a photo of mine", "CC0")
    assert (after.description, after.details["network"]) == (before.description, before.details["network"])
    assert onnx.load(output).graph == onnx.load(path).graph
    again = load_model(rewrite_words(output, tmp_path / "again.onnx", Words(description="mine")))
    assert again.description == "mine"
    assert again.card is not None
    assert (again.card.name, again.card.data, again.card.licence) == ("again", "a photo of mine", "CC0")


def test_words_for_what_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("text")
    with pytest.raises(ModelError, match=r"text\.onnx: damaged, or not an ONNX model"):
        rewrite_words(tmp_path / "text.onnx", tmp_path / "out.onnx", Words())
    assert not (tmp_path / "out.onnx").exists()


def test_weights_keep_their_names_and_values(exported: tuple[GlobalUNet, Path]) -> None:
    network, path = exported
    kept = {entry.name: onnx.numpy_helper.to_array(entry) for entry in onnx.load(path).graph.initializer}
    state = {name: tensor for name, tensor in network.state_dict().items() if not name.endswith("num_batches_tracked")}
    assert set(state) <= set(kept)
    for name, tensor in state.items():
        assert kept[name].dtype == np.float32
        np.testing.assert_array_equal(kept[name], tensor.numpy())


def test_the_exported_file_enhances_photos(exported: tuple[GlobalUNet, Path]) -> None:
    _, path = exported
    photo = smooth_photo(60, 90)
    enhanced = Enhancer(path)(photo)
    assert enhanced.shape == photo.shape
    assert (enhanced != photo).any()
    assert [entry.name for entry in path.parent.iterdir()] == ["model.onnx"]  # nothing beside it


def test_a_run_without_a_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    with pytest.raises(TrainingError, match="run: holds no checkpoint"):
        export_runs([tmp_path / "run"], tmp_path / "model.onnx", Words())
    result = CliRunner().invoke(main, ["export", str(tmp_path / "run"), "-o", str(tmp_path / "model.onnx")])
    assert result.exit_code == 1
    assert result.stderr == f"Error: {tmp_path / 'run'}: holds no checkpoint; name the folder of a run that saved one\n"
    assert not (tmp_path / "model.onnx").exists()


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder.onnx").mkdir()
    for output in (tmp_path / "file" / "model.onnx", tmp_path / "folder.onnx"):
        with pytest.raises(ModelError, match="cannot write there") as caught:
            export_network(random_network(1, False), output, {})
        assert str(caught.value).startswith(f"{output}: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.onnx"]


def test_dpe_export_writes_a_model_for_dpe_enhance(tmp_path: Path) -> None:
    network = random_network(2, False)
    config = {"network": network.config.to_dict()}
    folder = save_checkpoint(Checkpoint(3, config, {ENHANCER: network.state_dict()}, {}), tmp_path)
    output = tmp_path / "mine.onnx"
    result = CliRunner().invoke(main, ["export", str(folder), "-o", str(output), "--description", "my own"])
    assert (result.exit_code, result.stdout) == (0, f"wrote {output}\n")
    assert load_model(output).description == "my own"
