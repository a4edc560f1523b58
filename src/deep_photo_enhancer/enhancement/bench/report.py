"""The figures as a table."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyvips

from deep_photo_enhancer.enhancement.bench.measure import COLD_SIDE, STAGES
from deep_photo_enhancer.enhancement.kernel import IS_COMPILED
from deep_photo_enhancer.enhancement.runtime import onnxruntime


def machine() -> dict[str, Any]:
    """Processor, cores and the versions that matter for the figures."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    processor = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())
    versions = {"numpy": np.__version__, "onnxruntime": onnxruntime.__version__, "pyvips": version("pyvips")}
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **versions,
        "libvips": ".".join(str(pyvips.version(part)) for part in range(3)),
        "compiled kernel": IS_COMPILED,
    }


def report(figures: dict[str, Any]) -> str:
    """The figures of `run_bench` as Markdown."""
    rows = [
        {"photo": photo["photo"], "megapixels": f"{photo['megapixels']:.1f}"}
        | {stage: f"{photo['stages'][stage]:.3f}" for stage in STAGES}
        | {"whole": f"{photo['whole']:.3f}", "codec floor": f"{photo['floor']:.3f}", "ratio": f"{photo['ratio']:.2f}"}
        | {"command": f"{photo['command']:.2f}"}
        | {"peak memory": f"{photo['peak_megabytes']:.0f} MB" if photo["peak_megabytes"] else ""}
        for photo in figures["photos"]
    ]
    folder = figures["folder"]
    return "\n".join(
        [
            ", ".join(f"{name} {value}" for name, value in figures["machine"].items()),
            "",
            "Seconds, medians; `command` is the whole command in a new process, the rest is in a warm one:",
            "",
            table(list(rows[0]), rows),
            "",
            f"{folder['photos']} of these photos, photos a minute: {folder['one_at_a_time']:.0f} one at a time, "
            f"{folder['several_at_once']:.0f} with one on every core "
            f"({folder['several_at_once'] / folder['one_at_a_time']:.2f} times as many); "
            f"decoding and encoding alone {folder['floor']:.0f} "
            f"({folder['floor'] / folder['several_at_once']:.2f} times as many).",
            "",
            f"Cold start: a photo of {COLD_SIDE} pixels in {figures['cold start']:.2f} s from the command's start to its end.",
        ]
    )


def table(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row[column] for column in columns)} |" for row in rows)])
