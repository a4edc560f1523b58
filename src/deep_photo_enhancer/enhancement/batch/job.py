"""What there is to do, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Existing = Literal["skip", "overwrite", "rename"]
"""What to do where an output already exists."""
Status = Literal["enhanced", "skipped", "failed", "stopped"]
"""skipped: the output existed and was complete; stopped: not started when the run was ended."""


@dataclass(frozen=True, slots=True)
class Job:
    """One photo to enhance."""

    source: Path
    output: Path
    problem: str | None = None
    """Why there is nothing to enhance; None for a photo."""
    comparison: Path | None = None
    """Where to show the photo before and after, side by side; None for nowhere."""
    shared_name: bool = False
    """Whether another photo of the folder would have this output if it were alone."""

    @property
    def written(self) -> list[Path]:
        """The files that it makes."""
        return [self.output] if self.comparison is None else [self.output, self.comparison]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one job."""

    job: Job
    error: str | None = None
    warnings: tuple[str, ...] = ()
    status: Status = "enhanced"
    seconds: float = 0.0
    size: tuple[int, int] | None = None
    """Width and height in pixels, where the photo was decoded."""
