"""The thread beside a run: keeps its lease, shows its progress, and ends it when it must end.

A run ends by itself at its next report of progress. One that does not report is killed after
STOP_GRACE_S with its process, once its task's state is written; Celery replaces the process. A
process whose worker died is killed as well, and its lease runs out: nothing of an orphan's work
counts.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Self

import structlog

from app.tasks.context import LeaseLost, TaskCancelled, TaskOverran, TaskStopped
from worker.store import AWAY, Run, TaskStore

__all__ = ["STOP_GRACE_S", "Warden"]

TICK_S = 0.25
# Cancellation is seen, and progress is shown, at most so often.
LOOK_S = 0.5
STOP_GRACE_S = 5.0

Clock = Callable[[], float]

log = structlog.get_logger(__name__)


class Warden:
    """Watches one run; a context manager around it, in the thread that runs it.

    Args:
        on_progress: called after progress was written.
        on_stuck: writes the task's state for a run that does not end; its process is killed
            afterwards.
    """

    def __init__(
        self,
        run: Run,
        store: TaskStore,
        *,
        time_limit_s: float,
        on_progress: Callable[[], None],
        on_stuck: Callable[[TaskStopped], None],
        stop_grace_s: float = STOP_GRACE_S,
        clock: Clock = time.monotonic,
    ) -> None:
        self._run = run
        self._store = store
        self._time_limit_s = time_limit_s
        self._on_progress = on_progress
        self._on_stuck = on_stuck
        self._stop_grace_s = stop_grace_s
        self._clock = clock
        self._parent = os.getppid()
        self._begun = clock()
        self._shown: tuple[float, str | None] = (0.0, None)
        self._wanted: tuple[float, str | None] = (0.0, None)
        self._stop: TaskStopped | None = None
        self._stop_since = 0.0
        self._ended = threading.Event()
        # Held while a stuck run is ended, so that it cannot write its own end at the same time.
        self._ending = threading.Lock()
        self._thread = threading.Thread(target=self._watch, name="warden", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        with self._ending:
            self._ended.set()
        self._thread.join()

    def report(self, fraction: float, message: str | None) -> None:
        """Take note of progress; raises what the run has to end with.

        Raises:
            TaskStopped
        """
        before, text = self._wanted
        self._wanted = (max(before, min(1.0, fraction)), message or text)
        self.check()

    def check(self) -> None:
        if self._stop is not None:
            raise self._stop

    def _watch(self) -> None:
        look_at = self._begun + LOOK_S
        while not self._ended.wait(TICK_S):
            now = self._clock()
            if os.getppid() != self._parent:
                log.error("worker_gone", task_id=str(self._run.task_id))
                _kill_own_process()
            if self._stop is None and now - self._begun > self._time_limit_s:
                self._end_with(TaskOverran(f"it ran longer than {self._time_limit_s:g} s"))
            if self._stop is not None and now - self._stop_since > self._stop_grace_s:
                self._end_stuck(self._stop)
            if now >= look_at:
                self._look()
                look_at = self._clock() + LOOK_S

    def _look(self) -> None:
        """Renew the lease every time: one small statement is also how a cancellation is seen."""
        wanted = self._wanted
        try:
            cancelled = self._store.renew(self._run, progress=wanted[0], message=wanted[1])
        except AWAY as exc:
            log.warning("lease_not_renewed", problem=str(exc.args[0])[:200])
            return
        if cancelled is None:
            self._end_with(LeaseLost("another worker has taken the task over"))
        elif cancelled:
            self._end_with(TaskCancelled("the user asked for it"))
        if wanted != self._shown and cancelled is not None:
            self._shown = wanted
            self._on_progress()

    def _end_with(self, stop: TaskStopped) -> None:
        if self._stop is None:
            self._stop, self._stop_since = stop, self._clock()

    def _end_stuck(self, stop: TaskStopped) -> None:
        with self._ending:
            if self._ended.is_set():
                return
            log.error("run_killed", task_id=str(self._run.task_id), reason=str(stop))
            try:
                self._on_stuck(stop)
            except AWAY as exc:
                # The lease runs out instead, and the relay decides.
                log.warning("end_not_written", problem=str(exc.args[0])[:200])
            _kill_own_process()


def _kill_own_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
