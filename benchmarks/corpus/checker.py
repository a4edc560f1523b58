"""Whether a case's output has everything that it must have."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.corpus.case import Levels
from benchmarks.corpus.listing import Listing, differences, file_type, listings
from benchmarks.corpus.runner import Ran
from benchmarks.corpus.tools import Rendering, rendered

LIKENESS = 0.8
"""Least correlation between the luma of a photo and of its enhanced copy, where a photo has enough pixels for one."""


def check_all(runs: Sequence[Ran]) -> None:
    """Adds what is wrong to each."""
    whole = [ran for ran in runs if _ended_well(ran)]
    before = listings([ran.before for ran in whole])
    after = listings([ran.after for ran in whole])
    for ran, old, new in zip(whole, before, after, strict=True):
        try:
            check(ran, old, new)
        except (RuntimeError, ValueError) as error:
            ran.wrong.append(f"another tool cannot read it: {' '.join(str(error).split())[:200]}")


def _ended_well(ran: Ran) -> bool:
    """Whether there are outputs to look at. Says what is wrong about status, refusal and warnings."""
    case, entry = ran.case, ran.entry
    if not entry:
        ran.wrong.append("not in the report")
        return False
    if case.refused is not None:
        error = entry["error"] or ""
        if entry["status"] != "failed" or case.refused not in error or "\n" in error:
            ran.wrong.append(f"{entry['status']}: {error or 'no error'}; expected: {case.refused}")
        if ran.after.exists():
            ran.wrong.append("refused, and written all the same")
        return False
    if entry["status"] != "enhanced":
        ran.wrong.append(f"{entry['status']}: {entry['error']}")
        return False
    _check_warnings(ran, entry["warnings"])
    missing = [path for path in (ran.after, ran.untouched) if not path.exists()]
    ran.wrong += [f"no output {path}" for path in missing]
    return not missing


def _check_warnings(ran: Ran, said: Sequence[str]) -> None:
    ran.wrong += [f"no warning of: {words}" for words in ran.case.warnings if not any(words in each for each in said)]
    ran.wrong += [f"warned: {each}" for each in said if not any(words in each for words in ran.case.warnings)]


def check(ran: Ran, before: Listing, after: Listing) -> None:
    """Adds what is wrong with an output, by its and its photo's tags. RuntimeError when another tool cannot read one of them."""
    kind, truth = file_type(after), ran.case.truth
    original = rendered(ran.before, file_type(before)) if truth is None else Rendering(truth.shape[1::-1], truth)
    untouched, enhanced = rendered(ran.untouched, kind), rendered(ran.after, kind)
    if not untouched.size == enhanced.size == original.size:
        ran.wrong.append(f"{untouched.size} and {enhanced.size}, not {original.size}")
        return
    ran.wrong += _pixels(original.levels, untouched.levels, enhanced.levels, ran.case.tolerance)
    ran.wrong += differences(ran.case, before, after, *original.size)
    if after.get("ExifTool:Warning") and not before.get("ExifTool:Warning"):
        ran.wrong.append(f"ExifTool warns: {after['ExifTool:Warning']}")
    problem = ran.case.check(ran.before, ran.after)
    ran.wrong += [problem] if problem else []


def _pixels(truth: Levels, untouched: Levels, enhanced: Levels, tolerance: float) -> list[str]:
    wrong = []
    seen = truth[..., 3] > 0
    difference = 255 * float(np.abs(untouched - truth)[seen].mean()) if seen.any() else 0.0
    if difference > tolerance + 1e-4:
        wrong.append(f"pixels differ by {difference:.3f} codes at strength 0, more than {tolerance:g}")
    alpha = 255 * float(np.abs(enhanced - truth)[..., 3].mean())
    if alpha > tolerance + 1e-4:
        wrong.append(f"transparency differs by {alpha:.3f} codes")
    if truth[..., 0].size >= 1000 and _likeness(truth, enhanced) < LIKENESS:
        wrong.append(f"the enhanced photo correlates by {_likeness(truth, enhanced):.2f} only")
    return wrong


def _likeness(a: Levels, b: Levels) -> float:
    one, other = a[..., :3].mean(2).ravel(), b[..., :3].mean(2).ravel()
    if one.std() == 0 or other.std() == 0:
        return 1.0
    return float(np.corrcoef(one, other)[0, 1])
