"""The figures as a table."""

from __future__ import annotations

from typing import Any

from deep_photo_enhancer.enhancement.bench.measure import COLD_SIDE, STAGES
from deep_photo_enhancer.system.text import table


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
            table(rows[0], [row.values() for row in rows]),
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
