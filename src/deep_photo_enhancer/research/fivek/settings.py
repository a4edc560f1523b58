"""What `dpe data fivek` is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FiveKSettings:
    """Where the data lie, and what to make of them."""

    root: Path
    """Folder that inputs and labels are looked for in."""
    output: Path
    """Folder to make; it appears when it is complete."""
    inputs: Path | None = None
    """Folder of the inputs; None looks for one in the root."""
    labels: Path | None = None
    """Folder of one retoucher's photos; None looks for retoucher C's in the root."""
    splits: Path | None = None
    """Folder with train_input.txt, train_label.txt and test.txt; None splits by number."""
    size: int = 512
    """Long side of the prepared photos in pixels; smaller ones are not enlarged."""

    @property
    def unfinished(self) -> Path:
        """Where the work goes on until it is complete; the next run takes over what is there."""
        return self.output.with_name(f"{self.output.name}.unfinished")

    @property
    def problem_list(self) -> Path:
        """Where all problems are written when there are too many to print."""
        return self.output.with_name(f"{self.output.name}.problems.txt")
