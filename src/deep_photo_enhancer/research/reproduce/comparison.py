"""Ours beside the paper's: the same systems, in the same order?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import mean

from scipy.stats import ttest_ind

from deep_photo_enhancer.system.text import table

SIGNIFICANT = 0.05
COLUMNS = ("system", "runs", "PSNR", "paper", "difference", "SSIM", "paper", "SSIM, Gaussian", "CIEDE2000")
EVEN = 0.005
"""Differences below it, in dB, are none."""


@dataclass(frozen=True)
class Row:
    """A system's figures."""

    name: str
    psnr: Sequence[float]
    """Mean over the test photos, one for each seed."""
    ssim: Sequence[float]
    ssim_gaussian: Sequence[float]
    ciede2000: Sequence[float]
    diverged: int
    """Runs that ended in divergence."""
    paper: Mapping[str, float]


@dataclass(frozen=True)
class Order:
    """Two systems that the paper tells apart, the better one by its PSNR first."""

    better: str
    worse: str
    paper: float
    """The paper's difference, in dB."""
    ours: float
    """Ours, in dB: negative where it is the other way round."""
    p: float | None
    """Of Welch's t-test on the seeds' figures; none where a system has one run only."""

    @property
    def agrees(self) -> bool:
        return self.ours >= EVEN

    @property
    def is_beyond_noise(self) -> bool | None:
        """Whether so large a difference would come by chance less than once in twenty times."""
        return None if self.p is None else self.p < SIGNIFICANT


def orders(rows: Sequence[Row]) -> list[Order]:
    """Every pair of systems for which the paper gives different PSNRs and there are runs of ours."""
    with_both = [row for row in rows if "psnr" in row.paper and row.psnr]
    found = []
    for a, b in combinations(with_both, 2):
        better, worse = (a, b) if a.paper["psnr"] > b.paper["psnr"] else (b, a)
        difference = better.paper["psnr"] - worse.paper["psnr"]
        if difference > 0:
            ours = mean(better.psnr) - mean(worse.psnr)
            found.append(Order(better.name, worse.name, difference, ours, _p(better.psnr, worse.psnr)))
    return found


def _p(a: Sequence[float], b: Sequence[float]) -> float | None:
    return None if min(len(a), len(b)) < 2 else float(ttest_ind(a, b, equal_var=False).pvalue)


def markdown(rows: Sequence[Row], of_input: Mapping[str, float], judges_order: bool = True) -> str:
    """The table, and how far its order is the paper's."""
    psnr, ssim, gaussian, ciede = (of_input[name] for name in ("psnr", "ssim_uniform", "ssim_gaussian", "ciede2000"))
    cells = [["input as it is", "", f"{psnr:.2f}", "", "", f"{ssim:.3f}", "", f"{gaussian:.3f}", f"{ciede:.2f}"]]
    cells += [_cells(row) for row in rows]
    lines = [table(COLUMNS, cells)]
    return "\n".join([*lines, "", *_order_lines(orders(rows))] if judges_order else lines)


def _cells(row: Row) -> list[str]:
    paper_psnr, paper_ssim = row.paper.get("psnr"), row.paper.get("ssim")
    return [
        row.name,
        _runs(row),
        _spread(row.psnr, 2),
        "" if paper_psnr is None else f"{paper_psnr:.2f}",
        f"{mean(row.psnr) - paper_psnr:+.2f}" if row.psnr and paper_psnr is not None else "",
        _spread(row.ssim, 3),
        "" if paper_ssim is None else f"{paper_ssim:.3f}",
        _spread(row.ssim_gaussian, 3),
        _spread(row.ciede2000, 2),
    ]


def _runs(row: Row) -> str:
    return f"{len(row.psnr)}, {row.diverged} diverged" if row.diverged else str(len(row.psnr))


def _spread(values: Sequence[float], digits: int) -> str:
    """The mean, and of several values the range; nothing of none."""
    if not values:
        return ""
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    return f"{mean(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def _order_lines(found: Sequence[Order]) -> list[str]:
    if not found:
        return ["No two systems to compare with the paper's order yet."]
    agreeing = [order for order in found if order.agrees]
    lines = [f"Order by PSNR: {len(agreeing)} of {len(found)} pairs of systems are as in the paper."]
    lines += [f"- {_sentence(order)}" for order in sorted(found, key=lambda order: order.agrees)]
    return lines


def _sentence(order: Order) -> str:
    verdict = "agrees" if order.agrees else "even" if order.ours > -EVEN else "**disagrees**"
    noise = "one run only"
    if order.p is not None:
        noise = f"{'beyond' if order.is_beyond_noise else 'within'} the seeds' noise, p = {order.p:.2g}"
    return f"{verdict}: {order.better} over {order.worse}: {order.ours:+.2f} dB ({noise}; paper {order.paper:+.2f})"
