from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from deep_photo_enhancer.archive.listing import Entry, by_stems, folder_order, list_photos
from deep_photo_enhancer.archive.naming import Item, name_outputs
from deep_photo_enhancer.archive.places import Place, Stamp, refuse_nesting
from deep_photo_enhancer.enhancement.batch.names import output_names
from deep_photo_enhancer.enhancement.batch.plan import output_name
from deep_photo_enhancer.errors import ArchiveError

STAMP = Stamp(1, "1", 0)


def entries(*keys: str) -> Iterator[Entry]:
    return (Entry(key, STAMP) for key in sorted(keys))


def named(*keys: str, suffix: str | None = None) -> dict[str, str]:
    return {item.key: item.output for item in name_outputs(by_stems(entries(*keys)), suffix)}


def test_a_folder_is_listed_in_its_order_without_hidden_and_other_files(tmp_path: Path) -> None:
    for name in ("b.jpg", "a/z.png", "a/B/c.tif", ".hidden/x.jpg", "a/.y.jpg", "notes.txt", "a-b.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"1")
    listing = list_photos(Place.of(str(tmp_path)))
    keys = [entry.key for group in listing.groups() for entry in group]
    assert keys == ["a-b.jpg", "b.jpg", "a/z.png", "a/B/c.tif"]
    assert keys == sorted(keys, key=folder_order)


def test_a_photo_that_changed_has_another_version(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"1")
    place = Place.of(str(tmp_path))
    ((first,),) = list_photos(place).groups()
    assert first.stamp == place.stamp("a.jpg")
    os.utime(tmp_path / "a.jpg", (5, 5))
    ((second,),) = list_photos(place).groups()
    assert (first.stamp.size, second.stamp.size, second.stamp.modified) == (1, 1, 5.0)
    assert first.stamp.version != second.stamp.version


def test_missing_folders_and_files_in_their_place_are_errors(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ArchiveError, match="nowhere: is not there; name a folder of photos"):
        next(list_photos(Place.of(str(tmp_path / "nowhere"))).groups())
    with pytest.raises(ArchiveError, match="file: is a file; name a folder of photos"):
        next(list_photos(Place.of(str(tmp_path / "file"))).groups())


def test_groups_of_sorted_keys_hold_all_that_may_clash_and_little_more() -> None:
    groups = by_stems(entries("a-1.jpg", "x.arw", "x.foo.jpg", "x.jpg", "x.nef.jpg", "x/1.jpg", "IMG.1.jpg", "IMG.2.jpg"))
    assert [[entry.key for entry in group] for group in groups] == [
        ["IMG.1.jpg"],
        ["IMG.2.jpg"],
        ["a-1.jpg"],
        ["x.arw", "x.foo.jpg", "x.jpg", "x.nef.jpg"],
        ["x/1.jpg"],
    ]


def test_a_store_that_does_not_sort_is_refused() -> None:
    with pytest.raises(ArchiveError, match=r"x\.a\.jpg: comes after x\.jpg"):
        list(by_stems(iter([Entry("x.jpg", STAMP), Entry("x.jpg", STAMP), Entry("x.a.jpg", STAMP)])))


NAMES = ("a.jpg", "a.nef", "b.heic", "b.dng", "c.j2k", "c.jp2", "d.arw", "d.arw.jpg", "e.JPG", "IMG.0001.cr2")


@pytest.mark.parametrize("suffix", [None, ".jpg", ".png"])
def test_names_are_those_of_a_whole_folder(suffix: str | None) -> None:
    wanted = {name: output_name(name, suffix) for name in sorted(NAMES)}
    assert named(*NAMES, suffix=suffix) == output_names(wanted)
    assert named(*(f"deep/er/{name}" for name in NAMES), suffix=suffix) == {
        f"deep/er/{name}": f"deep/er/{output}" for name, output in output_names(wanted).items()
    }


def test_a_photo_whose_name_is_taken_twice_is_a_problem_and_no_other_photo_is_lost() -> None:
    items = list(name_outputs(by_stems(entries("a.jpg", "a.nef", "a.nef.jpg")), None))
    assert [(item.key, item.output, item.problem) for item in items if item.problem is None] == [
        ("a.jpg", "a.jpg", None),
        ("a.nef.jpg", "a.nef.jpg", None),
    ]
    (refused,) = (item for item in items if item.problem is not None)
    assert refused.problem == "a.nef: other photos have the names a.jpg and a.nef.jpg; rename it"


def test_who_shares_a_name_is_known() -> None:
    items = {item.key: item for item in name_outputs(by_stems(entries("a.jpg", "a.nef", "b.nef")), None)}
    assert items["a.jpg"] == Item("a.jpg", STAMP, "a.jpg", shared_name=True)
    assert items["a.nef"] == Item("a.nef", STAMP, "a.nef.jpg")
    assert items["b.nef"] == Item("b.nef", STAMP, "b.jpg")


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("/photos", "/photos", "/photos: is the source itself"),
        ("/photos", "/photos/better", "/photos/better: lies inside the source /photos"),
        ("/photos/raw", "/photos", "/photos/raw: lies inside the target /photos"),
        ("file:///photos", "/photos/better", "/photos/better: lies inside the source"),
        ("memory://photos", "memory://photos/a", "lies inside the source"),
    ],
)
def test_nested_places_are_refused(source: str, target: str, message: str) -> None:
    with pytest.raises(ArchiveError, match=message):
        refuse_nesting(Place.of(source), Place.of(target))


def test_neighbours_are_not_nested() -> None:
    refuse_nesting(Place.of("/photos"), Place.of("/photos2"))
    refuse_nesting(Place.of("memory://photos"), Place.of("memory://photos-better"))


def test_a_store_that_fsspec_does_not_know_is_an_error() -> None:
    with pytest.raises(ArchiveError, match=r"nostore://x: .*; use a folder, or s3://"):
        Place.of("nostore://x")


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(ArchiveError) as caught:
        Place.of("sftp://me:secret@host/photos")
    assert "sftp://: a password in the URL would stand in records" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_photo_that_is_removed_while_it_is_fetched_is_no_longer_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place.of(f"memory://{tmp_path.name}")
    place.write("a.jpg", b"photo")

    def get(path: str, _local: str) -> None:
        if place.store.exists(path):
            place.store.rm_file(path)
        raise FileNotFoundError(path)

    monkeypatch.setattr(place.store, "get_file", get)
    with pytest.raises(ArchiveError, match=r"a\.jpg: is no longer there"):
        place.fetch("a.jpg", tmp_path / "a.jpg")


def test_a_store_with_folders_is_listed_like_a_folder() -> None:
    place = Place.of("memory://listed")
    for name in ("b.jpg", "a/z.png", "a/B/c.tif", ".dpe/x.jpg", "a/.y.jpg", "notes.txt"):
        place.store.pipe_file(f"/listed/{name}", b"123")
    listing = list_photos(place)
    found = [entry for group in listing.groups() for entry in group]
    assert [entry.key for entry in found] == ["b.jpg", "a/z.png", "a/B/c.tif"]
    assert {entry.stamp.size for entry in found} == {3}
    assert all(entry.stamp == place.stamp(entry.key) for entry in found)
    with pytest.raises(ArchiveError, match="memory://nothing: is not there"):
        list(list_photos(Place.of("memory://nothing")).groups())
