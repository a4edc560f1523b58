"""`dpe archive`: speed of one and two workers, kills of everything that can be killed, memory for planning ten million keys.

    python -m benchmarks.cluster ratio [--photos 400] [--side 3200]
    python -m benchmarks.cluster kill [--photos 400] [--kills 30] [--minutes 60] [--seed 0]
    python -m benchmarks.cluster listing [--keys 10000000] [--layout flat|folders]
    python -m benchmarks.cluster gpus

ratio: the same synthetic photos through `dpe archive --jobs 1`, `--jobs 2` and `dpe enhance --jobs 2`, one after the other.
kill: two simulated nodes of one core and a bucket of moto's server, a stand-in for S3; workers, nodes and drivers are killed at
random moments; five photos are poisoned. Every photo must be there once, whole, or recorded as failed, and no upload left open.
listing: a made-up bucket of one flat folder, or a made-up store of folders of a thousand, planned without doing the work.
gpus: a cluster that says to have a GPU; workers must get their share of it and ask for CUDA.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any

from benchmarks.machine import machine
from deep_photo_enhancer.archive.cluster import Maker, RayEngine, connect
from deep_photo_enhancer.archive.listing import folder_order, list_photos
from deep_photo_enhancer.archive.naming import Item, name_outputs
from deep_photo_enhancer.archive.places import Place, Stamp
from deep_photo_enhancer.archive.planning import Wish, make_parts, remaining
from deep_photo_enhancer.archive.progress import last_run, read_progress
from deep_photo_enhancer.archive.records import Records, Row, from_parquet
from deep_photo_enhancer.archive.run import Screen, Wishes, enhance_archive
from deep_photo_enhancer.archive.settings import Settings
from deep_photo_enhancer.archive.work import Task, remove_scratch
from deep_photo_enhancer.errors import ArchiveError, ModelError
from deep_photo_enhancer.photo import load_photo
from tests.archive.photos import BOMB, HANGER, KILLER, TRUNCATED, deadly_work, make_archive, poison
from tests.archive.s3 import S3Server

POISON = (BOMB, TRUNCATED, KILLER, HANGER, f"a/{KILLER}")
SECONDS = 10.0
"""Longest time for a photo in the kill test."""
COPIES = 10
"""Of each photo whose time is taken: making them takes long."""
TIME = datetime(2024, 1, 1, tzinfo=UTC)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["ratio", "kill", "listing", "gpus", "drive"])
    parser.add_argument("places", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--photos", type=int, default=400)
    parser.add_argument("--side", type=int, default=3200)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=60, help="after which no more is killed")
    parser.add_argument("--keys", type=int, default=10_000_000)
    parser.add_argument("--layout", choices=["flat", "folders"], default="flat", help="of the keys to list")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.what == "drive":
        drive(*arguments.places)
        return
    print(f"{machine()}\n")
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if arguments.what == "ratio":
            ratio(folder, arguments.photos, arguments.side)
        elif arguments.what == "kill":
            kill(folder, arguments.photos, arguments.kills, arguments.minutes, random.Random(arguments.seed))
        elif arguments.what == "gpus":
            gpus()
        else:
            listing(arguments.keys, arguments.layout)


def ratio(folder: Path, photos: int, side: int) -> None:
    """Seconds of each whole command, with start and end of Python and Ray; core-seconds of a photo."""
    source = make_archive(folder / "source", photos // COPIES, side, grain=6)
    for path in list(source.rglob("*.jpg")):
        for number in range(1, COPIES):
            shutil.copy(path, path.with_stem(f"{path.stem}-{number}"))
    megapixels = side * (side * 2 // 3) / 1e6
    print(f"{photos} photos of {megapixels:.1f} megapixels, {_mean_size(source) / 1e6:.2f} MB each")
    dpe = [sys.executable, "-m", "deep_photo_enhancer"]
    seconds = {}
    for jobs in (1, 2):
        target = folder / f"archive-{jobs}"
        seconds[jobs] = _time([*dpe, "archive", str(source), "-o", str(target), "--jobs", str(jobs), "-q"])
        progress = read_progress(Place(str(target)), 1)
        assert progress is not None
        assert progress.counts["enhanced"] == photos
        print(
            f"dpe archive --jobs {jobs}: {seconds[jobs]:.1f} s, {progress.seconds:.1f} s of them without start and end of Ray; "
            f"{progress.milliseconds / 1000 / photos:.3f} s of a worker for a photo"
        )
    plain = _time([*dpe, "enhance", str(source), "-o", str(folder / "enhance"), "--jobs", "2", "-q"])
    print(f"dpe enhance --jobs 2: {plain:.1f} s")
    print(
        f"two workers: {seconds[1] / seconds[2]:.2f} times as fast as one, {plain / seconds[2]:.2f} times as dpe enhance --jobs 2"
    )


def _mean_size(folder: Path) -> float:
    return mean(path.stat().st_size for path in folder.rglob("*.jpg"))


def _time(command: list[str]) -> float:
    """Seconds of a command. Ray would let its workers wait for all else that runs on this machine."""
    start = time.perf_counter()
    subprocess.run(command, check=True, env=os.environ | {"RAY_worker_niceness": "0"})
    return time.perf_counter() - start


def drive(source: str, target: str, address: str) -> None:
    """A driver whose workers die of some photos."""
    screen = Screen(print, lambda _rows, _progress: None)
    wishes = Wishes(Settings(max_pixels=1_000_000), cluster=address, seconds=SECONDS)
    try:
        progress = enhance_archive(Place.of(source), Place.of(target), wishes, screen, Event(), _deadly)
    except ArchiveError as error:
        raise SystemExit(str(error)) from error
    print(progress.describe())


@contextmanager
def _deadly(address: str, workers: int | None) -> Iterator[Maker]:
    with connect(address, workers):
        yield partial(RayEngine, run=deadly_work)


def kill(folder: Path, photos: int, kills: int, minutes: float, rng: random.Random) -> None:
    """AssertionError where anything is lost, cut off, or left open."""
    from ray.cluster_utils import Cluster

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    source = Place.of(str(make_archive(folder / "source", photos, 600)))
    assert source.folder is not None
    (source.folder / "a").mkdir()
    poison(source, *POISON)
    with S3Server() as server:
        server.set_environment()
        target = Place.of("s3://bucket/target")
        target.store.mkdir("bucket")
        node: dict[str, Any] = {"num_cpus": 1, "memory": 2**30, "object_store_memory": 500_000_000}
        cluster = Cluster()
        _add_node(cluster, node | {"num_cpus": 0})
        nodes = [_add_node(cluster, node) for _ in range(2)]
        killed: Counter[str] = Counter()
        driver = _start(source, target, cluster.address)
        left = photos
        until = time.monotonic() + 60 * minutes
        while killed.total() < kills and driver.poll() != 0 and time.monotonic() < until:
            left = _wait(driver, target, photos, rng.randint(1, max(1, left // (kills - killed.total()))))
            victim = rng.choice(["worker", "node", "driver"])
            if driver.poll() is not None:
                driver = _start(source, target, cluster.address) if driver.poll() else driver
                continue
            if victim == "driver":
                driver.kill()
            elif victim == "node":
                cluster.remove_node(nodes.pop(rng.randrange(len(nodes))), allow_graceful=False)
                nodes.append(_add_node(cluster, node))
            elif not _kill_a_worker(rng):
                continue
            killed[victim] += 1
            print(f"kill -9 of a {victim}, {left} photos left", flush=True)
        while driver.wait() != 0:
            driver = _start(source, target, cluster.address)
        cluster.shutdown()  # type: ignore[no-untyped-call, unused-ignore]
        twice = _check(target, photos)
        print(
            f"{killed.total()} kills: {dict(killed)}; {last_run(target)} runs; {photos} photos whole and once, "
            f"{len(POISON)} recorded, {twice} enhanced twice, no upload left open"
        )


def _add_node(cluster: Any, node: dict[str, Any]) -> Any:
    """A new machine; on a busy one Ray's own processes may need several tries."""
    for _ in range(5):
        with suppress(Exception):
            return cluster.add_node(**node)
    raise SystemExit("Ray cannot start a node")


def _wait(driver: subprocess.Popen[bytes], target: Place, photos: int, more: int) -> int:
    """The photos left when so many more have been made, a moment later, or the driver has ended."""
    before = len(_outputs(target))
    made = before
    while driver.poll() is None and made - before < min(more, photos - before):
        time.sleep(0.2)
        made = len(_outputs(target))
    return photos - made


def _start(source: Place, target: Place, address: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "benchmarks.cluster", "drive", source.name, target.name, address])


def _kill_a_worker(rng: random.Random) -> bool:
    """One of the processes that Ray calls after the task that they run, which is this benchmark's own; False without any."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cmdline").read_bytes().startswith(b"ray::deadly_work"):
                found.append(int(entry.name))
        except OSError:
            continue
    if found:
        os.kill(rng.choice(found), signal.SIGKILL)
    return bool(found)


def _outputs(target: Place) -> list[str]:
    keys = (path.removeprefix(f"{target.path()}/") for path in target.store.find(target.path()))
    return sorted(key for key in keys if not key.startswith("."))


def _check(target: Place, photos: int) -> int:
    """How many photos have been enhanced more than once."""
    rows = list(Records(target).rows(folder_order))
    assert len(rows) == photos + len(POISON)
    assert sorted(row.source for row in rows if row.status == "failed") == sorted(POISON)
    outputs = _outputs(target)
    assert outputs == sorted(row.target for row in rows if row.target)
    for key in outputs:
        load_photo(target.read(key) or b"", name=key)
    uploads = target.store.call_s3("list_multipart_uploads", Bucket="bucket").get("Uploads") or []
    assert uploads == [], uploads
    remove_scratch()
    left = list(Path(tempfile.gettempdir()).glob("dpe-archive-photo-*"))
    assert left == [], left
    records = (path.removeprefix(f"{target.path()}/") for path in target.store.find(target.path(".dpe-archive/records")))
    made = Counter(row.source for key in records for row in from_parquet(target.read(key) or b"") if row.status == "enhanced")
    return sum(count > 1 for count in made.values())


class MadeUpBucket:
    """A store of S3's of one flat folder, which gives its keys a thousand at a time."""

    def __init__(self, keys: int) -> None:
        self._keys = keys

    def split_path(self, path: str) -> tuple[str, str, None]:
        bucket, _, key = path.partition("/")
        return bucket, key, None

    def call_s3(self, _method: str, **wanted: Any) -> dict[str, Any]:
        first = int(wanted.get("ContinuationToken", 0))
        end = min(self._keys, first + int(wanted["MaxKeys"]))
        contents = [
            {"Key": f"photos/IMG_{number:08d}.jpg", "Size": 5_000_000, "ETag": f'"{number:032x}"', "LastModified": TIME}
            for number in range(first, end)
        ]
        return {"Contents": contents, "IsTruncated": end < self._keys, "NextContinuationToken": str(end)}


class MadeUpFolders:
    """A store with folders of a thousand photos."""

    def __init__(self, keys: int) -> None:
        self._keys = keys

    def ls(self, path: str, detail: bool) -> list[dict[str, Any]]:
        assert detail
        folder = path.removeprefix("bucket/photos").lstrip("/")
        if not folder:
            names = (f"bucket/photos/{number:05d}" for number in range((self._keys + 999) // 1000))
            return [{"name": name, "type": "directory", "size": 0} for name in names]
        first = 1000 * int(folder)
        return [
            {"name": f"{path}/IMG_{number:08d}.jpg", "type": "file", "size": 5_000_000, "etag": f"{number:032x}", "updated": TIME}
            for number in range(first, min(self._keys, first + 1000))
        ]


def listing(keys: int, layout: str) -> None:
    """Peak memory and the time to the first part."""
    if layout == "flat":
        store: MadeUpBucket | MadeUpFolders = MadeUpBucket(keys)
        name, place = "one flat folder on S3", Place("s3://bucket/photos")
    else:
        store = MadeUpFolders(keys)
        name, place = "folders of a thousand", Place("gs://bucket/photos")
    vars(place)["_opened"] = (store, "bucket/photos")
    start = time.perf_counter()
    photos = list_photos(place)
    items = remaining(name_outputs(photos.groups(), None), [], photos.order, Wish("s"), Counter())
    parts = make_parts(items, lambda: 100)
    count = len(next(parts))
    first = time.perf_counter() - start
    count += sum(len(part) for part in parts)
    whole = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name}: {count:,} keys planned in {whole:.0f} s, the first part after {first:.2f} s, {peak:.0f} MB at most")
    assert count == keys


def gpus() -> None:
    """AssertionError where workers do not get the share of a GPU that was asked for, or do not ask for CUDA."""
    import ray

    ray.init(
        address="local", num_cpus=2, num_gpus=1, include_dashboard=False, object_store_memory=80_000_000, log_to_driver=False
    )
    wished = Settings(max_pixels=1_000_000)
    task = Task(Place("/"), Place("/"), wished, "s", "cpu")
    engine = RayEngine(task, wished.model_bytes(), 0.25, _tell_share)
    engine.submit([Item("a.jpg", Stamp(1, "v", 0), "a.jpg")])
    ((_, told),) = engine.wait(60)
    assert isinstance(told, list)
    assert told[0].warnings == ("0.25", "1.0"), told
    try:
        RayEngine(replace(task, device="cuda"), wished.model_bytes(), 0.25)
        print("a worker with 0.25 of a GPU; CUDA is there")
    except ModelError as error:
        print(f"a worker with {told[0].warnings[0]} of a GPU; it asked for CUDA: {error}")
    ray.shutdown()


def _tell_share(_task: Task, _model: bytes | None, items: Sequence[Item]) -> Iterator[list[Row]]:
    import ray

    given: dict[str, float] = ray.get_runtime_context().get_assigned_resources()  # type: ignore[no-untyped-call, unused-ignore]
    yield [Row(item.key, "", "", "", "enhanced", warnings=(str(given["GPU"]), str(given["CPU"]))) for item in items]


if __name__ == "__main__":
    main()
