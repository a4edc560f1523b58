"""What an evaluation measured: a figure for each photo, system and metric, and how sure the means over the photos are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from deep_photo_enhancer.research.evaluation.thumbnails import Thumbnails

CONFIDENCE = 0.95
RESAMPLES = 10_000
SEED = 0

Values = NDArray[np.float64]
"""One value a photo."""
Figures = Mapping[str, Mapping[str, Values]]
"""By system and metric."""


@dataclass(frozen=True)
class Interval:
    """A mean, and where it would likely lie had other photos of the same kind been drawn."""

    mean: float
    low: float
    high: float


def mean_intervals(values: Values) -> list[Interval]:
    """The mean of each column of (photos, K) with its percentile bootstrap interval of 95 % (Efron 1979).

    Every column sees the same resampled photos, at every call. Unlike scipy.stats.bootstrap, it takes a single photo (low and
    high are then its value) and infinite PSNRs: bounds are values that occurred, never interpolated. Where inf meets -inf, all
    three are nan. ValueError without photos.
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


@dataclass(frozen=True)
class Evaluation:
    """What was measured. The first system is the one that the others are compared with."""

    names: list[str]
    """Of the photos."""
    figures: Figures
    """By system and metric (see METRICS), one value a photo."""
    thumbnails: Thumbnails | None = None
    """Small pictures for the report, where they were kept."""
    notes: Sequence[str] = ()
    """What readers should know of the photos, a sentence each."""

    @property
    def systems(self) -> list[str]:
        """Names, in the order in which they were given."""
        return list(self.figures)

    def mean(self, system: str, metric: str) -> Interval:
        """Over the photos, with its interval of 95 %."""
        return self._means[system, metric]

    def difference(self, system: str, metric: str) -> Interval:
        """This system less the first one, photo by photo: the mean with its interval of 95 %. 0 for photos infinitely good."""
        return self._differences[system, metric]

    @cached_property
    def _means(self) -> dict[tuple[str, str], Interval]:
        return self._intervals(lambda values, _of_first: values)

    @cached_property
    def _differences(self) -> dict[tuple[str, str], Interval]:
        return self._intervals(_difference)

    def _intervals(self, column: Callable[[Values, Values], Values]) -> dict[tuple[str, str], Interval]:
        first = self.figures[self.systems[0]]
        columns = {
            (system, metric): column(values, first[metric])
            for system in self.systems
            for metric, values in self.figures[system].items()
        }
        return dict(zip(columns, mean_intervals(np.stack(list(columns.values()), axis=1)), strict=True))


def _difference(values: Values, of_first: Values) -> Values:
    with np.errstate(invalid="ignore"):
        return np.where(values == of_first, 0.0, values - of_first)
