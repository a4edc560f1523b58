from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from PIL import Image

from deep_photo_enhancer.enhancement.batch import Job, JobOptions, Plan, is_done, run_jobs
from deep_photo_enhancer.enhancement.enhancer import Enhancer
from deep_photo_enhancer.photo import SaveOptions
from tests.enhancing_fixtures import jpeg_bytes, opened, smooth_photo

PHOTO = smooth_photo(16, 24)
SKIP = JobOptions(existing="skip")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three photos."""
    (tmp_path / "in").mkdir()
    for name in ("a.png", "b.jpg", "c.tif"):
        Image.fromarray(PHOTO).save(tmp_path / "in" / name)
    return tmp_path / "in"


def statuses(plan: Plan | list[Job], enhancer: Enhancer, treatment: JobOptions = SKIP) -> dict[str, str]:
    return {outcome.job.source.name: outcome.status for outcome in run_jobs(plan, enhancer, treatment)}


# What already exists


def test_the_next_run_does_exactly_the_rest(folder: Path, tmp_path: Path, identity: Enhancer) -> None:
    plan = Plan([folder], tmp_path / "out")
    assert set(statuses(plan, identity).values()) == {"enhanced"}
    before = {path: path.stat().st_ino for path in (tmp_path / "out").iterdir()}
    (tmp_path / "out" / "b.jpg").write_bytes((tmp_path / "out" / "b.jpg").read_bytes()[:-9])
    (tmp_path / "out" / "c.tif").unlink()
    assert statuses(plan, identity) == {"a.png": "skipped", "b.jpg": "enhanced", "c.tif": "enhanced"}
    assert (tmp_path / "out" / "a.png").stat().st_ino == before[tmp_path / "out" / "a.png"]
    assert set(statuses(plan, identity).values()) == {"skipped"}


def test_a_photo_that_changed_is_enhanced_again(folder: Path, tmp_path: Path, identity: Enhancer) -> None:
    plan = Plan([folder], tmp_path / "out")
    statuses(plan, identity)
    newer = (tmp_path / "out" / "a.png").stat().st_mtime_ns + 1
    os.utime(folder / "a.png", ns=(newer, newer))
    assert statuses(plan, identity) == {"a.png": "enhanced", "b.jpg": "skipped", "c.tif": "skipped"}


def test_a_comparison_that_is_missing_is_made_with_its_output(folder: Path, tmp_path: Path, identity: Enhancer) -> None:
    statuses(Plan([folder], tmp_path / "out"), identity)
    compared = Plan([folder], tmp_path / "out", compare=True)
    assert set(statuses(compared, identity).values()) == {"enhanced"}
    assert set(statuses(compared, identity).values()) == {"skipped"}


def test_overwriting_and_renaming(folder: Path, tmp_path: Path, identity: Enhancer) -> None:
    output = tmp_path / "out"
    for _ in range(3):
        plan = Plan([folder], output, existing="rename")
        assert set(statuses(plan, identity, JobOptions(existing="rename")).values()) == {"enhanced"}
    assert sorted(path.name for path in output.iterdir() if path.suffix == ".png") == ["a-2.png", "a-3.png", "a.png"]
    (output / "a.png").write_text("old")
    statuses(Plan([folder], output, existing="overwrite"), identity, JobOptions(existing="overwrite"))
    assert opened(output / "a.png").size == (24, 16)
    assert len(list(output.iterdir())) == 9


def test_a_namesake_that_comes_later_does_not_take_the_others_output_for_its_own(tmp_path: Path, identity: Enhancer) -> None:
    source, output = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    Image.fromarray(PHOTO).save(source / "a.png")
    assert statuses(Plan([source], output, suffix=".jpg"), identity) == {"a.png": "enhanced"}
    (source / "a.jpg").write_bytes(jpeg_bytes(PHOTO[:8]))
    long_ago = 10**18
    os.utime(source / "a.jpg", ns=(long_ago, long_ago))
    plan = Plan([source], output, suffix=".jpg")
    assert statuses(plan, identity) == {"a.jpg": "enhanced", "a.png": "enhanced"}
    assert {path.name: opened(path).size[1] for path in output.iterdir()} == {"a.jpg": 8, "a.png.jpg": 16}
    assert statuses(plan, identity) == {"a.jpg": "skipped", "a.png": "skipped"}
    (output / "a.png.jpg").unlink()
    assert statuses(plan, identity) == {"a.jpg": "skipped", "a.png": "enhanced"}


# Times and formats


def test_times_are_kept_on_demand_and_the_output_still_counts_as_complete(
    folder: Path, tmp_path: Path, identity: Enhancer
) -> None:
    os.utime(folder / "a.png", ns=(10**18, 10**18 + 7))
    statuses(Plan([folder], tmp_path / "out"), identity, JobOptions(keep_times=True))
    assert (tmp_path / "out" / "a.png").stat().st_mtime_ns == 10**18 + 7
    assert set(statuses(Plan([folder], tmp_path / "out"), identity).values()) == {"skipped"}


def test_a_photo_that_changes_while_it_is_enhanced_is_not_done(
    folder: Path, tmp_path: Path, identity: Enhancer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (job,) = Plan([folder / "a.png"], tmp_path / "out")
    enhance_photo = identity.enhance_photo

    def slow(*arguments: object, **options: object) -> object:
        os.utime(folder / "a.png", ns=(10**18, 10**18))
        return enhance_photo(*arguments, **options)  # type: ignore[arg-type]

    os.utime(folder / "a.png", ns=(10**17, 10**17))
    monkeypatch.setattr(identity, "enhance_photo", slow)
    assert statuses([job], identity) == {"a.png": "enhanced"}
    assert not is_done(job)


def test_format_and_quality_of_the_outputs(folder: Path, tmp_path: Path, identity: Enhancer) -> None:
    sizes = {}
    for quality in (20, 95):
        output = tmp_path / str(quality)
        statuses(Plan([folder], output, suffix=".webp"), identity, JobOptions(save=SaveOptions(quality)))
        assert {opened(path).format for path in output.iterdir()} == {"WEBP"}
        sizes[quality] = (output / "a.webp").stat().st_size
    assert sizes[20] < sizes[95]


def test_metadata_goes_along_as_told(tmp_path: Path, identity: Enhancer) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif.get_ifd(0x8825)[1] = "N"
    Image.fromarray(PHOTO).save(tmp_path / "a.jpg", exif=exif)
    kept = {}
    for metadata in ("all", "no-gps", "none"):
        (outcome,) = run_jobs(
            [Job(tmp_path / "a.jpg", tmp_path / "b.jpg")], identity, JobOptions(save=SaveOptions(None, metadata))
        )
        assert outcome.error is None
        written = opened(tmp_path / "b.jpg").getexif()
        kept[metadata] = (0x010F in written, bool(written.get_ifd(0x8825)))
    assert kept == {"all": (True, True), "no-gps": (True, False), "none": (False, False)}


def test_photos_over_the_limit_are_refused(folder: Path, tmp_path: Path, identity: Enhancer) -> None:
    jobs = list(Plan([folder], tmp_path / "out"))
    outcomes = list(run_jobs(jobs, identity, JobOptions(max_pixels=16 * 24 - 1)))
    assert all("more than the limit" in str(outcome.error) for outcome in outcomes)
    assert set(statuses(jobs, identity, JobOptions(max_pixels=16 * 24)).values()) == {"enhanced"}


# What goes wrong outside


def test_a_photo_that_vanished_gets_a_line_and_the_others_go_on(folder: Path, tmp_path: Path, identity: Enhancer) -> None:
    jobs = list(Plan([folder], tmp_path / "out"))
    (folder / "b.jpg").unlink()
    first, second, third = run_jobs(jobs, identity, SKIP)
    assert (first.status, third.status) == ("enhanced", "enhanced")
    assert second.error == f"{folder / 'b.jpg'}: no such file; check the name"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 kB, where one may be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only root mounts file systems")
    if subprocess.run([mount, "-t", "tmpfs", "-o", "size=64k", "none", disk], check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_gets_a_line_and_nothing_half_written(tmp_path: Path, small_disk: Path, identity: Enhancer) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    for name, pixels in (("a.png", noise), ("b.tif", noise), ("c.png", PHOTO)):
        Image.fromarray(pixels).save(tmp_path / name)
    jobs = [Job(tmp_path / name, small_disk / name) for name in ("a.png", "b.tif", "c.png")]
    outcomes = list(run_jobs(jobs, identity))
    assert [outcome.status for outcome in outcomes] == ["failed", "failed", "enhanced"]
    for outcome in outcomes[:2]:
        assert str(outcome.error).startswith(f"{outcome.job.output}: cannot write th")
        assert len(str(outcome.error).splitlines()) == 1
    assert [path.name for path in small_disk.iterdir()] == ["c.png"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT])
def test_a_folder_that_takes_nothing_gets_a_line_a_photo(
    folder: Path, tmp_path: Path, identity: Enhancer, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    jobs = list(Plan([folder], tmp_path / "out"))
    monkeypatch.setattr(os, "open", refuse)
    outcomes = list(run_jobs(jobs, identity))
    assert [outcome.error for outcome in outcomes] == [
        f"{job.output}: cannot write there: {os.strerror(code)}; choose another output folder" for job in jobs
    ]


def test_a_fault_of_a_library_ends_its_photo_only(
    folder: Path, tmp_path: Path, identity: Enhancer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no idea")

    monkeypatch.setattr(identity, "enhance_photo", fail)
    outcome, *others = run_jobs(Plan([folder], tmp_path / "out"), identity)
    assert outcome.error == f"{folder / 'a.png'}: cannot be enhanced (RuntimeError: no idea); please report it"
    assert len(others) == 2


def test_a_run_that_is_stopped_finishes_what_it_began_and_tells_what_it_did_not(tmp_path: Path, identity: Enhancer) -> None:
    Image.fromarray(PHOTO).save(tmp_path / "a.png")
    jobs = [Job(tmp_path / "a.png", tmp_path / "out" / f"{number}.png") for number in range(100)]
    stop = Event()
    outcomes = []
    for outcome in run_jobs(jobs, identity, stop=stop):
        outcomes.append(outcome)
        stop.set()
    made = [outcome.job.output for outcome in outcomes if outcome.status == "enhanced"]
    assert sorted(made) == sorted((tmp_path / "out").iterdir())
    assert len(made) < 50
    assert len(outcomes) == 100
    assert {outcome.status for outcome in outcomes[len(made) :]} == {"stopped"}
