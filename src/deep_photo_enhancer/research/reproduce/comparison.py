"""Ours beside the paper's: the same systems, in the same order?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import mean

from scipy.stats import ttest_ind

from deep_photo_enhancer.system.text import escape_markdown, table

SIGNIFICANT = 0.05
COLUMNS = ("system", "runs", "PSNR", "paper", "difference", "SSIM", "paper", "SSIM, Gaussian", "CIEDE2000")
AS_IN_PAPER, AGAINST_PAPER, UNDECIDED = "as in the paper", "against the paper", "undecided"


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
class Comparison:
    """Two systems that the paper distinguishes, the better one by its PSNR first."""

    better: str
    worse: str
    paper: float
    """The paper's difference, in dB."""
    ours: float
    """Ours, in dB: negative where it is the other way round."""
    p: float | None
    """Of Welch's t-test on the seeds' figures; None where a system has one run only, which says nothing of chance."""

    @property
    def verdict(self) -> str:
        """Undecided unless so large a difference would come by chance less than once in twenty times."""
        if self.p is None or not self.p < SIGNIFICANT:
            return UNDECIDED
        return AS_IN_PAPER if self.ours > 0 else AGAINST_PAPER


def compare(rows: Sequence[Row]) -> list[Comparison]:
    """Every pair of systems for which the paper gives different PSNRs and there are runs of ours."""
    comparisons = []
    for a, b in combinations([row for row in rows if "psnr" in row.paper and row.psnr], 2):
        better, worse = (a, b) if a.paper["psnr"] > b.paper["psnr"] else (b, a)
        difference = better.paper["psnr"] - worse.paper["psnr"]
        if difference > 0:
            ours = mean(better.psnr) - mean(worse.psnr)
            comparisons.append(Comparison(better.name, worse.name, difference, ours, _p(better.psnr, worse.psnr)))
    return comparisons


def _p(a: Sequence[float], b: Sequence[float]) -> float | None:
    return None if min(len(a), len(b)) < 2 else float(ttest_ind(a, b, equal_var=False).pvalue)


def markdown(rows: Sequence[Row], of_input: Mapping[str, float], judges_order: bool = True) -> str:
    """The table, and how far its order is the paper's."""
    psnr, ssim, gaussian, ciede = (of_input[name] for name in ("psnr", "ssim_uniform", "ssim_gaussian", "ciede2000"))
    cells = [["input as it is", "", f"{psnr:.2f}", "", "", f"{ssim:.3f}", "", f"{gaussian:.3f}", f"{ciede:.2f}"]]
    cells += [_cells(row) for row in rows]
    lines = [table(COLUMNS, cells)]
    return "\n".join([*lines, "", *_comparison_lines(compare(rows))] if judges_order else lines)


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
    count = "a single run" if len(row.psnr) == 1 else str(len(row.psnr))
    return f"{count}, {row.diverged} diverged" if row.diverged else count


def _spread(values: Sequence[float], digits: int) -> str:
    """The mean, and of several values the range; nothing of none."""
    if not values:
        return ""
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    return f"{mean(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def _comparison_lines(comparisons: Sequence[Comparison]) -> list[str]:
    if not comparisons:
        return ["No two systems to compare with the paper's order yet."]
    verdicts = [comparison.verdict for comparison in comparisons]
    counts = ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in (AS_IN_PAPER, AGAINST_PAPER, UNDECIDED))
    lines = [
        f"Order by PSNR, {len(comparisons)} pairs of systems: {counts}. Decided is what lies beyond the seeds' noise (Welch's "
        f"t-test, p < {SIGNIFICANT:g}, not corrected for the number of pairs); single runs decide nothing."
    ]
    for verdict in (AGAINST_PAPER, AS_IN_PAPER, UNDECIDED):
        lines += [_sentence(comparison) for comparison in comparisons if comparison.verdict == verdict]
    return lines


def _sentence(comparison: Comparison) -> str:
    better, worse = escape_markdown(comparison.better), escape_markdown(comparison.worse)
    noise = "a single run" if comparison.p is None else f"p = {comparison.p:.2g}"
    return f"- {comparison.verdict}: {better} over {worse}: {comparison.ours:+.2f} dB ({noise}; paper {comparison.paper:+.2f})"
