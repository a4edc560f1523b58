from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from deep_photo_enhancer.enhancement.batch import Job, JobOptions, Plan, run_jobs
from deep_photo_enhancer.enhancement.enhancer import Enhancer
from deep_photo_enhancer.errors import PhotoError
from tests.enhancing_fixtures import smooth_photo

PHOTO = smooth_photo(16, 24)


def plan_jobs(photos: list[Path], output: Path, compare: bool = False) -> list[Job]:
    return list(Plan(photos, output, compare))


def pairs(jobs: list[Job], source: Path, output: Path) -> dict[str, str]:
    return {str(job.source.relative_to(source)): str(job.output.relative_to(output)) for job in jobs}


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
    folder = tmp_path / "empty"
    folder.mkdir()
    (job,) = plan_jobs([folder], tmp_path / "out")
    assert job.problem == f"{folder}: this folder is empty; name one with photos"
    for name in ("a.gif", "b.GIF", "c.bmp", ".hidden.jpg", "notes.txt"):
        (folder / name).touch()
    (folder / "link.jpg").symlink_to("nothing.jpg")
    (job,) = plan_jobs([folder], tmp_path / "out")
    assert job.problem == (
        f"{folder}: no photos in this folder, only 2 GIF, 1 BMP, 1 hidden file, 1 other file, 1 link that leads out of it; "
        "photos are JPEG, PNG, TIFF, WebP, AVIF, HEIC, JPEG 2000, JPEG XL, camera RAW"
    )


@pytest.mark.parametrize("name", ["x.nef", "x.DNG", "x.xyz", "x.gif"])
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


def test_without_an_output_each_photo_and_folder_has_one_beside_it(
    holiday: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = list(Plan([holiday / "a.jpg", holiday / "beach" / "c.webp", tmp_path / "scan", holiday], suffix=".jpg"))
    assert [job.output.relative_to(tmp_path).as_posix() for job in jobs] == [
        "holiday/a-enhanced.jpg",
        "holiday/beach/c-enhanced.jpg",
        "scan-enhanced.jpg",
        "holiday-enhanced/B.jpg",
        "holiday-enhanced/a.jpg",
        "holiday-enhanced/beach/c.jpg",
        "holiday-enhanced/beach/day 2/d.jpg",
    ]
    monkeypatch.chdir(holiday)
    for name in (".", "beach/..", str(holiday)):
        plan = Plan([Path(name)])
        assert next(iter(plan)).output == tmp_path / "holiday-enhanced" / "B.PNG"
        assert plan.targets == [tmp_path / "holiday-enhanced"]
    with pytest.raises(PhotoError, match="/: nothing can stand beside this folder; name an output folder with -o"):
        next(iter(Plan([Path("/")])))


def test_photos_that_would_share_an_output_beside_them_keep_their_suffixes_in_it(tmp_path: Path) -> None:
    jobs = Plan([tmp_path / name for name in ("a.heic", "a.jpg", "A.JPG")], suffix=".jpg")
    assert [job.output.name for job in jobs] == ["a.heic-enhanced.jpg", "a-enhanced.jpg", "A-enhanced-2.JPG"]


def test_outputs_of_an_earlier_run_are_no_inputs(holiday: Path, tmp_path: Path, identity: Enhancer) -> None:
    named = [holiday / "a.jpg", holiday / "B.PNG", holiday / "beach"]
    assert [outcome.error for outcome in run_jobs(Plan(named, compare=True), identity)] == [None] * 4
    whole = Plan([holiday], tmp_path / "out")
    names = [job.source.relative_to(holiday).as_posix() for job in whole]
    assert names == ["B.PNG", "a.jpg", "beach/c.webp", "beach/day 2/d.tif"]
    assert whole.passed["earlier output"] == 5  # two outputs, two comparisons, and beach-enhanced
    pattern = Plan(sorted(holiday.glob("[aBb]*")))
    assert [job.source.name for job in pattern] == ["B.PNG", "a.jpg", "c.webp", "d.tif"]
    assert pattern.passed["earlier output"] == 5
    again = Plan([holiday, *named], existing="overwrite")  # outputs of these lie in the tree of that
    assert len([job for job in again if job.problem is None]) == 8
    (alone,) = Plan([holiday / "a-enhanced.jpg"])
    assert alone.output == holiday / "a-enhanced-enhanced.jpg"


def test_a_photo_of_a_tree_that_only_ends_like_an_output_is_an_input(holiday: Path, tmp_path: Path) -> None:
    (holiday / "sky-enhanced.jpg").write_bytes((holiday / "a.jpg").read_bytes())
    assert "sky-enhanced.jpg" in pairs(plan_jobs([holiday], tmp_path / "out"), holiday, tmp_path / "out")
    (holiday / "sky.png").write_bytes((holiday / "B.PNG").read_bytes())
    assert "sky-enhanced.jpg" not in pairs(plan_jobs([holiday], tmp_path / "out"), holiday, tmp_path / "out")


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
