"""The whole app of one server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from deep_photo_enhancer.version import __version__
from deep_photo_enhancer.web.api import api_router
from deep_photo_enhancer.web.guard import Guard
from deep_photo_enhancer.web.page import page_router
from deep_photo_enhancer.web.problems import handle_problems
from deep_photo_enhancer.web.server import Server

SWEEP_SECONDS = 60.0
"""Between two searches for pages that are no longer there."""


def build_app(server: Server) -> Guard:
    """An ASGI app; workers live as long as it does."""

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        await server.workers.start()
        sweeping = asyncio.create_task(_sweep(server))
        try:
            yield
        finally:
            sweeping.cancel()
            await server.workers.stop()

    app = FastAPI(
        title="Deep Photo Enhancer",
        version=__version__,
        description="Enhances photos. What is sent to it is not kept.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=life,
    )
    handle_problems(app)
    app.include_router(api_router(server))
    app.include_router(page_router(server))
    return Guard(app, server.access, server.limits, server.metrics)


async def _sweep(server: Server) -> None:
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        server.pages.sweep()
