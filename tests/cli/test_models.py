from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from deep_photo_enhancer.enhancement.models import user_folder
from tests.cli.test_cli import dpe
from tests.enhancing_fixtures import opened, smooth_photo
from tests.onnx_files import write_model


def test_bundled_models_and_ones_own_are_listed() -> None:
    user_folder().mkdir(parents=True)
    path = write_model(user_folder() / "warm.onnx", "lift")
    result = dpe("models")
    assert result.exit_code == 0
    first, second, third, hint = result.stdout.splitlines()
    assert (first.split(":")[0], second.split(":")[0]) == ("natural", "vivid")
    assert first.endswith("(S = 256; bundled)")
    assert third == f"warm: a model for tests (S = 64; {path})"
    assert hint.startswith(f"Your own models are the .onnx files in {user_folder()}; ")


def test_a_damaged_one_gets_a_line_and_the_others_are_listed() -> None:
    user_folder().mkdir(parents=True)
    (user_folder() / "bad.onnx").write_text("no model")
    write_model(user_folder() / "warm.onnx", "lift")
    result = dpe("models")
    assert result.exit_code == 1
    assert [line.split(":")[0] for line in result.stdout.splitlines()[:3]] == ["natural", "vivid", "warm"]
    assert result.stderr.startswith(f"Error: {user_folder() / 'bad.onnx'}: damaged, or not an ONNX model")


def test_those_that_are_named_are_listed_alone_by_name_or_file(tmp_path: Path) -> None:
    path = write_model(tmp_path / "warm.onnx", "lift")
    result = dpe("models", "-v", path)
    assert result.stdout.splitlines() == [
        f"warm: a model for tests (S = 64; {path})",
        "  its file has no card: an earlier version wrote it",
    ]
    first, second = dpe("models", "vivid", path).stdout.splitlines()
    assert first.startswith("vivid: ")
    assert first.endswith("; bundled)")
    assert second.startswith("warm: ")
    unknown = dpe("models", tmp_path / "none.onnx")
    assert (unknown.exit_code, unknown.stdout) == (2, "")
    assert unknown.stderr.startswith(f"Error: {tmp_path / 'none.onnx'}: no such model; there are natural, vivid, or give")


def test_ones_own_model_is_taken_by_name(tmp_path: Path) -> None:
    user_folder().mkdir(parents=True)
    write_model(user_folder() / "warm.onnx", "lift")
    pixels = smooth_photo(20, 30)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert dpe("enhance", tmp_path / "a.png", tmp_path / "b.png", "--model", "warm").exit_code == 0
    assert abs(np.asarray(opened(tmp_path / "b.png")) - (0.8 * pixels + 25.5)).max() <= 1
