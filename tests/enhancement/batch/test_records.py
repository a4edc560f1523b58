"""Outputs that are made again because they were made with other settings."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from deep_photo_enhancer import __version__
from deep_photo_enhancer.enhancement.batch import Job, JobOptions, Outcome, Plan, run_jobs
from deep_photo_enhancer.enhancement.batch import records as recording
from deep_photo_enhancer.enhancement.batch.records import INDEX, is_made_of
from deep_photo_enhancer.enhancement.enhancer import Enhancer
from deep_photo_enhancer.photo import SaveOptions
from deep_photo_enhancer.photo.metadata import find_record
from tests.enhancing_fixtures import smooth_photo

PHOTO = smooth_photo(16, 24)
UPDATE = JobOptions(existing="update")
STRIPPED = replace(UPDATE, save=SaveOptions(metadata="none"))


@pytest.fixture
def job(tmp_path: Path) -> Job:
    (tmp_path / "in").mkdir()
    Image.fromarray(PHOTO).save(tmp_path / "in" / "a.png")
    (job,) = Plan([tmp_path / "in" / "a.png"], tmp_path / "out")
    return job


def run(job: Job, enhancer: Enhancer, options: JobOptions = UPDATE) -> Outcome:
    (outcome,) = run_jobs([job], enhancer, options)
    assert outcome.error is None
    assert outcome.warnings == ()
    return outcome


def test_a_changed_wish_makes_an_output_again_and_the_same_wish_does_not(job: Job, identity: Enhancer, lift: Enhancer) -> None:
    wishes: list[tuple[Enhancer, JobOptions]] = [
        (identity, UPDATE),
        (lift, UPDATE),
        (lift, replace(UPDATE, strength=0.5)),
        (lift, replace(UPDATE, light=0.5)),
        (lift, replace(UPDATE, colour=0.5)),
        (Enhancer(method="clhe"), UPDATE),
        (lift, replace(UPDATE, save=SaveOptions(quality=80))),
        (lift, replace(UPDATE, save=SaveOptions(metadata="no-gps"))),
        (lift, STRIPPED),
        (lift, UPDATE),
    ]
    for number, (enhancer, options) in enumerate(wishes):
        first = run(job, enhancer, options)
        assert (first.status, first.state) == ("enhanced", "other" if number else "missing")
        again = run(job, enhancer, options)
        assert (again.status, again.state) == ("skipped", "same")
    skipped = run(job, identity, replace(UPDATE, existing="skip"))
    assert (skipped.status, skipped.state) == ("skipped", "other")


def test_a_comparison_that_is_missing_hides_no_changed_wish(job: Job, identity: Enhancer, lift: Enhancer) -> None:
    run(job, identity)
    for number, (enhancer, options, expected) in enumerate(
        (
            (lift, replace(UPDATE, existing="skip"), ("skipped", "other")),
            (identity, UPDATE, ("enhanced", "missing")),
            (lift, UPDATE, ("enhanced", "other")),
        )
    ):
        compared = replace(job, comparison=job.output.with_name(f"compare-{number}.jpg"))
        outcome = run(compared, enhancer, options)
        assert (outcome.status, outcome.state) == expected


def test_the_record_says_what_made_the_output(job: Job, lift: Enhancer) -> None:
    run(job, lift, replace(UPDATE, strength=0.5, save=SaveOptions(quality=80)))
    assert lift.model is not None
    record = find_record(job.output.read_bytes())
    assert record is not None
    assert len(record.pop("ModelHash")) == 16
    assert record == {
        "Version": __version__,
        "Model": lift.model.path.stem,
        "Method": "fast",
        "Strength": "0.5",
        "Light": "1",
        "Colour": "1",
        "Quality": "80",
        "Metadata": "all",
        "Format": "PNG",
        "Source": recording.source_digest(job.source.read_bytes()),
    }


def test_what_has_no_record_is_left(job: Job, lift: Enhancer) -> None:
    job.output.parent.mkdir()
    Image.fromarray(PHOTO).save(job.output)
    before = job.output.read_bytes()
    outcome = run(job, lift)
    assert (outcome.status, outcome.state, job.output.read_bytes()) == ("skipped", "unrecorded", before)


def test_a_new_version_makes_nothing_again(job: Job, lift: Enhancer, monkeypatch: pytest.MonkeyPatch) -> None:
    run(job, lift)
    monkeypatch.setattr(recording, "__version__", "99.0")
    assert run(job, lift).state == "same"


def test_outputs_without_metadata_are_recorded_in_a_file_of_their_folder(job: Job, lift: Enhancer) -> None:
    run(job, lift)
    assert [path.name for path in job.output.parent.iterdir()] == ["a.png"]
    run(job, lift, STRIPPED)
    assert find_record(job.output.read_bytes()) is None
    index = job.output.parent / INDEX
    (line,) = index.read_text().splitlines()
    assert json.loads(line)["name"] == "a.png"
    index.write_text("cut o\n" + line + '\n{"name": 3}\n[]\n')
    assert run(job, lift, STRIPPED).state == "same"
    assert run(job, lift, replace(STRIPPED, strength=0.5)).state == "other"
    os.utime(job.output)  # as an editor does
    assert run(job, lift, STRIPPED).state == "unrecorded"


def test_a_folder_that_takes_no_index_gets_a_warning(job: Job, lift: Enhancer) -> None:
    (job.output.parent / INDEX).mkdir(parents=True)
    (outcome,) = run_jobs([job], lift, STRIPPED)
    assert outcome.status == "enhanced"
    assert outcome.warnings == (f"its settings cannot be recorded in {job.output.parent / INDEX}: Is a directory",)


def test_a_users_own_file_beside_the_photo_is_not_replaced(job: Job, lift: Enhancer) -> None:
    (beside,) = Plan([job.source])
    beside.output.write_bytes(job.source.read_bytes())
    os.utime(beside.output, (0, 0))
    (outcome,) = run_jobs([beside], lift, UPDATE)
    assert outcome.error == f"{beside.output}: already exists and is no output of dpe; move it, or add --existing overwrite"
    assert run(beside, lift, JobOptions(existing="overwrite")).status == "enhanced"
    os.utime(beside.output, (0, 0))
    assert run(beside, lift).status == "enhanced"  # it is an output, and older than its photo


def test_a_users_own_file_in_the_folder_beside_is_not_replaced(job: Job, lift: Enhancer) -> None:
    (beside,) = Plan([job.source.parent])
    assert beside.output == job.source.parent.with_name("in-enhanced") / "a.png"
    beside.output.parent.mkdir()
    beside.output.write_text("my own")
    (outcome,) = run_jobs([beside], lift, UPDATE)
    assert outcome.error == f"{beside.output}: already exists and is no output of dpe; move it, or add --existing overwrite"
    assert beside.output.read_text() == "my own"


def test_what_may_not_be_read_beside_a_photo_is_taken_for_the_users(
    job: Job, lift: Enhancer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (beside,) = Plan([job.source])
    beside.output.write_text("secret")

    def refuse(_output: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(recording, "_embedded", refuse)
    (outcome,) = run_jobs([beside], lift, UPDATE)
    assert str(outcome.error).endswith("is no output of dpe; move it, or add --existing overwrite")


def test_an_output_tells_what_it_was_made_of(job: Job, lift: Enhancer) -> None:
    assert not is_made_of(job.output, job.source)
    run(job, lift)
    assert is_made_of(job.output, job.source)
    assert not is_made_of(job.output, Path("b.png"))
    assert not is_made_of(job.output, job.output)
    assert not is_made_of(job.source, job.source)
