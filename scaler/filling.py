"""Reads the load of before from Prometheus in a thread of its own, so that no tick waits for it.

The newest part comes first, so that what is known never has a hole; the workloads take turns. While
Prometheus is away, or answers what cannot be used, the same part is asked for again and again, with
pauses that grow. Only where the query itself is at fault the history is given up.
"""

import random
from collections import deque
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Lock

import structlog

from scaler.core.series import Floats
from scaler.metrics import Metrics
from scaler.ports import LoadSource
from scaler.records import Unavailable, Unusable, Workload

__all__ = ["Filling", "Part"]

log = structlog.get_logger()
# Steps of one question: one fast answer, and a thousand workloads get their turn soon.
STEPS_AT_ONCE = 5_000
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """Load that was read, from step ``first`` on, for a history of this generation."""

    first: int
    values: Floats
    generation: int


@dataclass(kw_only=True, eq=False)
class _Job:
    """What is still to be read of a workload: steps ``first`` to ``last``."""

    workload: Workload
    step_ms: int
    first: int
    last: int
    generation: int
    steps: int
    parts: list[Part] = field(default_factory=list)


class Filling:
    """Safe to use from any thread.

    Args:
        source: of this thread alone.
        metrics: count mistakes of our own.
        executor: runs the reading; by default one thread of its own.
    """

    def __init__(
        self, source: LoadSource, metrics: Metrics, *, executor: Executor | None = None
    ) -> None:
        self._source, self._metrics = source, metrics
        self._executor = executor or ThreadPoolExecutor(1, thread_name_prefix="filling")
        self._lock = Lock()
        self._stop = Event()
        self._jobs: dict[str, _Job] = {}
        self._waiting: deque[_Job] = deque()
        self._pause_s = 0.0
        self._is_running = False

    def start(
        self, workload: Workload, *, step_ms: int, first: int, last: int, generation: int
    ) -> None:
        """Read these steps; what is still to be read of the workload from before is given up."""
        job = _Job(
            workload=workload,
            step_ms=step_ms,
            first=first,
            last=last,
            generation=generation,
            steps=last - first + 1,
        )
        with self._lock:
            self._jobs[workload.name] = job
            self._waiting.append(job)
            is_running, self._is_running = self._is_running, True
        if not is_running:
            self._executor.submit(self._run)

    def taken(self, workload: str) -> list[Part]:
        """What was read since it was asked for last."""
        with self._lock:
            job = self._jobs.get(workload)
            if job is None:
                return []
            parts, job.parts = job.parts, []
            if job.first > job.last:
                del self._jobs[workload]
            return parts

    def progress(self, workload: str) -> float | None:
        """The share that has been read, in [0, 1); ``None`` when nothing is to be read."""
        with self._lock:
            job = self._jobs.get(workload)
            if job is None or job.first > job.last:
                return None
            return 1 - (job.last - job.first + 1) / job.steps

    def forget(self, workload: str) -> None:
        with self._lock:
            self._jobs.pop(workload, None)

    def _give_up(self, job: _Job) -> None:
        """Forget it, unless another one has taken its place."""
        with self._lock:
            if self._jobs.get(job.workload.name) is job:
                del self._jobs[job.workload.name]

    def close(self) -> None:
        self._stop.set()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                if not self._waiting:
                    self._is_running = False
                    return
                job = self._waiting.popleft()
                if self._jobs.get(job.workload.name) is not job:
                    continue
            is_more = False
            try:
                is_more = self._read(job)
            except Exception:
                self._metrics.failed("internal")
                log.exception("reading a history failed", workload=job.workload.name)
                self._give_up(job)
            if is_more:
                with self._lock:
                    self._waiting.append(job)
            if self._pause_s:
                self._stop.wait(self._pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - spreads

    def _read(self, job: _Job) -> bool:
        """Read the newest part that is left; whether there is more to read."""
        first = max(job.first, job.last - STEPS_AT_ONCE + 1)
        try:
            values = self._source.history(
                job.workload, step_ms=job.step_ms, first=first, last=job.last
            )
        except Unavailable as error:
            if isinstance(error, Unusable) and not error.may_pass:
                log.warning("history not read", workload=job.workload.name, detail=error.detail)
                self._give_up(job)
                return False
            longer = min(LONGEST_PAUSE_S, 2 * self._pause_s or FIRST_PAUSE_S)
            log.info("history waits", workload=job.workload.name, detail=error.detail)
            self._pause_s = longer
            return True
        self._pause_s = 0.0
        with self._lock:
            job.parts.append(Part(first=first, values=values, generation=job.generation))
            job.last = first - 1
            if job.first <= job.last:
                return True
        log.info("history read from prometheus", workload=job.workload.name, steps=job.steps)
        return False
