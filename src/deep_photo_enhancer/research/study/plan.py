"""In which order a participant sees the pairs, and on which sides."""

from __future__ import annotations

import random
from itertools import combinations

from deep_photo_enhancer.research.study.material import Study


def pairs_for(study: Study, participant: str) -> list[tuple[str, str]]:
    """All pairs of versions as ids of the left and the right picture; always the same for the same participant.

    In random order. Of each two systems, either is on the left for half of the photos.
    """
    rng = random.Random(participant)
    photos = list(study.photos().values())
    pairs: list[tuple[str, str]] = []
    for systems in combinations(study.systems, 2):
        first = rng.randrange(2)
        swapped = [(first + number) % 2 == 1 for number in range(len(photos))]
        rng.shuffle(swapped)
        for photo, swap in zip(photos, swapped, strict=True):
            left, right = reversed(systems) if swap else systems
            pairs.append((photo[left], photo[right]))
    rng.shuffle(pairs)
    return pairs
