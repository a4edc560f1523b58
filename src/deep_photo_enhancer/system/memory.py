"""How glibc deals with large blocks that are taken and given back again and again. Nothing is done where there is no glibc."""

from __future__ import annotations

import ctypes
import sys

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX, M_ARENA_MAX = -1, -2, -4, -8


def keep_freed_memory() -> None:
    """Let glibc keep freed blocks for the next training step instead of returning them to the system and faulting them in again.

    A step at S = 256, batch 8, takes 1.4 times as long without (benchmarks/step.py).
    """
    _set({M_MMAP_MAX: 0, M_TRIM_THRESHOLD: 2**31 - 1, M_TOP_PAD: 2**29})


def share_freed_memory() -> None:
    """Let all threads that enhance photos take from the same blocks: a folder takes a quarter less memory."""
    _set({M_ARENA_MAX: 1})


def _set(options: dict[int, int]) -> None:
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in options.items():
            mallopt(option, value)
