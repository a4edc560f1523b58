"""Shows a study to participants in their browsers, and keeps their votes.

    GET    /                     the page
    GET    /pairs?participant=   all of a participant's pairs, and which comes next
    GET    /pictures/<id>        a picture
    POST   /votes                a vote
    DELETE /votes                takes a vote back

Whoever opens a study to the whole internet puts a server with TLS before it. Nothing that is sent names a system or a file, and
nothing is kept about who asked.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import sqlite3
from datetime import datetime, timezone
from importlib import resources
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse

from deep_photo_enhancer.research.study.material import Study, pairs_for
from deep_photo_enhancer.research.study.votes import Vote, VoteStore
from deep_photo_enhancer.web.access import Access
from deep_photo_enhancer.web.guard import Guard
from deep_photo_enhancer.web.limits import Limits
from deep_photo_enhancer.web.metrics import Metrics
from deep_photo_enhancer.web.problems import Problem, handle_problems

LONGEST_BODY = 1000
"""Bytes; a vote has about 200."""
LIMITS = Limits(body=LONGEST_BODY, head_seconds=30.0, body_seconds=30.0)
MOST_PARTICIPANTS = 1000
"""So that nobody fills the disk with votes of people who do not exist."""
_PARTICIPANT = re.compile(r"[A-Za-z0-9_-]{22}")
"""128 random bits, drawn by the page."""
_LONGEST_TIME = 10**9
"""Milliseconds: eleven days."""
_LOOK = ["GET", "HEAD"]


class StudySite:
    """One study, its votes and its page. DataError when votes cannot be kept."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.store = VoteStore(study.votes_file)
        self.page, self.policy = _page()

    def app(self, is_local: bool, limits: Limits = LIMITS) -> Guard:
        """An ASGI app. is_local: whether only this computer can ask; else the study goes by any name."""
        app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
        handle_problems(app)
        app.add_exception_handler(sqlite3.Error, _cannot_save)
        app.add_exception_handler(OSError, _cannot_save)

        @app.api_route("/", methods=_LOOK)
        async def page() -> Response:
            headers = {"Cache-Control": "no-cache", "Content-Security-Policy": self.policy}
            return Response(self.page, media_type="text/html", headers=headers)

        @app.api_route("/pairs", methods=_LOOK)
        def pairs(participant: str = "") -> dict[str, Any]:
            return self._pairs(participant)

        @app.api_route("/pictures/{id}", methods=_LOOK)
        def picture(id: str) -> FileResponse:
            if id not in self.study.pictures:
                raise Problem(404, "There is nothing here.")
            path = self.study.picture_file(id)
            headers = {"Cache-Control": "private, max-age=31536000, immutable"}
            return FileResponse(path, media_type="image/jpeg", headers=headers, stat_result=path.stat())

        @app.post("/votes")
        async def vote(request: Request) -> dict[str, Any]:
            await asyncio.to_thread(self._vote, await self._body(request))
            return {}

        @app.delete("/votes")
        async def take_back(request: Request) -> dict[str, Any]:
            await asyncio.to_thread(self._take_back, await self._body(request))
            return {}

        return Guard(app, Access(is_local, any_name=not is_local), limits, Metrics())

    def _pairs(self, participant: str) -> dict[str, Any]:
        _check(_PARTICIPANT.fullmatch(participant), "participant")
        pairs = pairs_for(self.study, participant)
        pictures = self.study.pictures
        answered = {(vote.photo, vote.systems) for vote in self.store.of(participant)}
        open_pairs = (
            number
            for number, (left, right) in enumerate(pairs)
            if (pictures[left].photo, tuple(sorted((pictures[left].system, pictures[right].system)))) not in answered
        )
        return {"pairs": pairs, "next": next(open_pairs, len(pairs))}

    async def _body(self, request: Request) -> dict[str, Any]:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Problem(415, "Votes are JSON.")  # which other sites' pages cannot send
        try:
            body = json.loads(await request.body())
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise Problem(400, "The body is not valid.")
        left, right = (self.study.pictures.get(str(body.get(side))) for side in ("left", "right"))
        _check(isinstance(body.get("participant"), str) and _PARTICIPANT.fullmatch(body["participant"]), "participant")
        _check(left and right and left.photo == right.photo and left.system != right.system, "pair")
        return body

    def _vote(self, body: dict[str, Any]) -> None:
        left, right = (self.study.pictures[body[side]] for side in ("left", "right"))
        milliseconds = body.get("milliseconds")
        _check(body.get("choice") in ("left", "right"), "choice")
        _check(type(milliseconds) is int and 0 <= milliseconds <= _LONGEST_TIME, "milliseconds")
        if not self.store.of(body["participant"]) and self.store.participants() >= MOST_PARTICIPANTS:
            raise Problem(403, f"{MOST_PARTICIPANTS} people have taken part; the study takes no more.")
        winner, loser = (left, right) if body["choice"] == "left" else (right, left)
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        self.store.add(Vote(body["participant"], left.photo, winner.system, loser.system, left.system, milliseconds, now))

    def _take_back(self, body: dict[str, Any]) -> None:
        left, right = (self.study.pictures[body[side]] for side in ("left", "right"))
        self.store.remove(body["participant"], left.photo, left.system, right.system)


def _check(condition: object, what: str) -> None:
    if not condition:
        raise Problem(400, f"The {what} is not valid.")


async def _cannot_save(_request: Request, _error: Exception) -> Response:
    return Problem(503, "The study's computer cannot read or save this.").response()


def _page() -> tuple[bytes, str]:
    """The page, and a policy that allows its own style and script, its own server, and nothing else."""
    text = resources.files("deep_photo_enhancer.research.study").joinpath("page.html").read_text(encoding="utf-8")
    style, script = (_hash(text, tag) for tag in ("style", "script"))
    policy = (
        f"default-src 'none'; style-src {style}; script-src {script}; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return text.encode(), policy


def _hash(page: str, tag: str) -> str:
    content = page.split(f"<{tag}>")[1].split(f"</{tag}>")[0]
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
