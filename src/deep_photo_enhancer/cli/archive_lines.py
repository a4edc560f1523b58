"""What `dpe archive` says while it runs: a line that changes on a terminal, else one a minute; a line for each failure."""

from __future__ import annotations

import sys
import time

import click

from deep_photo_enhancer.archive.progress import Progress
from deep_photo_enhancer.archive.records import Row
from deep_photo_enhancer.cli.enhance.messages import colour_text
from deep_photo_enhancer.system.streams import is_terminal
from deep_photo_enhancer.system.text import one_line, quantity

ON_TERMINAL, ELSEWHERE = 0.5, 60.0
"""Seconds between two lines on how far the run is."""


class Lines:
    """Speaks on standard error, but for the summary."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._terminal = is_terminal(sys.stderr)
        self._last = time.monotonic()

    def say(self, line: str) -> None:
        """A line on what takes a while."""
        if not self._quiet:
            self._write(one_line(line))

    def show(self, rows: list[Row], progress: Progress) -> None:
        """Failures, and now and then how far the run is."""
        for row in rows:
            if row.error is not None:
                self._write(f"{colour_text('Error:', 'red', sys.stderr)} {one_line(row.error)}")
        if not self._quiet and time.monotonic() - self._last > (ON_TERMINAL if self._terminal else ELSEWHERE):
            self._last = time.monotonic()
            if self._terminal:
                click.echo(f"\r\x1b[K{progress.line()}", nl=False, err=True)
            else:
                click.echo(progress.line(), err=True)

    def end(self, progress: Progress, target: str) -> None:
        """The summary."""
        if self._terminal and not self._quiet:
            click.echo("\r\x1b[K", nl=False, err=True)
        if self._quiet:
            return
        counts = progress.counts
        parts = [f"{quantity(counts['enhanced'], 'photo')} enhanced into {target}"]
        there = counts["skipped"] + counts["done"]
        parts += [f"{counts['remade']} of them again"] if counts["remade"] else []
        parts += [f"{there} were there"] if there else []
        parts += [f"{counts['failed']} failed"] if counts["failed"] else []
        parts += [f"{counts['failed before']} failed before (--retry-failed tries them again)"] if counts["failed before"] else []
        click.echo(", ".join(parts))
        if progress.state == "interrupted":
            click.echo("interrupted; the same command goes on where it was", err=True)

    def _write(self, line: str) -> None:
        start = "\r\x1b[K" if self._terminal and not self._quiet else ""
        click.echo(f"{start}{line}", err=True)
