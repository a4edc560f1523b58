"""The cases, one module for each group or two."""

from __future__ import annotations

from pathlib import Path

from benchmarks.corpus.case import Case
from benchmarks.corpus.groups import (
    depths,
    jpegs,
    meanings,
    metadata,
    names,
    options,
    orientations,
    originals,
    others,
    profiles,
    refusals,
    tiffs,
)
from benchmarks.corpus.pictures import Pictures


def all_cases(pictures: Pictures, photos: Path | None) -> list[Case]:
    """Those of `originals` only when there is a folder of them."""
    groups = (orientations, profiles, depths, jpegs, tiffs, refusals, metadata, names, options, others, meanings)
    cases = [case for group in groups for case in group.cases(pictures)]
    return cases + (originals.cases(pictures, photos) if photos is not None else [])
