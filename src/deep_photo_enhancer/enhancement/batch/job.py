"""What there is to do, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from deep_photo_enhancer.photo import MAX_PIXELS, SaveOptions

Existing = Literal["update", "skip", "overwrite", "rename"]
"""What to do where an output already exists, complete and not older than its photo: make it again if it was made with other
settings, or never, or always, or write another one of a new name."""
Status = Literal["enhanced", "skipped", "failed", "stopped"]
"""skipped: the output existed and was complete; stopped: not started when the run was ended."""

State = Literal["missing", "same", "other", "unrecorded"]
"""Of outputs: not there, cut off or too old; made with these settings, or with others, or nobody knows with which."""


@dataclass(frozen=True, slots=True)
class JobOptions:
    """What is done to every photo."""

    strength: float = 1.0
    light: float = 1.0
    colour: float = 1.0
    existing: Existing = "overwrite"
    keep_times: bool = False
    """Whether the output has the file times of the input."""
    save: SaveOptions = field(default_factory=SaveOptions)
    max_pixels: int = MAX_PIXELS
    """Width times height of the largest photo that is decoded."""


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
    is_beside: bool = False
    """Whether the user named no output, so that what already has its name may be the user's own."""

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
    state: State = "missing"
    """Of the output before, where that matters."""
    seconds: float = 0.0
    size: tuple[int, int] | None = None
    """Width and height in pixels, where the photo was decoded."""
