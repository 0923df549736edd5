"""The management server: /metrics, /livez, /readyz and /startupz on a port of their own.

:class:`ManagementApp` runs in the API's event loop, so that a stuck loop is seen as a dead replica.
:class:`ManagementServer` is the same for synchronous processes: a thread that serves and one that
asks the dependencies.
"""

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.types import Receive, Scope, Send

from app import contract
from app.core.readiness import INTERVAL_S, Readiness

__all__ = ["ManagementApp", "ManagementServer"]

Check = Callable[[], str | None]  # what is wrong, in words, or None
Answer = tuple[int, str, bytes]

log = structlog.get_logger(__name__)


def answer(path: str, *, readiness: Readiness, registry: CollectorRegistry) -> Answer:
    """Status, content type and body for one path."""
    if path == contract.METRICS_PATH:
        return 200, CONTENT_TYPE_LATEST, generate_latest(registry)
    probe = readiness.probe(path)
    if probe is None:
        return 404, "application/json", b'{"detail": "not found"}'
    status, body = probe
    return status, "application/json", json.dumps(body).encode()


class ManagementApp:
    """ASGI application of the management port."""

    def __init__(self, *, readiness: Readiness, registry: CollectorRegistry) -> None:
        self._readiness = readiness
        self._registry = registry

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        status, kind, body = answer(
            scope["path"], readiness=self._readiness, registry=self._registry
        )
        headers = [(b"content-type", kind.encode()), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class ManagementServer:
    """The management port of a synchronous process; use as a context manager."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        readiness: Readiness,
        registry: CollectorRegistry,
        checks: Mapping[str, Check],
        interval_s: float = INTERVAL_S,
    ) -> None:
        self.readiness = readiness
        self._checks = checks
        self._interval_s = interval_s
        self._stopping = threading.Event()
        self._http = _Server((host, port), _handler(readiness, registry))
        self.port: int = self._http.server_address[1]

    def __enter__(self) -> Self:
        threads = [threading.Thread(target=self._http.serve_forever, args=(0.1,), daemon=True)]
        threads += [
            threading.Thread(target=self._watch, args=(name, check), daemon=True)
            for name, check in self._checks.items()
        ]
        for thread in threads:
            thread.start()
        self._threads = threads
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stopping.set()
        self._http.shutdown()
        self._http.server_close()
        for thread in self._threads:
            thread.join(timeout=self._interval_s + 1)

    def _watch(self, name: str, check: Check) -> None:
        while not self._stopping.is_set():
            try:
                problem = check()
            except Exception as exc:  # noqa: BLE001 - top of a loop; any failure means "away"
                problem = f"{type(exc).__name__}: {exc}"
            self.readiness.record(name, problem)
            self._stopping.wait(self._interval_s)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


def _handler(readiness: Readiness, registry: CollectorRegistry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            status, kind, body = answer(path, readiness=readiness, registry=registry)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Probes come every second; they are not worth a line."""

    return Handler
