"""The layers around every request, as plain ASGI, outermost first.

Correlated        gives the request its id, and writes one log line for it
SecurityHeaders   what a browser must not do with our answers
ConcurrencyLimit  so many requests at a time in this replica, so that capacity adds up by replicas
NoNulInAddress    a NUL in path or query is a 400
"""

import asyncio
import time
from collections.abc import Callable

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core import correlation
from app.core.errors import AutoServeError, Unavailable
from app.core.problems import problem_response

__all__ = ["ConcurrencyLimit", "Correlated", "NoNulInAddress", "SecurityHeaders"]

ADMISSION_WAIT_S = 1.0  # longest that a request above the limit waits for a place
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
API_POLICY = "default-src 'none'; frame-ancestors 'none'"

log = structlog.get_logger("app.access")


class BadAddress(AutoServeError):
    status = 400
    title = "The address is not allowed"


class Overloaded(Unavailable):
    title = "This replica is busy"

    def __init__(self, limit: int, waited_s: float) -> None:
        super().__init__(
            f"{limit} requests are under way and none ended within {waited_s:g} s", retry_after_s=1
        )


class Correlated:
    """Takes X-Request-ID in, gives it out, and puts it into every log line of the request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request_id = correlation.new_correlation_id(Headers(scope=scope).get(correlation.HEADER))
        correlation.bind(request_id)
        began, status = time.perf_counter(), 0

        async def answered(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.accept"):
                status = message.get("status", 101)
                MutableHeaders(scope=message)[correlation.HEADER] = request_id
            await send(message)

        try:
            await self._app(scope, receive, answered)
        finally:
            log.info(
                "request",
                method=scope.get("method", "WEBSOCKET"),
                path=scope["path"],
                status=status,
                duration_s=round(time.perf_counter() - began, 4),
            )


class SecurityHeaders:
    """Adds the headers; the pages below ``except_below`` (the documentation) bring scripts."""

    def __init__(self, app: ASGIApp, *, except_below: str) -> None:
        self._app = app
        self._except_below = except_below

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if not scope["path"].startswith(self._except_below):
                    headers.setdefault("Content-Security-Policy", API_POLICY)
            await send(message)

        await self._app(scope, receive, answered if scope["type"] == "http" else send)


class ConcurrencyLimit:
    """At most ``limit`` requests at a time; above it a short wait, then 503 with Retry-After.

    WebSockets are not counted: they live for minutes and work only when something changes.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        limit: int,
        on_refused: Callable[[], None],
        is_draining: Callable[[], bool],
        wait_s: float = ADMISSION_WAIT_S,
    ) -> None:
        self._app = app
        self._limit = limit
        self._places = asyncio.Semaphore(limit)
        self._on_refused = on_refused
        self._is_draining = is_draining
        self._wait_s = wait_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        send = self._closing(send)
        try:
            # Not wait_for: in Python 3.11 a request that is cancelled in it may keep its place.
            async with asyncio.timeout(self._wait_s):
                await self._places.acquire()
        except TimeoutError:
            self._on_refused()
            await problem_response(Overloaded(self._limit, self._wait_s))(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            self._places.release()

    def _closing(self, send: Send) -> Send:
        """While draining, each answer asks the client to connect anew, elsewhere."""

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start" and self._is_draining():
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        return answered


class NoNulInAddress:
    """Refuses what no text column can hold, before a route sees it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (
            "\0" in scope["path"] or b"%00" in scope.get("query_string", b"")
        ):
            error = BadAddress("The path or the query holds a NUL character")
            await problem_response(error)(scope, receive, send)
            return
        await self._app(scope, receive, send)
