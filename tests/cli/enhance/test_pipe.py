from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from deep_photo_enhancer.cli import main
from deep_photo_enhancer.cli.enhance import pipe as piping
from deep_photo_enhancer.photo import Photo
from tests.enhancing_fixtures import jpeg_bytes, opened, smooth_photo

PHOTO = smooth_photo(20, 30)


def pipe(content: bytes, *arguments: object) -> Result:
    return CliRunner().invoke(main, ["enhance", *map(str, arguments)], input=content)


@pytest.fixture
def model(model_files: dict[str, Path]) -> list[object]:
    return ["--model", model_files["lift"]]


@pytest.mark.parametrize(
    ("suffix", "kind"), [(".png", "PNG"), (".jpg", "JPEG"), (".webp", "WEBP"), (".tif", "TIFF"), (".avif", "AVIF")]
)
def test_a_photo_goes_through_in_its_own_format(model: list[object], suffix: str, kind: str) -> None:
    result = pipe(Photo(PHOTO).to_bytes(suffix), "-", "-o", "-", *model)
    assert (result.exit_code, result.stderr) == (0, "")
    enhanced = Image.open(io.BytesIO(result.stdout_bytes))
    assert (enhanced.format, enhanced.size) == (kind, (30, 20))
    assert abs(np.asarray(enhanced.convert("RGB")) - (0.8 * PHOTO + 25.5)).mean() < 4


def test_format_strength_and_quality(model: list[object]) -> None:
    photo = Photo(PHOTO).to_bytes(".png")
    same = pipe(photo, "-", "-o", "-", "--format", "tif", "--strength", 0, *model)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(same.stdout_bytes))), PHOTO)
    bare = pipe(photo, "-", "-o", "-", "--light", 0, "--colour", 0, *model)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(bare.stdout_bytes))), PHOTO)
    small, large = (pipe(photo, "-", "-o", "-", "--format", "jpg", "--quality", q, *model).stdout_bytes for q in (10, 95))
    assert len(small) < len(large)


def test_from_a_file_and_into_a_file(tmp_path: Path, model: list[object]) -> None:
    Image.fromarray(PHOTO).save(tmp_path / "in.png")
    assert Image.open(io.BytesIO(pipe(b"", tmp_path / "in.png", "-o", "-", *model).stdout_bytes)).format == "PNG"
    result = pipe((tmp_path / "in.png").read_bytes(), "-", "-o", tmp_path / "new" / "out.webp", *model)
    assert (result.exit_code, result.stdout) == (0, "")
    assert opened(tmp_path / "new" / "out.webp").size == (30, 20)


def test_a_dash_alone_goes_to_standard_output(tmp_path: Path, model: list[object]) -> None:
    photo = Photo(PHOTO).to_bytes(".png")
    (tmp_path / "in.png").write_bytes(photo)
    named = pipe(photo, "-", "-o", "-", *model).stdout_bytes
    assert named == pipe(photo, "-", *model).stdout_bytes == pipe(photo, "-", "-", *model).stdout_bytes
    assert named == pipe(b"", tmp_path / "in.png", "-", *model).stdout_bytes
    assert pipe(photo, "-", tmp_path / "out.png", *model).exit_code == 0
    assert opened(tmp_path / "out.png").size == (30, 20)


def test_warnings_go_to_standard_error(model: list[object]) -> None:
    result = pipe(jpeg_bytes(PHOTO, icc_profile=b"nonsense" * 50), "-", "-o", "-", *model)
    (line,) = result.stderr.splitlines()
    assert line.startswith("Warning: its colour profile cannot be used")
    assert pipe(jpeg_bytes(PHOTO, icc_profile=b"nonsense" * 50), "-", "-o", "-", "-q", *model).stderr == ""


def test_what_the_format_cannot_hold_is_told_as_for_files(tmp_path: Path, model: list[object]) -> None:
    content = jpeg_bytes(PHOTO, comment=b"a fine day")
    (tmp_path / "in.jpg").write_bytes(content)
    file = pipe(b"", tmp_path / "in.jpg", "-o", tmp_path / "out.webp", *model)
    result = pipe(content, "-", "-o", "-", "--format", "webp", *model)
    assert result.stderr == "Warning: its comment cannot be kept in WebP\n"
    assert file.stderr == result.stderr.replace("its", f"{tmp_path / 'in.jpg'}: its")
    assert Image.open(io.BytesIO(result.stdout_bytes)).format == "WEBP"


@pytest.mark.parametrize("content", [b"", b"Dear diary", jpeg_bytes(PHOTO)[:200]])
def test_what_is_no_photo_gets_one_line_and_nothing_goes_out(content: bytes, model: list[object]) -> None:
    result = pipe(content, "-", "-o", "-", *model)
    (line,) = result.stderr.splitlines()
    assert (result.exit_code, result.stdout_bytes) == (1, b"")
    assert line.startswith("Error: standard input: ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-", "a.jpg", "-o", "-"], "- takes a single photo"),
        ([".", "-o", "-"], "- takes a single photo"),
        (["-", "-o", "folder"], "folder: name a file of .jpg"),
        (["-", "-o", "a.jpg", "--format", "png"], "a.jpg: is not the name of a png file; change the name or the format"),
        (["-", "-o", "-", "--watch"], "--watch does not go with -"),
        (["-", "-o", "-", "--dry-run"], "--dry-run does not go with -"),
        (["-", "-o", "-", "--compare"], "--compare does not go with -"),
        (["-", "-o", "-", "--report", "r.json"], "do not go with -"),
    ],
)
def test_what_does_not_go_with_a_pipe(arguments: list[str], says: str) -> None:
    result = pipe(b"", *arguments)
    assert result.exit_code == 2
    assert says in result.stderr


def test_ctrl_c_has_its_own_status(monkeypatch: pytest.MonkeyPatch, model: list[object]) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(piping, "Enhancer", interrupted)
    result = pipe(jpeg_bytes(PHOTO), "-", "-o", "-", *model)
    assert (result.exit_code, result.stdout_bytes, result.stderr) == (130, b"", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_standard_output_that_takes_nothing_gets_one_line(tmp_path: Path, model_files: dict[str, Path]) -> None:
    Image.fromarray(PHOTO).save(tmp_path / "in.png")
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "deep_photo_enhancer",
        "enhance",
        tmp_path / "in.png",
        "-o",
        "-",
        "--model",
    ]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*command, model_files["lift"]], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "Error: standard output: cannot write there: the disk is full; send it elsewhere\n"


def test_a_terminal_is_neither_source_nor_target(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    order = ["-", "-o", "-"]
    for name in ("stdin", "stdout"):
        with monkeypatch.context() as patch:
            fake = type("Streams", (), {"stdin": sys.stdin, "stdout": sys.stdout, name: Terminal(io.BytesIO())})
            patch.setattr(piping, "sys", fake)
            result = CliRunner().invoke(main, ["enhance", *order])
            assert result.exit_code == 2
            assert "terminal" in result.stderr


def test_a_file_that_is_no_photo_is_not_replaced(model: list[object], tmp_path: Path) -> None:
    output = tmp_path / "notes.jpg"
    output.write_text("no photo")
    result = pipe(jpeg_bytes(PHOTO), "-", "-o", output, *model)
    assert (result.exit_code, result.stderr) == (2, f"Error: {output}: already exists and is no photo; choose another name\n")
    assert output.read_text() == "no photo"


def test_a_photo_that_is_there_is_replaced_with_the_option_only(model: list[object], tmp_path: Path) -> None:
    output = tmp_path / "out.jpg"
    assert pipe(jpeg_bytes(PHOTO), "-", output, *model).exit_code == 0
    before = output.read_bytes()
    again = pipe(jpeg_bytes(PHOTO), "-", output, *model, "-s", "0")
    assert (again.exit_code, again.stderr) == (2, f"Error: {output}: already exists; put -o before it to replace it\n")
    assert output.read_bytes() == before
    assert pipe(jpeg_bytes(PHOTO), "-", "-o", output, *model, "-s", "0").exit_code == 0
    assert output.read_bytes() != before
