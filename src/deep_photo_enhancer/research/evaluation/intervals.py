"""How sure a mean over photos is: percentile bootstrap intervals of 95 % (Efron 1979)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
RESAMPLES = 10_000
SEED = 0


@dataclass(frozen=True)
class Interval:
    """A mean, and where it would likely lie had other photos of the same kind been drawn."""

    mean: float
    low: float
    high: float


def mean_intervals(values: NDArray[np.float64]) -> list[Interval]:
    """The mean of each column of (photos, K), with its interval; every column sees the same resampled photos.

    The resamples are the same at every call. Unlike scipy.stats.bootstrap, it takes a single photo (low and high are then its
    value) and infinite PSNRs: bounds are values that occurred, never interpolated. Where inf meets -inf, all three are nan.
    ValueError without photos.
    """
    photos = len(values)
    if not photos:
        raise ValueError("a mean needs at least one photo")
    rng = np.random.default_rng(SEED)
    with np.errstate(invalid="ignore"):
        means = np.array([values[rng.integers(0, photos, photos)].mean(axis=0) for _ in range(RESAMPLES)])
        outside = (1 - CONFIDENCE) / 2
        low, high = np.quantile(means, [outside, 1 - outside], axis=0, method="inverted_cdf")
        of_all = values.mean(axis=0)
    bounds = np.stack([of_all, low, high])
    bounds[:, np.isnan(bounds).any(axis=0)] = np.nan
    return [Interval(*map(float, column)) for column in bounds.T]
