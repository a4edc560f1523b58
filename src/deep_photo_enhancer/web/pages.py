"""Browsers that are here, each with its own photos; a page's photos go when it has been away for long."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import Request, Response

from deep_photo_enhancer.web.learning import Learning
from deep_photo_enhancer.web.limits import Limits
from deep_photo_enhancer.web.problems import Problem


@dataclass
class Upload:
    """A photo of a page."""

    id: str
    name: str
    """The client's, below the folder that it chose: holiday/a.jpg."""
    source: Path
    size: int
    """Bytes."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while its tiles are made."""

    @property
    def folder(self) -> Path:
        """Where all that belongs to it lies."""
        return self.source.parent


@dataclass
class Page:
    """One browser's photos."""

    key: str
    """The cookie: 128 random bits."""
    uploads: dict[str, Upload] = field(default_factory=dict)
    """By id, in the order in which they came."""
    learning: Learning | None = None
    seen: float = field(default_factory=time.monotonic)
    """When it last asked for something."""

    @property
    def is_learning(self) -> bool:
        """Whether a look is being learned here, which takes long and needs nobody to look on."""
        return self.learning is not None and self.learning.is_running

    @property
    def size(self) -> int:
        """Bytes of all photos."""
        liked = self.learning.liked.iterdir() if self.learning is not None else ()
        return sum(upload.size for upload in self.uploads.values()) + sum(path.stat().st_size for path in liked)

    def upload(self, id: str) -> Upload:
        """Problem 404 for an id that is none."""
        if id not in self.uploads:
            raise Problem(404, "This photo is no longer here; choose it again.")
        return self.uploads[id]

    def remove(self, id: str) -> None:
        """A photo and all that belongs to it."""
        shutil.rmtree(self.upload(id).folder, ignore_errors=True)
        self.uploads.pop(id, None)


class Pages:
    """All browsers of a server."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._pages: dict[str, Page] = {}

    def __len__(self) -> int:
        return len(self._pages)

    def __iter__(self) -> Iterator[Page]:
        return iter(list(self._pages.values()))

    def find(self, request: Request) -> Page | None:
        """The page that a request belongs to."""
        page = self._pages.get(request.cookies.get(_cookie(request), ""))
        if page is not None:
            page.seen = time.monotonic()
        return page

    def is_known(self, request: Request) -> bool:
        """Whether a request comes from a page."""
        return self.find(request) is not None

    def begin(self, request: Request, response: Response) -> Page:
        """A new page for a browser, which gets its cookie. The one that was away longest makes room for it."""
        while len(self._pages) >= self._limits.pages:
            self._end(min(self._pages.values(), key=lambda page: (page.is_learning, bool(page.uploads), page.seen)))
        page = Page(secrets.token_urlsafe(16))
        self._pages[page.key] = page
        response.set_cookie(_cookie(request), page.key, httponly=True, samesite="lax", secure=request.url.scheme == "https")
        return page

    def sweep(self) -> None:
        """Remove the photos of pages that are no longer there."""
        now = time.monotonic()
        for page in self:
            if now - page.seen > self._limits.page_seconds and not page.is_learning:
                self._end(page)

    def check_room(self, page: Page) -> None:
        """Problem 413 for a page that has as many photos as there may be."""
        if len(page.uploads) >= self._limits.photos or page.size >= self._limits.page_bytes:
            raise Problem(413, f"{len(page.uploads)} photos are as many as there is room for; save them and remove some first.")

    def _end(self, page: Page) -> None:
        for id in list(page.uploads):
            page.remove(id)
        if page.learning is not None:
            page.learning.stop()
            shutil.rmtree(page.learning.liked, ignore_errors=True)
        self._pages.pop(page.key, None)


def _cookie(request: Request) -> str:
    """Cookies of a host belong to all of its ports."""
    return f"dpe-page-{request.url.port or 0}"
