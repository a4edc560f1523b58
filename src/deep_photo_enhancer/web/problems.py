"""Answers that say what went wrong: one sentence, as problem details (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):  # noqa: N818 - an answer, no fault of the program
    """An answer with a status of 400 or more, and one sentence."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, dict(headers or {})

    def response(self) -> Response:
        """The answer."""
        return Response(self.content(), self.status, self.headers, MEDIA_TYPE)

    def content(self) -> bytes:
        """The body."""
        title = HTTPStatus(self.status).phrase
        return json.dumps({"type": "about:blank", "title": title, "status": self.status, "detail": self.detail}).encode()


def handle_problems(app: FastAPI) -> None:
    """Let an app answer everything that goes wrong with a problem."""

    async def problem(_request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return error.response()

    async def validation(_request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return invalid(error.errors()).response()

    async def http(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        sentences = {404: "There is nothing at this address.", 405: "This method is not possible here."}
        return Problem(error.status_code, sentences.get(error.status_code, str(error.detail)), error.headers).response()

    async def fault(
        _request: Request, _error: Exception
    ) -> Response:  # which Starlette hands on, and uvicorn writes into its log
        return Problem(500, "The server made a mistake; its log has the details.").response()

    async def broken_off(_request: Request, _error: Exception) -> Response:
        return Problem(400, "The request broke off.").response()  # nobody hears it

    app.add_exception_handler(Problem, problem)
    app.add_exception_handler(ClientDisconnect, broken_off)
    app.add_exception_handler(RequestValidationError, validation)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, fault)


def invalid(errors: Any) -> Problem:
    """What a validation found first, as a sentence. errors: of pydantic."""
    first = errors[0]
    places = [str(part) for part in first["loc"] if part not in ("query", "body", "path")]
    place = ".".join(places) or "the request"
    if first["type"] == "extra_forbidden":
        return Problem(400, f"{place}: no such option.")
    return Problem(400, f"{place}: {first['msg']}.")


def invalid_options(error: ValidationError) -> Problem:
    """Of a model that was validated by hand."""
    return invalid(error.errors(include_url=False, include_input=False, include_context=False))
