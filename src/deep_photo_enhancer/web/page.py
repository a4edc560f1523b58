"""The page: its files, and what it asks for."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from deep_photo_enhancer.version import __version__
from deep_photo_enhancer.web.api import FileOnce
from deep_photo_enhancer.web.jobs import Job, enhance_upload, save_into_folder, zip_pieces
from deep_photo_enhancer.web.looks import looks_router
from deep_photo_enhancer.web.names import clean_path, free_path, output_paths
from deep_photo_enhancer.web.options import EnhanceOptions, Method
from deep_photo_enhancer.web.pages import Page, Upload
from deep_photo_enhancer.web.problems import Problem
from deep_photo_enhancer.web.server import Server
from deep_photo_enhancer.web.uploads import receive_body
from deep_photo_enhancer.web.views import TILE_SIDE

STATIC = Path(__file__).parent / "static"
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
MOST_JOBS = 32
"""Of a page; the oldest is forgotten."""
NO_ENTRY = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Deep Photo Enhancer</title><h1>Not yet</h1>
<p>This page lets in whoever has the link, or the code, that the terminal of <code>dpe web</code> shows. Each works once.</p>
"""


class Wish(BaseModel):
    """A photo to save, and how."""

    model_config = ConfigDict(extra="forbid")

    id: str
    options: EnhanceOptions


class JobRequest(BaseModel):
    """Photos to save together."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(pattern="^(zip|folder)$")
    photos: list[Wish] = Field(min_length=1, max_length=10_000)


def page_router(server: Server) -> APIRouter:
    """The routes of one server."""
    router = APIRouter(include_in_schema=False)
    jobs: dict[str, dict[str, Job]] = {}

    def here(request: Request) -> Page:
        page = server.pages.find(request)
        if page is None:
            raise Problem(401, "The server no longer knows this page; load it again.")
        return page

    this = Depends(here)
    router.include_router(looks_router(server, here))

    @router.get("/")
    async def index(request: Request, code: str | None = None) -> Response:
        if code is not None:
            answer: Response = RedirectResponse("/", 303)
            is_new = server.pages.find(request) is None  # a link that is opened again takes no photos away
            if is_new and (server.access.token is None or server.access.take_code(code)):
                server.pages.begin(request, answer)
            return answer
        if server.pages.find(request) is None and server.access.token is not None:
            return HTMLResponse(NO_ENTRY, 401)
        answer = FileResponse(STATIC / "index.html", media_type="text/html; charset=utf-8")
        if server.pages.find(request) is None:
            server.pages.begin(request, answer)
        return answer

    @router.get("/api/docs")
    async def docs() -> FileResponse:
        return FileResponse(STATIC / "docs.html", media_type="text/html; charset=utf-8")

    @router.get("/static/{name}")
    async def static(name: str) -> Response:
        if name not in _static_names():
            raise Problem(404, "There is nothing at this address.")
        kind = KINDS[Path(name).suffix]
        headers = {"Cache-Control": "no-cache"}
        return FileResponse(STATIC / name, media_type=f"{kind}; charset=utf-8", headers=headers)

    @router.get("/page/state")
    async def state(page: Page = this) -> dict[str, Any]:
        return {
            "version": __version__,
            "photos": [{"id": upload.id, "name": upload.name} for upload in page.uploads.values()],
            "models": [{"name": name, "description": text} for name, text in server.models()],
            "output": None if server.output is None else server.output.name or str(server.output),
            "body": server.limits.body,
            "tile": TILE_SIDE,
            "learning": page.is_learning,
        }

    @router.post("/page/photos", status_code=201)
    async def add(request: Request, name: Annotated[str, Query(max_length=4096)], page: Page = this) -> dict[str, str]:
        server.pages.check_room(page)
        folder = server.folder.new()
        try:
            clean = clean_path(name)
            path = await receive_body(request, folder, clean)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        own = free_path(clean, [upload.name for upload in page.uploads.values()])
        upload = Upload(folder.name, own, path, path.stat().st_size)
        page.uploads[upload.id] = upload
        return {"id": upload.id, "name": upload.name}

    @router.delete("/page/photos/{id}", status_code=204)
    async def remove(id: str, page: Page = this) -> None:
        page.remove(id)

    @router.get("/page/photos/{id}/view")
    async def view(id: str, model: str, method: Method = "fast", page: Page = this) -> FileOnce:
        server.check_model(model)
        return await _worker_file(server, page.upload(id), {"task": "view", "model": model, "method": method})

    @router.get("/page/photos/{id}/strip")
    async def strip(id: str, page: Page = this) -> FileOnce:
        return await _worker_file(server, page.upload(id), {"task": "strip"})

    @router.get("/page/photos/{id}/tiles/{column}/{row}")
    async def tile(id: str, column: int, row: int, page: Page = this) -> FileResponse:
        folder = await _tiles(server, page.upload(id))
        path = folder / f"{column}-{row}.jpg"
        if not path.is_file():
            raise Problem(404, "The photo has no such tile.")
        return FileResponse(path, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})

    @router.get("/page/photos/{id}/save")
    async def save(id: str, options: Annotated[EnhanceOptions, Query()], page: Page = this) -> FileOnce:
        upload = page.upload(id)
        server.check_model(options.model)
        suffix = f".{options.format}" if options.format else None
        name = Path(output_paths({id: upload.name}, {id: suffix})[id]).name
        folder = server.folder.new()
        try:
            return FileOnce(await enhance_upload(server, upload, options, folder), name, folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    @router.post("/page/jobs", status_code=201)
    async def begin(wanted: JobRequest, page: Page = this) -> dict[str, str]:
        for wish in wanted.photos:
            server.check_model(wish.options.model)
        job = Job([(page.upload(wish.id), wish.options) for wish in wanted.photos])
        for gone in jobs.keys() - {other.key for other in server.pages}:
            del jobs[gone]
        own = jobs.setdefault(page.key, {})
        while len(own) >= MOST_JOBS:
            own.pop(next(iter(own)))
        key = secrets.token_urlsafe(16)
        own[key] = job
        if wanted.kind == "folder":
            if server.output is None:
                raise Problem(400, "The server was started without a folder to save into: dpe web -o FOLDER.")
            job.is_begun = True
            job.task = asyncio.create_task(save_into_folder(server, job, server.output))
        return {"key": key}

    def found(page: Page, key: str) -> Job:
        job = jobs.get(page.key, {}).get(key)
        if job is None:
            raise Problem(404, "There is no such job.")
        return job

    @router.get("/page/jobs/{key}")
    async def progress(key: str, page: Page = this) -> dict[str, Any]:
        return found(page, key).state()

    @router.get("/page/jobs/{key}/zip")
    async def archive(key: str, page: Page = this) -> StreamingResponse:
        job = found(page, key)
        if job.is_begun:
            raise Problem(404, "This ZIP was sent already; save again.")
        job.is_begun = True
        headers = {"Content-Disposition": 'attachment; filename="enhanced.zip"'}
        return StreamingResponse(zip_pieces(server, job), media_type="application/zip", headers=headers)

    return router


def _static_names() -> set[str]:
    return {path.name for path in STATIC.iterdir()}


async def _worker_file(server: Server, upload: Upload, task: dict[str, Any]) -> FileOnce:
    """A file that a worker makes of a photo for the page."""
    folder = server.folder.new()
    try:
        where = {"source": str(upload.source), "folder": str(folder), "name": upload.name}
        answer = await server.workers.run(task | where)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return FileOnce(answer, None, folder)


async def _tiles(server: Server, upload: Upload) -> Path:
    """The folder of a photo's tiles, which are made when the first is asked for."""
    folder = upload.folder / "tiles"
    async with upload.lock:
        if not folder.is_dir():
            work = server.folder.new()
            try:
                where = {"source": str(upload.source), "folder": str(work), "name": upload.name}
                await server.workers.run({"task": "tiles", **where})
                work.rename(folder)
            except BaseException:
                shutil.rmtree(work, ignore_errors=True)
                raise
    return folder
