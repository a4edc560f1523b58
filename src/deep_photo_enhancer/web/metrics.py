"""What a server counts, as Prometheus reads it (text format 0.0.4)."""

from __future__ import annotations

from collections import Counter
from typing import Any

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
"""Seconds of tasks."""


class Metrics:
    """Counters of one server."""

    def __init__(self) -> None:
        self.answers: Counter[int] = Counter()
        """By status."""
        self.tasks: Counter[tuple[str, str]] = Counter()
        """By kind and result: done, refused (the photo's own fault), died, late, busy."""
        self.starts = 0
        self._buckets: Counter[float] = Counter()
        self._seconds, self._count = 0.0, 0

    def observe(self, seconds: float) -> None:
        """The time of a task, with its wait."""
        self._buckets.update(bucket for bucket in BUCKETS if seconds <= bucket)
        self._seconds += seconds
        self._count += 1

    @property
    def mean_seconds(self) -> float:
        """Of a task; 1 before there was any."""
        return self._seconds / self._count if self._count else 1.0

    def text(self, gauges: dict[str, tuple[str, float]]) -> str:
        """All of it. gauges: by name, what it is and its value just now."""
        lines = _head("dpe_http_responses_total", "counter", "Answers by status.")
        lines += [_line("dpe_http_responses_total", count, status=status) for status, count in sorted(self.answers.items())]
        lines += _head("dpe_tasks_total", "counter", "Tasks by kind and result.")
        lines += [_line("dpe_tasks_total", count, kind=kind, result=end) for (kind, end), count in sorted(self.tasks.items())]
        lines += _head("dpe_worker_starts_total", "counter", "Worker processes that were started.")
        lines += [_line("dpe_worker_starts_total", self.starts)]
        lines += _head("dpe_task_seconds", "histogram", "Time of tasks, with their wait.")
        lines += [_line("dpe_task_seconds_bucket", self._buckets[bucket], le=f"{bucket:g}") for bucket in BUCKETS]
        lines += [_line("dpe_task_seconds_bucket", self._count, le="+Inf")]
        lines += [_line("dpe_task_seconds_sum", round(self._seconds, 6)), _line("dpe_task_seconds_count", self._count)]
        for name, (meaning, value) in gauges.items():
            lines += [*_head(name, "gauge", meaning), _line(name, value)]
        return "\n".join(lines) + "\n"


def _head(name: str, kind: str, meaning: str) -> list[str]:
    return [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]


def _line(name: str, value: float, **labels: Any) -> str:
    inside = ",".join(f'{key}="{label}"' for key, label in labels.items())
    return f"{name}{{{inside}}} {value}" if inside else f"{name} {value}"
