"""The corpus through the real command: once at strength 0, whose pixels are known, and once as users run it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.corpus.case import Case


@dataclass
class Ran:
    """What became of a case."""

    case: Case
    before: Path
    after: Path
    """The output at strength 1."""
    untouched: Path
    """The output at strength 0."""
    entry: dict[str, Any]
    """The report's entry on it, at strength 1."""
    wrong: list[str]
    """What is known to be wrong already."""


def run_all(cases: Sequence[Case], folder: Path) -> list[Ran]:
    """Make every case's file, and enhance those of the same options together."""
    batches: dict[tuple[tuple[str, ...], bool], list[Ran]] = {}
    for number, case in enumerate(cases):
        key = case.options, case.refused is not None
        batches.setdefault(key, [])
        batches[key].append(_made(case, number, folder / f"{list(batches).index(key):02}"))
    for (options, refused), batch in batches.items():
        _enhance(batch, options, refused)
    return [ran for batch in batches.values() for ran in batch]


def _made(case: Case, number: int, folder: Path) -> Ran:
    place = f"{number:03}"
    before = folder / "in" / place / case.name
    place = "" if case.refused is not None else place  # these are named one by one
    before.parent.mkdir(parents=True)
    after, untouched = (folder / out / place / case.written_as for out in ("enhanced", "untouched"))
    ran = Ran(case, before, after, untouched, entry={}, wrong=[])
    try:
        case.make(before)
    except (RuntimeError, OSError) as error:
        ran.wrong.append(f"could not be made: {error}")
    return ran


def _enhance(batch: Sequence[Ran], options: Sequence[str], refused: bool) -> None:
    """Both runs on a folder. The whole batch is wrong when the exit status is."""
    folder = batch[0].before.parents[2]
    for strength, out in (("1", "enhanced"), ("0", "untouched")):
        report = folder / f"{out}.json"
        photos = [str(ran.before) for ran in batch] if refused else [str(folder / "in")]
        command = [sys.executable, "-m", "deep_photo_enhancer", "enhance", *photos, "-o", f"{folder / out}/"]
        command += [*options, "--strength", strength, "--report", str(report), "--jobs", "1", "-q"]
        done = subprocess.run(command, capture_output=True, check=False)
        entries = read_report(report)
        for ran in batch:
            entry = entries.get(str(ran.before), {})
            ran.entry = ran.entry or entry
            if done.returncode != int(refused):
                ran.wrong.append(f"exit status {done.returncode} of its folder at strength {strength}, not {int(refused)}")
            if b"Traceback" in done.stderr:
                ran.wrong.append("a traceback")


def read_report(report: Path) -> dict[str, dict[str, Any]]:
    """The entries of a report, by the names of their inputs."""
    if not report.exists():
        return {}
    return {entry["input"]: entry for entry in json.loads(report.read_text())["photos"]}
