"""The engine below an archive's run: tasks of one thread each on a Ray cluster, of this machine or of many."""

from __future__ import annotations

import logging
import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from deep_photo_enhancer.archive.naming import Item
from deep_photo_enhancer.archive.records import Row
from deep_photo_enhancer.archive.work import Task, load_enhancer, work
from deep_photo_enhancer.errors import ArchiveError, DPEError
from deep_photo_enhancer.version import __version__

LOCAL = "local"
REFRESH = 5.0
"""Seconds after which the machines of a cluster are counted anew."""
TRIES = 3
"""How often a worker is begun anew at the start, where its process or its machine has died."""
STARTS = 3
"""How often Ray is started on this machine: it gives its own processes 15 seconds, too few where all cores are busy."""
PATIENCE = 600.0
"""Seconds that a cluster has to start its first worker, as where machines are launched on demand."""

Maker = Callable[[Task, bytes | None, float], "Engine"]
"""Makes an engine for a task, its model's file, and each worker's share of a GPU."""
Work = Callable[[Task, bytes | None, Sequence[Item]], Iterator[list[Row]]]


@dataclass(frozen=True)
class Ended:
    """A worker is through with its photos."""


@dataclass(frozen=True)
class Died:
    """A worker has ended before its photos were through."""

    reason: str
    """The end of "the process that enhanced it ..."."""
    with_machine: bool = False
    """Whether its whole machine was lost, which is hardly ever a photo's fault."""


Event = list[Row] | Ended | Died
"""What a worker tells: photos that are done (none, when it begins), or its end."""


class Engine(Protocol):
    """Runs parts in processes of their own."""

    def workers(self) -> int:
        """How many run at the same time, now."""

    def has_room(self) -> bool:
        """Whether any machine can take one, now; else parts wait for a machine."""

    def submit(self, items: Sequence[Item]) -> Any:
        """Begin a part; returns what stands for it in `wait`."""

    def wait(self, seconds: float) -> list[tuple[Any, Event]]:
        """What has happened, at the latest after some seconds."""

    def end(self, handle: Any, at_once: bool = True) -> None:
        """End a part's process, at once or after what it holds has been tidied up; `Died` follows."""


@contextmanager
def connect(address: str, workers: int | None) -> Iterator[Maker]:
    """A connection to the cluster at an address, or one that is started here for the time of the block.

    workers: processes of a local cluster, by default one for each core. ArchiveError where there is no cluster, or one of another
    version, or it ends.
    """
    if address.startswith("ray://"):
        raise ArchiveError(
            f"{address}: Ray's client cannot do this; run the command on a machine of the cluster, as ray job submit does, with "
            "--cluster auto"
        )
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent anywhere
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray

    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        if address == LOCAL:
            _start(ray, num_cpus=workers, include_dashboard=False, object_store_memory=100_000_000, address="local", **quiet)
        else:
            ray.init(address, **quiet)
    except Exception as error:  # Ray raises plain ones, too
        raise ArchiveError(_explain(address, error)) from error
    try:
        yield partial(RayEngine, grows=address != LOCAL)
    except ray.exceptions.RayError as error:
        raise ArchiveError(f"the cluster does not answer any more ({_first_line(error)}); run the same command again") from error
    finally:
        ray.shutdown()


def _start(ray: Any, **options: Any) -> None:
    """A cluster on this machine."""
    for left in reversed(range(STARTS)):
        try:
            ray.init(**options)
            return
        except Exception as error:  # Ray raises plain ones
            if not left or "timed out" not in str(error):
                raise
            ray.shutdown()


def _explain(address: str, error: Exception) -> str:
    text = " ".join(str(error).split())
    if "version" in text.lower() and "mismatch" in text.lower():
        own = f"Ray {_ray_version()} and Python {platform.python_version()}"
        return (
            f"{address}: this cluster has other versions than this machine ({own}); install the same ones on both: {text[:300]}"
        )
    if address == LOCAL:
        return f"a cluster on this machine cannot be started: {text[:300]}"
    return f"{address}: no Ray cluster answers there ({text[:200]}); check the address, or leave out --cluster"


def _ray_version() -> str:
    import ray

    return str(ray.__version__)


class RayEngine:
    """Tasks on the cluster that `connect` found.

    A part is one task with one core, memory for the largest photo allowed and, with a GPU, a share of it. A process that dies
    ends its task only; Ray does not repeat it: the driver knows better what is left of it.
    """

    def __init__(self, task: Task, model: bytes | None, gpus: float = 0.0, run: Work = work, grows: bool = True) -> None:
        """ArchiveError where no worker of the cluster can do the work, after a first try.

        grows: whether the cluster may get machines that it does not have yet.
        """
        import ray

        self._ray: Any = ray
        self._gpus, self._reserve = gpus, task.settings.reserve
        if not grows and not self._count():
            raise self._no_room()
        self._counted, self._workers = float("-inf"), 0
        self._task, self._model = ray.put(task), ray.put(model)
        wanted: dict[str, Any] = {"num_cpus": 1, "memory": self._reserve, "num_gpus": gpus, "max_retries": 0}
        self._generators: dict[Any, Any] = {}
        self._run = ray.remote(**wanted, num_returns="streaming")(run)
        self._check(ray.remote(**wanted | {"max_retries": TRIES})(_try))

    def _check(self, attempt: Any) -> None:
        errors = self._ray.exceptions
        try:
            version = self._ray.get(attempt.remote(self._task, self._model), timeout=PATIENCE)
        except errors.GetTimeoutError as error:
            raise self._no_room() from error
        except errors.RayTaskError as error:
            if isinstance(error.cause, DPEError):
                raise error.cause from error
            raise ArchiveError(_without_package(error)) from error
        except errors.RayError as error:
            raise ArchiveError(f"a worker of the cluster cannot be started: {_first_line(error)}") from error
        if version != __version__:
            raise ArchiveError(
                f"the cluster has version {version} of this package and this machine {__version__}; install the same"
            )

    def workers(self) -> int:
        """How many tasks the cluster has room for, now; at least one, which calls for a machine where there is none."""
        self._refresh()
        return max(1, self._workers)

    def has_room(self) -> bool:
        """Whether the cluster has room for any task, now."""
        self._refresh()
        return self._workers > 0

    def _refresh(self) -> None:
        if time.monotonic() - self._counted > REFRESH:
            self._counted, self._workers = time.monotonic(), self._count()

    def _count(self) -> int:
        return sum(self._room(node["Resources"]) for node in self._ray.nodes() if node["Alive"])

    def _room(self, resources: dict[str, float]) -> int:
        room = [resources.get("CPU", 0), resources.get("memory", 0) / self._reserve]
        if self._gpus:
            room.append(resources.get("GPU", 0) / self._gpus)
        return int(min(room))

    def _no_room(self) -> ArchiveError:
        gpu = f", {self._gpus:g} of a GPU" if self._gpus else ""
        remedy = "lower --max-megapixels" + (", or leave out --gpus-per-worker" if self._gpus else "")
        return ArchiveError(
            f"no machine of the cluster has {self._reserve / 1e9:.1f} GB of memory{gpu} and one core for a worker; {remedy}"
        )

    def submit(self, items: Sequence[Item]) -> Any:
        """Begin a part."""
        generator = self._run.remote(self._task, self._model, items)
        self._generators[generator] = generator
        return generator

    def wait(self, seconds: float) -> list[tuple[Any, Event]]:
        """What has happened, at the latest after some seconds."""
        ready, _ = self._ray.wait(list(self._generators), num_returns=1, timeout=seconds)
        more, _ = self._ray.wait(list(self._generators), num_returns=len(self._generators), timeout=0)
        return [(generator, self._next(generator)) for generator in dict.fromkeys([*ready, *more])]

    def _next(self, generator: Any) -> Event:
        errors = self._ray.exceptions
        try:
            rows: list[Row] = self._ray.get(next(generator))
            return rows
        except StopIteration:
            event: Event = Ended()
        except errors.OutOfMemoryError:
            event = Died("ran out of memory")
        except errors.NodeDiedError:
            event = Died("died with the loss of a machine", with_machine=True)
        except errors.RayTaskError as error:
            event = Died(f"failed ({_first_line(error.cause)})")
        except errors.RayError as error:
            event = Died(f"died ({type(error).__name__})")
        del self._generators[generator]
        return event

    def end(self, handle: Any, at_once: bool = True) -> None:
        """End a part's process."""
        self._ray.cancel(handle, force=at_once)


def _try(task: Task, model: bytes | None) -> str:
    """In a worker: load what the work needs."""
    load_enhancer(task.settings, model, task.device)
    for place in (task.source, task.target):
        _ = place.store
        if place.folder is not None and not place.folder.is_dir():
            host = platform.node()
            raise ArchiveError(
                f"{place.name}: is not on {host}, a machine of the cluster; mount it on all of them, or use a store"
            )
    return __version__


def _without_package(error: Exception) -> str:
    text = _first_line(getattr(error, "cause", error))
    if "deep_photo_enhancer" in str(error) and "No module" in str(error):
        return (
            f"the cluster's machines have not this package; install version {__version__} with its extra archive on all of them"
        )
    return f"a worker of the cluster cannot begin: {text}"


def _first_line(error: object) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
