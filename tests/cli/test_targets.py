"""Options that name what is written to lose nothing that is a user's."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from deep_photo_enhancer.cli import main
from deep_photo_enhancer.cli.shared import CommandLineError
from deep_photo_enhancer.cli.targets import EVALUATION, FIGURES, MODEL, REPORT, STUDY, check_file, check_folder
from deep_photo_enhancer.enhancement import bench
from deep_photo_enhancer.enhancement.models import BUNDLED
from tests.enhancement.bench.test_report import FIGURES as MEASURED
from tests.enhancing_fixtures import opened, smooth_photo

PHOTO = smooth_photo(20, 30)


def dpe(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def refusal(result: Result) -> str:
    """The only line of a command that did nothing."""
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    return line.removeprefix("Error: ")


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Three, in the folder holiday."""
    (tmp_path / "holiday").mkdir()
    paths = [tmp_path / "holiday" / f"{number}.jpg" for number in (1, 2, 3)]
    for number, path in enumerate(paths):
        Image.fromarray(PHOTO + number).save(path)
    return paths


@pytest.fixture
def model(model_files: dict[str, Path]) -> list[object]:
    return ["--model", model_files["lift"]]


# --report


def test_a_report_takes_no_photos_name(photos: list[Path], tmp_path: Path, model: list[object]) -> None:
    before = [path.read_bytes() for path in photos]
    forgotten = dpe("enhance", *model, "-o", tmp_path / "out", "--report", *photos)
    assert refusal(forgotten) == f"{photos[0]}: has the name of a photo; choose another name"
    for name in (photos[0], tmp_path / "new.HEIC", tmp_path / "new.dng"):
        assert "has the name of a photo" in refusal(dpe("enhance", photos[0], "-o", tmp_path / "b.jpg", "--report", name, *model))
    (tmp_path / "link.json").symlink_to(tmp_path / "b.jpg")
    assert "photo" in refusal(dpe("enhance", photos[0], "-o", tmp_path / "b.jpg", "--report", tmp_path / "link.json", *model))
    assert [path.read_bytes() for path in photos] == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["holiday", "link.json"]


def test_a_report_replaces_reports_only(photos: list[Path], tmp_path: Path, model: list[object]) -> None:
    report = tmp_path / "report.json"
    for content in ("mine", "{}", '{\n  "version": "1"\n}\n'):
        report.write_text(content)
        line = refusal(dpe("enhance", photos[0], "-o", tmp_path / "out", "--report", report, *model))
        assert line == f"{report}: already exists and is not a report of dpe enhance; choose another file"
        assert report.read_text() == content
    report.write_text("")  # as mktemp makes it
    for count in (1, 3):
        assert dpe("enhance", *photos[:count], "-o", tmp_path / "out", "--report", report, *model).exit_code == 0
        assert len(json.loads(report.read_text())["photos"]) == count


def test_a_report_is_no_folder_no_model_and_no_input(photos: list[Path], tmp_path: Path, model: list[object]) -> None:
    command = ["enhance", photos[0], "-o", tmp_path / "out", *model, "--report"]
    assert refusal(dpe(*command, tmp_path)) == f"{tmp_path}: is a folder; name a file"
    assert "is one of the inputs" in refusal(dpe(*command, model[1]))
    photos[0].rename(tmp_path / "photo")
    os.link(tmp_path / "photo", tmp_path / "report.json")
    line = refusal(dpe("enhance", tmp_path / "photo", "-o", tmp_path / "out", "--report", tmp_path / "report.json", *model))
    assert "is one of the inputs" in line


def test_a_report_on_standard_output_stands_there_alone(photos: list[Path], tmp_path: Path, model: list[object]) -> None:
    result = dpe("enhance", *photos, "-o", tmp_path / "out", "--report", "-", "-v", *model)
    assert result.exit_code == 0
    assert [entry["status"] for entry in json.loads(result.stdout)["photos"]] == ["enhanced"] * 3
    assert result.stderr.endswith(f"3 of 3 photos enhanced into {tmp_path / 'out'}\n")


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="devices as POSIX has them")
def test_devices_and_pipes_stay_what_they_are(photos: list[Path], tmp_path: Path, model: list[object]) -> None:
    command = [sys.executable, "-m", "deep_photo_enhancer", "enhance", str(photos[0]), *map(str, model)]
    done = subprocess.run([*command, "-o", tmp_path / "a", "--report", "/dev/stdout"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["enhanced"] == 1
    os.mkfifo(tmp_path / "pipe")
    got: list[str] = []
    reader = Thread(target=lambda: got.append((tmp_path / "pipe").read_text()))
    reader.start()
    assert dpe("enhance", photos[0], "-o", tmp_path / "b", "--report", tmp_path / "pipe", *model).exit_code == 0
    reader.join(10)
    assert json.loads(got[0])["enhanced"] == 1
    assert stat.S_ISFIFO((tmp_path / "pipe").lstat().st_mode)
    (tmp_path / "null").symlink_to(os.devnull)
    assert dpe("enhance", photos[0], "-o", tmp_path / "c", "--report", tmp_path / "null", *model).exit_code == 0
    assert (tmp_path / "null").is_symlink()


def test_a_report_does_not_lie_among_the_photos(photos: list[Path], tmp_path: Path, model: list[object]) -> None:
    folder = photos[0].parent
    for report in (folder / "report.json", folder / "new" / "report.json"):
        line = refusal(dpe("enhance", folder, "-o", tmp_path / "out", "--report", report, *model))
        assert line == f"{report}: lies in {folder}, where only photos are read; choose a place outside"
    assert "lies in" in refusal(dpe("enhance", folder, "--report", folder / "report.json", *model))
    inside = folder / "better" / "report.json"
    assert dpe("enhance", folder, "-o", folder / "better", "--report", inside, *model).exit_code == 0
    assert json.loads(inside.read_text())["enhanced"] == len(photos)


def test_a_dry_run_makes_no_report(photos: list[Path], tmp_path: Path, model: list[object]) -> None:
    result = dpe("enhance", photos[0], "--dry-run", "--report", tmp_path / "report.json", *model)
    assert refusal(result) == "--dry-run enhances nothing that a report could tell of; leave out --report"


def test_a_report_takes_no_place_of_a_folder_of_outputs(photos: list[Path], tmp_path: Path, model: list[object]) -> None:
    report = tmp_path / "better"
    for output in (report, report / "below"):
        line = refusal(dpe("enhance", photos[0].parent, "-o", output, "--report", report, *model))
        assert line == f"{report}: becomes the outputs' folder; choose another name for the report"
    assert not report.exists()


# -o


def test_a_pattern_for_output_and_photos_replaces_nothing(photos: list[Path], tmp_path: Path, model: list[object]) -> None:
    before = [path.read_bytes() for path in photos]
    assert "names a file; name an output folder" in refusal(dpe("enhance", *model, "-o", *photos))
    line = refusal(dpe("enhance", *model, "-o", *photos[:2]))
    assert line.startswith(f"{photos[0]}: already exists, and photos follow it, as if one pattern stood for both; ")
    assert refusal(dpe("enhance", *model, "-qo", *photos[:2])) == line
    assert "names a file; name an output folder" in refusal(dpe("enhance", *model, *photos, "-o", photos[0]))
    assert [path.read_bytes() for path in photos] == before
    assert dpe("enhance", *model, "-o", photos[0], photos[1], "--existing", "overwrite").exit_code == 0
    assert dpe("enhance", *model, photos[1], "-o", photos[0]).exit_code == 0
    assert dpe("enhance", *model, "-o", tmp_path / "new.jpg", photos[1]).exit_code == 0


def test_an_output_that_is_no_photo_is_replaced_on_demand_only(photos: list[Path], tmp_path: Path, model: list[object]) -> None:
    (tmp_path / "notes.jpg").write_text("my notes")
    line = refusal(dpe("enhance", photos[0], "-o", tmp_path / "notes.jpg", *model))
    assert line.startswith(f"{tmp_path / 'notes.jpg'}: already exists and is no photo; ")
    assert (tmp_path / "notes.jpg").read_text() == "my notes"
    assert dpe("enhance", photos[0], "-o", tmp_path / "notes.jpg", "--existing", "overwrite", *model).exit_code == 0
    assert opened(tmp_path / "notes.jpg").size == (30, 20)


def test_a_name_with_a_slash_is_a_folder(photos: list[Path], tmp_path: Path, model: list[object]) -> None:
    for name in ("new.jpg/", "new.gif/"):
        assert dpe("enhance", photos[0], "-o", f"{tmp_path / name}/", *model).exit_code == 0
        assert opened(tmp_path / name / "1.jpg").size == (30, 20)
    assert "names a file" in refusal(dpe("enhance", photos[0], "-o", f"{photos[1]}/", *model))
    assert "name a file of" in CliRunner().invoke(main, ["enhance", "-", "-o", f"{tmp_path}/x.jpg/"], input=b"x").stderr


def test_links_among_the_outputs_lead_to_no_input(photos: list[Path], tmp_path: Path, model: list[object]) -> None:
    before = photos[0].read_bytes()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "2.jpg").symlink_to(photos[0])
    assert "would be overwritten" in refusal(dpe("enhance", tmp_path / "holiday", "-o", tmp_path / "out", *model))
    assert photos[0].read_bytes() == before


def test_standard_input_is_not_overwritten(photos: list[Path], model: list[object]) -> None:
    before = photos[0].read_bytes()
    command = [sys.executable, "-m", "deep_photo_enhancer", "enhance", "-", "-o", str(photos[0]), *map(str, model)]
    with photos[0].open("rb") as file:
        done = subprocess.run(command, stdin=file, capture_output=True, text=True, check=False)
    assert (done.returncode, photos[0].read_bytes()) == (2, before)
    assert "would be overwritten" in done.stderr


@pytest.mark.parametrize("letter", ["n", "\u6c34"])
def test_names_as_long_as_they_may_be(tmp_path: Path, model: list[object], letter: str) -> None:
    name = letter * (250 // len(letter.encode()) - 1) + ".png"
    (tmp_path / "in").mkdir()
    Image.fromarray(PHOTO).save(tmp_path / "in" / name)
    for options in (["--compare"], ["--compare", "--existing", "rename"], ["--format", "webp", "--compare"]):
        result = dpe("enhance", tmp_path / "in", "-o", tmp_path / "out", *options, *model)
        assert (result.exit_code, result.stderr) == (0, "")
    names = [path.name for path in (tmp_path / "out").iterdir()]
    assert len(names) == 5
    assert all(len(os.fsencode(each)) <= 255 for each in names)
    assert sum(each.endswith("-compare.jpg") for each in names) == 2  # photo.png and photo.webp share one


# Other commands


def test_figures_replace_figures_only(photos: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = json.dumps(MEASURED, indent=2) + "\n"
    monkeypatch.setattr(bench, "run_bench", lambda *_arguments: MEASURED)
    assert "has the name of a photo" in refusal(dpe("bench", photos[0], "--json", photos[1]))
    (tmp_path / "mine.json").write_text("{}")
    assert "is not a file of dpe bench's figures" in refusal(dpe("bench", photos[0], "--json", tmp_path / "mine.json"))
    for _ in range(2):
        assert dpe("bench", photos[0], "--json", tmp_path / "figures.json").exit_code == 0
    assert (tmp_path / "figures.json").read_text() == figures
    there = dpe("bench", photos[0], "--json", "-")
    assert (there.stdout, there.stderr) == (figures, f"{bench.report(MEASURED)}\n")


def test_models_replace_models_only(photos: list[Path], tmp_path: Path) -> None:
    check_file(BUNDLED / "natural.onnx", MODEL)
    check_file(tmp_path / "new.onnx", MODEL)
    (tmp_path / "mine.onnx").write_bytes(b"another network")
    for path, reason in ((tmp_path / "mine.onnx", "is not a model of this tool"), (photos[0], "name of a photo")):
        for command in (["learn", tmp_path / "holiday"], ["export", tmp_path / "holiday"]):
            assert reason in refusal(dpe(*command, "-o", path)) if _has_torch() else True
        with pytest.raises(CommandLineError, match=reason):
            check_file(path, MODEL)


def _has_torch() -> bool:
    from importlib.util import find_spec

    return find_spec("torch") is not None


@pytest.mark.parametrize("files", [EVALUATION, STUDY])
def test_files_in_a_folder_replace_their_own_kind_only(tmp_path: Path, files: dict[str, object]) -> None:
    kinds = EVALUATION if files is EVALUATION else STUDY
    for name in kinds:
        (tmp_path / name).write_text("mine")
        with pytest.raises(CommandLineError, match="already exists and is not "):
            check_folder(tmp_path, kinds)
        (tmp_path / name).unlink()
    check_folder(tmp_path, kinds)
    with pytest.raises(CommandLineError, match="is one of the inputs"):
        check_folder(tmp_path, kinds, [tmp_path])
    (tmp_path / "file").touch()
    with pytest.raises(CommandLineError, match="is not a folder"):
        check_folder(tmp_path / "file", kinds)


def test_kinds_know_each_other_apart(tmp_path: Path) -> None:
    (tmp_path / "report").write_text('{\n  "version": "0.1.0",\n  "model": null,\n  "strength": 1.0,\n  "photos": [')
    (tmp_path / "figures").write_text('{\n  "machine": {\n    "compiled kernel": true')
    assert REPORT.is_own(tmp_path / "report")
    assert not REPORT.is_own(tmp_path / "figures")
    assert FIGURES.is_own(tmp_path / "figures")
    assert not FIGURES.is_own(tmp_path / "report")
