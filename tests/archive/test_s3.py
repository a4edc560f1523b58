from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from deep_photo_enhancer.archive import listing, places
from deep_photo_enhancer.archive.listing import list_photos
from deep_photo_enhancer.archive.lock import hold
from deep_photo_enhancer.archive.places import Place
from deep_photo_enhancer.archive.records import Records
from deep_photo_enhancer.archive.run import Screen, Wishes, enhance_archive
from deep_photo_enhancer.errors import ArchiveError
from tests.archive.engines import inline
from tests.archive.photos import make_archive, settings

if not (find_spec("moto") and find_spec("s3fs")):
    pytest.skip("needs moto and s3fs", allow_module_level=True)

from tests.archive.s3 import S3Server, denied, reset, slow, slow_down, unavailable, wrong_etag


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with S3Server() as server:
        yield server


@pytest.fixture
def bucket(server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket of the test's own; after a failure the next try comes at once."""
    server.set_environment(monkeypatch.setenv)
    server.faults.clear()
    server.requests.clear()
    monkeypatch.setattr(places, "WAITS", (0.01,) * 5)
    name = tmp_path.name.replace("_", "-").lower()
    Place.of(f"s3://{name}").store.mkdir(name)
    return f"s3://{name}"


def fill(place: Place, folder: Path, count: int) -> list[str]:
    keys = []
    for path in make_archive(folder, count).rglob("*.jpg"):
        keys.append(path.relative_to(folder).as_posix())
        place.store.pipe_file(place.path(keys[-1]), path.read_bytes())
    return sorted(keys)


def run(source: Place, target: Place, model: Path, **wishes: Any) -> Any:
    screen = Screen(lambda _line: None, lambda _rows, _progress: None)
    return enhance_archive(source, target, Wishes(settings(model), **wishes), screen, Event(), inline)


def test_a_bucket_is_listed_page_by_page_in_order(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", 2)
    place = Place.of(f"{bucket}/in")
    for key in ("b.jpg", "a/z.png", "a.nef", ".dpe/x.jpg", "notes.txt", "a-b.jpg"):
        place.store.pipe_file(place.path(key), b"123")
    place.store.pipe_file(place.path() + "side/c.jpg", b"123")
    found = [entry for group in list_photos(place).groups() for entry in group]
    assert [entry.key for entry in found] == ["a-b.jpg", "a.nef", "a/z.png", "b.jpg"]
    assert all(entry.stamp == place.stamp(entry.key) for entry in found)
    assert {entry.stamp.version for entry in found} == {"202cb962ac59075b964b07152d234b70"}


def test_a_key_that_would_lead_out_of_a_folder_is_refused(bucket: str, tmp_path: Path, model_files: dict[str, Path]) -> None:
    source, target = Place.of(f"{bucket}/in"), Place.of(str(tmp_path / "out"))
    photo = next(make_archive(tmp_path / "photos", 1).rglob("*.jpg")).read_bytes()
    for key in (f"in/{tmp_path}/x.jpg", "in/a//x.jpg", "in/a/x.jpg", "in/../x.jpg"):
        source.store.call_s3("put_object", Bucket=bucket.removeprefix("s3://"), Key=key, Body=photo)
    run(source, target, model_files["lift"])
    rows = list(Records(target).rows(str))
    assert [row.source for row in rows if row.error is None] == ["a/x.jpg"]
    assert [row.error for row in rows if row.error] == [
        f"{bucket}/in/{key}: has a folder without a name; rename it" for key in (f"{tmp_path}/x.jpg", "a//x.jpg")
    ]
    assert not (tmp_path / "x.jpg").exists()


def test_a_run_through_faults_loses_nothing_and_goes_on(
    server: S3Server, bucket: str, tmp_path: Path, model_files: dict[str, Path]
) -> None:
    source, target = Place.of(f"{bucket}/in"), Place.of(f"{bucket}/out")
    keys = fill(source, tmp_path / "photos", 4)
    server.faults += [("GET", fault) for fault in (slow_down, reset, slow, unavailable, reset, slow_down)]
    server.faults += [("PUT", fault) for fault in (unavailable, reset, slow, slow_down, wrong_etag)]
    server.faults += [("HEAD", fault) for fault in (unavailable, wrong_etag, reset)]
    progress = run(source, target, model_files["lift"])
    assert server.faults == []
    assert (progress.state, progress.counts["enhanced"], progress.counts["failed"]) == ("finished", 4, 0)

    local = tmp_path / "local"
    run(Place.of(str(tmp_path / "photos")), Place.of(str(local)), model_files["lift"])
    assert {key: target.read(key) for key in keys} == {key: (local / key).read_bytes() for key in keys}
    found = target.store.find(target.path())
    assert sorted(path for path in found if ".dpe-archive" not in path) == [target.path(key) for key in keys]
    again = run(source, target, model_files["lift"])
    assert again.counts["done"] >= 3  # the wrong etag was another version's, of which nobody could know better


def test_a_photo_that_the_store_did_not_give_is_tried_again_by_the_next_run(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model_files: dict[str, Path]
) -> None:
    source, target = Place.of(f"{bucket}/in"), Place.of(str(tmp_path / "out"))
    fill(source, tmp_path / "photos", 1)

    def fail(_place: Place, _key: str, _path: Path) -> None:
        raise ArchiveError("the store does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(Place, "fetch", fail)
        assert run(source, target, model_files["lift"]).counts["failed"] == 1
    assert run(source, target, model_files["lift"]).counts["enhanced"] == 1
    assert [row.status for row in Records(target).rows(str)] == ["enhanced"]


def test_an_output_without_a_record_in_parquet_tells_of_its_settings_by_itself(
    bucket: str, tmp_path: Path, model_files: dict[str, Path]
) -> None:
    source, target = Place.of(f"{bucket}/in"), Place.of(f"{bucket}/out")
    fill(source, tmp_path / "photos", 3)
    run(source, target, model_files["lift"])
    target.store.rm(target.path(".dpe-archive/records"), recursive=True)
    assert run(source, target, model_files["lift"]).counts["skipped"] == 3
    assert len(list(Records(target).rows(str))) == 3
    target.store.rm(target.path(".dpe-archive"), recursive=True)
    assert run(source, target, model_files["gains"]).counts["enhanced"] == 3


def test_a_large_upload_leaves_no_pieces_of_one_that_was_killed(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "AT_ONCE", 12 << 20)
    target = Place.of(f"{bucket}/out")
    name = bucket.removeprefix("s3://")
    target.store.call_s3("create_multipart_upload", Bucket=name, Key="out/a.tif")
    assert len(target.store.call_s3("list_multipart_uploads", Bucket=name)["Uploads"]) == 1
    (tmp_path / "a.tif").write_bytes(bytes(13 << 20))
    target.publish(tmp_path / "a.tif", "a.tif")
    assert target.store.call_s3("list_multipart_uploads", Bucket=name).get("Uploads") is None
    stamp = target.stamp("a.tif")
    assert stamp is not None
    assert (stamp.size, stamp.version[-2:]) == (13 << 20, "-3")


def test_a_second_driver_is_refused(bucket: str) -> None:
    target = Place.of(f"{bucket}/out")
    first, second = (hold(target, lambda _line: None, beat=0.02, patience=1) for _ in range(2))
    with first, pytest.raises(ArchiveError, match="another driver is at work here"), second:
        pass


def test_what_cannot_be_is_one_sentence(server: S3Server, bucket: str, model_files: dict[str, Path]) -> None:
    place = Place.of(bucket)
    missing = Place.of("s3://no-such-bucket-here/in")
    with pytest.raises(ArchiveError, match="s3://no-such-bucket-here/in: there is no bucket no-such-bucket-here; check the name"):
        run(missing, Place.of(f"{bucket}/out"), model_files["lift"])
    with pytest.raises(ArchiveError, match="there is no bucket no-such-bucket-here; check the name, or make it"):
        run(Place.of(f"{bucket}/in"), missing, model_files["lift"])
    server.faults += [("GET", denied)]
    with pytest.raises(ArchiveError, match="access is denied; check the credentials and their permissions"):
        next(list_photos(place).groups())
    server.faults += [("PUT", denied)]
    with pytest.raises(ArchiveError, match="access is denied"):
        place.write("x", b"1")


def test_a_store_that_never_answers_is_one_sentence(bucket: str) -> None:
    calls = []

    def fail() -> None:
        calls.append(1)
        raise ConnectionResetError("gone")

    with pytest.raises(ArchiveError, match=r"/x: the store does not answer \(gone\); run the command again later"):
        Place.of(bucket).ask(fail, "x")
    assert len(calls) == 6
