from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deep_photo_enhancer.enhancement.enhancer import Enhancer
from deep_photo_enhancer.errors import ModelError
from deep_photo_enhancer.research.evaluation.pairs import Pair, PairFiles
from deep_photo_enhancer.research.evaluation.precomputed import PrecomputedImages
from deep_photo_enhancer.research.evaluation.systems import apply_method, find_systems
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
        ModelError, match=r"^naturl: no such system; there are the models natural, vivid and the methods input, fllf.*folder"
    ):
        find_systems(["input", "naturl"])


def test_a_name_of_two_things_is_the_system_and_the_folder_is_named_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_photo(Path("natural/photo.png"), PAIR.y)
    found = find_systems(["natural", "./natural"])
    assert not isinstance(found["natural"], PrecomputedImages)
    assert isinstance(found["./natural"], PrecomputedImages)


@pytest.mark.parametrize("mark", ["learning.json", "log.csv"])
def test_a_run_without_checkpoint_is_not_taken_for_ready_made_pictures(tmp_path: Path, mark: str) -> None:
    write_photo(tmp_path / "mine-run" / "liked" / "photo.png", PAIR.y)
    (tmp_path / "mine-run" / mark).touch()
    with pytest.raises(ModelError, match=r"mine-run: a training run without a checkpoint"):
        find_systems([str(tmp_path / "mine-run")])


def test_a_methods_colours_are_clipped_and_rounded() -> None:
    codes = np.array([[[0, 100, 255]]], np.uint8)
    np.testing.assert_array_equal(apply_method(lambda x: x * 2 - np.float32(0.1), codes), [[[0, 175, 255]]])


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
