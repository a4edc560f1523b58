from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from deep_photo_enhancer.enhancement.enhancer import Enhancer
from deep_photo_enhancer.errors import ModelError, TrainingError
from deep_photo_enhancer.research.evaluation.pairs import Pair, PairFiles
from deep_photo_enhancer.research.evaluation.ready_made import ReadyMade
from deep_photo_enhancer.research.evaluation.systems import find_systems, of_floats
from deep_photo_enhancer.training.config import MachineConfig, OptimiserConfig, TrainConfig
from deep_photo_enhancer.training.data.config import DataConfig
from deep_photo_enhancer.training.networks.config import NetworkConfig
from deep_photo_enhancer.training.trainer import train
from tests.synthetic import synthetic_photo, write_photo

PAIR = Pair("photo", synthetic_photo(0, 48, 64), synthetic_photo(1, 48, 64))


def test_systems_come_in_the_order_of_their_names(model_files: dict[str, Path], tmp_path: Path) -> None:
    write_photo(tmp_path / "tool" / "photo.png", PAIR.y)
    names = [str(tmp_path / "tool"), "input", str(model_files["lift"]), "natural"]
    systems = find_systems(names)
    assert list(systems) == names
    made, unchanged, lift, natural = (system(PAIR) for system in systems.values())
    np.testing.assert_array_equal(made, PAIR.y)
    np.testing.assert_array_equal(unchanged, PAIR.x)
    np.testing.assert_array_equal(lift, Enhancer(model_files["lift"])(PAIR.x))
    assert natural.shape == PAIR.x.shape
    assert (natural != PAIR.x).any()


def test_classical_methods_are_systems_of_8_bits() -> None:
    (system,) = find_systems(["fllf"]).values()
    y_fake = system(PAIR)
    assert y_fake.shape == PAIR.x.shape
    assert y_fake.dtype == np.uint8
    assert (y_fake != PAIR.x).any()
    assert system.problems(PairFiles([])) == []


def test_a_name_that_means_nothing_tells_what_there_is() -> None:
    with pytest.raises(
        ModelError, match=r"^naturl: no such system; there are the models natural and the methods input, fllf.*folder"
    ):
        find_systems(["input", "naturl"])


def test_a_name_of_two_things_is_the_system_and_the_folder_is_named_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_photo(Path("natural/photo.png"), PAIR.y)
    found = find_systems(["natural", "./natural"])
    assert not isinstance(found["natural"], ReadyMade)
    assert isinstance(found["./natural"], ReadyMade)


@pytest.mark.parametrize("mark", ["learning.json", "log.csv"])
def test_a_run_without_checkpoint_is_not_taken_for_ready_made_pictures(tmp_path: Path, mark: str) -> None:
    write_photo(tmp_path / "mine-run" / "liked" / "photo.png", PAIR.y)
    (tmp_path / "mine-run" / mark).touch()
    with pytest.raises(ModelError, match=r"mine-run: a training run without a checkpoint"):
        find_systems([str(tmp_path / "mine-run")])


def test_of_floats_clips_and_rounds() -> None:
    codes = np.array([[[0, 100, 255]]], np.uint8)
    np.testing.assert_array_equal(of_floats(lambda x: x * 2 - np.float32(0.1), codes), [[[0, 175, 255]]])


def test_a_name_given_twice_is_refused() -> None:
    with pytest.raises(ModelError, match=r"^input: given twice"):
        find_systems(["input", "natural", "input"])


def test_nothing_is_loaded_before_all_names_are_known(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    with pytest.raises(ModelError, match="damaged"):
        find_systems([str(broken)])
    with pytest.raises(ModelError, match=r"^missing: no such system"):
        find_systems([str(broken), "missing"])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two updates at S = 64."""
    folder = tmp_path_factory.mktemp("training")
    for i in range(4):
        write_photo(folder / "photos" / f"p{i}.png", synthetic_photo(i, 48, 64))
    return train(
        TrainConfig(
            data=DataConfig(labels=(str(folder / "photos"),), validation_share=0.25),
            run=str(folder / "run"),
            network=NetworkConfig(64),
            optimiser=OptimiserConfig(steps=2, batch_size=2),
            machine=MachineConfig(threads=1),
            log_every=2,
            recalibrate=1,
        )
    )


def test_a_runs_folder_and_its_checkpoints_are_the_network_of_the_run(run: Path) -> None:
    (checkpoint,) = (run / "checkpoints").iterdir()
    of_run, of_checkpoint = (system(PAIR) for system in find_systems([str(run), str(checkpoint)]).values())
    np.testing.assert_array_equal(of_run, of_checkpoint)
    assert of_run.shape == PAIR.x.shape
    assert of_run.dtype == np.uint8


def test_photos_of_another_size_than_the_runs_are_a_problem_with_a_remedy(run: Path, tmp_path: Path) -> None:
    fits = write_photo(tmp_path / "fits.png", synthetic_photo(0, 48, 64))
    large = write_photo(tmp_path / "large.png", synthetic_photo(0, 96, 72))
    (system,) = find_systems([str(run)]).values()
    files = [(fits, fits), (large, large)]
    (problem,) = system.problems(PairFiles(files))
    assert problem.startswith(
        f"{run}: its network takes photos with a long side of 64 pixels, but 1 of 2 have another, such as {large}"
    )
    assert "use --size 64" in problem
    assert system.problems(PairFiles(files, size=64)) == []


def test_a_run_of_another_version_is_named(run: Path, tmp_path: Path) -> None:
    for name, changes in {"settings": {"global_features": True}, "weights": {"architecture": "unet"}}.items():
        shutil.copytree(run / "checkpoints" / "00000002", tmp_path / name)
        state = json.loads((tmp_path / name / "state.json").read_text(encoding="utf-8"))
        state["config"]["network"] |= changes
        (tmp_path / name / "state.json").write_text(json.dumps(state), encoding="utf-8")
        with pytest.raises(TrainingError, match=f"{name}: not a network of this version; train it again, or evaluate its .onnx"):
            find_systems([str(tmp_path / name)])


def test_a_run_without_checkpoints_is_named(tmp_path: Path) -> None:
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    with pytest.raises(TrainingError, match="run: holds no checkpoint"):
        find_systems([str(tmp_path / "run")])
