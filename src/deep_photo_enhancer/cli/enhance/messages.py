"""What the command says while photos go through: a bar, lines for what went wrong, a summary."""

from __future__ import annotations

import os
import sys
from collections import Counter
from threading import Lock
from typing import Any, TextIO

import click
from tqdm import tqdm

from deep_photo_enhancer.enhancement.batch import Job, Outcome
from deep_photo_enhancer.enhancement.batch.passed import Passed, count_passed
from deep_photo_enhancer.system.text import one_line, quantity

LARGE = 8_000_000
"""Pixels from which a photo takes long without the compiled kernel."""
NOT_COMPILED = (
    "this installation found no C compiler: large photos take about twice as long as with one; install one and then this package"
    " again"
)


class Messages:
    """Shows outcomes and counts them. `stream` takes the summary and the lines of --verbose; the rest goes to standard error."""

    def __init__(self, total: int | None, quiet: bool, verbose: bool, stream: TextIO, is_compiled: bool = True) -> None:
        """total: photos to come, for the bar; None for a watched folder, which has a line a new photo instead.

        is_compiled: whether large photos are as fast as they can be.
        """
        self.counts: Counter[str] = Counter()
        """Of photos, and of folders that gave none, by what became of them."""
        self._states: Counter[tuple[str, str]] = Counter()
        self._quiet, self._verbose, self._stream = quiet, verbose, stream
        self._names_enhanced = verbose or (total is None and not quiet)
        self._says_slow = not is_compiled and not quiet
        hidden = quiet or total is None or not sys.stderr.isatty()
        self._bar = _Bar(total=total or 0, disable=hidden, bar_format=_Bar.FORMAT, file=sys.stderr)

    def show(self, outcome: Outcome) -> None:
        """Lines for one photo, as far as there is something to say."""
        self.counts[outcome.status] += 1
        is_folder = outcome.job.problem is not None and outcome.job.source.is_dir()
        self._states["folder" if is_folder else outcome.status, outcome.state] += 1
        source, output = one_line(outcome.job.source), one_line(outcome.job.output)
        if not self._quiet:
            for warning in outcome.warnings:
                self._write(f"{colour_text('Warning:', 'yellow', sys.stderr)} {source}: {one_line(warning)}", sys.stderr)
        if outcome.error is not None:
            self._write(f"{colour_text('Error:', 'red', sys.stderr)} {one_line(outcome.error)}", sys.stderr)
        if self._names_enhanced and outcome.status == "enhanced":
            self._write(f"{source} -> {output} ({outcome.seconds:.1f} s)", self._stream)
        if self._verbose and outcome.status == "skipped":
            self._write(f"{source}: {output} already exists", self._stream)
        if self._says_slow and outcome.size is not None and outcome.size[0] * outcome.size[1] >= LARGE:
            self._says_slow = False
            self._write(NOT_COMPILED, sys.stderr)
        self._bar.step(outcome)

    def move(self, job: Job, share: float) -> None:
        """Show that this share of a photo is done."""
        self._bar.move(job, share)

    def end(self, place: str, passed: Passed) -> None:
        """The summary; place: "into out"."""
        self._bar.close()
        if not self._quiet:
            click.echo(summary(self._states, place, passed), file=self._stream)

    def _write(self, line: str, stream: TextIO) -> None:
        self._bar.write(line, file=stream)


def summary(states: Counter[tuple[str, str]], place: str, passed: Passed) -> str:
    """One line on a run. states: what became of photos ("folder" for one that gave none), and what was there of their outputs."""
    counts: Counter[str] = Counter()
    for (status, _), number in states.items():
        counts[status] += number
    folders = counts.pop("folder", 0)
    photos = f"{counts['enhanced']} of {quantity(counts.total(), 'photo')} enhanced" if counts else "no photo enhanced"
    gave_nothing = (counts["failed"] or folders) and not counts["enhanced"] + counts["skipped"]
    parts = [photos if gave_nothing else f"{photos} {place}"]
    again = states["enhanced", "other"]
    same, other, unrecorded = (states["skipped", state] for state in ("same", "other", "unrecorded"))
    if again:
        parts.append(f"{again} of them again, for {'its' if again == 1 else 'their'} settings have changed")
    if same:
        parts.append(f"{same} already {exist(same)}")
    if other:
        parts.append(
            f"{other} {exist(other)} with other settings (--existing update makes {'it' if other == 1 else 'them'} again)"
        )
    if unrecorded:
        them = "it" if unrecorded == 1 else "them"
        parts.append(f"{unrecorded} {exist(unrecorded)} without a record of settings (--existing overwrite makes {them} again)")
    if counts["failed"]:
        parts.append(f"{counts['failed']} failed")
    if folders:
        parts.append(f"{quantity(folders, 'folder')} gave none")
    if counts["stopped"]:
        parts.append(f"{counts['stopped']} not started")
    return ", ".join(parts) + count_passed(passed)


def exist(number: int) -> str:
    """The verb for so many."""
    return "exists" if number == 1 else "exist"


def colour_text(text: str, colour: str, stream: TextIO) -> str:
    """Colour on a terminal only, and never with NO_COLOR set (https://no-color.org)."""
    return click.style(text, fg=colour) if stream.isatty() and not os.environ.get("NO_COLOR") else text


class _Bar(tqdm):  # type: ignore[misc, type-arg, unused-ignore]
    total: int
    FORMAT = "{percentage:3.0f}% {bar} {n_fmt}/{total_fmt} photos, {a_minute} a minute, {remaining} left"

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._shares: dict[Job, float] = {}
        self._moving = Lock()

    def step(self, outcome: Outcome) -> None:
        """One photo further; those whose outputs already existed take no time and would spoil the forecast."""
        if outcome.status == "skipped":
            self.total -= 1
        else:
            self.move(outcome.job, 1.0)
            self._shares.pop(outcome.job, None)

    def move(self, job: Job, share: float) -> None:
        """A photo is done so far."""
        with self._moving:
            self.update(share - self._shares.get(job, 0.0))
            self._shares[job] = share

    @property
    def format_dict(self) -> dict[str, Any]:
        """What the format above may name."""
        values: dict[str, Any] = super().format_dict
        rate = values["rate"] or (values["n"] / values["elapsed"] if values["elapsed"] else 0)
        return values | {"n_fmt": int(values["n"] + 1e-6), "a_minute": f"{60 * rate:.0f}"}
