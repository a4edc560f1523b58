"""Photos that come with requests, on their way into the private folder."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path, PurePosixPath
from typing import Any

from fastapi import Request
from starlette.datastructures import UploadFile

from deep_photo_enhancer.photo import PHOTO_SUFFIXES
from deep_photo_enhancer.web.limits import Limits
from deep_photo_enhancer.web.problems import Problem

LONGEST_FIELD = 4096
"""Bytes of a part that is no photo."""
LONGEST_NAME = 255
"""Letters of a photo's name in messages."""
UNNAMED = "the photo"


async def receive_photo(request: Request, folder: Path, limits: Limits) -> tuple[Path, str, dict[str, Any]]:
    """Write the photo of a request into a folder: its path there, the client's name for it, and the other parts by name.

    The photo is the part `photo` of a multipart body, or else the whole body. Problem 400 where there is none.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        return await receive_body(request, folder, UNNAMED), UNNAMED, {}
    async with request.form(max_files=1, max_fields=limits.parts, max_part_size=LONGEST_FIELD) as form:
        parts = form.multi_items()
        uploads = {name: value for name, value in parts if isinstance(value, UploadFile)}
        if len({name for name, _ in parts}) < len(parts):
            raise Problem(400, "Each part may be there once only.")
        if list(uploads) != ["photo"]:
            raise Problem(400, "The photo must be the part called photo, with a file name.")
        name = clean_name(uploads["photo"].filename or UNNAMED)
        path = folder / f"input{known_suffix(name)}"
        with path.open("wb") as file:
            await asyncio.to_thread(shutil.copyfileobj, uploads["photo"].file, file)
        return path, name, {name: value for name, value in parts if isinstance(value, str)}


async def receive_body(request: Request, folder: Path, name: str) -> Path:
    """Write a request's whole body into a folder. Problem 400 where there is none."""
    path = folder / f"input{known_suffix(name)}"
    with path.open("wb") as file:
        async for part in request.stream():
            file.write(part)
        if file.tell() == 0:
            raise Problem(400, "There is no photo in the request.")
    return path


def clean_name(name: str) -> str:
    """The last part of a client's name for a photo, for messages and for names of answers; it is no path here."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(letter for letter in last if letter.isprintable())[-LONGEST_NAME:] or UNNAMED


def known_suffix(name: str) -> str:
    """Of a photo, or nothing: a client has no part in the names of files here but this."""
    suffix = Path(name).suffix.lower()
    return suffix if suffix in PHOTO_SUFFIXES else ""
