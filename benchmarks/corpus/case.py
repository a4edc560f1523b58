"""What a case of the corpus says: how its file is made, and what must be true of its output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Levels = NDArray[np.float32]
"""(H, W, 4) in [0, 1]: red, green, blue, alpha as codes, not colours."""


@dataclass(frozen=True)
class Case:
    """One file of the corpus."""

    group: str
    name: str
    """The file's name."""
    make: Callable[[Path], object]
    """Writes the file."""
    options: tuple[str, ...] = ()
    """Of `dpe enhance`."""
    output: str | None = None
    """The output's name, where it is not the input's."""
    refused: str | None = None
    """Words of the refusal; then nothing else is asked."""
    warnings: tuple[str, ...] = ()
    """Words of each warning that must come; no other may."""
    truth: Levels | None = None
    """The upright pixels; None for what an independent reader makes of the input."""
    tolerance: float = 0.0
    """Mean difference from these that compression may make at strength 0, in codes of 8 bits."""
    may_differ: tuple[str, ...] = ()
    """Patterns of tags, "Group:Name", that differ in this case beside those of `changes.CHANGES`."""
    expect: Mapping[str, Any] = field(default_factory=dict)
    """Tags of the output with their values; None for a tag that must not be there."""
    check: Callable[[Path, Path], str | None] = lambda _before, _after: None
    """A further look at input and output: what is wrong, or None."""

    @property
    def written_as(self) -> str:
        """The output's name."""
        return self.output or self.name
