from __future__ import annotations

import re
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deep_photo_enhancer.enhancement.batch import COMPARE_SIDE, Job, JobOptions, Plan, run_jobs, side_by_side
from deep_photo_enhancer.enhancement.batch import run as running
from deep_photo_enhancer.enhancement.enhancer import Enhancer
from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo import Photo
from tests.enhancing_fixtures import icc_profile, opened, smooth_photo

PHOTO = smooth_photo(16, 24)


@pytest.fixture
def holiday(tmp_path: Path) -> Path:
    """A tree of photos with other files in between."""
    folder = tmp_path / "holiday"
    (folder / "beach" / "day 2").mkdir(parents=True)
    (folder / ".thumbnails").mkdir()
    for name in ("a.jpg", "B.PNG", "beach/c.webp", "beach/day 2/d.tif", ".hidden.jpg", ".thumbnails/a.jpg"):
        Image.fromarray(PHOTO).save(folder / name)
    (folder / "notes.txt").write_text("sunny")
    (folder / "clip.gif").write_bytes(b"GIF89a")
    (folder / "folder.jpg").mkdir()
    return folder


def plan_jobs(photos: list[Path], output: Path, compare: bool = False) -> list[Job]:
    return list(Plan(photos, output, compare))


def pairs(jobs: list[Job], source: Path, output: Path) -> dict[str, str]:
    return {str(job.source.relative_to(source)): str(job.output.relative_to(output)) for job in jobs}


# Which file goes where


def test_a_folder_keeps_its_tree_and_leaves_out_what_is_hidden_or_no_photo(holiday: Path, tmp_path: Path) -> None:
    planned = pairs(plan_jobs([holiday], tmp_path / "out"), holiday, tmp_path / "out")
    names = ["B.PNG", "a.jpg", "beach/c.webp", "beach/day 2/d.tif"]
    assert planned == {name: name for name in names}
    assert list(planned) == names  # in this order, on every machine


def test_a_hidden_photo_can_be_named(holiday: Path, tmp_path: Path) -> None:
    assert plan_jobs([holiday / ".hidden.jpg"], tmp_path) == [Job(holiday / ".hidden.jpg", tmp_path / ".hidden.jpg")]
    (job,) = plan_jobs([holiday / ".thumbnails"], tmp_path / "out")
    assert job.output == tmp_path / "out" / "a.jpg"


def test_one_file_goes_to_a_file_or_into_a_folder(holiday: Path, tmp_path: Path) -> None:
    source = holiday / "a.jpg"
    assert plan_jobs([source], tmp_path / "better.PNG") == [Job(source, tmp_path / "better.PNG")]
    assert plan_jobs([source], tmp_path / "out") == [Job(source, tmp_path / "out" / "a.jpg")]
    (tmp_path / "odd.jpg").mkdir()
    assert plan_jobs([source], tmp_path / "odd.jpg") == [Job(source, tmp_path / "odd.jpg" / "a.jpg")]


def test_a_file_of_unknown_suffix_becomes_a_jpeg(tmp_path: Path) -> None:
    jobs = plan_jobs([tmp_path / "scan", tmp_path / "photo.img"], tmp_path / "out")
    assert [job.output.name for job in jobs] == ["scan.jpg", "photo.img.jpg"]


def test_a_folder_without_photos(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (job,) = plan_jobs([tmp_path / "empty"], tmp_path / "out")
    assert job.problem is not None
    assert job.problem.startswith(f"{tmp_path / 'empty'}: no photos in this folder (.jpg, ")


@pytest.mark.parametrize("name", ["x.nef", "x.DNG"])
def test_a_format_that_cannot_be_written_is_no_folder(holiday: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(PhotoError, match=re.escape(f"{name}: cannot write {name[1:]}; use one of .jpg")):
        plan_jobs([holiday / "a.jpg"], tmp_path / name)


def test_a_phones_photos_of_other_formats_get_a_line_each(tmp_path: Path, identity: Enhancer) -> None:
    (tmp_path / "in").mkdir()
    Image.fromarray(PHOTO).save(tmp_path / "in" / "a.png")
    Image.fromarray(PHOTO).save(tmp_path / "in" / "b.heic", format="GIF")
    good, refused = run_jobs(plan_jobs([tmp_path / "in"], tmp_path / "out"), identity)
    assert good.error is None
    assert refused.error is not None
    assert refused.error.startswith(f"{tmp_path / 'in' / 'b.heic'}: not one of the formats JPEG, PNG, TIFF, WebP")


def test_an_empty_folder_does_not_stop_the_others(holiday: Path, tmp_path: Path, identity: Enhancer) -> None:
    (tmp_path / "empty").mkdir()
    jobs = plan_jobs([tmp_path / "empty", holiday], tmp_path / "out")
    first, *others = run_jobs(jobs, identity)
    assert first.error is not None
    assert others
    assert all(outcome.error is None for outcome in others)


def test_many_photos_do_not_go_into_one_file(holiday: Path) -> None:
    for name in ("notes.txt", "new.jpg"):
        with pytest.raises(PhotoError, match=re.escape(f"{name}: names a file; name an output folder, or a file of ")):
            plan_jobs([holiday / "a.jpg", holiday / "B.PNG"], holiday / name)


@pytest.mark.parametrize("output", ["holiday", "holiday/beach/..", "link"])
def test_inputs_are_never_overwritten(holiday: Path, tmp_path: Path, output: str) -> None:
    (tmp_path / "link").symlink_to(holiday)
    for photos in ([holiday], [holiday / "a.jpg"], [tmp_path / "link" / "a.jpg"], [holiday / "beach" / ".." / "a.jpg"]):
        with pytest.raises(PhotoError, match="is one of the photos to enhance and would be overwritten; choose another output"):
            plan_jobs(photos, tmp_path / output)


def test_a_single_file_is_not_overwritten_by_itself_nor_through_a_link(holiday: Path, tmp_path: Path) -> None:
    (tmp_path / "link.jpg").symlink_to(holiday / "a.jpg")
    for source, output in [
        (holiday / "a.jpg", holiday / "a.jpg"),
        (holiday / "a.jpg", tmp_path / "link.jpg"),
        (tmp_path / "link.jpg", holiday / "a.jpg"),
    ]:
        with pytest.raises(PhotoError, match="would be overwritten"):
            plan_jobs([source], output)


def test_an_input_named_like_a_comparison_is_not_overwritten(tmp_path: Path) -> None:
    Image.fromarray(PHOTO).save(tmp_path / "a-compare.jpg")
    assert plan_jobs([tmp_path / "a-compare.jpg"], tmp_path / "a.jpg")
    with pytest.raises(PhotoError, match=r"a-compare\.jpg: is one of the photos to enhance and would be overwritten"):
        plan_jobs([tmp_path / "a-compare.jpg"], tmp_path / "a.jpg", compare=True)


def test_two_inputs_for_one_output_are_refused(tmp_path: Path) -> None:
    first, second = tmp_path / "monday" / "a.jpg", tmp_path / "tuesday" / "a.jpg"
    with pytest.raises(PhotoError, match=r"tuesday/a\.jpg and .*monday/a\.jpg would both become .*out/a\.jpg"):
        plan_jobs([first, second], tmp_path / "out")
    assert plan_jobs([first, first], tmp_path / "out") == [Job(first, tmp_path / "out" / "a.jpg")]


def test_an_output_folder_inside_the_input_folder_is_not_enhanced_again(holiday: Path, identity: Enhancer) -> None:
    output = holiday / "better"
    first = plan_jobs([holiday], output)
    assert [outcome.error for outcome in run_jobs(first, identity)] == [None] * 4
    assert plan_jobs([holiday], output) == first
    assert [outcome.status for outcome in run_jobs(first, identity, JobOptions(existing="skip"))] == ["skipped"] * 4


def test_a_folder_can_be_enhanced_into_the_folder_around_it(holiday: Path) -> None:
    planned = pairs(plan_jobs([holiday / "beach"], holiday), holiday, holiday)
    assert planned == {"beach/c.webp": "c.webp", "beach/day 2/d.tif": "day 2/d.tif"}


def test_links_that_go_in_a_circle_are_reported_for_their_file_only(tmp_path: Path, identity: Enhancer) -> None:
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    (outcome,) = run_jobs(plan_jobs([tmp_path / "loop.jpg"], tmp_path / "out"), identity)
    assert outcome.error is not None
    assert outcome.error.startswith(f"{tmp_path / 'loop.jpg'}: ")


# Doing it


def test_one_bad_photo_does_not_keep_the_others(holiday: Path, tmp_path: Path, lift: Enhancer) -> None:
    (holiday / "a.jpg").write_bytes(b"damaged")
    outcomes = list(run_jobs(plan_jobs([holiday], tmp_path / "out"), lift))
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    assert [outcome.job.source.name for outcome in failed] == ["a.jpg"]
    assert str(failed[0].error).startswith(f"{holiday / 'a.jpg'}: damaged")
    written = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert written == ["B.PNG", "beach/c.webp", "beach/day 2/d.tif"]


def test_enhanced_files_are_what_the_enhancer_gives(holiday: Path, tmp_path: Path, lift: Enhancer) -> None:
    jobs = plan_jobs([holiday / "B.PNG"], tmp_path / "out.tif")
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
    jobs = plan_jobs([holiday], tmp_path / "out", compare=True)
    assert [outcome.error for outcome in run_jobs(jobs, lift)] == [None] * 4
    assert (tmp_path / "out" / "beach" / "c-compare.jpg").is_file()
    comparison = np.asarray(opened(tmp_path / "out" / "B-compare.jpg")).astype(int)
    assert comparison.shape == (16, 24 + 8 + 24, 3)
    assert abs(comparison[:, :22] - PHOTO[:, :22]).mean() < 4
    assert comparison[:, 27:29].min() > 245
    assert abs(comparison[:, 34:] - lift(PHOTO)[:, 2:]).mean() < 4


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("bands", [1, 3])
def test_side_by_side_is_exact_for_small_photos(dtype: type, bands: int) -> None:
    factor = dtype(257 if dtype is np.uint16 else 1)
    before = np.ascontiguousarray(PHOTO[..., :bands]) * factor
    after = before[::-1].copy()
    both = side_by_side(Photo(before, profile=icc_profile("p3")), Photo(after))
    assert (both.pixels.dtype, both.profile) == (np.dtype(np.uint8), icc_profile("p3"))
    np.testing.assert_array_equal(both.pixels[:, :24], PHOTO[..., :bands])
    np.testing.assert_array_equal(both.pixels[:, 24:32], 255)
    np.testing.assert_array_equal(both.pixels[:, 32:], PHOTO[::-1, :, :bands])


def test_side_by_side_scales_large_photos_down() -> None:
    for height, width in ((1, 20_000), (10, 20_000), (3200, 4)):
        photo = Photo(np.full((height, width, 3), 100, np.uint8))
        both = side_by_side(photo, photo)
        scale = COMPARE_SIDE / max(height, width)
        assert both.pixels.shape[0] == max(1, round(height * scale))
        assert (both.pixels[:, 0] == 100).all()


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


def test_photos_that_were_not_begun_stay_undone_when_the_caller_leaves(tmp_path: Path, identity: Enhancer) -> None:
    Image.fromarray(PHOTO).save(tmp_path / "a.png")
    jobs = [Job(tmp_path / "a.png", tmp_path / "out" / f"{number}.png") for number in range(100)]
    outcomes = run_jobs(jobs, identity, at_once=1)
    next(outcomes)
    outcomes.close()  # type: ignore[attr-defined]
    assert 0 < len(list((tmp_path / "out").iterdir())) < 50
