from __future__ import annotations

import errno
import io
import json
import os
from pathlib import Path

import pytest

from deep_photo_enhancer.enhancement.batch import Job, Outcome, Report
from deep_photo_enhancer.errors import PhotoError


def test_a_report_tells_of_each_photo_and_of_the_run(tmp_path: Path) -> None:
    (tmp_path / "in.jpg").write_bytes(b"12345")
    (tmp_path / "out.jpg").write_bytes(b"123")
    job = Job(tmp_path / "in.jpg", tmp_path / "out.jpg")
    with Report.write(tmp_path / "new" / "report.json", {"model": "natural"}) as report:
        report.add(Outcome(job, warnings=("careful",), seconds=1.23456, size=(30, 20)))
        report.add(Outcome(job, error="no", status="failed"))
        report.end({"failed": 1})
    assert json.loads((tmp_path / "new" / "report.json").read_text()) == {
        "model": "natural",
        "photos": [
            {
                "input": str(job.source),
                "output": str(job.output),
                "status": "enhanced",
                "input_bytes": 5,
                "output_bytes": 3,
                "width": 30,
                "height": 20,
                "seconds": 1.235,
                "warnings": ["careful"],
                "error": None,
            },
            {
                "input": str(job.source),
                "output": None,
                "status": "failed",
                "input_bytes": 5,
                "output_bytes": None,
                "width": None,
                "height": None,
                "seconds": 0.0,
                "warnings": [],
                "error": "no",
            },
        ],
        "failed": 1,
    }


def test_a_report_on_nothing_is_json_as_well(tmp_path: Path) -> None:
    with Report.write(tmp_path / "report.json", {}) as report:
        report.end({"failed": 0})
    assert json.loads((tmp_path / "report.json").read_text()) == {"photos": [], "failed": 0}


def test_names_that_are_no_text_survive(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9\n.jpg")
    with Report.write(tmp_path / "report.json", {}) as report:
        report.add(Outcome(Job(Path(name), Path("out"))))
        report.end({})
    (photo,) = json.loads((tmp_path / "report.json").read_text())["photos"]
    assert photo["input"] == name


def test_a_run_that_breaks_leaves_the_old_report(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("old")
    with pytest.raises(KeyboardInterrupt), Report.write(tmp_path / "report.json", {}):
        raise KeyboardInterrupt
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_an_error_of_the_run_is_not_taken_for_one_of_the_report(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught, Report.write(tmp_path / "report.json", {}):
        (tmp_path / "not there").read_bytes()
    assert caught.value.filename == str(tmp_path / "not there")
    assert list(tmp_path.iterdir()) == []


class FullDisk(io.StringIO):
    def write(self, _text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_disk_that_fills_up_under_the_report_is_told() -> None:
    with pytest.raises(PhotoError, match=r"r\.json: cannot write the report: No space left on device; choose another file"):
        Report("r.json", FullDisk(), {})


def test_a_report_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "report.json"
    with pytest.raises(PhotoError, match=r"cannot write the report: .+; choose another file"), Report.write(path, {}):
        raise AssertionError
