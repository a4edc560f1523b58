"""An evaluation as tables: for a terminal, in Markdown, as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from deep_photo_enhancer.research.evaluation.results import CONFIDENCE, RESAMPLES, SEED, Evaluation, Interval
from deep_photo_enhancer.system.text import escape_markdown, one_line, table
from deep_photo_enhancer.training.metrics.quality import METRICS, Metric
from deep_photo_enhancer.version import __version__

Rows = list[list[str]]


def summary_rows(evaluation: Evaluation) -> Rows:
    """A heading, then one row a system: name, number of photos, and each metric with its interval."""
    rows = [["system", "photos", *(metric.title for metric in METRICS.values())]]
    for system in evaluation.systems:
        figures = [interval_text(evaluation.mean(system, name), metric) for name, metric in METRICS.items()]
        rows.append([system, str(len(evaluation.names)), *figures])
    return rows


def difference_rows(evaluation: Evaluation) -> Rows:
    """A heading, then one row for each system but the first: how it differs from that."""
    rows = [[f"difference from {evaluation.systems[0]}", *(metric.title for metric in METRICS.values())]]
    for system in evaluation.systems[1:]:
        figures = [interval_text(evaluation.difference(system, name), metric, sign="+") for name, metric in METRICS.items()]
        rows.append([system, *figures])
    return rows


def interval_text(interval: Interval, metric: Metric, sign: str = "") -> str:
    """Such as "23.89 [23.61, 24.15]"; "n/a" where inf met -inf."""
    if math.isnan(interval.mean):
        return "n/a"
    mean, low, high = (f"{value:{sign}.{metric.digits}f}" for value in (interval.mean, interval.low, interval.high))
    return f"{mean} [{low}, {high}]"


def method_notes(evaluation: Evaluation) -> list[str]:
    """A sentence for each thing that a reader of the tables has to know."""
    return [
        f"Mean over the photos, in brackets its {100 * CONFIDENCE:.0f} % interval (percentile bootstrap over photos, "
        f"{RESAMPLES} resamples).",
        "Differences are taken photo by photo: where the interval does not hold 0, other photos would probably show one, too.",
        *(f"{metric.title}: {metric.description}." for metric in METRICS.values()),
        "All are measured on 8-bit sRGB, without padding.",
        *evaluation.notes,
    ]


def text(evaluation: Evaluation) -> str:
    """Tables for a terminal: columns aligned, names as `one_line` shows them."""
    parts = [_align(rows) for rows in _all_rows(evaluation)]
    notes = [method_notes(evaluation)[0], *map(one_line, evaluation.notes)]
    return "\n\n".join([*parts, "\n".join(notes)])


def _all_rows(evaluation: Evaluation) -> list[Rows]:
    return [summary_rows(evaluation)] + ([difference_rows(evaluation)] if len(evaluation.systems) > 1 else [])


def _align(rows: Rows) -> str:
    rows = [list(map(one_line, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def markdown(evaluation: Evaluation) -> str:
    """The tables in Markdown, with how the figures were measured."""
    parts = [table(heading, body) for heading, *body in _all_rows(evaluation)]
    notes = "\n".join(f"- {escape_markdown(sentence)}" for sentence in method_notes(evaluation))
    return "\n\n".join([*parts, notes]) + "\n"


def csv_text(evaluation: Evaluation) -> str:
    """One row for each photo and system, as RFC 4180 has it; 6 digits after the point, "inf" for equal pictures' PSNR."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(["photo", "system", *METRICS])
    for system, figures in evaluation.figures.items():
        for photo, values in zip(evaluation.names, zip(*figures.values(), strict=True), strict=True):
            writer.writerow([photo, system, *(f"{value:.6f}" for value in values)])
    return stream.getvalue()


def json_text(evaluation: Evaluation) -> str:
    """Means, differences and how they were made; what is not finite is "inf", "-inf" or "nan", which JSON has no numbers for."""
    first = evaluation.systems[0]
    content = {
        "version": __version__,
        "photos": len(evaluation.names),
        "notes": list(evaluation.notes),
        "metrics": {
            name: {"description": metric.description, "higher_is_better": metric.higher_is_better}
            for name, metric in METRICS.items()
        },
        "interval": {
            "confidence": CONFIDENCE,
            "method": "percentile bootstrap over photos",
            "resamples": RESAMPLES,
            "seed": SEED,
        },
        "systems": {system: _json_intervals(evaluation.mean(system, name) for name in METRICS) for system in evaluation.systems},
        "differences": {
            "from": first,
            "systems": {
                system: _json_intervals(evaluation.difference(system, name) for name in METRICS)
                for system in evaluation.systems[1:]
            },
        },
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _json_intervals(intervals: Iterable[Interval]) -> dict[str, dict[str, Any]]:
    return {name: _json_interval(interval) for name, interval in zip(METRICS, intervals, strict=True)}


def _json_interval(interval: Interval) -> dict[str, Any]:
    return {name: value if math.isfinite(value) else str(value) for name, value in asdict(interval).items()}
