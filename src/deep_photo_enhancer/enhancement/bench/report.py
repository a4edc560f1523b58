"""The figures as a text for people, and as a table in Markdown."""

from __future__ import annotations

from typing import Any

from deep_photo_enhancer.enhancement.bench.measure import COLD_SIDE, STAGES
from deep_photo_enhancer.system.text import one_line, table

_MEANINGS = {
    "decode": "read the file",
    "network": "enhance the small copy",
    "fit": "find its change",
    "apply": "carry it to full size",
    "encode": "write the file",
}
"""What the stages do."""


def report(figures: dict[str, Any]) -> str:
    """The figures of `run_bench` as lines for a terminal."""
    machine = figures["machine"]
    kernel = "" if machine["compiled kernel"] else ", without the compiled kernel"
    return "\n".join(
        [
            f"{machine['processor']}, {machine['cores']} cores, {machine['device']}, model {one_line(machine['model'])}{kernel}",
            *(line for photo in figures["photos"] for line in ("", *_photo_lines(photo))),
            "",
            _folder_line(figures["folder"]),
            _cold_line(figures),
        ]
    )


def _photo_lines(photo: dict[str, Any]) -> list[str]:
    rows = [(f"{stage}: {_MEANINGS[stage]}", f"{photo['stages'][stage]:.3f} s") for stage in STAGES]
    rows += [
        ("from file to file", f"{photo['whole']:.3f} s"),
        ("reading and writing alone", f"{photo['floor']:.3f} s"),
        ("the first over the second", f"{photo['ratio']:.2f}"),
        ("the command, from start to end", f"{photo['command']:.2f} s"),
    ]
    if photo["peak_megabytes"]:
        rows.append(("its memory, at most", f"{photo['peak_megabytes']:.0f} MB"))
    width, digits = max(len(name) for name, _ in rows), max(len(value) for _, value in rows)
    return [
        f"{one_line(photo['photo'])}, {photo['megapixels']:.1f} megapixels",
        *(f"  {name:{width}}  {value:>{digits}}" for name, value in rows),
    ]


def markdown(figures: dict[str, Any]) -> str:
    """The figures of `run_bench` as Markdown."""
    rows = [
        {"photo": photo["photo"], "megapixels": f"{photo['megapixels']:.1f}"}
        | {stage: f"{photo['stages'][stage]:.3f}" for stage in STAGES}
        | {"whole": f"{photo['whole']:.3f}", "codec floor": f"{photo['floor']:.3f}", "ratio": f"{photo['ratio']:.2f}"}
        | {"command": f"{photo['command']:.2f}"}
        | {"peak memory": f"{photo['peak_megabytes']:.0f} MB" if photo["peak_megabytes"] else ""}
        for photo in figures["photos"]
    ]
    return "\n".join(
        [
            ", ".join(f"{name} {value}" for name, value in figures["machine"].items()),
            "",
            "Seconds, medians; `command` is the whole command in a new process, the rest is in a warm one:",
            "",
            table(rows[0], [row.values() for row in rows]),
            "",
            _folder_line(figures["folder"]),
            "",
            _cold_line(figures),
        ]
    )


def _folder_line(folder: dict[str, Any]) -> str:
    return (
        f"{folder['photos']} of these photos, photos a minute: {folder['one_at_a_time']:.0f} one at a time, "
        f"{folder['several_at_once']:.0f} with one on every core "
        f"({folder['several_at_once'] / folder['one_at_a_time']:.2f} times as many); "
        f"decoding and encoding alone {folder['floor']:.0f} "
        f"({folder['floor'] / folder['several_at_once']:.2f} times as many)."
    )


def _cold_line(figures: dict[str, Any]) -> str:
    return f"Cold start: a photo of {COLD_SIDE} pixels in {figures['cold start']:.2f} s from the command's start to its end."
