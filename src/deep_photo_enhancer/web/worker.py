"""A process that opens strangers' photos: what it may take is limited, and when it dies one request fails.

It reads tasks from standard input and writes answers to standard output, each a line of JSON; pixels and files go through the
server's private folder. JSON cannot carry code: whoever takes over a worker has not got the server.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event
from typing import Any, BinaryIO

from deep_photo_enhancer.enhancement.batch import Job, JobOptions, Records, run_job
from deep_photo_enhancer.enhancement.batch.plan import output_name
from deep_photo_enhancer.enhancement.enhancer import METHODS, Enhancer
from deep_photo_enhancer.errors import DPEError, ModelError
from deep_photo_enhancer.photo import PHOTO_SUFFIXES, SAVERS, Photo, SaveOptions, load_photo
from deep_photo_enhancer.photo.containers.detect import HEAD, detect
from deep_photo_enhancer.system.memory import share_freed_memory
from deep_photo_enhancer.web.views import Preview, mixed_view, thumbnails, view, write_tiles

try:
    import resource
except ModuleNotFoundError:  # Windows: there a worker has no limits but time
    resource = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Bounds:
    """What one worker may take."""

    memory: int
    open_files: int
    file_size: int
    cpu_seconds: int
    pixels: int

    def apply(self) -> None:
        """From now on, for this process."""
        if resource is None:
            return
        for kind, most in (
            (resource.RLIMIT_AS, self.memory),
            (resource.RLIMIT_NOFILE, self.open_files),
            (resource.RLIMIT_FSIZE, self.file_size),
            (resource.RLIMIT_CORE, 0),
        ):
            with suppress(ValueError, OSError):  # a hard limit is lower already; macOS does not know all of them
                resource.setrlimit(kind, (most, most))

    def allow_one_task(self) -> None:
        """The processor's time for one task, counted from now."""
        if resource is None:
            return
        used = resource.getrusage(resource.RUSAGE_SELF)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (round(used.ru_utime + used.ru_stime) + self.cpu_seconds, hard))


class Worker:
    """Does tasks, one after the other."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._models: Mapping[str, str] = {}
        self._enhancers: dict[tuple[str, str], Enhancer] = {}
        self._kinds: dict[str, Callable[..., dict[str, Any]]] = {
            "load": self.load,
            "enhance": self.enhance,
            "view": self.view,
            "strip": self.strip,
            "tiles": self.tiles,
        }

    def do(self, task: dict[str, Any]) -> dict[str, Any]:
        """A task's answer, with the models that there are by now; one with "problem", a sentence, where the photo is to blame."""
        self._bounds.allow_one_task()
        kind, self._models = task.pop("task"), task.pop("models")
        try:
            return self._kinds[kind](**task)
        except DPEError as error:
            return {"problem": str(error)}
        except FileNotFoundError:  # removed meanwhile
            return {"problem": f"{task['name']}: is no longer there; choose the photo again."}
        except OSError as error:
            return {"problem": f"{task['name']}: the server cannot keep what it makes of it: {error.strerror or error}."}
        except MemoryError:
            return {"problem": "The photo is too large for this server's memory; scale it down first."}

    def enhancer(self, model: str, method: str) -> Enhancer:
        """Loaded once. ModelError for a model that cannot be used."""
        key = (model, method)
        if key not in self._enhancers:
            self._enhancers[key] = Enhancer(self._models[model], threads=1, method=method)
        return self._enhancers[key]

    def load(self, model: str) -> dict[str, Any]:
        """Get ready for the first photo."""
        self.enhancer(model, "fast")
        return {}

    def enhance(
        self,
        source: str,
        folder: str,
        name: str,
        model: str,
        method: str,
        amounts: dict[str, Any],
        save: dict[str, Any],
        format: str | None,
    ) -> dict[str, Any]:
        """The file that `dpe enhance` would make of this one, in `folder`. name: the client's, for messages and the suffix."""
        path = Path(source)
        output = Path(folder, "output").with_suffix(_suffix(path, name, format))
        options = JobOptions(**amounts, save=SaveOptions(**save), max_pixels=self._bounds.pixels)
        enhancer = self.enhancer(model, method)
        outcome = run_job(Job(path, output), enhancer, options, Event(), Records.of(enhancer, options))
        if outcome.error is not None:
            return {"problem": outcome.error.replace(source, name).replace(str(output), name)}
        return {"output": str(output), "warnings": outcome.warnings, "size": outcome.size, "seconds": outcome.seconds}

    def view(self, source: str, folder: str, name: str, model: str, method: str) -> dict[str, Any]:
        """A file for the page to show the photo with any amounts."""
        enhancer = self.enhancer(model, method)
        if method == "fast":
            content = view(self._load(source, name), enhancer, Path(source).parent)
        else:
            content = mixed_view(self._preview(source, name), enhancer)
        return _written(Path(folder, "view"), content)

    def strip(self, source: str, folder: str, name: str) -> dict[str, Any]:
        """A file of thumbnails: the photo by every model, and by every other method with the default model."""
        default = next(iter(self._models))
        choices = [(model, "fast") for model in self._models] + [(default, method) for method in METHODS if method != "fast"]
        enhancers = {}
        for model, method in choices:
            with suppress(ModelError):  # a model of an earlier version has no native method
                enhancers[f"{model}/{method}"] = self.enhancer(model, method)
        content = thumbnails(self._preview(source, name), enhancers)
        return _written(Path(folder, "strip"), content)

    def tiles(self, source: str, folder: str, name: str) -> dict[str, Any]:
        """The photo at full size in pieces, as files in `folder`."""
        write_tiles(self._load(source, name), Path(folder))
        return {}

    def _load(self, source: str, name: str) -> Photo:
        return load_photo(source, name=name, max_pixels=self._bounds.pixels)

    def _preview(self, source: str, name: str) -> Preview:
        return Preview.load(Path(source).parent) or Preview.of(self._load(source, name))


def _written(path: Path, content: bytes) -> dict[str, Any]:
    path.write_bytes(content)
    return {"output": str(path)}


def _suffix(path: Path, name: str, format: str | None) -> str:
    """Of the output: as `dpe enhance` chooses it by the name, or for a photo without one by its content."""
    if format is not None:
        return f".{format}"
    if Path(name).suffix.lower() in PHOTO_SUFFIXES:
        return Path(output_name(name)).suffix
    with path.open("rb") as file:
        kind = detect(file.read(HEAD))
    return next((suffix for suffix, own in SAVERS.items() if own == kind), ".jpg")


def command(bounds: Bounds) -> list[str]:
    """What starts a worker."""
    return [sys.executable, "-m", "deep_photo_enhancer.web.worker", json.dumps(asdict(bounds))]


def serve(worker: Worker, tasks: BinaryIO, answers: BinaryIO) -> None:
    """Until there are no more tasks."""
    for line in tasks:
        answers.write(json.dumps(worker.do(json.loads(line))).encode() + b"\n")
        answers.flush()


def main() -> None:
    """A worker's life."""
    bounds = Bounds(**json.loads(sys.argv[1]))
    bounds.apply()
    share_freed_memory()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    serve(Worker(bounds), sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
