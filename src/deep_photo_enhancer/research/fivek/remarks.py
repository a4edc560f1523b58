"""What to tell of data that can be used: facts, and what is suspicious."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from deep_photo_enhancer.research.fivek.layout import stem
from deep_photo_enhancer.research.fivek.looks import role_means, suspicions
from deep_photo_enhancer.research.fivek.manifest import Entry
from deep_photo_enhancer.research.fivek.problems import Problem, told
from deep_photo_enhancer.research.fivek.source import UNTAGGED
from deep_photo_enhancer.research.fivek.survey import Survey

LIBRAW = (
    "the inputs are developed from raw files by LibRaw, not by Lightroom: they are not InputAsShotZeroed, and figures measured"
    " with them cannot be compared with the paper's"
)
BY_NUMBER = "split by number, not by the paper's lists: figures cannot be compared with the paper's; give the lists with --splits"


def notes(found: Survey) -> list[str]:
    """Facts: folders, split, kinds of files."""
    kinds: Counter[str] = Counter()
    for task in found.tasks:
        header = found.headers[task]
        if task.is_raw:
            kinds[f"{task.role}: raw, developed to sRGB by LibRaw"] += 1
        elif header is not None:
            kinds[f"{task.role}: {header.bits} bits, {header.profile}"] += 1
    return [
        f"inputs: {found.folders.inputs}",
        f"labels: {found.folders.labels}",
        f"split: {found.splits.described}",
        *(f"{kind} ({count})" for kind, count in sorted(kinds.items())),
        *([f"{found.left_alone} photos have no FiveK number and are left alone"] if found.left_alone else []),
    ]


def warnings(found: Survey, photos: Sequence[Entry], side: int) -> list[str]:
    """What is suspicious, a sentence each."""
    raw_inputs = any(task.is_raw for task in found.tasks)
    lines = [] if found.splits.from_lists else [BY_NUMBER]
    lines += [LIBRAW] if raw_inputs else []
    lines += told([*_untagged(photos), *_small(photos, side)])
    return lines + suspicions(role_means(photos), raw_inputs)


def _untagged(photos: Sequence[Entry]) -> list[Problem]:
    """Files without a profile among others that have one."""
    found = []
    for role in ("inputs", "labels"):
        untagged = [entry for entry in photos if entry.role == role and entry.source_profile == UNTAGGED]
        tagged = Counter(entry.source_profile for entry in photos if entry.role == role and entry.source_profile != UNTAGGED)
        if untagged and tagged:
            kind = f"{role} without a colour profile, taken for sRGB, while others have {tagged.most_common(1)[0][0]}"
            found += [Problem(kind, stem(entry.number)) for entry in untagged]
    return found


def _small(photos: Sequence[Entry], side: int) -> list[Problem]:
    kind = f"photos whose long side is below {side} pixels; they are not enlarged"
    return [Problem(kind, entry.file) for entry in photos if max(entry.width, entry.height) < side]
