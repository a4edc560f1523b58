"""Saving many photos of a page: into a ZIP that is sent while it is made, or into the folder of `dpe web -o`."""

from __future__ import annotations

import asyncio
import shutil
import time
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deep_photo_enhancer.system.files import atomic_write
from deep_photo_enhancer.web.names import output_paths
from deep_photo_enhancer.web.options import EnhanceOptions
from deep_photo_enhancer.web.pages import Upload
from deep_photo_enhancer.web.problems import Problem
from deep_photo_enhancer.web.server import Server

PIECE = 1 << 18
"""Bytes of a ZIP that are sent at a time."""
PATIENCE = 0.2
"""Seconds until a full queue is asked again."""
Wishes = list[tuple[Upload, EnhanceOptions]]


@dataclass
class Job:
    """Many photos to save, and how far that is."""

    wishes: Wishes
    done: int = 0
    failed: list[str] = field(default_factory=list)
    """A sentence for each photo that could not be saved."""
    is_begun: bool = False
    is_finished: bool = False
    """Done, or broken off."""
    task: asyncio.Task[None] | None = None

    def state(self) -> dict[str, Any]:
        """For the page."""
        return {"done": self.done, "total": len(self.wishes), "failed": self.failed, "finished": self.is_finished}

    def paths(self, folder: Path | None = None) -> dict[str, str]:
        """Where each photo goes, by its id."""
        suffixes = {upload.id: f".{options.format}" if options.format else None for upload, options in self.wishes}
        return output_paths({upload.id: upload.name for upload, _ in self.wishes}, suffixes, folder)


async def enhance_upload(server: Server, upload: Upload, options: EnhanceOptions, folder: Path) -> dict[str, Any]:
    """A worker's answer for a photo of a page; its file is in `folder`. Problem where that cannot be."""
    task = {"source": str(upload.source), "folder": str(folder), "name": upload.name}
    return await server.workers.run({"task": "enhance", **task, **options.task})


async def save_into_folder(server: Server, job: Job, folder: Path) -> None:
    """Save all photos, one after the other; none takes the place of a file that is there."""
    try:
        async with server.saving:  # else two jobs might choose the same free name
            await _save_all(server, job, folder)
    except OSError as error:
        job.failed.append(f"{folder.name}: cannot be used: {error.strerror}.")
    finally:
        job.is_finished = True


async def _save_all(server: Server, job: Job, folder: Path) -> None:
    paths = await asyncio.to_thread(job.paths, folder)
    for upload, options in job.wishes:
        work = server.folder.new()
        try:
            answer = await _patiently(server, upload, options, work)
            await asyncio.to_thread(_place, Path(answer["output"]), folder / paths[upload.id])
        except Problem as problem:
            job.failed.append(problem.detail)
        except OSError as error:
            job.failed.append(f"{paths[upload.id]}: cannot write there: {error.strerror}.")
        finally:
            shutil.rmtree(work, ignore_errors=True)
        job.done += 1


async def zip_pieces(server: Server, job: Job) -> AsyncIterator[bytes]:
    """A ZIP of all photos, in pieces, made while it is sent: at no time is there more of it than one photo."""
    try:
        async with aclosing(_zip_pieces(server, job)) as pieces:
            async for piece in pieces:
                yield piece
    finally:  # also where the browser broke it off
        job.is_finished = True


async def _zip_pieces(server: Server, job: Job) -> AsyncGenerator[bytes, None]:
    paths = job.paths()
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:  # type: ignore[call-overload]
        for upload, options in job.wishes:
            work = server.folder.new()
            try:
                answer = await _patiently(server, upload, options, work)
                entry = zipfile.ZipInfo(paths[upload.id], time.localtime()[:6])
                entry.external_attr = 0o644 << 16
                with Path(answer["output"]).open("rb") as file, archive.open(entry, "w", force_zip64=True) as target:
                    while piece := await asyncio.to_thread(file.read, PIECE):
                        target.write(piece)
                        yield pipe.take()
            except Problem as problem:
                job.failed.append(problem.detail)
            finally:
                shutil.rmtree(work, ignore_errors=True)
            job.done += 1
            yield pipe.take()
        if job.failed:
            archive.writestr("not saved.txt", "\n".join(job.failed) + "\n")
    yield pipe.take()


async def _patiently(server: Server, upload: Upload, options: EnhanceOptions, work: Path) -> dict[str, Any]:
    """Waits while others fill the queue."""
    while True:
        try:
            return await enhance_upload(server, upload, options, work)
        except Problem as problem:
            if problem.status != 503:
                raise
        await asyncio.sleep(PATIENCE)


def _place(source: Path, target: Path) -> None:
    with atomic_write(target) as unfinished:
        shutil.copyfile(source, unfinished)


class _Pipe:
    """What a ZIP is written to, and taken from."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Keep it."""
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def take(self) -> bytes:
        """All that was written since the last time."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken
