from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deep_photo_enhancer.archive.cluster import PATIENCE, Died, RayEngine, _try, connect
from deep_photo_enhancer.archive.places import Place
from deep_photo_enhancer.archive.settings import Settings
from deep_photo_enhancer.archive.work import Task
from deep_photo_enhancer.errors import ArchiveError, ModelError
from deep_photo_enhancer.version import __version__
from tests.archive.photos import settings


def fake_ray(monkeypatch: pytest.MonkeyPatch, **parts: Any) -> None:
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(__version__="2.60.0", **parts))


@pytest.mark.parametrize(
    ("address", "error", "message"),
    [
        (
            "auto",
            RuntimeError("Version mismatch: The cluster was started with: Ray: 2.40.0"),
            "auto: this cluster has other versions",
        ),
        ("x:1", ConnectionError("Could not read"), r"x:1: no Ray cluster answers there \(Could not read\); check the address"),
        (
            "ray://x:1",
            Exception("is not asked"),
            "ray://x:1: Ray's client cannot do this; run the command on a machine of the cluster",
        ),
        (
            "local",
            Exception("The current node timed out during startup."),
            "a cluster on this machine cannot be started: The current",
        ),
    ],
)
def test_a_cluster_that_cannot_be_used_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, address: str, error: Exception, message: str
) -> None:
    def init(*_addresses: str, **_options: Any) -> None:
        raise error

    fake_ray(monkeypatch, init=init, shutdown=lambda: None)
    with pytest.raises(ArchiveError, match=message), connect(address, None):
        pass


def test_a_machine_too_busy_for_rays_start_gets_more_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def init(**_options: Any) -> None:
        said.append("init")
        if len(said) < 4:
            raise RuntimeError("The current node timed out during startup.")

    fake_ray(monkeypatch, init=init, shutdown=lambda: said.append("shutdown"), exceptions=SimpleNamespace(RayError=OSError))
    with connect("local", 2):
        assert said == ["init", "shutdown", "init", "shutdown", "init"]
    assert said[5:] == ["shutdown"]


def engine_on(*nodes: dict[str, float], gpus: float = 0.0) -> RayEngine:
    """An engine that knows these machines, without a cluster."""
    engine = RayEngine.__new__(RayEngine)
    listed = [{"Alive": True, "Resources": node} for node in nodes] + [{"Alive": False, "Resources": {"CPU": 64, "memory": 1e12}}]
    vars(engine).update(_ray=SimpleNamespace(nodes=lambda: listed), _reserve=10**9, _gpus=gpus, _counted=-1e9, _workers=1)
    return engine


def test_workers_are_counted_by_cores_memory_and_gpus_of_living_machines() -> None:
    assert engine_on({"CPU": 4, "memory": 64e9}, {"CPU": 16, "memory": 6e9}).workers() == 10
    assert engine_on({"CPU": 16, "memory": 64e9, "GPU": 2}, {"CPU": 8, "memory": 64e9}, gpus=0.25).workers() == 8
    assert engine_on({"CPU": 1, "memory": 64e9}).has_room()
    lost = engine_on({"CPU": 0})
    assert (lost.workers(), lost.has_room()) == (1, False)


class FakeRay:
    """Ray as far as an engine begins with it; every task's result is this package's version."""

    exceptions = SimpleNamespace(GetTimeoutError=TimeoutError, RayTaskError=KeyError, RayError=OSError)

    def __init__(self, **resources: float) -> None:
        self.resources = resources
        self.wanted: list[dict[str, Any]] = []

    def nodes(self) -> list[dict[str, Any]]:
        return [{"Alive": True, "Resources": self.resources}]

    def put(self, value: Any) -> Any:
        return value

    def remote(self, **wanted: Any) -> Any:
        self.wanted.append(wanted)
        return lambda _run: SimpleNamespace(remote=lambda *_arguments: __version__)

    def get(self, value: Any, timeout: float) -> Any:
        assert timeout == PATIENCE
        return value


class WorkerCrashedError(OSError): ...


class NodeDiedError(OSError): ...


@pytest.mark.parametrize(
    ("error", "died"),
    [
        (WorkerCrashedError("The worker died."), Died("died (WorkerCrashedError)")),
        (NodeDiedError("The node is dead."), Died("died with the loss of a machine", with_machine=True)),
    ],
)
def test_the_loss_of_a_machine_is_told_from_the_death_of_a_process(error: OSError, died: Died) -> None:
    def get(_result: None) -> None:
        raise error

    kinds = {"OutOfMemoryError": MemoryError, "NodeDiedError": NodeDiedError, "RayTaskError": KeyError, "RayError": OSError}
    results = iter([None])
    ray = SimpleNamespace(exceptions=SimpleNamespace(**kinds), get=get, wait=lambda tasks, **_options: (tasks, []))
    engine = RayEngine.__new__(RayEngine)
    vars(engine).update(_ray=ray, _generators={results: results})
    assert engine.wait(0) == [(results, died)]


def make_engine(ray: FakeRay, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, gpus: float) -> RayEngine:
    monkeypatch.setitem(sys.modules, "ray", ray)
    place = Place.of(str(tmp_path))
    return RayEngine(Task(place, place, Settings(max_pixels=10**8), "s"), None, gpus, grows=False)


def test_both_the_first_try_and_the_work_get_the_share_of_a_gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ray = FakeRay(CPU=16, memory=64e9, GPU=1)
    assert make_engine(ray, monkeypatch, tmp_path, 0.25).workers() == 4
    assert [(wanted["num_gpus"], wanted["num_cpus"], wanted["memory"]) for wanted in ray.wanted] == [(0.25, 1, 900_000_000)] * 2


def test_a_machine_without_room_for_a_worker_is_one_sentence_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sentence = "no machine of the cluster has 0.9 GB of memory, 0.25 of a GPU and one core for a worker; lower --max-megapixels"
    with pytest.raises(ArchiveError, match=sentence):
        make_engine(FakeRay(CPU=16, memory=64e9), monkeypatch, tmp_path, 0.25)


def test_a_folder_that_a_machine_of_the_cluster_does_not_have_is_named(model_files: dict[str, Path], tmp_path: Path) -> None:
    wished = settings(model_files["lift"])
    task = Task(Place.of(str(tmp_path / "nowhere")), Place.of(str(tmp_path)), wished, "s")
    with pytest.raises(ArchiveError, match=r"nowhere: is not on .*, a machine of the cluster; mount it on all of them"):
        _try(task, wished.model_bytes())
    assert _try(replace(task, source=task.target), wished.model_bytes()) == __version__
    with pytest.raises(ModelError, match="device cuda"):
        _try(replace(task, source=task.target, device="cuda"), wished.model_bytes())
