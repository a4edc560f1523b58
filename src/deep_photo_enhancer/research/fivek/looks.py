"""What is said of data that can be used: facts, and whether the photos look, on average, like FiveK's.

Wrong exports and swapped folders show in their tones and colours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pyvips
from numpy.typing import NDArray

from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.research.fivek.layout import stem
from deep_photo_enhancer.research.fivek.manifest import Entry
from deep_photo_enhancer.research.fivek.problems import Problem, summarise
from deep_photo_enhancer.research.fivek.source import UNTAGGED
from deep_photo_enhancer.research.fivek.survey import Survey
from deep_photo_enhancer.training.data.statistics import STATISTICS, tone_statistics

Means = NDArray[np.float64]
"""Mean luma_mean, luma_std, p95 and colourfulness of a set, on the 8-bit scale, at a long side of SIDE."""

SIDE = 128
INPUTS = np.array([91.0, 36.0, 152.0, 29.0])
LABELS = np.array([110.0, 49.0, 185.0, 47.0])
"""Means over FiveK's inputs (InputAsShotZeroed) and retoucher C at a long side of 128 pixels: measured on the data by those who
set this project its task, and taken over from them; not published, and not measured here."""
LEAST = 20
"""Photos whose means say something: this project's choice."""
PROPHOTO = 0.58
"""ProPhoto codes taken for sRGB have this share of the colourfulness: mean over 300 photographs, standard deviation 0.08."""
TOO_DARK = 68.0
"""Mean luma of inputs below which they were exposed less: this project's choice, below the 76 = 0.83 x 91 that
it takes ProPhoto codes of InputAsShotZeroed to have."""
LIBRAW = (
    "the inputs are developed from raw files by LibRaw, not by Lightroom: they are not InputAsShotZeroed, and figures measured"
    " with them cannot be compared with the paper's"
)
BY_NUMBER = "split by number, not by the paper's lists: figures cannot be compared with the paper's; give the lists with --splits"


def measure_look(pixels: Pixels) -> list[float]:
    """The four statistics of one photo, at a long side of SIDE."""
    small = pyvips.Image.new_from_array(pixels).thumbnail_image(SIDE, height=SIDE, size="down").numpy()
    return [round(float(value), 2) for value in tone_statistics(small)]


def role_means(photos: Sequence[Entry]) -> dict[str, Means]:
    """Of the inputs and of the labels, where there are enough of them."""
    looks = {role: [entry.look for entry in photos if entry.role == role] for role in ("inputs", "labels")}
    return {role: np.mean(values, axis=0) for role, values in looks.items() if len(values) >= LEAST}


def are_swapped(found: Mapping[str, Means]) -> bool:
    """Whether inputs have more of everything than labels, by most of what they should have less.

    Less than that can be a camera's default rendering beside labels that lost their profile.
    """
    if len(found) < 2:
        return False
    return bool((found["inputs"] - found["labels"] > (LABELS - INPUTS) * 2 / 3).all())


def suspicions(found: Mapping[str, Means], raw_inputs: bool) -> list[str]:
    """A sentence for each set that does not look like FiveK's; raw inputs have a sentence of their own."""
    sentences = []
    if "inputs" in found and not raw_inputs:
        sentences += _of_inputs(found["inputs"])
    if "labels" in found and _is_pale(found["labels"], LABELS):
        sentences.append(
            f"the labels are pale ({_words(found['labels'])}; retoucher C has {_words(LABELS)}):"
            " ProPhoto RGB codes may have lost their profile; export them again as sRGB"
        )
    return sentences


def _of_inputs(inputs: Means) -> list[str]:
    seen = f"({_words(inputs)}; InputAsShotZeroed has {_words(INPUTS)})"
    if inputs[0] < TOO_DARK:
        return [f"the inputs are dark {seen}: they may come from a collection with less exposure, such as 'minus 1.5'"]
    if _is_pale(inputs, INPUTS):
        return [f"the inputs are pale {seen}: ProPhoto RGB codes may have lost their profile; export them again as sRGB"]
    if np.count_nonzero(abs(inputs - LABELS) < abs(inputs - INPUTS)) >= 3:
        return [
            f"the inputs look finished {seen}: they may be the camera's default rendering, as the web site's originals are;"
            " the paper's inputs are the collection InputAsShotZeroed"
        ]
    return []


def _is_pale(found: Means, expected: Means) -> bool:
    """Nearer, by ratio, to what ProPhoto codes taken for sRGB have."""
    return bool(found[3] < expected[3] * PROPHOTO**0.5)


def _words(values: Means) -> str:
    return ", ".join(f"{name} {value:.0f}" for name, value in zip(STATISTICS, values, strict=True))


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
        *([f"{found.ignored} photos have no FiveK number and are ignored"] if found.ignored else []),
    ]


def warnings(found: Survey, photos: Sequence[Entry], side: int) -> list[str]:
    """What is suspicious, a sentence each."""
    raw_inputs = any(task.is_raw for task in found.tasks)
    lines = [] if found.splits.from_lists else [BY_NUMBER]
    lines += [LIBRAW] if raw_inputs else []
    lines += summarise([*_untagged_files(photos), *_small_photos(photos, side)])
    return lines + suspicions(role_means(photos), raw_inputs)


def _untagged_files(photos: Sequence[Entry]) -> list[Problem]:
    """Files without a profile among others that have one."""
    found = []
    for role in ("inputs", "labels"):
        untagged = [entry for entry in photos if entry.role == role and entry.source_profile == UNTAGGED]
        tagged = Counter(entry.source_profile for entry in photos if entry.role == role and entry.source_profile != UNTAGGED)
        if untagged and tagged:
            kind = f"{role} without a colour profile, taken for sRGB, while others have {tagged.most_common(1)[0][0]}"
            found += [Problem(kind, stem(entry.number)) for entry in untagged]
    return found


def _small_photos(photos: Sequence[Entry], side: int) -> list[Problem]:
    kind = f"photos whose long side is below {side} pixels; they are not enlarged"
    return [Problem(kind, entry.file) for entry in photos if max(entry.width, entry.height) < side]
