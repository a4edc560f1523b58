"""Forks: the threads that libraries keep are not in a forked process, and waiting for them there never ends."""

from __future__ import annotations

import os

_keeps_threads = False
_lost_threads = False


def keep_threads() -> None:
    """To be called before work that a library does in threads which it keeps.

    RuntimeError in a process that was forked after such work: it would wait for threads that only its parent has.
    """
    global _keeps_threads
    if _lost_threads:
        raise RuntimeError(
            "this process was forked after its parent had read, enhanced or written photos, whose threads it does not have; "
            "start processes with multiprocessing's method spawn or forkserver, or before any photo is touched"
        )
    _keeps_threads = True


def _after_fork() -> None:
    global _lost_threads
    _lost_threads = _keeps_threads


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
