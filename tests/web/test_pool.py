from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deep_photo_enhancer.web.limits import Limits
from deep_photo_enhancer.web.metrics import Metrics
from deep_photo_enhancer.web.pool import Workers
from deep_photo_enhancer.web.problems import Problem
from tests.web.serving import use_stub

LIMITS = Limits(workers=1, waiting=2, seconds=5.0)
Act = Callable[[Workers], Awaitable[None]]
NOTHING: dict[str, Any] = {"task": "nothing"}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Metrics]:
    """Runs a test's own steps on workers that are stubs."""
    use_stub(monkeypatch)

    def run(act: Act, limits: Limits = LIMITS) -> Metrics:
        metrics = Metrics()

        async def whole() -> None:
            workers = Workers(limits, {"a": Path("a.onnx")}, "a", tmp_path, metrics)
            await workers.start()
            await act(workers)
            await workers.stop()

        with ThreadPoolExecutor(1) as threads:  # the main thread's loop may be that of a browser's driver
            threads.submit(asyncio.run, whole()).result()
        return metrics

    return run


async def status(workers: Workers, task: dict[str, Any]) -> int:
    try:
        await workers.run(task)
    except Problem as problem:
        return problem.status
    return 200


def test_a_worker_does_one_task_after_the_other(run: Callable[..., Metrics]) -> None:
    async def act(workers: Workers) -> None:
        answers = [await workers.run(NOTHING) for _ in range(3)]
        assert len({answer["pid"] for answer in answers}) == 1

    metrics = run(act)
    assert metrics.tasks == {("nothing", "done"): 3}
    assert metrics.starts == 1


@pytest.mark.parametrize("kind", ["die", "babble"])
def test_one_that_dies_or_answers_nonsense_is_replaced_and_costs_one_task(run: Callable[..., Metrics], kind: str) -> None:
    async def act(workers: Workers) -> None:
        assert [await status(workers, task) for task in (NOTHING, {"task": kind}, NOTHING)] == [200, 500, 200]

    metrics = run(act)
    assert metrics.tasks[kind, "died"] == 1
    assert metrics.starts == 2


def test_one_that_hangs_is_replaced_and_costs_one_task(run: Callable[..., Metrics]) -> None:
    async def act(workers: Workers) -> None:
        slow = {"task": "sleep", "seconds": 60}
        assert [await status(workers, task) for task in (slow, NOTHING)] == [422, 200]

    metrics = run(act, replace(LIMITS, seconds=0.5))
    assert metrics.tasks["sleep", "late"] == 1


def test_a_problem_of_the_photo_is_said(run: Callable[..., Metrics]) -> None:
    async def act(workers: Workers) -> None:
        with pytest.raises(Problem, match=r"a\.jpg: damaged"):
            await workers.run({"task": "nothing", "answer": {"problem": "a.jpg: damaged"}})

    assert run(act).tasks == {("nothing", "refused"): 1}


def test_a_full_queue_says_when_to_come_again(run: Callable[..., Metrics]) -> None:
    async def act(workers: Workers) -> None:
        slow = [asyncio.create_task(workers.run({"task": "sleep", "seconds": 0.2})) for _ in range(3)]
        await asyncio.sleep(0.05)
        with pytest.raises(Problem) as caught:
            await workers.run(NOTHING)
        assert (caught.value.status, caught.value.headers) == (503, {"Retry-After": "1"})
        await asyncio.gather(*slow)
        assert await status(workers, NOTHING) == 200

    assert run(act).tasks == {("sleep", "done"): 3, ("nothing", "busy"): 1, ("nothing", "done"): 1}


def test_an_old_worker_is_replaced(run: Callable[..., Metrics]) -> None:
    async def act(workers: Workers) -> None:
        first, second, third = [(await workers.run(NOTHING))["pid"] for _ in range(3)]
        assert first != third
        assert second in (first, third)

    assert run(act, replace(LIMITS, tasks=2)).starts >= 2


def test_a_task_that_is_given_up_leaves_no_answer_to_the_next(run: Callable[..., Metrics]) -> None:
    async def act(workers: Workers) -> None:
        given_up = asyncio.create_task(workers.run({"task": "sleep", "seconds": 0.3, "answer": {"whose": "first"}}))
        await asyncio.sleep(0.05)
        given_up.cancel()
        assert "whose" not in await workers.run(NOTHING)

    run(act)
