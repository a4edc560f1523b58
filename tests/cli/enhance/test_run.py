"""The run as the command shows it: what is said, counted, reported, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np
import pytest
from PIL import Image

from deep_photo_enhancer import __version__
from deep_photo_enhancer.cli.enhance import run as enhancing
from deep_photo_enhancer.cli.enhance.run import FINISHING
from deep_photo_enhancer.enhancement.batch import JobOptions, Outcome, Plan
from deep_photo_enhancer.enhancement.enhancer import Enhancer
from deep_photo_enhancer.photo import Photo, SaveOptions, load_photo
from deep_photo_enhancer.system.text import one_line
from tests.cli.test_cli import SOURCE, dpe
from tests.enhancing_fixtures import jpeg_bytes, noise, opened, smooth_photo

PHOTO = smooth_photo(20, 30)


@pytest.fixture
def holiday(tmp_path: Path) -> Path:
    """Two photos in a tree with other files."""
    folder = tmp_path / "holiday"
    (folder / "beach").mkdir(parents=True)
    Image.fromarray(PHOTO).save(folder / "a.png")
    (folder / "beach" / "b.jpg").write_bytes(jpeg_bytes(PHOTO))
    (folder / "notes.txt").write_text("sunny")
    return folder


@pytest.fixture
def model(model_files: dict[str, Path]) -> list[object]:
    return ["--model", model_files["identity"]]


# What already exists


def test_a_second_run_skips_what_is_there(holiday: Path, tmp_path: Path, model: list[object]) -> None:
    output = tmp_path / "out"
    first, second = (dpe("enhance", holiday, "-o", output, *model) for _ in range(2))
    assert first.stdout == f"2 of 2 photos enhanced into {output}, 1 other file ignored\n"
    assert second.stdout == (f"0 of 2 photos enhanced into {output}, 2 already exist, 1 other file ignored\n")
    assert second.exit_code == 0
    third = dpe("enhance", holiday, "-o", output, "--existing", "rename", *model)
    assert third.stdout.startswith("2 of 2 photos enhanced")
    assert (output / "beach" / "b-2.jpg").is_file()


def test_the_summary_names_the_output_that_was_made(holiday: Path, model: list[object]) -> None:
    command = ["enhance", holiday / "a.png", *model]
    dpe(*command)
    renamed = dpe(*command, "--existing", "rename")
    assert renamed.stdout == f"1 of 1 photo enhanced into {holiday / 'a-enhanced-2.png'}\n"
    dpe(*command, "-o", holiday / "b.png")
    renamed = dpe(*command, "-o", holiday / "b.png", "--existing", "rename")
    assert renamed.stdout == f"1 of 1 photo enhanced into {holiday / 'b-2.png'}\n"


def test_a_single_output_file_is_replaced_unless_told_otherwise(holiday: Path, tmp_path: Path, model: list[object]) -> None:
    output = tmp_path / "better.png"
    output.write_bytes((holiday / "a.png").read_bytes())
    command = ["enhance", holiday / "a.png", "-o", output, *model]
    assert dpe(*command, "--existing", "skip").stdout.startswith("0 of 1")
    before = output.stat().st_ino
    assert dpe(*command).stdout.startswith("1 of 1")
    assert output.stat().st_ino != before


def test_a_dry_run_says_what_would_become_what_and_writes_nothing(holiday: Path, tmp_path: Path, model: list[object]) -> None:
    output = tmp_path / "out"
    result = dpe("enhance", holiday, "-o", output, "--dry-run", "--format", "webp", *model)
    assert result.stdout.splitlines() == [
        f"{holiday / 'a.png'} -> {output / 'a.webp'}",
        f"{holiday / 'beach' / 'b.jpg'} -> {output / 'beach' / 'b.webp'}",
        "2 photos would be enhanced, 0 already exist, 1 other file ignored",
    ]
    assert not output.exists()
    dpe("enhance", holiday, "-o", output, *model)
    (output / "a.png").write_text("cut off")
    lines = dpe("enhance", holiday, "-o", output, "--dry-run", *model).stdout.splitlines()
    assert lines[0].endswith("a.png (replaces what is there)")
    assert lines[1] == f"{holiday / 'beach' / 'b.jpg'}: {output / 'beach' / 'b.jpg'} already exists"
    assert (output / "a.png").read_text() == "cut off"


# What is said


def test_quiet_and_verbose(holiday: Path, tmp_path: Path, model: list[object]) -> None:
    (holiday / "bad.jpg").write_text("no photo")
    quiet = dpe("enhance", holiday, "-o", tmp_path / "1", "-q", *model)
    assert (quiet.exit_code, quiet.stdout) == (1, "")
    assert [line.split(";")[0][:6] for line in quiet.stderr.splitlines()] == ["Error:"]
    verbose = dpe("enhance", holiday, "-o", tmp_path / "2", "-v", *model).stdout.splitlines()
    assert verbose[0].startswith(f"{holiday / 'a.png'} -> {tmp_path / '2' / 'a.png'} (0.")
    assert len(verbose) == 3
    again = dpe("enhance", holiday, "-o", tmp_path / "2", "-v", *model).stdout.splitlines()
    assert again[0] == f"{holiday / 'a.png'}: {tmp_path / '2' / 'a.png'} already exists"
    assert dpe("enhance", holiday, "-o", tmp_path / "3", "-q", "-v").exit_code == 2


def test_names_cannot_break_lines_or_colour_the_terminal(tmp_path: Path, model: list[object]) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("two\nlines.jpg", "\x1b[31mred.jpg", os.fsdecode(b"caf\xe9.jpg")):
        (folder / name).write_text("no photo")
    result = dpe("enhance", folder, "-o", tmp_path / "out", *model)
    lines = sorted(line.split(": ")[1].removeprefix(f"{folder}/") for line in result.stderr.splitlines())
    assert lines == ["\\x1b[31mred.jpg", "caf\\udce9.jpg", "two\\nlines.jpg"]
    assert one_line("日本 é 'quoted' \\") == "日本 é 'quoted' \\"


@pytest.mark.parametrize(
    ("options", "metadata"),
    [([], "all"), (["--strip-gps"], "no-gps"), (["--strip"], "none"), (["--strip", "--strip-gps"], "none")],
)
def test_options_that_leave_out_metadata(
    holiday: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], metadata: str
) -> None:
    seen: list[JobOptions] = []

    def run(_plan: Plan, _enhancer: Enhancer, treatment: JobOptions, *_: object) -> list[Outcome]:
        seen.append(treatment)
        return []

    monkeypatch.setattr(enhancing, "run_jobs", run)
    dpe("enhance", holiday, "-o", tmp_path / "out", "--quality", 50, "--max-megapixels", 2.5, "--keep-times", *options)
    assert seen == [JobOptions(existing="update", keep_times=True, save=SaveOptions(50, metadata), max_pixels=2_500_000)]  # type: ignore[arg-type]


# The report


def test_the_report_of_a_run(holiday: Path, tmp_path: Path, model: list[object]) -> None:
    (holiday / "bad.jpg").write_text("no photo")
    look = ("--strength", 0.5, "--colour", 0.3, *model)
    result = dpe("enhance", holiday, "-o", tmp_path / "out", "--report", tmp_path / "report.json", *look)
    assert result.exit_code == 1
    report = json.loads((tmp_path / "report.json").read_text())
    assert {name: report[name] for name in ("version", "model", "strength", "light", "colour", "method", "device")} == {
        "version": __version__,
        "model": str(model[1]),
        "strength": 0.5,
        "light": 1.0,
        "colour": 0.3,
        "method": "fast",
        "device": "cpu",
    }
    assert [(Path(photo["input"]).name, photo["status"]) for photo in report["photos"]] == [
        ("a.png", "enhanced"),
        ("bad.jpg", "failed"),
        ("b.jpg", "enhanced"),
    ]
    assert report["photos"][1]["error"].startswith(f"{holiday / 'bad.jpg'}: damaged")
    ending = {name: report[name] for name in ("enhanced", "skipped", "failed", "stopped", "left_alone", "interrupted")}
    assert ending == {"enhanced": 2, "skipped": 0, "failed": 1, "stopped": 0, "left_alone": 1, "interrupted": False}


# The command line


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["missing.jpg", "-o", "out"], "missing.jpg: no such file; check the name"),
        (["a.png", "missing.jpg", "-o", "out"], "missing.jpg: no such file; check the name"),
        (["a.png", "-o", "x.dng"], "x.dng: cannot write .dng; use one of .jpg"),
        (["a.png", "-o", "x.jpg", "--format", "png"], "x.jpg: is not the name of a png file; change the name or the format"),
        (["a.png", "beach/../a.png", "-o", "out"], "would both become out/a.png; enhance them into different folders"),
        (["a.png", "--watch", "-o", "out"], "a.png: not a folder; --watch takes folders only"),
        (["a.png", "-o", "x" * 300], "x: cannot look there: File name too long; check the name"),
        ([".", "-o", "."], "would be overwritten; choose another output"),
    ],
)
def test_a_wrong_command_line_has_status_2_and_does_nothing(
    holiday: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], says: str
) -> None:
    monkeypatch.chdir(holiday)
    before = sorted(holiday.rglob("*"))
    result = dpe("enhance", *options)
    (line,) = result.stderr.splitlines()
    assert (result.exit_code, result.stdout) == (2, "")
    assert line.startswith("Error: ")
    assert says in line
    assert sorted(holiday.rglob("*")) == before


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_and_names_of_models(shell: str) -> None:
    program = "from deep_photo_enhancer.cli import main; main(prog_name='dpe')"

    def complete(instruction: str, **words: str) -> str:
        environment = {**os.environ, "PYTHONPATH": str(SOURCE), "_DPE_COMPLETE": f"{shell}_{instruction}", **words}
        done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
        return done.stdout

    if shell != "bash":  # whose version click asks for
        assert "_DPE_COMPLETE" in complete("source")
    last = "na" if shell == "fish" else "3"
    answer = complete("complete", COMP_WORDS="dpe enhance --model na", COMP_CWORD=last)
    assert 0 <= answer.index("file") < answer.index("natural")  # bash forgets what comes before files


def test_a_folder_that_nobody_may_look_into_is_not_said_to_be_missing(
    holiday: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "lstat", refuse)
    result = dpe("enhance", holiday / "a.png", "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert result.stderr == f"Error: {holiday / 'a.png'}: cannot look there: Permission denied; change the permissions\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("option", ["--verbose", "--dry-run"])
def test_lines_that_find_no_room_end_in_one_line(holiday: Path, tmp_path: Path, model: list[object], option: str) -> None:
    with Path("/dev/full").open("w") as full:
        process = start(holiday, "-o", tmp_path / "out", option, *model, stdout=full)
        assert process.wait(60) == 1
        stderr = process.communicate()[1]
    assert stderr == "Error: standard output: cannot write there: the disk is full; send it elsewhere\n"


# A process of its own


LOOKING_OFTEN = """
from functools import partial
from deep_photo_enhancer.cli import main
from deep_photo_enhancer.cli.enhance import run
run.watch = partial(run.watch, interval=0.1)
main()
"""


def start(
    *arguments: object, stdout: int | IO[str] = subprocess.PIPE, program: str = "from deep_photo_enhancer.cli import main; main()"
) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    command = [sys.executable, "-c", program, "enhance", *map(str, arguments)]
    return subprocess.Popen(command, env=environment, stdout=stdout, stderr=subprocess.PIPE, text=True)


def wait_for(path: Path) -> None:
    for _ in range(600):
        if path.exists():
            return
        time.sleep(0.05)
    raise TimeoutError(path)


def test_ctrl_c_finishes_the_photo_at_work_and_writes_summary_and_report(tmp_path: Path, model: list[object]) -> None:
    folder, output = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    content = jpeg_bytes(np.tile(PHOTO, (20, 20, 1)))
    for number in range(300):
        (folder / f"{number:03}.jpg").write_bytes(content)
    process = start(folder, "-o", output, "--report", tmp_path / "report.json", "--jobs", 1, *model)
    wait_for(output / "001.jpg")
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (130, f"{FINISHING}\n")
    report = json.loads((tmp_path / "report.json").read_text())
    written = sorted(path.name for path in output.iterdir())
    assert report["interrupted"]
    assert 0 < len(written) == report["enhanced"] < 300
    assert stdout.startswith(f"{len(written)} of ")
    assert [Path(photo["output"]).name for photo in report["photos"] if photo["status"] == "enhanced"] == written


def test_a_second_ctrl_c_ends_at_once_and_leaves_nothing_unfinished(tmp_path: Path, model: list[object]) -> None:
    Photo(noise(0, 2000, 3000, 3)).save(tmp_path / "large.tif")
    output = tmp_path / "out" / "large.avif"  # takes many seconds to encode
    process = start(tmp_path / "large.tif", "-o", output, "--report", tmp_path / "report.json", *model)
    for _ in range(600):
        if list(output.parent.glob(".large-*.part")):
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert process.stderr.readline() == f"{FINISHING}\n"
    assert list(output.parent.glob(".large-*.part"))
    start_of_the_end = time.monotonic()
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert time.monotonic() - start_of_the_end < 3
    assert (process.returncode, stdout, stderr) == (130, "", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["large.tif", "out"]
    assert list(output.parent.iterdir()) == []


@pytest.mark.parametrize("photo", ["large.tif", "-"])
def test_a_terminal_that_is_closed_leaves_no_hidden_file(tmp_path: Path, model: list[object], photo: str) -> None:
    Photo(noise(0, 1000, 1500, 3)).save(tmp_path / "large.tif")
    output = tmp_path / "out" / "large.avif"  # takes seconds to encode
    command = [sys.executable, "-m", "deep_photo_enhancer", "enhance", photo, "-o", str(output), *map(str, model)]
    with (tmp_path / "large.tif").open("rb") as file:
        hears = partial(signal.signal, signal.SIGHUP, signal.SIG_DFL)  # also where nohup runs the tests
        process = subprocess.Popen(command, stdin=file, stderr=subprocess.DEVNULL, cwd=tmp_path, preexec_fn=hears)
    for _ in range(600):
        if list(output.parent.glob(".large-*.part")):
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGHUP)
    assert process.wait(60) == 130
    assert [path.name for path in output.parent.iterdir()] == (["large.avif"] if photo == "large.tif" else [])


@pytest.mark.parametrize("closing", ["<&-", "2>&-", ">&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_harm_no_photo(holiday: Path, tmp_path: Path, model: list[object], closing: str) -> None:
    (holiday / "bad.jpg").write_text("no photo")
    command = [sys.executable, "-m", "deep_photo_enhancer", "enhance", holiday, "-o", tmp_path / "out", "-v", *model]
    done = subprocess.run(["sh", "-c", f'"$@" {closing}', "sh", *map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert ("Error:" in done.stderr) == ("2>&-" not in closing)
    for path in (tmp_path / "out" / "a.png", tmp_path / "out" / "beach" / "b.jpg"):
        assert load_photo(path).size == (30, 20)


def test_a_hot_folder_until_ctrl_c(holiday: Path, tmp_path: Path, model: list[object]) -> None:
    output = tmp_path / "out"
    process = start(holiday, "-o", output, "--watch", *model, program=LOOKING_OFTEN)
    wait_for(output / "beach" / "b.jpg")
    (holiday / "late.jpg").write_bytes(jpeg_bytes(PHOTO))
    wait_for(output / "late.jpg")
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (0, f"waiting for photos; Ctrl-C ends this\n{FINISHING}\n")
    *photos, summary = stdout.splitlines()
    assert [line.partition(" (")[0] for line in photos[:2]] == [
        f"{holiday / name} -> {output / name}" for name in ("a.png", "beach/b.jpg")
    ]
    assert photos[2].startswith(f"{holiday / 'late.jpg'} -> {output / 'late.jpg'} (")
    assert summary == f"3 of 3 photos enhanced into {output}, 1 other file ignored"
    assert opened(output / "late.jpg").size == (30, 20)
