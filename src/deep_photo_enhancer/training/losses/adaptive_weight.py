"""A-WGAN's adaptive weighting of lambda (Section 5 of the paper), and what holds it where the paper's letter lets go."""

from __future__ import annotations

from collections import deque
from statistics import fmean
from typing import Any

TOO_WEAK = 1.05
TOO_STRONG = 1.001
WINDOW = 50
"""Critic steps that the paper's mean is taken over, at its learning rate."""
WINDOW_RATE = 1e-5
SHORTEST_WINDOW = 5


def window_at(learning_rate: float) -> int:
    """Critic steps of a window in which a critic moves as far as it does in the paper's 50 at 1e-5; 5 at least. Ours."""
    return max(SHORTEST_WINDOW, round(WINDOW * WINDOW_RATE / learning_rate))


class AdaptiveWeight:
    """lambda of one critic, steered so that the mean norm of its gradient stays in [1.001, 1.05].

    Above, lambda is too weak and doubles; below, it is too strong and halves. The means are taken over a window of critic steps;
    after a change a full window passes before the next one. With adapts=False lambda stays as it is, and the norms are
    only watched.

    The paper's penalty is linear: a critic whose gap at slope 1 is larger than lambda gains by growing without end. So lambda is
    never below `floor` times the mean |gap| in the window (ours; 0 is the paper's letter).
    """

    def __init__(self, start: float, adapts: bool = True, window: int = WINDOW, floor: float = 0.0) -> None:
        self.value = start
        self.adapts = adapts
        self.window = window
        self.floor = floor
        self.norms: deque[float] = deque(maxlen=window)
        self.gaps: deque[float] = deque(maxlen=window)
        self.steps_since_change = 0

    @property
    def mean_norm(self) -> float:
        """Mean of the norms in the window; nan in an empty one."""
        return fmean(self.norms) if self.norms else float("nan")

    @property
    def least(self) -> float:
        """What lambda may not fall below."""
        return self.floor * fmean(self.gaps) if self.gaps else 0.0

    def observe(self, norm: float, gap: float = 0.0) -> None:
        """Take in the mean |grad D| and E D(real) - E D(generated) of one critic step, and change lambda where it is due."""
        self.norms.append(norm)
        self.gaps.append(abs(gap))
        self.steps_since_change += 1
        if not self.adapts:
            return
        if self.steps_since_change >= self.window and not TOO_STRONG <= self.mean_norm <= TOO_WEAK:
            self.value *= 2 if self.mean_norm > TOO_WEAK else 0.5
            self.steps_since_change = 0
        self.value = max(self.value, self.least)

    def state(self) -> dict[str, Any]:
        """What `restore` takes; plain numbers."""
        return {
            "value": self.value,
            "norms": list(self.norms),
            "gaps": list(self.gaps),
            "steps_since_change": self.steps_since_change,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Put back what `state` gave."""
        self.value = state["value"]
        self.norms.extend(state["norms"])
        self.gaps.extend(state["gaps"])
        self.steps_since_change = state["steps_since_change"]
