from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import numpy as np
import onnxruntime
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from deep_photo_enhancer import __version__
from deep_photo_enhancer.cli import main
from deep_photo_enhancer.cli.enhance import run as enhancing
from deep_photo_enhancer.enhancement import bench, models
from deep_photo_enhancer.enhancement.batch import JobOptions, Outcome, Plan
from deep_photo_enhancer.enhancement.enhancer import Enhancer
from deep_photo_enhancer.enhancement.models import CONFIG_KEY
from deep_photo_enhancer.photo import Photo
from deep_photo_enhancer.system.extras import install_command
from tests.enhancement.bench.test_report import FIGURES
from tests.enhancing_fixtures import jpeg_bytes, noise, opened, smooth_photo
from tests.onnx_files import DETAILS, write_model

PHOTO = smooth_photo(20, 30)
SOURCE = Path(models.__file__).parents[2]


def dpe(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    Image.fromarray(PHOTO).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def one_line(result: Result, status: int = 1) -> str:
    """The only line on standard error of a command that failed without a traceback; status 2: because of the command line."""
    assert result.exit_code == status
    assert result.exception is None or isinstance(result.exception, SystemExit)
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    return line


# Enhancing


def test_a_photo_into_a_file(photo: Path, tmp_path: Path, model_files: dict[str, Path]) -> None:
    result = dpe("enhance", photo, "-o", tmp_path / "better.png", "--model", model_files["lift"])
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"1 of 1 photo enhanced into {tmp_path / 'better.png'}\n"
    assert abs(np.asarray(opened(tmp_path / "better.png")) - (0.8 * PHOTO + 25.5)).max() <= 1


def test_strength_and_comparison(photo: Path, tmp_path: Path, model_files: dict[str, Path]) -> None:
    output = tmp_path / "out"
    result = dpe("enhance", photo, "-o", output, "--model", model_files["lift"], "--strength", 0, "--compare")
    assert result.exit_code == 0
    np.testing.assert_array_equal(np.asarray(opened(output / "photo.png")), PHOTO)
    assert opened(output / "photo-compare.jpg").size == (30 + 8 + 30, 20 + 24)


def test_light_and_colour(photo: Path, tmp_path: Path, model_files: dict[str, Path]) -> None:
    amounts = ("--strength", 1.5, "--light", 0.5, "--colour", 1.2)
    assert dpe("enhance", photo, "-o", tmp_path / "a.png", "--model", model_files["gamma"], *amounts).exit_code == 0
    wanted = Enhancer(model_files["gamma"])(PHOTO, 1.5, light=0.5, colour=1.2)
    np.testing.assert_array_equal(np.asarray(opened(tmp_path / "a.png")), wanted)


def test_the_network_at_full_size(photo: Path, tmp_path: Path) -> None:
    outputs = {method: tmp_path / f"{method}.png" for method in ("fast", "native")}
    for method, output in outputs.items():
        assert dpe("enhance", photo, "-o", output, "--method", method).exit_code == 0
    fast, native = (np.asarray(opened(output)).astype(int) for output in outputs.values())
    wanted = Enhancer(method="native").enhance_photo(Photo(PHOTO)).pixels
    np.testing.assert_array_equal(native, wanted)
    assert 0 < abs(native - fast).mean() < 8  # the same change, made in another way


def test_a_native_run_needs_a_model_of_any_size_before_it_looks_at_photos(
    photo: Path, tmp_path: Path, model_files: dict[str, Path]
) -> None:
    (tmp_path / "a.png").write_text("damaged")
    output = tmp_path / "out"
    result = dpe("enhance", tmp_path / "a.png", photo, "-o", output, "--model", model_files["lift"], "--method", "native")
    assert one_line(result, 2).startswith(f"Error: {model_files['lift']}: its network is of one size; ")
    assert not output.exists()


def test_the_device_that_was_found_is_told(photo: Path, tmp_path: Path, model_files: dict[str, Path]) -> None:
    result = dpe("enhance", photo, "-o", tmp_path / "x.png", "--model", model_files["lift"], "--device", "auto")
    assert result.exit_code == 0
    assert result.stderr == "using cpu\n"


@pytest.mark.parametrize(("jobs", "photos", "at_once", "threads"), [(None, 3, 3, 2), (None, 1, 1, 6), (4, 8, 4, 1), (1, 8, 1, 6)])
def test_photos_at_once_share_the_cores(
    tmp_path: Path,
    model_files: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    jobs: int | None,
    photos: int,
    at_once: int,
    threads: int,
) -> None:
    seen: list[int | None] = []

    def run(plan: Plan, enhancer: Enhancer, _treatment: JobOptions, at_once: int, *_: object) -> list[Outcome]:
        seen.extend([at_once, enhancer.threads])
        return [Outcome(job) for job in plan]

    monkeypatch.setattr(enhancing, "run_jobs", run)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    options = [] if jobs is None else ["--jobs", jobs]
    names = [tmp_path / f"{number}.png" for number in range(photos)]
    for name in names:
        name.touch()
    assert dpe("enhance", *names, "-o", tmp_path / "out", "--model", model_files["lift"], *options).exit_code == 0
    assert seen == [at_once, threads]


def test_bench_prints_a_report_and_writes_the_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def run_bench(*arguments: object) -> dict[str, Any]:
        seen.extend(arguments[:-1])
        return FIGURES

    monkeypatch.setattr(bench, "run_bench", run_bench)
    result = dpe("bench", "a.jpg", "--runs", 3, "--json", tmp_path / "new" / "figures.json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert seen == [(Path("a.jpg"),), "natural", "cpu", 3]
    assert result.stdout == f"{bench.report(FIGURES)}\n"
    assert dpe("bench", "--markdown").stdout == f"{bench.markdown(FIGURES)}\n"
    assert json.loads((tmp_path / "new" / "figures.json").read_text()) == FIGURES
    (tmp_path / "file").write_text("in the way")
    line = one_line(dpe("bench", "--json", tmp_path / "file" / "x.json"))
    assert line == f"Error: {tmp_path / 'file' / 'x.json'}: cannot write there: File exists; choose another file"


@pytest.mark.parametrize("name", ["a[1].jpg", "100% ünï.jpg", "-o.jpg", "--help"])
def test_names_that_look_like_something_else(
    tmp_path: Path, model_files: dict[str, Path], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).write_bytes(jpeg_bytes(PHOTO))
    monkeypatch.chdir(tmp_path)
    result = dpe("enhance", "-o", "out", "--model", model_files["identity"], "--", name)
    assert (result.exit_code, result.stdout) == (0, "1 of 1 photo enhanced into out\n")
    assert (tmp_path / "out" / (name if name.endswith(".jpg") else f"{name}.jpg")).is_file()


def test_one_bad_photo_of_three_is_counted(tmp_path: Path, model_files: dict[str, Path]) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.png", "c.png"):
        Image.fromarray(PHOTO).save(folder / name)
    (folder / "b.png").write_text("no photo")
    result = dpe("enhance", folder, "-o", tmp_path / "out", "--model", model_files["identity"])
    assert one_line(result).startswith(f"Error: {folder / 'b.png'}: damaged, or not a photo")
    assert result.stdout == f"2 of 3 photos enhanced into {tmp_path / 'out'}, 1 failed\n"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "c.png"]


def test_warnings_name_the_photo(tmp_path: Path, model_files: dict[str, Path]) -> None:
    (tmp_path / "in.jpg").write_bytes(jpeg_bytes(PHOTO, icc_profile=b"nonsense" * 50))
    result = dpe("enhance", tmp_path / "in.jpg", "-o", tmp_path / "out.jpg", "--model", model_files["identity"])
    assert result.exit_code == 0
    assert result.stderr == f"Warning: {tmp_path / 'in.jpg'}: its colour profile cannot be used: treated as sRGB\n"


# Errors: one clear line


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.jpg", b"", "the file is empty"),
        ("text.jpg", b"Dear diary", "damaged, or not a photo"),
        ("half.jpg", jpeg_bytes(noise(0, 200, 200, 3))[:4000], "damaged, or not a photo"),
        ("moving.gif", b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;", "not one of the formats"),
    ],
)
def test_a_photo_that_cannot_be_read(tmp_path: Path, model_files: dict[str, Path], name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    result = dpe("enhance", tmp_path / name, "-o", tmp_path / "out", "--model", model_files["identity"])
    line = one_line(result)
    assert line.startswith(f"Error: {tmp_path / name}: ")
    assert says in line
    assert result.stdout == "0 of 1 photo enhanced, 1 failed\n"
    assert not (tmp_path / "out").exists()


def test_an_output_that_cannot_be_written(photo: Path, tmp_path: Path, model_files: dict[str, Path]) -> None:
    (tmp_path / "file").write_text("in the way")
    line = one_line(dpe("enhance", photo, "-o", tmp_path / "file" / "out", "--model", model_files["identity"]))
    assert line.startswith(f"Error: {tmp_path / 'file' / 'out' / 'photo.png'}: cannot write there: ")


def test_a_folder_without_photos(tmp_path: Path, model_files: dict[str, Path]) -> None:
    (tmp_path / "empty").mkdir()
    result = dpe("enhance", tmp_path / "empty", "-o", tmp_path / "out", "--model", model_files["identity"])
    assert one_line(result) == f"Error: {tmp_path / 'empty'}: this folder is empty; name one with photos"
    assert result.stdout == "no photo enhanced, 1 folder gave none\n"


def test_an_input_is_not_overwritten(photo: Path, model_files: dict[str, Path]) -> None:
    before = photo.read_bytes()
    assert "would be overwritten" in one_line(dpe("enhance", photo, "-o", photo, "--model", model_files["lift"]), 2)
    assert "would be overwritten" in one_line(dpe("enhance", photo.parent, "-o", photo.parent, "--model", model_files["lift"]), 2)
    assert photo.read_bytes() == before


def test_models_that_are_unknown_or_damaged(photo: Path, tmp_path: Path) -> None:
    assert "Error: vivit: no such model" in one_line(dpe("enhance", photo, "-o", tmp_path / "out", "--model", "vivit"), 2)
    (tmp_path / "broken.onnx").write_bytes(b"nothing")
    line = one_line(dpe("enhance", photo, "-o", tmp_path / "out", "--model", tmp_path / "broken.onnx"), 2)
    assert line.startswith(f"Error: {tmp_path / 'broken.onnx'}: damaged")


def test_cuda_that_is_not_there(
    photo: Path, tmp_path: Path, model_files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    result = dpe("enhance", photo, "-o", tmp_path / "out", "--model", model_files["identity"], "--device", "cuda")
    assert "device cuda: this installation of ONNX Runtime has no CUDAExecutionProvider; use cpu" in one_line(result, 2)


@pytest.mark.parametrize(
    "wrong",
    [
        ["enhance"],
        ["enhance", "-o", "out"],
        ["help", "improve"],
        ["help", "enhance", "more"],
        ["enhance", "a.jpg", "-o", "out", "--strength", "2.1"],
        ["enhance", "a.jpg", "-o", "out", "--strength", "-0.1"],
        ["enhance", "a.jpg", "-o", "out", "--strength", "nan"],
        ["enhance", "a.jpg", "-o", "out", "--strength", "much"],
        ["enhance", "a.jpg", "-o", "out", "--light", "2.1"],
        ["enhance", "a.jpg", "-o", "out", "--colour", "nan"],
        ["enhance", "a.jpg", "-o", "out", "--device", "tpu"],
        ["enhance", "a.jpg", "-o", "out", "--device", "cuda:first"],
        ["enhance", "a.jpg", "-o", "out", "--method", "slow"],
        ["enhance", "a.jpg", "-o", "out", "--jobs", "0"],
        ["enhance", "a.jpg", "-o", "out", "--fast"],
        ["improve"],
        ["export", "runs/none"],
    ],
)
def test_usage_errors_have_status_2(wrong: list[str]) -> None:
    result = dpe(*wrong)
    assert result.exit_code == 2
    assert result.stderr.startswith("Usage: ")


def test_a_command_of_the_training_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delitem(sys.modules, "deep_photo_enhancer.training.export", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(sys.modules, "onnx", None)
    line = one_line(dpe("export", tmp_path, "-o", tmp_path / "model.onnx"))
    assert line.endswith(install_command("train"))


# Help, version, models


def test_help_of_a_command_is_what_its_option_says() -> None:
    for words in ([], ["enhance"], ["data", "fivek"]):
        assert dpe("help", *words).stdout == dpe(*words, "--help").stdout


def test_a_photo_needs_no_command(photo: Path, tmp_path: Path, model_files: dict[str, Path]) -> None:
    result = dpe(photo, "-m", model_files["lift"])
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"1 of 1 photo enhanced into {tmp_path / 'photo-enhanced.png'}\n"
    assert one_line(dpe(tmp_path / "none.jpg"), 2).startswith(f"Error: {tmp_path / 'none.jpg'}: no such file; check the name")


@pytest.mark.parametrize("command", [[], ["enhance"], ["models"], ["learn"], ["train"], ["export"]])
def test_every_command_explains_itself(command: list[str]) -> None:
    for option in ("-h", "--help"):
        result = dpe(*command, option)
        assert result.exit_code == 0
        assert result.stdout.startswith(f"Usage: main {' '.join(command)}".rstrip())


def test_all_commands_are_listed() -> None:
    assert isinstance(main, click.Group)
    assert all(f"\n  {name} " in dpe("--help").stdout for name in main.commands)
    assert {"enhance", "models", "learn", "train", "export"} <= set(main.commands)


def test_the_version_and_those_of_the_libraries() -> None:
    first, second = dpe("--version").stdout.splitlines()
    assert first == f"dpe {__version__}"
    python, numpy, onnxruntime_, pyvips, libvips = second.split(", ")
    assert python == f"Python {platform.python_version()}"
    assert (numpy, onnxruntime_) == (f"numpy {np.__version__}", f"onnxruntime {onnxruntime.__version__}")
    assert pyvips.startswith("pyvips ")
    assert re.fullmatch(r"libvips 8\.\d+\.\d+", libvips)


def test_models_are_listed_with_their_descriptions(
    tmp_path: Path, model_files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("autumn", "natural"):
        (tmp_path / f"{name}.onnx").write_bytes(model_files["identity"].read_bytes())
    monkeypatch.setattr(models, "BUNDLED", tmp_path)
    result = dpe("models")
    assert result.exit_code == 0
    listed = "natural: a model for tests (S = 64; bundled)\nautumn: a model for tests (S = 64; bundled)\n"
    assert result.stdout.startswith(listed)


def test_models_show_the_cards_in_their_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = {"name": "autumn", "date": "2026-01-31", "data": "12 photos\n", "licence": "CC0"}
    write_model(tmp_path / "autumn.onnx", "identity", {CONFIG_KEY: json.dumps(DETAILS | {"card": card})})
    write_model(tmp_path / "old.onnx", "identity")
    monkeypatch.setattr(models, "BUNDLED", tmp_path)
    assert dpe("models", "-v").stdout.splitlines()[:-1] == [
        "autumn: a model for tests (S = 64; bundled)",
        "  name:    autumn",
        "  date:    2026-01-31",
        "  data:    12 photos\\n",
        "  licence: CC0",
        "old: a model for tests (S = 64; bundled)",
        "  its file has no card: an earlier version wrote it",
    ]


# As a process of its own


def test_the_enhancing_wing_imports_nothing_of_the_training_wing(model_files: dict[str, Path]) -> None:
    program = f"""
import sys
import numpy as np
import deep_photo_enhancer, deep_photo_enhancer.cli, deep_photo_enhancer.enhancement.batch
deep_photo_enhancer.Enhancer({str(model_files["lift"])!r})(np.zeros((4, 5, 3), np.uint8))
print([name for name in ("torch", "yaml", "skimage", "safetensors", "PIL", "onnx") if name in sys.modules])
"""
    assert run_python("-c", program).stdout == "[]\n"


def test_piped_output_holds_no_progress_bar(photo: Path, tmp_path: Path, model_files: dict[str, Path]) -> None:
    program = "from deep_photo_enhancer.cli import main; main()"
    (tmp_path / "empty.jpg").touch()
    arguments = ["enhance", str(photo), str(tmp_path / "empty.jpg"), "-o", str(tmp_path / "out")]
    result = run_python("-c", program, *arguments, "--model", str(model_files["identity"]), status=1)
    assert result.stdout == f"1 of 2 photos enhanced into {tmp_path / 'out'}, 1 failed\n"
    assert result.stderr == f"Error: {tmp_path / 'empty.jpg'}: the file is empty; copy it again from its source\n"


def test_the_package_runs_as_a_module() -> None:
    assert run_python("-m", "deep_photo_enhancer", "--version").stdout.startswith(f"dpe {__version__}\n")


def run_python(*arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    result = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=environment, check=False)
    assert result.returncode == status, result.stderr
    return result
