"""With more photos and kills: benchmarks/kill.py."""

from __future__ import annotations

import random
from pathlib import Path

from tests.enhancement.batch.killing import kill_and_continue, make_photos


def test_killed_runs_leave_whole_outputs_and_the_next_run_completes_the_rest(
    tmp_path: Path, model_files: dict[str, Path]
) -> None:
    make_photos(tmp_path / "photos", 8, 300)
    figures = kill_and_continue(tmp_path / "photos", tmp_path, 2, random.Random(1), ("--model", str(model_files["lift"])))
    assert figures.kills == 2
    assert (figures.partial, figures.remade) == (0, 0)
