"""A process that learns a look from a page's photos, so that what goes wrong with them ends only the learning.

It writes lines of JSON to standard output: {"left_out": SENTENCE}, {"usable": COUNT}, {"problem": SENTENCE} and {"done": PATH}.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread

from deep_photo_enhancer.errors import DPEError

try:
    import resource
except ModuleNotFoundError:  # Windows
    resource = None  # type: ignore[assignment]

FILE_SIZE = 4 << 30
"""Bytes of anything that it writes."""


def command(kind: str, liked: Path, output: Path, steps: int) -> list[str]:
    """What starts it. kind: "check" to look at the photos only, or "learn"."""
    return [sys.executable, "-m", "deep_photo_enhancer.web.learner", kind, str(liked), str(output), str(steps)]


def learn(kind: str, liked: Path, output: Path, steps: int, tell: Callable[..., object]) -> None:
    """Look at the photos, or learn from them. tell: called with what the lines of JSON say."""
    try:
        from deep_photo_enhancer.training.learning.learn import learn_look
        from deep_photo_enhancer.training.learning.suitability import suitable_photos

        if kind == "check":
            found = suitable_photos(liked, least=0)
            for sentence in found.left_out:
                tell(left_out=sentence)
            tell(usable=len(found.photos))
        else:
            tell(done=str(learn_look(liked, None, output, steps)))
    except DPEError as error:
        tell(problem=str(error))


def end_with(server: int) -> None:
    """Be interrupted when the server closes its end of this pipe, or is no more; what was learned is kept."""

    def wait() -> None:
        while os.read(server, 1):  # a file object would be locked by this thread when the process ends
            pass
        if os.name == "posix":
            os.kill(os.getpid(), signal.SIGINT)  # which wakes the main thread, too
        else:
            signal.raise_signal(signal.SIGINT)

    signal.signal(signal.SIGINT, signal.default_int_handler)  # it may have been ignored where the server was started
    Thread(target=wait, daemon=True).start()


def main() -> None:
    """The process's life."""
    end_with(sys.stdin.fileno())
    kind, liked, output, steps = sys.argv[1:]
    if resource is not None:
        for limit, most in ((resource.RLIMIT_FSIZE, FILE_SIZE), (resource.RLIMIT_CORE, 0)):
            with suppress(ValueError, OSError):
                resource.setrlimit(limit, (most, most))
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    learn(kind, Path(liked), Path(output), int(steps), lambda **what: answers.write(json.dumps(what) + "\n"))


if __name__ == "__main__":
    main()
