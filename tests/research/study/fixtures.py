"""A small study, and the votes of the paper's Table 5."""

from __future__ import annotations

import random
from itertools import combinations
from pathlib import Path

from deep_photo_enhancer.research.study.material import Study, make_study
from deep_photo_enhancer.research.study.votes import Vote
from tests.synthetic import synthetic_photo, write_photo

SYSTEMS = ("gentle-ours", "loud-theirs", "plain-input")
PHOTOS = 4

TABLE_5_SYSTEMS = ("CycleGAN", "DPED", "NPEA", "CLHE", "DPE")
TABLE_5 = (
    (0, 32, 27, 23, 11),
    (368, 0, 141, 119, 29),
    (373, 259, 0, 142, 50),
    (377, 281, 258, 0, 77),
    (389, 371, 350, 323, 0),
)
"""How often the row was preferred to the column, by 20 people on 20 photos."""


def system_folders(place: Path, photos: int = PHOTOS) -> list[Path]:
    """A folder of photos for each of three systems, lying and standing."""
    for i in range(photos):
        for shift, system in enumerate(SYSTEMS):
            photo = synthetic_photo(i, *((60, 90) if i % 2 else (90, 60)))
            write_photo(place / system / f"scene{i}.png", photo // (shift + 1))
    return [place / system for system in SYSTEMS]


def small_study(place: Path, photos: int = PHOTOS) -> Study:
    return make_study(system_folders(place / "systems", photos), place / "study")


def table_5_votes() -> list[Vote]:
    """One vote for each of 20 x 20 x 10 questions; who voted how is made up, for the paper tells only the sums."""
    cells = [(str(person), f"photo{photo}") for person in range(20) for photo in range(20)]
    rng = random.Random(5)
    votes: list[Vote] = []
    for i, j in combinations(range(5), 2):
        rng.shuffle(cells)
        for number, (person, photo) in enumerate(cells):
            winner, loser = (i, j) if number < TABLE_5[i][j] else (j, i)
            votes.append(Vote(person, photo, TABLE_5_SYSTEMS[winner], TABLE_5_SYSTEMS[loser]))
    return votes
