from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deep_photo_enhancer.cli import main

needs_extra = pytest.mark.skipif(find_spec("ray") is None, reason="needs the extra archive")


def dpe_archive(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["archive", *map(str, arguments)])


def test_the_help_says_how_to_get_the_extra_and_needs_it_not() -> None:
    output = dpe_archive("--help").output
    assert "pip install 'deep-photo-enhancer[archive]'" in output
    assert re.search(r"^  report .*^  run .*^  status ", output, re.MULTILINE | re.DOTALL)
    assert "--retry-failed" in dpe_archive("run", "--help").output


def test_without_the_extra_one_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deep_photo_enhancer.archive.run.find_spec", lambda library: None if library == "ray" else library)
    result = dpe_archive(tmp_path, "-o", tmp_path / "out")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "this command needs the archive extra (ray): pip install" in result.stderr
    assert not (tmp_path / "out").exists()


@needs_extra
def test_mistakes_are_one_sentence_and_begin_nothing(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    cases = [
        ((tmp_path / "photos", "-o", tmp_path / "photos" / "out"), 1, "lies inside the source"),
        ((tmp_path / "photos", "-o", tmp_path / "out", "--model", "nothing"), 2, "nothing: no such model"),
        ((tmp_path / "photos", "-o", tmp_path / "out", "--cluster", "auto", "--jobs", 2), 2, "--jobs is for a local cluster"),
        (
            (tmp_path / "photos", "-o", tmp_path / "out", "--method", "npea", "--gpus-per-worker", 0.5),
            2,
            "--method npea works without a model; leave out --gpus-per-worker",
        ),
        (("nostore://x", "-o", tmp_path / "out"), 1, "nostore://x: "),
        (("status", tmp_path), 1, "no run of dpe archive has been there"),
        (("report", tmp_path, "-o", tmp_path / "report"), 1, "no run of dpe archive has been there"),
    ]
    for arguments, exit_code, message in cases:
        result = dpe_archive(*arguments)
        assert (result.exit_code, result.stderr.count("\n")) == (exit_code, 1), result.stderr
        assert message in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


@needs_extra
def test_a_run_its_status_and_its_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model_files: dict[str, Path]) -> None:
    from deep_photo_enhancer.archive import run
    from tests.archive.engines import inline
    from tests.archive.photos import TRUNCATED, make_archive

    photos = make_archive(tmp_path / "photos", 3)
    (photos / TRUNCATED).write_bytes(b"\xff\xd8\xff")
    monkeypatch.setattr(run.enhance_archive, "__defaults__", (inline,))
    arguments = (photos, "-o", tmp_path / "out", "--model", model_files["lift"], "--format", "png")
    result = dpe_archive(*arguments)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert result.stderr.startswith(f"Error: {photos / TRUNCATED}: ")
    assert result.stdout.splitlines()[-1] == f"3 photos enhanced into {tmp_path / 'out'}, 1 failed"
    again = dpe_archive(*arguments)
    summary = f"0 photos enhanced into {tmp_path / 'out'}, 3 were there, 1 failed before (--retry-failed tries them again)"
    assert (again.exit_code, again.stdout.splitlines()[-1]) == (1, summary)

    shown = dpe_archive("status", tmp_path / "out").stdout
    assert shown.startswith(f"run 2: finished\n{photos}, started ")
    assert "4 of 4 photos" in shown
    report = dpe_archive("report", tmp_path / "out", "-o", tmp_path / "report")
    assert report.stdout.startswith("4 photos: 3 enhanced, 0 were there, 1 failed\n")
    assert (tmp_path / "report" / "failures.csv").read_text().count("\n") == 2
    assert (tmp_path / "report" / "report.html").read_text().count("<img") == 6

    (photos / TRUNCATED).unlink()
    assert dpe_archive(*arguments).exit_code == 0
    assert dpe_archive(*arguments, "--sample", 2).exit_code == 0
    assert dpe_archive("status", tmp_path / "out").stdout.startswith("run 4, a sample only: finished\n")
    sampled = dpe_archive("report", tmp_path / "out", "-o", tmp_path / "report")
    assert sampled.stdout.splitlines()[-1] == "the newest run was a sample only (--sample): it left the other photos alone"
