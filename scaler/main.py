"""``python -m scaler.main``: the scaler as a process. Only here the parts are chosen and joined."""

import sys

from scaler.lean import without

if __name__ == "__main__":
    # scikit-learn imports pandas where it is installed, only to recognise its frames: 40 MB.
    without("pandas")

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import NoReturn

import structlog
import uvicorn
from fastapi import FastAPI

from scaler import contract
from scaler import settings as configuration
from scaler.adapters import model_store, postgres, prometheus
from scaler.adapters.model_folder import FolderShelf
from scaler.adapters.model_store import ModelStore, Shelf
from scaler.adapters.model_tables import DatabaseShelf
from scaler.archive import Archive
from scaler.filling import Filling
from scaler.health import Dependency
from scaler.http import api, management
from scaler.loop import Loop
from scaler.metrics import Metrics
from scaler.outside import Outside, outside
from scaler.recommender import Recommender
from scaler.registering import Registrar
from scaler.settings import Settings, SettingsError
from scaler.steering import Steering
from scaler.timing import Timing
from scaler.view import View

__all__ = ["leave", "main"]

log = structlog.get_logger()
LONGEST_TIMEOUT_S = 5.0
LONGEST_PAUSE_S = 30.0
LONGEST_RANGE_S = 30.0
# Of a tick, for all questions to Prometheus together.
BUDGET_SHARE = 0.6
# For requests that are under way at the end; what is held and the lease wait to be given back.
GRACE_S = 3


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def main() -> int:
    try:
        settings = configuration.read()
    except SettingsError as error:
        sys.stderr.write(f"scaler: {error}\n")
        return 1
    _log_as_json(settings.log_level)
    with ExitStack() as stack:
        try:
            sockets = [
                stack.enter_context(_listening(settings.http_host, port, variable))
                for variable, port in (
                    (contract.HTTP_PORT, settings.http_port),
                    (contract.METRICS_PORT, settings.metrics_port),
                )
            ]
            world = outside(settings, stack, timeout_s=_timeout_s(settings))
        except SettingsError as error:
            sys.stderr.write(f"scaler: {error}\n")
            return 1
        loop, metrics = _loop(settings, world, stack)
        recommender = _recommender(settings, world, stack, loop, metrics)
        view = View(loop, clock=SystemClock())
        world.start(view.is_alive)
        stop = Event()
        thread = Thread(target=loop.run, args=(stop,), name="loop", daemon=True)
        thread.start()
        try:
            apps = (
                api(
                    view,
                    Steering(loop, clock=SystemClock()),
                    recommender,
                    Registrar(loop, clock=SystemClock()),
                    token=settings.token.get_secret_value(),
                ),
                management(view, metrics),
            )
            # It ends before the loop does, which then writes what both have left to write.
            with _running(recommender) if recommender else nullcontext():
                asyncio.run(_serve(apps, sockets))
        finally:
            stop.set()
            thread.join(10)
    return 0


def _loop(settings: Settings, world: Outside, stack: ExitStack) -> tuple[Loop, Metrics]:
    metrics, clock = Metrics(may_hold=world.writer.holds), SystemClock()
    timeout_s = _timeout_s(settings)

    def dependency(name: str) -> Dependency:
        return _dependency(name, settings, metrics)

    source = prometheus.Prometheus(
        settings.prometheus_url,
        timeout_s=timeout_s,
        budget_s=max(1.0, BUDGET_SHARE * settings.tick_s),
        stale_after_s=settings.stale_after_s,
    )
    stack.callback(source.close)
    beside = prometheus.Prometheus(
        settings.prometheus_url,
        timeout_s=LONGEST_RANGE_S,
        stale_after_s=settings.stale_after_s,
    )
    stack.callback(beside.close)
    store = postgres.PostgresStore(postgres.engine_for(settings.database_url.get_secret_value()))
    stack.callback(store.close)
    loop = Loop(
        settings.scaled(),
        mode=settings.mode,
        timing=Timing(
            tick_s=settings.tick_s,
            step_ms=settings.step_ms,
            horizon_s=settings.horizon_s,
            startup_s=settings.startup_s,
            min_history_s=settings.min_history_s,
            refit_s=settings.refit_s,
            keep_steps=settings.keep_steps,
            seasons=settings.seasons,
        ),
        source=source,
        sink=world.sink,
        archive=Archive(store, dependency(postgres.DEPENDENCY), metrics),
        prometheus=dependency(prometheus.DEPENDENCY),
        agent=dependency(world.name),
        metrics=metrics,
        clock=clock,
        targets=world.targets,
        writer=world.writer,
        announcer=world.announcer,
        models=_models(settings, dependency, stack),
        filling=Filling(beside, metrics),
    )
    return loop, metrics


def _recommender(
    settings: Settings, world: Outside, stack: ExitStack, loop: Loop, metrics: Metrics
) -> Recommender | None:
    """What recommends resources, where the usage of containers is measured.

    It has a connection and a state of its own: its queries are no reason to doubt the loop's.
    """
    if not settings.recommends:
        return None
    source = prometheus.Prometheus(settings.prometheus_url, timeout_s=_timeout_s(settings))
    stack.callback(source.close)
    return Recommender(
        queries=settings.usage_queries(),
        rules=settings.resource_rules(),
        allotments=settings.allotted(),
        source=source,
        prometheus=_dependency("usage", settings, metrics),
        archive=loop.archive,
        registry=metrics.registry,
        clock=SystemClock(),
        interval_s=settings.usage_s,
        resizing=world.resizing,
        may_resize=lambda name: world.writer.holds() and _may_change(loop, name),
        announcer=world.announcer,
        memory_ends=world.memory_ends,
    )


def _may_change(loop: Loop, workload: str) -> bool:
    """Whether a workload is scaled here and may be acted on now."""
    with loop.lock:
        return (
            workload in loop.books
            and loop.controls.mode(workload) == "enforce"
            and loop.controls.frozen(workload, datetime.now(UTC)) is None
        )


@contextmanager
def _running(recommender: Recommender) -> Iterator[None]:
    stop = Event()
    thread = Thread(target=recommender.run, args=(stop,), name="recommender", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(LONGEST_TIMEOUT_S)


def _timeout_s(settings: Settings) -> float:
    return min(LONGEST_TIMEOUT_S, max(1.0, settings.tick_s))


def _dependency(name: str, settings: Settings, metrics: Metrics) -> Dependency:
    return Dependency(
        name,
        metrics=metrics,
        clock=SystemClock(),
        first_pause_s=min(1.0, settings.tick_s),
        longest_pause_s=min(LONGEST_PAUSE_S, 4 * settings.tick_s),
    )


def _models(
    settings: Settings, dependency: Callable[[str], Dependency], stack: ExitStack
) -> tuple[ModelStore, Dependency] | None:
    """Where forecasters are kept over a restart."""
    if not settings.models:
        return None
    shelf: Shelf
    if settings.models == contract.IN_DATABASE:
        shelf = DatabaseShelf(postgres.engine_for(settings.database_url.get_secret_value()))
        stack.callback(shelf.close)
    else:
        shelf = FolderShelf(Path(settings.models))
    return ModelStore(shelf), dependency(model_store.DEPENDENCY)


def _listening(host: str, port: int, variable: str) -> socket.socket:
    """A bound socket.

    Raises:
        SettingsError: the port cannot be had.
    """
    try:
        return socket.create_server((host, port), backlog=128)
    except OSError as error:
        said = os.strerror(error.errno) if error.errno else str(error)
        raise SettingsError(f"{variable}: found {port}, {said}") from error


async def _serve(apps: Sequence[FastAPI], sockets: Sequence[socket.socket]) -> None:
    """One server per socket on one event loop, until the first signal to stop."""
    servers = [
        _Server(
            uvicorn.Config(
                app, log_config=None, access_log=False, timeout_graceful_shutdown=GRACE_S
            )
        )
        for app in apps
    ]

    def end() -> None:
        for server in servers:
            server.should_exit = True

    running = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        running.add_signal_handler(number, end)
    pairs = zip(servers, sockets, strict=True)
    await asyncio.gather(*(server.serve(sockets=[one]) for server, one in pairs))


class _Server(uvicorn.Server):
    """A server that leaves the signals to ``_serve``; two of them would steal them."""

    def capture_signals(self):  # type: ignore[no-untyped-def]  # returns uvicorn's private type
        return ExitStack()


def _log_as_json(level: str) -> None:
    """One JSON object a line on stdout, also for what the libraries log."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _name_service,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.dict_tracebacks,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def _name_service(
    _: object, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    event.setdefault("service", "scaler")
    event.setdefault("correlation_id", None)
    return event


def leave(code: int) -> NoReturn:
    """End the process as it is, without ending the interpreter.

    A fit that still runs is left to end with the process. Before version 3.14, CPython ends such a
    thread by ``pthread_exit`` once it asks for the interpreter's lock again, and C++ code that
    holds a guard of that lock (``numpy.unique``, which fits call) answers that with
    ``std::terminate``: now and then a graceful end was an abort.
    https://github.com/python/cpython/issues/87135
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    leave(main())
