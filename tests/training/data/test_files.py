from __future__ import annotations

import errno
import io
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
import pyvips
from PIL import Image

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.photo import PHOTO_SUFFIXES, SAVERS, load_photo
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.photo.small_copies import small_copy
from deep_photo_enhancer.training.data import files
from deep_photo_enhancer.training.data.files import (
    PhotoCache,
    every_nth,
    find_photos,
    match_pairs,
    problems_of_list,
    read_names,
)
from tests.photo.samples import needs, refusal
from tests.synthetic import grey, synthetic_photo, write_photo


def test_photos_are_found_below_the_folders_in_order_and_other_files_are_not(tmp_path: Path) -> None:
    for name in ("b/z.png", "b/a.JPG", "b/deeper/m.tif", "a/q.webp"):
        write_photo(tmp_path / name, grey(10))
    (tmp_path / "b" / "notes.txt").write_text("no photo")
    (tmp_path / "b" / "folder.png").mkdir()
    found = find_photos([tmp_path / "b", str(tmp_path / "a")])
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["b/a.JPG", "b/deeper/m.tif", "b/z.png", "a/q.webp"]


def test_every_format_that_is_read_is_found(tmp_path: Path) -> None:
    for suffix in PHOTO_SUFFIXES:
        (tmp_path / f"a{suffix}").touch()
    assert {path.suffix for path in find_photos([tmp_path])} == PHOTO_SUFFIXES


@pytest.mark.parametrize("suffix", sorted(SAVERS))
def test_a_copy_of_every_format_shows_the_same_picture(tmp_path: Path, suffix: str) -> None:
    needs(suffix)
    original = write_photo(tmp_path / "a.png", synthetic_photo(0, 96, 128))
    load_photo(original).save(tmp_path / "others" / f"a{suffix}")
    expected, copy = PhotoCache(64).load_all([original, *find_photos([tmp_path / "others"])])
    assert copy.shape == expected.shape == (48, 64, 3)
    assert np.abs(copy.astype(int) - expected).mean() < 5


def test_hidden_files_and_folders_are_passed_over_but_the_given_folder_may_be_hidden(tmp_path: Path) -> None:
    folder = tmp_path / ".mine"
    for name in ("a.png", "._a.png", ".trash/b.png", "deeper/.thumbnails/large/c.png", "deeper/d.png"):
        write_photo(folder / name, grey(10))
    assert [path.relative_to(folder).as_posix() for path in find_photos([folder])] == ["a.png", "deeper/d.png"]


def test_a_missing_folder_and_an_empty_one_are_errors_that_name_them(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere: no such folder"):
        find_photos([tmp_path / "nowhere"])
    with pytest.raises(DataError, match=r"no photos there .*\.png"):
        find_photos([tmp_path])


def test_pairs_are_matched_by_stem(tmp_path: Path) -> None:
    for i in range(3):
        write_photo(tmp_path / "x" / f"a{i}.png", grey(50 + i))
        write_photo(tmp_path / "y" / f"a{i}.tif", grey(100 + i))
    found = match_pairs(tmp_path / "x", tmp_path / "y")
    assert [(x.name, y.name) for x, y in found.pairs] == [(f"a{i}.png", f"a{i}.tif") for i in range(3)]
    assert (found.alone, found.problems) == ([], [])


def test_all_problems_of_matching_are_listed(tmp_path: Path) -> None:
    x, y = tmp_path / "x", tmp_path / "y"
    write_photo(x / "lonely.png", grey(1))
    write_photo(y / "orphan.png", grey(1))
    write_photo(x / "twice.png", grey(1))
    write_photo(x / "deeper" / "twice.jpg", grey(1))
    write_photo(y / "twice.png", grey(1))
    write_photo(x / "sized.png", grey(1, 4, 6))
    write_photo(y / "sized.png", grey(1, 4, 7))
    write_photo(x / "good.png", grey(1))
    write_photo(y / "good.png", grey(1))
    found = match_pairs(x, y)
    assert found.problems == [
        f"{x / 'twice.png'}: has the same name as {x / 'deeper' / 'twice.jpg'}",
        f"{x / 'lonely.png'}: no label of this name in {y}",
        f"{y / 'orphan.png'}: no input of this name in {x}",
        f"{x / 'sized.png'}: 6 x 4 pixels, but its label {y / 'sized.png'} has 7 x 4",
    ]
    assert found.alone == [x / "twice.png", x / "lonely.png", y / "orphan.png"]
    assert [label.name for _, label in found.pairs] == ["good.png", "sized.png", "twice.png"]


def test_a_turned_photo_matches_its_upright_label(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    write_photo(tmp_path / "y" / "a.png", grey(1, 6, 4))
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn clockwise
    Image.fromarray(grey(1, 4, 6)).save(tmp_path / "x" / "a.jpg", exif=exif)
    assert match_pairs(tmp_path / "x", tmp_path / "y").problems == []


@pytest.mark.parametrize("on_disk", [False, True])
def test_all_unreadable_photos_are_listed_at_once(tmp_path: Path, on_disk: bool) -> None:
    good = write_photo(tmp_path / "good.png", synthetic_photo(0))
    truncated = write_photo(tmp_path / "truncated.jpg", synthetic_photo(1, 200, 300))
    truncated.write_bytes(truncated.read_bytes()[:4000])
    text = tmp_path / "text.png"
    text.write_text("not a photo")
    gone = tmp_path / "gone.png"
    with pytest.raises(DataError) as caught:
        PhotoCache(32, folder=tmp_path / "cache" if on_disk else None).load_all([good, truncated, text, gone])
    message = str(caught.value)
    assert message.startswith("3 problems with the training photos:")
    for path in (truncated, text, gone):
        assert refusal(path) in message


def test_the_cache_in_memory_is_the_cache_on_disk_and_both_are_read_only(photo_folder: Path, tmp_path: Path) -> None:
    photos = find_photos([photo_folder])
    threads = pyvips.concurrency_get()
    in_memory = PhotoCache(40).load_all(photos)
    assert pyvips.concurrency_get() == threads
    on_disk = PhotoCache(40, folder=tmp_path / "cache").load_all(photos)
    for memory, disk in zip(in_memory, on_disk, strict=True):
        assert max(memory.shape[:2]) == 40
        np.testing.assert_array_equal(memory, disk)
        assert not memory.flags.writeable
        assert not disk.flags.writeable


def test_the_second_use_reads_the_cached_copy(tmp_path: Path) -> None:
    photo = write_photo(tmp_path / "photo.png", synthetic_photo(0))
    cache = PhotoCache(40, folder=tmp_path / "cache")
    cache.load_all([photo])
    (copy,) = (tmp_path / "cache").iterdir()
    np.save(copy, grey(77))
    np.testing.assert_array_equal(cache.load_all([photo])[0], grey(77))


def truncate(copy: Path) -> None:
    copy.write_bytes(copy.read_bytes()[:-100])


def garble(copy: Path) -> None:
    copy.write_bytes(b"garbage" + copy.read_bytes())


def empty(copy: Path) -> None:
    copy.write_bytes(b"")


@pytest.mark.parametrize("damage", [truncate, garble, empty])
def test_a_damaged_copy_is_made_again(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    photo = write_photo(tmp_path / "photo.png", synthetic_photo(0))
    cache = PhotoCache(40, folder=tmp_path / "cache")
    (expected,) = PhotoCache(40).load_all([photo])
    cache.load_all([photo])
    (copy,) = (tmp_path / "cache").iterdir()
    damage(copy)
    np.testing.assert_array_equal(cache.load_all([photo])[0], expected)
    np.testing.assert_array_equal(np.load(copy), expected)


def test_a_cache_that_cannot_be_made_is_reported_once_and_not_as_broken_photos(photo_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    folder.write_text("a file is in the way")
    with pytest.raises(DataError) as caught:
        PhotoCache(40, folder=folder).load_all(find_photos([photo_folder]))
    assert str(caught.value) == f"{folder}: cannot keep resized photos there: File exists; choose another data.cache"


def test_a_full_cache_is_reported_and_left_clean(photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def half_written(file: BinaryIO, pixels: Pixels) -> None:
        file.write(pixels.tobytes()[:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "save", half_written)
    with pytest.raises(DataError, match=r"cache: cannot keep resized photos there: No space left on device; choose another"):
        PhotoCache(40, folder=tmp_path / "cache").load_all(find_photos([photo_folder]))
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_complete_cache_serves_without_being_written_to(
    photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos, cache = find_photos([photo_folder]), PhotoCache(40, folder=tmp_path / "cache")
    cache.load_all(photos)
    monkeypatch.setattr(files, "atomic_write", None)
    assert len(cache.load_all(photos)) == 6


def test_copies_are_held_in_memory_and_keep_no_file_open(photo_folder: Path, tmp_path: Path) -> None:
    photos, cache = find_photos([photo_folder]), PhotoCache(40, folder=tmp_path / "cache")
    for _ in ("made", "stored"):
        assert [type(copy) for copy in cache.load_all(photos)] == [np.ndarray] * 6  # np.memmap is another type


def test_photos_are_decoded_at_the_same_time_and_keep_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = [write_photo(tmp_path / f"{i}.png", grey(i)) for i in range(4)]
    second_is_done = threading.Event()

    def slow_for_the_first(path: Path, side: int, measured: Callable[[int, int], int]) -> Pixels:
        if path == photos[0]:
            assert second_is_done.wait(10)
        if path == photos[1]:
            second_is_done.set()
        return small_copy(path, side, measured)

    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(files, "small_copy", slow_for_the_first)
    assert [copy[0, 0, 0] for copy in PhotoCache(40).load_all(photos)] == [0, 1, 2, 3]


def test_problems_are_in_the_order_of_the_photos_after_those_found_before(tmp_path: Path) -> None:
    photos = [tmp_path / f"{i}.png" for i in range(20)]
    with pytest.raises(DataError) as caught:
        PhotoCache(40).load_all(photos, ["one found before"])
    assert str(caught.value).splitlines()[1:] == [
        "  one found before",
        *(f"  {refusal(photo)}" for photo in photos),
    ]


@pytest.mark.parametrize("on_terminal", [False, True])
def test_a_terminal_shows_how_far_the_reading_is(photo_folder: Path, monkeypatch: pytest.MonkeyPatch, on_terminal: bool) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: on_terminal)
    monkeypatch.setattr(sys, "stderr", screen)
    PhotoCache(40).load_all(find_photos([photo_folder]))
    assert ("reading photos" in screen.getvalue()) == on_terminal


def test_a_changed_photo_and_another_size_get_copies_of_their_own(tmp_path: Path) -> None:
    photo = write_photo(tmp_path / "photo.tif", synthetic_photo(0))
    PhotoCache(40, folder=tmp_path / "cache").load_all([photo])
    PhotoCache(50, folder=tmp_path / "cache").load_all([photo])
    before = photo.stat()
    write_photo(photo, synthetic_photo(1))
    os.utime(photo, ns=(before.st_atime_ns, before.st_mtime_ns + 1000))
    assert photo.stat().st_size == before.st_size
    PhotoCache(40, folder=tmp_path / "cache").load_all([photo])
    copies = list((tmp_path / "cache").iterdir())
    assert len(copies) == 3
    assert {path.suffix for path in copies} == {".npy"}


# Lists of names


def test_a_list_has_a_name_a_line_and_comments(tmp_path: Path) -> None:
    file = tmp_path / "kept.txt"
    file.write_text("# a comment\nphoto1.png  # the second\n\n  café.jpg\nphoto1.png\n", encoding="utf-8")
    assert read_names(str(file)) == {"photo1.png", "café.jpg"}


def test_a_list_that_cannot_be_read_is_an_error_and_no_list_is_empty(tmp_path: Path) -> None:
    assert read_names(None) == frozenset()
    with pytest.raises(DataError, match=r"nowhere\.txt: cannot read this list"):
        read_names(str(tmp_path / "nowhere.txt"))
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9.png\n")
    with pytest.raises(DataError, match=r"latin\.txt: cannot read this list"):
        read_names(str(tmp_path / "latin.txt"))


def test_names_that_no_photo_has_are_one_problem_in_order() -> None:
    assert problems_of_list("kept.txt", set()) == []
    assert problems_of_list(None, set()) == []
    (problem,) = problems_of_list("kept.txt", {"b.png", "a.png"})
    assert problem.startswith("kept.txt: lists photos that are not in the folders")
    assert problem.endswith(": a.png, b.png")


@pytest.mark.parametrize(("share", "expected"), [(0.5, "0 2 4 6 8"), (1 / 3, "0 3 6 9"), (0.1, "0"), (0.25, "0 4 8")])
def test_every_nth_photo_is_kept(share: float, expected: str) -> None:
    paths = [Path(f"folder/{i}") for i in range(10)]
    assert every_nth(paths, share) == set(expected.split())
    assert every_nth([], share) == frozenset()
