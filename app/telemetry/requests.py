"""Counts and times every request by the template of its route, never by its address."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.telemetry import metrics

__all__ = ["RequestMetrics"]

UNMATCHED = "unmatched"  # no route, or refused before one was looked for
KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestMetrics:
    """Pure ASGI middleware; counts a request as 500 that ends without an answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = 500, time.perf_counter()

        async def answered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        metrics.REQUESTS_IN_FLIGHT.inc()
        try:
            await self._app(scope, receive, answered)
        finally:
            metrics.REQUESTS_IN_FLIGHT.dec()
            method = scope["method"] if scope["method"] in KNOWN_METHODS else "other"
            route = route_template(scope)
            metrics.REQUESTS.labels(method, route, str(status)).inc()
            metrics.REQUEST_SECONDS.labels(method, route).observe(time.perf_counter() - began)


def route_template(scope: Scope) -> str:
    """The path of the route with its parameters unfilled, such as /api/v1/tasks/{id}."""
    # FastAPI keeps the prefix under which a router was included apart from the route.
    included = scope.get("fastapi", {}).get("effective_route_context")
    route = included or scope.get("route")
    return str(getattr(route, "path", UNMATCHED))
