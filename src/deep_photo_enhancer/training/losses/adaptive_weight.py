"""A-WGAN's adaptive weighting of lambda (Section 5 of the paper)."""

from __future__ import annotations

from collections import deque
from statistics import fmean
from typing import Any

WINDOW = 50
"""Critic steps."""
TOO_WEAK = 1.05
TOO_STRONG = 1.001


class AdaptiveWeight:
    """lambda of one critic, steered so that the mean norm of its gradient stays in [1.001, 1.05].

    Above, lambda is too weak and doubles; below, it is too strong and halves. The mean is taken over a window of 50 critic steps;
    after a change a full window passes before the next one. With adapts=False lambda stays as it is, and the norms are
    only watched.
    """

    def __init__(self, start: float, adapts: bool = True) -> None:
        self.value = start
        self.adapts = adapts
        self.norms: deque[float] = deque(maxlen=WINDOW)
        self.steps_since_change = 0

    @property
    def mean_norm(self) -> float:
        """Mean of the norms in the window; nan in an empty one."""
        return fmean(self.norms) if self.norms else float("nan")

    def observe(self, norm: float) -> None:
        """Take in the mean |grad D| of one critic step, and change lambda where it is due."""
        self.norms.append(norm)
        self.steps_since_change += 1
        if not self.adapts or self.steps_since_change < WINDOW or TOO_STRONG <= self.mean_norm <= TOO_WEAK:
            return
        self.value *= 2 if self.mean_norm > TOO_WEAK else 0.5
        self.steps_since_change = 0

    def state(self) -> dict[str, Any]:
        """What `restore` takes; plain numbers."""
        return {"value": self.value, "norms": list(self.norms), "steps_since_change": self.steps_since_change}

    def restore(self, state: dict[str, Any]) -> None:
        """Put back what `state` gave."""
        self.value = state["value"]
        self.norms = deque(state["norms"], maxlen=WINDOW)
        self.steps_since_change = state["steps_since_change"]
