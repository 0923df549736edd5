"""``python -m worker.main``: runs tasks in a pool of processes, with a management port beside it.

Without Redis or PostgreSQL it starts, is not ready, and becomes ready when they answer. On SIGTERM
it takes no more tasks and lets those under way end for AUTOSERVE_DRAIN_S; what is not done then
runs again elsewhere.
"""

import contextlib
import logging as stdlib_logging
import os
import shutil
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from uuid import uuid4

import psutil
import structlog
from celery.signals import setup_logging, worker_init, worker_shutting_down

from app.core import logging
from app.core.database import sync_engine
from app.core.management import ManagementServer
from app.core.readiness import Readiness
from app.core.settings import SettingsError, load
from worker import contract
from worker.broker import connect, make_app
from worker.checks import database_check, redis_check
from worker.hearing import ConsumerLoop, Hearing
from worker.metrics import WorkerMetrics
from worker.pool import SERVICE, Aftercare, busy_slots, install
from worker.settings import WorkerSettings

__all__ = ["run"]

REQUIRED = ("database", "redis", "consumer")
# Libraries that tasks use keep some memory each; a fresh process has none of it.
RUNS_PER_CHILD = 200
CHILD_MEMORY_KIB = 700 * 1024
EXIT_DEAF = 75  # EX_TEMPFAIL of sysexits.h: start me again
IDLE_END_S = 2.0
# Say for every task what our own lines say.
REPEATED_LOGGERS = ("celery.worker.strategy", "celery.app.trace")

log = structlog.get_logger(__name__)


def run(settings: WorkerSettings) -> int:
    """Work until SIGTERM or SIGINT; the exit code."""
    _empty(settings.scratch_dir)
    # Whatever a library of a task puts into a temporary file lies there, and goes with the replica.
    os.environ["TMPDIR"] = str(settings.scratch_dir)
    _share_cores(settings.concurrency)
    replica = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
    metrics = WorkerMetrics()
    metrics.slots.set(settings.concurrency)
    metrics.slots_busy.set_function(busy_slots)
    readiness = Readiness(required=REQUIRED, gauge=metrics.dependency_up)
    app = make_app(settings)
    loop = ConsumerLoop()
    loop.install(app)
    aftercare = install(app, settings, replica=replica, metrics=metrics, loop=loop)

    client = connect(settings.redis_url.get_secret_value())
    engine = sync_engine(settings.database_url.get_secret_value(), pool_size=1)
    deaf = threading.Event()

    def end_deaf() -> None:
        """End in good order; whoever supervises this process starts a new one."""
        if not deaf.is_set():
            deaf.set()
            os.kill(os.getpid(), signal.SIGTERM)

    hearing = Hearing(
        client, loop, free_slots=lambda: settings.concurrency - busy_slots(), on_deaf=end_deaf
    )
    server = ManagementServer(
        host=settings.host,
        port=settings.metrics_port,
        readiness=readiness,
        registry=metrics.registry,
        checks={
            "database": database_check(engine),
            "redis": redis_check(client),
            "consumer": hearing.problem,
        },
    )

    def ending(**_info: object) -> None:
        readiness.drain()
        _end_after(settings.drain_s, aftercare)

    for name in REPEATED_LOGGERS:
        stdlib_logging.getLogger(name).setLevel("WARNING")
    setup_logging.connect(_keep_logging, weak=False)
    worker_init.connect(lambda **_info: readiness.started(), weak=False)
    worker_shutting_down.connect(ending, weak=False)
    worker = app.Worker(
        hostname=f"worker@{replica}",
        pool="prefork",
        concurrency=settings.concurrency,
        queues=[contract.QUEUE],
        optimization="fair",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        max_tasks_per_child=RUNS_PER_CHILD,
        max_memory_per_child=CHILD_MEMORY_KIB,
    )
    with server:
        log.info("worker_started", slots=settings.concurrency, metrics_port=server.port)
        worker.start()
        aftercare.worker_ends()
    log.info("worker_ended")
    return EXIT_DEAF if deaf.is_set() else 0


def _keep_logging(**_info: object) -> None:
    """Celery configures no logging where somebody listens to this signal."""


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(parents=True, mode=0o700)


def _share_cores(slots: int) -> None:
    """Numeric libraries take every core for each task, and spin while they wait for one."""
    threads = max(1, len(os.sched_getaffinity(0)) // slots)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, str(threads))
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def _end_after(drain_s: float, aftercare: Aftercare) -> None:
    """Celery waits for its tasks as long as they take, and without Redis for ever; we do not."""

    def end() -> None:
        begun = idle_since = time.monotonic()
        while (now := time.monotonic()) - begun < drain_s and now - idle_since < IDLE_END_S:
            time.sleep(0.1)
            idle_since = now if busy_slots() else idle_since
        log.warning("worker_not_waited_for", busy=busy_slots(), waited_s=round(now - begun, 1))
        # First the children: one that lives would renew the lease that is ended next.
        children = psutil.Process().children(recursive=True)
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        psutil.wait_procs(children, timeout=2)
        aftercare.worker_ends()
        os._exit(0)

    threading.Thread(target=end, name="drain", daemon=True).start()


def main() -> None:
    try:
        settings = load(WorkerSettings)
    except SettingsError as exc:
        sys.exit("\n".join(exc.problems))
    logging.configure(service=SERVICE, level=settings.log_level)
    sys.exit(run(settings))


if __name__ == "__main__":
    main()
