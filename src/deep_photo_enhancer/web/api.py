"""The HTTP API, for programs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse, PlainTextResponse
from pydantic import BaseModel, Field, ValidationError
from starlette.types import Receive, Scope, Send

from deep_photo_enhancer.web import metrics
from deep_photo_enhancer.web.options import EnhanceOptions
from deep_photo_enhancer.web.problems import MEDIA_TYPE, Problem, invalid_options
from deep_photo_enhancer.web.server import Server
from deep_photo_enhancer.web.uploads import UNNAMED, receive_photo

MEDIA_TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jpe": "image/jpeg",
    ".jfif": "image/jpeg",
    ".png": "image/png",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".hif": "image/heif",
    ".jp2": "image/jp2",
    ".jxl": "image/jxl",
}
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["photo"],
                "properties": {"photo": {"type": "string", "format": "binary", "description": "The photo, with its file name."}},
                "additionalProperties": {"description": "The options, as in the query."},
            }
        },
        "application/octet-stream": _BINARY,
    },
}
_PROBLEM = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"description": "The request is not right.", **_PROBLEM},
    401: {"description": "A token is needed.", **_PROBLEM},
    413: {"description": "The photo is too large.", **_PROBLEM},
    422: {"description": "The photo cannot be read or written.", **_PROBLEM},
    503: {"description": "The server has enough to do; Retry-After says when to come again.", **_PROBLEM},
}


class ProblemDetails(BaseModel):
    """RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = Field(description="One sentence.")


class ModelDetails(BaseModel):
    """A model that photos can be enhanced with."""

    name: str
    description: str
    is_default: bool


def api_router(server: Server) -> APIRouter:
    """The routes of one server."""
    router = APIRouter()
    allowed = [Depends(_needing_token(server))]

    @router.post(
        "/api/enhance",
        summary="Enhance a photo",
        response_class=FileResponse,
        responses={
            200: {"description": "The enhanced photo, with its metadata.", "content": {"image/*": _BINARY}},
            **_PROBLEMS,
        },
        openapi_extra={"requestBody": _BODY},
        dependencies=allowed,
    )
    async def enhance(request: Request, query: Annotated[EnhanceOptions, Query()]) -> FileResponse:
        """The photo is the part `photo` of a multipart body, or the whole body; options are in the query, or further parts.

        The answer is the very file that `dpe enhance` makes. `Server-Timing` has the milliseconds of the work; `DPE-Warnings`, a
        JSON list, has what the user should know, one sentence each.
        """
        folder = server.folder.new()
        try:
            path, name, parts = await receive_photo(request, folder, server.limits)
            options = _join(query, parts)
            server.check_model(options.model)
            answer = await server.workers.run(
                {"task": "enhance", "source": str(path), "folder": str(folder), "name": name, **options.task}
            )
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        stem = "enhanced" if name == UNNAMED else Path(name).stem
        return FileOnce(answer, stem + Path(answer["output"]).suffix, folder)

    @router.get("/api/models", summary="List the models", dependencies=allowed, responses={401: _PROBLEMS[401]})
    async def models() -> list[ModelDetails]:
        """The first is the default."""
        return [ModelDetails(name=name, description=text, is_default=name == server.default) for name, text in server.models()]

    @router.get("/healthz", summary="Say whether the server is well", response_class=PlainTextResponse)
    async def health() -> str:
        """Without a token."""
        return "ok\n"

    @router.get("/metrics", summary="Count, for Prometheus", response_class=PlainTextResponse, dependencies=allowed)
    async def count() -> PlainTextResponse:
        """Text format 0.0.4."""
        return PlainTextResponse(server.metrics.text(server.gauges()), media_type=metrics.MEDIA_TYPE)

    return router


def _needing_token(server: Server) -> Callable[[Request], None]:
    def check(request: Request) -> None:
        if not (server.access.has_token(request.headers.get("authorization")) or server.pages.is_known(request)):
            headers = {"WWW-Authenticate": "Bearer"}
            raise Problem(401, "A token is needed: the header Authorization: Bearer TOKEN, as the terminal shows it.", headers)

    return check


def _join(query: EnhanceOptions, parts: dict[str, Any]) -> EnhanceOptions:
    """The options of the query and of a multipart body's parts. Problem 400 for wrong ones."""
    if not parts:
        return query
    try:
        return EnhanceOptions.model_validate(query.model_dump(exclude_unset=True) | parts)
    except ValidationError as error:
        raise invalid_options(error) from None


class FileOnce(FileResponse):
    """A worker's file, which is removed with its folder when it was sent."""

    def __init__(self, answer: dict[str, Any], name: str | None, folder: Path) -> None:
        """name: to save a photo under; None for what is no photo."""
        output = Path(answer["output"])
        kind = MEDIA_TYPES.get(output.suffix.lower(), "application/octet-stream")
        super().__init__(output, media_type=kind, headers={} if name is None else _answer_headers(answer, name))
        self._folder = folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)


def _answer_headers(answer: dict[str, Any], name: str) -> dict[str, str]:
    """Of an enhanced photo: a name to save it under, its warnings and the time that it took."""
    return {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Server-Timing": f"enhance;dur={1000 * answer['seconds']:.1f}",
        "DPE-Warnings": json.dumps(answer["warnings"]),
    }
