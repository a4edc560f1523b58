from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from deep_photo_enhancer.archive.cluster import Maker
from deep_photo_enhancer.archive.listing import folder_order
from deep_photo_enhancer.archive.places import Place
from deep_photo_enhancer.archive.progress import Progress, last_run, read_progress
from deep_photo_enhancer.archive.records import Records, Row
from deep_photo_enhancer.archive.run import Screen, Wishes, enhance_archive
from deep_photo_enhancer.archive.settings import Settings
from deep_photo_enhancer.archive.work import work
from deep_photo_enhancer.errors import ArchiveError
from tests.archive.engines import StoryEngine, inline, processes
from tests.archive.photos import BOMB, KILLER, TRUNCATED, deadly_work, make_archive, poison, settings


@dataclass
class Archive:
    """A source and a target, and runs between them in processes of this machine."""

    source: Place
    target: Place
    settings: Settings
    told: list[Row] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    cluster: Any = inline

    def run(self, stop: Event | None = None, **wishes: Any) -> Progress:
        self.told.clear()
        screen = Screen(self.said.append, lambda rows, _progress: self.told.extend(rows))
        wished = replace(Wishes(self.settings, workers=1), **wishes)
        return enhance_archive(self.source, self.target, wished, screen, stop or Event(), self.cluster)

    @property
    def recorded(self) -> dict[str, Row]:
        return {row.source: row for row in Records(self.target).rows(folder_order)}

    @property
    def outputs(self) -> list[str]:
        assert self.target.folder is not None
        paths = (path for path in self.target.folder.rglob("*") if path.is_file())
        return sorted(path.relative_to(self.target.folder).as_posix() for path in paths if ".dpe-archive" not in path.parts)


@pytest.fixture
def archive(tmp_path: Path, model_files: dict[str, Path]) -> Archive:
    make_archive(tmp_path / "source", 12)
    source, target = (Place.of(str(tmp_path / name)) for name in ("source", "target"))
    return Archive(source, target, settings(model_files["lift"]))


def test_an_archive_is_enhanced_then_left_alone_then_brought_up_to_date(archive: Archive, model_files: dict[str, Path]) -> None:
    first = archive.run()
    keys = sorted(archive.recorded)
    assert archive.outputs == keys
    assert len(keys) == 12
    assert {row.status for row in archive.recorded.values()} == {"enhanced"}
    assert (first.state, first.counts["enhanced"], first.listed, first.is_listed) == ("finished", 12, 12, True)
    assert first.pixels == 12 * 24 * 16
    assert first.bytes_in == sum(row.bytes_in for row in archive.recorded.values()) > 0
    source, target = archive.source.folder, archive.target.folder
    assert source is not None
    assert target is not None

    second = archive.run()
    assert (archive.told, second.counts["done"], last_run(archive.target)) == ([], 12, 2)

    (target / keys[0]).unlink()
    os.utime(source / keys[1], (1, 1))
    assert archive.run().counts["done"] == 10
    assert sorted(row.source for row in archive.told) == keys[:2]

    archive.settings = settings(model_files["gains"], strength=0.5)
    before = {key: (target / key).read_bytes() for key in keys}
    changed = archive.run()
    assert (changed.counts["enhanced"], changed.counts["remade"]) == (12, 12)
    assert all((target / key).read_bytes() != before[key] for key in keys)
    assert len({row.settings for row in archive.recorded.values()}) == 1
    assert read_progress(archive.target, 4) == changed


def test_photos_that_fail_are_recorded_and_tried_again_when_wished(archive: Archive) -> None:
    keys = poison(archive.source, BOMB, TRUNCATED)
    progress = archive.run()
    failed = {key: str(row.error) for key, row in archive.recorded.items() if row.status == "failed"}
    assert sorted(failed) == keys
    assert (progress.counts["enhanced"], progress.counts["failed"]) == (12, 2)
    assert failed[BOMB].startswith(f"{archive.source.url(BOMB)}: says that it has 30000 x 20000 pixels, more than the limit")
    assert failed[TRUNCATED].startswith(f"{archive.source.url(TRUNCATED)}: damaged")
    assert archive.run().counts == {"done": 12, "failed before": 2}
    assert archive.told == []
    assert archive.run(retry_failed=True).counts == {"done": 12, "failed": 2}
    assert sorted(row.source for row in archive.told) == keys


def test_a_photo_that_kills_its_process_costs_no_other_photo(archive: Archive) -> None:
    assert archive.source.folder is not None
    shutil.rmtree(archive.source.folder / "1")
    poison(archive.source, KILLER)
    archive.cluster = partial(processes, run=deadly_work)
    progress = archive.run()
    assert (progress.counts["enhanced"], progress.counts["failed"], len(archive.told)) == (10, 1, 11)
    sentence = f"{archive.source.url(KILLER)}: the process that enhanced it died (exit code -9), 3 times; scale the photo down"
    assert str(archive.recorded[KILLER].error).startswith(sentence)


class LonelyEngine(StoryEngine):
    """Has no machine whenever it is asked, but for the second time."""

    asked = 0

    def has_room(self) -> bool:
        self.asked += 1
        return self.asked == 2


def test_each_loss_of_all_machines_is_said_once(archive: Archive) -> None:
    @contextmanager
    def lonely(_address: str, _workers: int | None) -> Iterator[Maker]:
        yield lambda task, model, _gpus: LonelyEngine(lambda items: work(task, model, items))

    archive.cluster = lonely
    assert archive.run().counts["enhanced"] == 12
    sentence = "the cluster has lost all machines that can work; waiting for one (Ctrl-C ends, the same command goes on)"
    assert archive.said == [sentence] * 2


def test_a_sample_is_made_first_and_not_again(archive: Archive) -> None:
    sampled = archive.run(sample=5)
    assert (sampled.counts["enhanced"], sampled.listed, len(archive.outputs)) == (5, 5, 5)
    chosen = set(archive.recorded)
    assert archive.run(sample=5).counts["done"] == 5
    rest = archive.run()
    assert (rest.counts["enhanced"], rest.counts["done"]) == (7, 5)
    assert chosen.isdisjoint(row.source for row in archive.told)


def test_outputs_are_those_of_dpe_enhance(archive: Archive, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from deep_photo_enhancer.cli import main

    archive.run()
    options = ["enhance", archive.source.name, "-o", str(tmp_path / "plain"), "--model", archive.settings.model]
    assert CliRunner().invoke(main, options).exit_code == 0
    assert archive.target.folder is not None
    for key in archive.outputs:
        assert (archive.target.folder / key).read_bytes() == (tmp_path / "plain" / key).read_bytes()


def test_a_run_that_is_stopped_goes_on_where_it_was(archive: Archive) -> None:
    stop = Event()
    stop.set()
    assert archive.run(stop).state == "interrupted"
    assert archive.outputs == []
    assert archive.run().counts["enhanced"] == 12


def test_what_a_killed_run_left_without_a_record_is_made_again_with_other_settings_only(archive: Archive) -> None:
    archive.run()
    assert archive.target.folder is not None
    killed = read_progress(archive.target, 1)
    assert killed is not None
    killed.state = "running"
    killed.write(archive.target)
    for path in (archive.target.folder / ".dpe-archive/records").rglob("*.parquet"):
        path.unlink()
    archive.settings = replace(archive.settings, strength=0.5)
    assert archive.run().counts["enhanced"] == 12
    for path in (archive.target.folder / ".dpe-archive/records").rglob("*.parquet"):
        path.unlink()
    assert archive.run().counts["skipped"] == 12


def test_neither_a_stopped_run_nor_a_sample_makes_up_for_what_a_killed_run_left(archive: Archive) -> None:
    archive.settings = replace(archive.settings, metadata="none")  # outputs that tell nothing of their settings
    archive.run()
    killed = read_progress(archive.target, 1)
    assert killed is not None
    killed.state = "running"
    killed.write(archive.target)
    assert archive.target.folder is not None
    shutil.rmtree(archive.target.folder / ".dpe-archive/records")
    archive.settings = replace(archive.settings, strength=0.5)
    stop = Event()
    stop.set()
    archive.run(stop)
    assert archive.run(sample=5).counts["enhanced"] == 5
    assert archive.run().counts == {"enhanced": 7, "done": 5}


def test_bad_places_are_one_sentence_before_anything_is_begun(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for source, message in [("empty", "empty: no photos there"), ("nowhere", "nowhere: is not there; name a folder")]:
        with pytest.raises(ArchiveError, match=message):
            Archive(Place.of(str(tmp_path / source)), archive.target, archive.settings).run()
    with pytest.raises(ArchiveError, match="lies inside the source"):
        Archive(archive.source, Place.of(f"{archive.source.name}/better"), archive.settings).run()
    assert last_run(archive.target) == 0
