from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from deep_photo_enhancer.archive.cluster import RayEngine, connect
from deep_photo_enhancer.errors import ArchiveError


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

    fake_ray(monkeypatch, init=init)
    with pytest.raises(ArchiveError, match=message), connect(address, None):
        pass


def engine_on(*nodes: dict[str, float], gpus: float = 0.0) -> RayEngine:
    """An engine that knows these machines, without a cluster."""
    engine = RayEngine.__new__(RayEngine)
    listed = [{"Alive": True, "Resources": node} for node in nodes] + [{"Alive": False, "Resources": {"CPU": 64, "memory": 1e12}}]
    vars(engine).update(_ray=SimpleNamespace(nodes=lambda: listed), _reserve=10**9, _gpus=gpus, _counted=-1e9, _workers=1)
    return engine


def test_workers_are_counted_by_cores_memory_and_gpus_of_living_machines() -> None:
    assert engine_on({"CPU": 4, "memory": 64e9}, {"CPU": 16, "memory": 6e9}).workers() == 10
    assert engine_on({"CPU": 16, "memory": 64e9, "GPU": 2}, {"CPU": 8, "memory": 64e9}, gpus=0.25).workers() == 8
    assert engine_on({"CPU": 0}).workers() == 1
