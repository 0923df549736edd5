"""What Celery knows of our tasks: one task, how its runs are counted, and what a pool's process
does at its start.

The parent process runs no task and opens no connection that its children would inherit; each child
makes its own :class:`worker.execution.Executor` with its first task.
"""

import ast
import ctypes
import queue
import signal
import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import structlog
from billiard.einfo import ExceptionInfo
from billiard.exceptions import WorkerLostError
from celery import Celery, Task
from celery.signals import worker_process_init, worker_process_shutdown
from celery.worker import state
from celery.worker.request import Request

from app.core.database import sync_engine
from app.core.tracing import TRACEPARENT
from app.tasks.catalogue import catalogue
from worker.broker import EXECUTE, connect
from worker.execution import Executor, Outcome
from worker.hearing import ConsumerLoop
from worker.metrics import WorkerMetrics
from worker.news import News
from worker.settings import WorkerSettings
from worker.store import AWAY, TaskStore, patiently
from worker.tracing import Traces

__all__ = ["SERVICE", "Aftercare", "busy_slots", "install"]

PR_SET_PDEATHSIG = 1  # prctl(2)
SERVICE = "worker"
# One statement of the run, one of its warden.
CHILD_CONNECTIONS = 2
RELEASE_WAIT_S = 30.0
END_WAIT_S = 3.0

log = structlog.get_logger(__name__)


def busy_slots() -> int:
    """Tasks that the pool of this process runs now."""
    return len(state.active_requests)


def install(
    app: Celery,
    settings: WorkerSettings,
    *,
    replica: str,
    metrics: WorkerMetrics,
    loop: ConsumerLoop,
) -> "Aftercare":
    """Register the task; the answer ends with the worker."""
    aftercare = Aftercare(settings, replica=replica)
    executors: list[Executor] = []
    traces = [Traces.of(SERVICE, None)]

    def executor() -> Executor:
        if not executors:
            executors.append(_executor(settings, replica))
        return executors[0]

    def execute(self: Task, task_id: str, token: int) -> dict[str, Any]:
        """One run of a task. Delivered again, it finds the task taken and does nothing."""
        parent = getattr(self.request, TRACEPARENT, None)  # a header of the message
        with traces[0].running(UUID(task_id), token, parent) as tell:
            outcome = executor().execute(UUID(task_id), token)
            tell(outcome)
        return {"type": outcome.type, "outcome": outcome.outcome, "seconds": outcome.seconds}

    def process_begins(**_info: object) -> None:
        _end_with_parent()
        traces[0] = Traces.of(SERVICE, settings.otlp_endpoint)

    def process_ends(**_info: object) -> None:
        traces[0].end()

    base = _counted(metrics, aftercare, loop)
    app.task(name=EXECUTE, base=base, bind=True, ignore_result=False)(execute)
    worker_process_init.connect(process_begins, weak=False)
    worker_process_shutdown.connect(process_ends, weak=False)
    return aftercare


def _executor(settings: WorkerSettings, replica: str) -> Executor:
    engine = sync_engine(settings.database_url.get_secret_value(), pool_size=CHILD_CONNECTIONS)
    return Executor(
        engine=engine,
        store=TaskStore(engine, lease_s=settings.lease_s),
        news=News(connect(settings.redis_url.get_secret_value())),
        catalogue=catalogue(),
        data_dir=settings.data_dir,
        replica=replica,
        time_limit_s=settings.time_limit_s,
        max_attempts=settings.max_attempts,
        backoff_s=settings.backoff_s,
    )


def _counted(metrics: WorkerMetrics, aftercare: "Aftercare", loop: ConsumerLoop) -> type[Task]:
    """A task class whose requests count runs in the parent and clean up after lost children."""

    class CountedRequest(Request):  # type: ignore[misc]  # Celery has no types
        def __init_subclass__(cls) -> None:
            # Celery derives a faster class of its own, whose on_success asks for no super().
            inner = cls.on_success

            def on_success(self: Any, failed__retval__runtime: Any, **kwargs: Any) -> Any:
                failed, value, _runtime = failed__retval__runtime
                if not failed:
                    # The pool hands over the text of what the task returned.
                    _observe(metrics, Outcome(**ast.literal_eval(value)))
                return inner(self, failed__retval__runtime, **kwargs)

            cls.on_success = on_success

        def acknowledge(self) -> None:
            super().acknowledge()
            loop.expect_settled(self.message)

        def reject(self, requeue: bool = False) -> None:
            super().reject(requeue)
            loop.expect_settled(self.message)

        def on_failure(self, exc_info: ExceptionInfo, *args: Any, **kwargs: Any) -> Any:
            if isinstance(exc_info.exception, WorkerLostError) and self.worker_pid:
                aftercare.child_lost(self.worker_pid)
            return super().on_failure(exc_info, *args, **kwargs)

        def on_timeout(self, soft: bool, timeout: float) -> Any:
            if not soft and self.worker_pid:
                aftercare.child_lost(self.worker_pid)
            return super().on_timeout(soft, timeout)

    class CountedTask(Task):  # type: ignore[misc]  # Celery has no types
        abstract = True
        Request = CountedRequest

    return CountedTask


def _observe(metrics: WorkerMetrics, outcome: Outcome) -> None:
    if outcome.outcome != "refused":
        metrics.run_seconds.labels(outcome.type, outcome.outcome).observe(outcome.seconds)


class Aftercare:
    """Ends the leases of children that died, so that their tasks run again at once.

    A thread of its own, since the consumer's loop must not wait for a database. A lease that
    cannot be ended runs out.
    """

    def __init__(self, settings: WorkerSettings, *, replica: str) -> None:
        self._settings = settings
        self._replica = replica
        self._lost: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def child_lost(self, pid: int) -> None:
        self._release_later(f"{self._replica}/{pid}/")

    def worker_ends(self) -> None:
        """What still runs was killed: end all leases of this replica, if the database answers."""
        self._release_later(f"{self._replica}/")
        self._lost.put(None)
        if self._thread is not None:
            self._thread.join(END_WAIT_S)

    def _release_later(self, prefix: str) -> None:
        self._lost.put(prefix)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="aftercare", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        url = self._settings.database_url.get_secret_value()
        engine = sync_engine(url, pool_size=1)
        store = TaskStore(engine, lease_s=self._settings.lease_s)
        for prefix in iter(self._lost.get, None):
            try:
                count = patiently(_releasing(store, prefix), wait_s=RELEASE_WAIT_S)
            except AWAY as exc:
                log.warning("lease_not_released", problem=str(exc.args[0])[:200])
            else:
                log.info("leases_released", runner=prefix, count=count)
        engine.dispose()


def _releasing(store: TaskStore, prefix: str) -> Callable[[], int]:
    return lambda: store.release(prefix)


def _end_with_parent() -> None:
    """An orphan would hold the replica's lock and run beside its successor (Linux)."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
