"""Turns every error of a request into problem details (RFC 9457); nothing else answers an error."""

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.correlation import correlation_id
from app.core.errors import (
    PROBLEM_MEDIA_TYPE,
    AutoServeError,
    FieldProblem,
    InvalidValue,
    problem_body,
)

__all__ = ["UnexpectedErrors", "install", "problem_response"]

SECRET_FIELDS = frozenset({"password", "refresh_token", "access_token"})

log = structlog.get_logger(__name__)


def install(app: FastAPI) -> None:
    """Handle the errors that endpoints raise."""
    app.add_exception_handler(AutoServeError, _purposeful)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _of_framework)


def problem_response(error: AutoServeError) -> Response:
    """The answer that an error of ours becomes."""
    body = problem_body(
        status=error.status,
        title=error.title,
        detail=error.detail,
        errors=error.errors,
        correlation_id=correlation_id(),
    )
    return Response(
        body, status_code=error.status, headers=error.headers, media_type=PROBLEM_MEDIA_TYPE
    )


class UnexpectedErrors:
    """ASGI middleware: an error that nobody foresaw becomes a 500 and one log line with a trace."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_started = False

        async def watched(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            log.exception("unexpected_error", method=scope["method"], path=scope["path"])
            if has_started:
                raise
            error = AutoServeError("Something failed that should not; the log has the reason")
            await problem_response(error)(scope, receive, send)


async def _purposeful(_request: Request, exc: Exception) -> Response:
    assert isinstance(exc, AutoServeError)  # noqa: S101 - registered for this class only
    return problem_response(exc)


async def _invalid(_request: Request, exc: Exception) -> Response:
    assert isinstance(exc, RequestValidationError)  # noqa: S101 - registered for this class only
    fields = tuple(
        FieldProblem(
            field=_name(error["loc"]),
            found=_found(error["loc"], error.get("input")),
            allowed=str(error["msg"]).removeprefix("Value error, "),
        )
        for error in exc.errors()
    )
    detail = "; ".join(f"{field.field}: {field.allowed}" for field in fields)
    return problem_response(InvalidValue(detail, errors=fields))


async def _of_framework(_request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)  # noqa: S101 - registered for this class only
    body = problem_body(
        status=exc.status_code, detail=str(exc.detail), correlation_id=correlation_id()
    )
    return Response(
        body,
        status_code=exc.status_code,
        headers=dict(exc.headers or {}),
        media_type=PROBLEM_MEDIA_TYPE,
    )


def _name(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location)


def _found(location: tuple[int | str, ...], value: object) -> object:
    """What was found, except for what may hold a secret: a whole body, a password."""
    if isinstance(value, dict | list):
        return f"{type(value).__name__} of {len(value)}"
    if SECRET_FIELDS.intersection(str(part) for part in location):
        return "(not shown)"
    return value
