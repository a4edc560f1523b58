from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from PIL import Image

from deep_photo_enhancer.enhancement.batch import COMPARE_SIDE, Job, JobOptions, Plan, is_done, run_jobs, side_by_side
from deep_photo_enhancer.enhancement.batch import run as running
from deep_photo_enhancer.enhancement.enhancer import Enhancer
from deep_photo_enhancer.photo import Photo, SaveOptions
from tests.enhancing_fixtures import icc_profile, jpeg_bytes, opened, smooth_photo

PHOTO = smooth_photo(16, 24)
SKIP = JobOptions(existing="skip")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three photos."""
    (tmp_path / "in").mkdir()
    for name in ("a.png", "b.jpg", "c.tif"):
        Image.fromarray(PHOTO).save(tmp_path / "in" / name)
    return tmp_path / "in"


def list_jobs(photos: list[Path], output: Path, compare: bool = False) -> list[Job]:
    return list(Plan(photos, output, compare))


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


def test_a_run_that_is_stopped_finishes_what_it_started_and_reports_what_it_did_not(tmp_path: Path, identity: Enhancer) -> None:
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


# Doing it


def test_a_signal_that_came_to_the_thread_at_work_is_heard_before_its_photo_is_done(
    folder: Path, tmp_path: Path, identity: Enhancer, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Event()
    before = signal.signal(signal.SIGUSR1, lambda *_: heard.set())

    def load(*_taken: object, **_settings: object) -> Photo:
        signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
        assert heard.wait(60)
        return Photo(PHOTO)

    monkeypatch.setattr(running, "load_photo", load)
    (outcome,) = run_jobs([Job(folder / "a.png", tmp_path / "out.png")], identity)
    signal.signal(signal.SIGUSR1, before)
    assert outcome.error is None


def test_one_bad_photo_does_not_keep_the_others(holiday: Path, tmp_path: Path, lift: Enhancer) -> None:
    (holiday / "a.jpg").write_bytes(b"damaged")
    outcomes = list(run_jobs(list_jobs([holiday], tmp_path / "out"), lift))
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    assert [outcome.job.source.name for outcome in failed] == ["a.jpg"]
    assert str(failed[0].error).startswith(f"{holiday / 'a.jpg'}: damaged")
    written = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert written == ["B.PNG", "beach/c.webp", "beach/day 2/d.tif"]


def test_enhanced_files_are_what_the_enhancer_gives(holiday: Path, tmp_path: Path, lift: Enhancer) -> None:
    jobs = list_jobs([holiday / "B.PNG"], tmp_path / "out.tif")
    assert [outcome.error for outcome in run_jobs(jobs, lift, JobOptions(strength=0.5))] == [None]
    np.testing.assert_array_equal(np.asarray(opened(tmp_path / "out.tif")), lift(PHOTO, 0.5))
    np.testing.assert_array_equal(np.asarray(opened(holiday / "B.PNG")), PHOTO)
    assert not list(tmp_path.glob("*compare*"))


def test_a_photo_too_wide_for_its_output_ends_before_the_work_and_keeps_the_old_output(
    tmp_path: Path, identity: Enhancer, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.fromarray(np.zeros((1, 16_400, 3), np.uint8)).save(tmp_path / "wide.png")
    Image.fromarray(PHOTO).save(tmp_path / "fine.png")
    (tmp_path / "wide.webp").write_bytes(b"the old one")
    jobs = [Job(tmp_path / "wide.png", tmp_path / "wide.webp"), Job(tmp_path / "fine.png", tmp_path / "fine.webp")]
    sizes: list[tuple[int, int]] = []

    def note(_: Enhancer, photo: Photo, *_options: object, **_more: object) -> Photo:
        sizes.append(photo.size)
        return photo

    monkeypatch.setattr(Enhancer, "enhance_photo", note)
    bad, good = run_jobs(jobs, identity)
    assert bad.error == (
        f"{tmp_path / 'wide.webp'}: 16400 x 1 pixels do not fit into WebP, which holds 16383 a side; write JPEG, PNG or TIFF"
    )
    assert sizes == [PHOTO.shape[1::-1]]
    assert good.error is None
    assert (tmp_path / "wide.webp").read_bytes() == b"the old one"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fine.png", "fine.webp", "wide.png", "wide.webp"]


def test_a_photo_too_large_for_memory_ends_itself_only(
    tmp_path: Path, identity: Enhancer, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.fromarray(PHOTO).save(tmp_path / "a.png")

    def out_of_memory(*_: object, **__: object) -> Photo:
        raise MemoryError

    monkeypatch.setattr(identity, "enhance_photo", out_of_memory)
    (outcome,) = run_jobs([Job(tmp_path / "a.png", tmp_path / "b.png")], identity)
    assert outcome.error == f"{tmp_path / 'a.png'}: too large for this machine's memory; scale it down first"


def test_warnings_come_with_the_outcome(tmp_path: Path, identity: Enhancer) -> None:
    Image.fromarray(PHOTO).convert("CMYK").save(tmp_path / "press.jpg")
    (outcome,) = run_jobs([Job(tmp_path / "press.jpg", tmp_path / "out.jpg")], identity)
    assert (outcome.error, outcome.warnings) == (None, ("converted from CMYK to sRGB",))


# Comparisons


def test_comparisons_stand_beside_their_outputs(holiday: Path, tmp_path: Path, lift: Enhancer) -> None:
    jobs = list_jobs([holiday], tmp_path / "out", compare=True)
    assert [outcome.error for outcome in run_jobs(jobs, lift)] == [None] * 4
    assert (tmp_path / "out" / "beach" / "c-compare.jpg").is_file()
    comparison = np.asarray(opened(tmp_path / "out" / "B-compare.jpg")).astype(int)
    assert comparison.shape == (16 + 24, 24 + 8 + 24, 3)
    assert comparison[16:].min() < 100  # the captions
    comparison = comparison[:16]
    assert abs(comparison[:, :22] - PHOTO[:, :22]).mean() < 4
    assert comparison[:, 27:29].min() > 245
    assert abs(comparison[:, 34:] - lift(PHOTO)[:, 2:]).mean() < 4


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("bands", [1, 3])
def test_side_by_side_is_exact_for_small_photos(dtype: type, bands: int) -> None:
    factor = dtype(257 if dtype is np.uint16 else 1)
    before = np.ascontiguousarray(PHOTO[..., :bands]) * factor
    after = before[::-1].copy()
    both = side_by_side(Photo(before, profile=icc_profile("p3")), Photo(after), ("", ""))
    assert (both.pixels.dtype, both.profile) == (np.dtype(np.uint8), icc_profile("p3"))
    pictures, captions = both.pixels[: len(PHOTO)], both.pixels[len(PHOTO) :]
    np.testing.assert_array_equal(pictures[:, :24], PHOTO[..., :bands])
    np.testing.assert_array_equal(pictures[:, 24:32], 255)
    np.testing.assert_array_equal(pictures[:, 32:], PHOTO[::-1, :, :bands])
    assert captions.shape == (24, 56, bands)
    assert captions.min() == 255


def test_side_by_side_scales_large_photos_down() -> None:
    for height, width in ((1, 20_000), (10, 20_000), (3200, 4)):
        photo = Photo(np.full((height, width, 3), 100, np.uint8))
        both = side_by_side(photo, photo, ("as taken", "better"))
        shown = max(1, round(height * COMPARE_SIDE / max(height, width)))
        assert both.pixels.shape[0] == shown + 64
        assert (both.pixels[:shown, 0] == 100).all()


def test_comparisons_say_what_they_show(tmp_path: Path, lift: Enhancer, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, str]] = []

    def note(before: Photo, _after: Photo, captions: tuple[str, str]) -> Photo:
        said.append(captions)
        return before

    monkeypatch.setattr(running, "side_by_side", note)
    Image.fromarray(PHOTO).save(tmp_path / "a.png")
    for number, options in enumerate((JobOptions(), JobOptions(strength=0.5, colour=0))):
        statuses(list_jobs([tmp_path / "a.png"], tmp_path / str(number), compare=True), lift, options)
    assert said == [("as taken", "lift"), ("as taken", "lift, strength 0.5, colour 0")]


# Several at once


def test_outcomes_keep_the_order_of_the_jobs_whichever_is_done_first(tmp_path: Path, identity: Enhancer) -> None:
    sizes = [(400, 600), (8, 12), (300, 200), (4, 6)] * 3
    jobs = []
    for number, (height, width) in enumerate(sizes):
        Image.fromarray(smooth_photo(height, width)).save(tmp_path / f"{number}.png")
        jobs.append(Job(tmp_path / f"{number}.png", tmp_path / "out" / f"{number}.png"))
    jobs.insert(2, Job(tmp_path / "missing.png", tmp_path / "out" / "missing.png"))
    outcomes = list(run_jobs(jobs, identity, at_once=4))
    assert [outcome.job for outcome in outcomes] == jobs
    assert [outcome.error is None for outcome in outcomes] == [True, True, False, *[True] * 10]
    for number, (height, width) in enumerate(sizes):
        assert opened(tmp_path / "out" / f"{number}.png").size == (width, height)


def test_as_many_photos_as_asked_for_are_worked_on_and_no_more(
    tmp_path: Path, identity: Enhancer, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work, most = 0, 0
    lock, together = threading.Lock(), threading.Barrier(3, timeout=10)

    def slow(_path: Path, max_pixels: int) -> Photo:  # noqa: ARG001
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        together.wait()  # goes on when three photos are here at the same time
        with lock:
            at_work -= 1
        return Photo(PHOTO)

    monkeypatch.setattr(running, "load_photo", slow)
    jobs = [Job(tmp_path / f"{number}.png", tmp_path / "out" / f"{number}.png") for number in range(9)]
    assert all(outcome.error is None for outcome in run_jobs(jobs, identity, at_once=3))
    assert most == 3


def test_photos_that_were_not_started_stay_undone_when_the_caller_leaves(tmp_path: Path, identity: Enhancer) -> None:
    Image.fromarray(PHOTO).save(tmp_path / "a.png")
    jobs = [Job(tmp_path / "a.png", tmp_path / "out" / f"{number}.png") for number in range(100)]
    outcomes = run_jobs(jobs, identity, at_once=1)
    next(outcomes)
    outcomes.close()  # type: ignore[attr-defined]
    assert 0 < len(list((tmp_path / "out").iterdir())) < 50


@pytest.mark.parametrize("method", ["fllf", "npea"])
def test_slow_methods_tell_how_far_a_photo_is(tmp_path: Path, method: str) -> None:
    Image.fromarray(PHOTO).save(tmp_path / "a.png")
    job = Job(tmp_path / "a.png", tmp_path / "b.png")
    heard: list[tuple[Job, float]] = []
    (outcome,) = run_jobs([job], Enhancer(method=method), hear=lambda *said: heard.append(said))
    assert outcome.error is None
    assert [each for each, _ in heard] == [job] * {"fllf": 24, "npea": 15}[method]
    shares = [share for _, share in heard]
    assert shares == sorted(shares)
    assert shares[-1] == 1
