"""Runs the API and its management server in one event loop, and ends them in the right order.

On SIGTERM or SIGINT: not ready at once, LINGER_S later no new connections, requests under way have
``drain_s`` seconds; the management port answers until the very end.
"""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator

import structlog
import uvicorn
from starlette.types import ASGIApp

from app.core.readiness import Readiness

__all__ = ["serve"]

# Between "not ready" and closing the port: time for the edge to send new requests elsewhere.
LINGER_S = 1.0

log = structlog.get_logger(__name__)


async def serve(
    app: ASGIApp,
    management: ASGIApp,
    readiness: Readiness,
    *,
    host: str,
    port: int,
    management_port: int,
    drain_s: float,
) -> bool:
    """Serve until a signal comes and everything under way has ended.

    Returns:
        Whether a signal ended it; False where a server could not start (the log says why).
    """
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    api = _Server(_config(app, host=host, port=port, drain_s=drain_s), on_started=readiness.started)
    probes = _Server(_config(management, host=host, port=management_port, drain_s=1))
    probing = asyncio.create_task(_run(probes))
    serving = asyncio.create_task(_run(api))
    waiting = asyncio.create_task(ending.wait())
    await asyncio.wait([probing, serving, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    readiness.drain()
    log.info("draining", drain_s=drain_s)
    if ending.is_set():
        await asyncio.sleep(min(LINGER_S, drain_s))
    api.should_exit = True
    await asyncio.wait([serving])
    probes.should_exit = True
    await asyncio.gather(serving, probing)
    return ending.is_set()


async def _run(server: uvicorn.Server) -> None:
    try:
        await server.serve()
    except SystemExit:
        # uvicorn ends the process where it cannot start; the other server has to end first.
        log.error("start_failed", port=server.config.port)


class _Server(uvicorn.Server):
    """A server that leaves the signals to :func:`serve`, which ends two of them in order."""

    def __init__(
        self, config: uvicorn.Config, *, on_started: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_started()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(app: ASGIApp, *, host: str, port: int, drain_s: float) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http="httptools",
        ws="websockets-sansio",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=max(1, round(drain_s)),
    )
