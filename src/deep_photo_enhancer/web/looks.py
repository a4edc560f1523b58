"""The routes of learning a look."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from deep_photo_enhancer.enhancement.models import name_own_model
from deep_photo_enhancer.errors import ModelError
from deep_photo_enhancer.system.text import one_line
from deep_photo_enhancer.web.learning import STEPS, Learning, how_to_install
from deep_photo_enhancer.web.pages import Page
from deep_photo_enhancer.web.problems import Problem
from deep_photo_enhancer.web.server import Server
from deep_photo_enhancer.web.uploads import UNNAMED, clean_name


class LearnRequest(BaseModel):
    """A look to learn from the photos that came."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=100)
    steps: int = Field(STEPS, ge=1, le=10_000)


def looks_router(server: Server, here: Callable[[Request], Page]) -> APIRouter:
    """The routes of one server. here: the page of a request."""
    router = APIRouter(prefix="/page/learning", include_in_schema=False)
    this = Depends(here)
    tasks: set[asyncio.Task[None]] = set()
    looking = asyncio.Semaphore(1)  # one look at photos takes all cores

    def learning(page: Page) -> Learning:
        if page.learning is None:
            page.learning = Learning(server.folder.new())
        return page.learning

    @router.get("")
    async def state(page: Page = this) -> dict[str, Any]:
        return learning(page).state()

    @router.post("/photos", status_code=201)
    async def add(request: Request, name: Annotated[str, Query(max_length=4096)], page: Page = this) -> dict[str, int]:
        own = learning(page)
        if own.is_running:
            raise Problem(409, "It is learning already; wait for its end.")
        server.pages.check_room(page)
        path = own.place(clean_name(name) or UNNAMED)
        try:
            with path.open("wb") as file:
                async for part in request.stream():
                    file.write(part)
        except BaseException:  # half a photo is none
            path.unlink(missing_ok=True)
            raise
        return {"count": len(own.names)}

    @router.delete("/photos", status_code=204)
    async def clear(page: Page = this) -> None:
        own = learning(page)
        await own.kill()
        shutil.rmtree(own.liked, ignore_errors=True)
        page.learning = None

    @router.post("/check", status_code=202)
    async def check(page: Page = this) -> None:
        _refuse_where_not_installed()
        async with looking:
            await learning(page).check()

    @router.post("", status_code=202)
    async def learn(wanted: LearnRequest, page: Page = this) -> None:
        _refuse_where_not_installed()
        if any(other.learning is not None and other.learning.is_running for other in server.pages):
            raise Problem(409, "Somebody is learning a look here already; wait for its end.")
        output = _place(server, wanted.name)
        if wanted.name in server.files or output.exists():
            raise Problem(409, f"{wanted.name}: there is a look of this name already; choose another one.")
        task = learning(page).learn(wanted.name, output, wanted.steps, server.add_model)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    @router.delete("", status_code=204)
    async def stop(page: Page = this) -> None:
        learning(page).stop()

    @router.get("/picture")
    async def picture(page: Page = this) -> FileResponse:
        path = learning(page).picture
        if path is None:
            raise Problem(404, "There is no picture yet.")
        return FileResponse(path, media_type="image/png")

    @router.get("/model")
    async def model(page: Page = this) -> FileResponse:
        own = learning(page)
        if not own.is_done or own.output is None:
            raise Problem(404, "Nothing has been learned yet.")
        return FileResponse(own.output, media_type="application/octet-stream", filename=own.output.name)

    return router


def _refuse_where_not_installed() -> None:
    command = how_to_install()
    if command is not None:
        raise Problem(501, f"Learning is not installed on the server: {command}")


def _place(server: Server, name: str) -> Path:
    """The look's file: among the user's own models, or with the server where it is open to others. Problem 400 for no name."""
    try:
        own = name_own_model(name)
    except ModelError as error:
        raise Problem(400, one_line(error)) from None
    return server.folder.path / "looks" / own.name if server.access.is_shared else own
