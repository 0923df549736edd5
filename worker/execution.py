"""One run of a task, from its claim to its end; knows nothing of Celery.

Every run ends in exactly one of: succeeded (result and ledger row in one statement), failed,
cancelled, queued again for a retry, or nothing at all where another run has taken the task over. A
retry begins the type's work anew.
"""

import json
import os
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import structlog
from pydantic import ValidationError
from sqlalchemy import Engine
from sqlalchemy.exc import DataError

from app.core import correlation
from app.tasks.catalogue import Catalogue
from app.tasks.context import (
    DatasetFile,
    LeaseLost,
    Result,
    TaskCancelled,
    TaskFailed,
    TaskStopped,
    TransientFailure,
)
from app.tasks.models import TaskState
from worker.files import RunFiles
from worker.news import News
from worker.store import AWAY, Claimed, Run, TaskStore, patiently
from worker.warden import Warden

__all__ = ["Executor", "Outcome", "backoff_s"]

DATABASE_WAIT_S = 30.0
# A result computed is worth a longer wait than a claim.
FINISH_WAIT_S = 120.0
LONGEST_BACKOFF_S = 300.0
MAX_RESULT_BYTES = 8 * 2**20
MAX_ERROR_CHARACTERS = 4_000
TRANSIENT = (TransientFailure, OSError, MemoryError, *AWAY)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a run, for the metrics of the worker."""

    type: str
    outcome: str  # a final state, "retry", "lost" (taken over) or "refused" (never begun)
    seconds: float


def backoff_s(attempt: int, *, first_s: float, random_number: float) -> float:
    """Seconds before the retry that follows run ``attempt`` (from 1).

    Doubles with every run up to LONGEST_BACKOFF_S; the random number in [0, 1) takes away up to
    half of it, so that tasks that failed together do not come back together.
    """
    full: float = min(LONGEST_BACKOFF_S, first_s * 2.0 ** (attempt - 1))
    return full * (1.0 - 0.5 * random_number)


@dataclass(frozen=True, kw_only=True)
class Executor:
    """Runs tasks in one process, one at a time."""

    engine: Engine
    store: TaskStore
    news: News
    catalogue: Catalogue
    data_dir: Path
    replica: str  # names the worker process, for :meth:`TaskStore.release`
    time_limit_s: float
    max_attempts: int
    backoff_s: float

    def execute(self, task_id: UUID, token: int) -> Outcome:
        """Run a task if it is there to be run; called again with the same token it does nothing."""
        runner = f"{self.replica}/{os.getpid()}/{uuid4().hex}"
        run = Run(task_id=task_id, token=token, runner=runner)
        begun = time.monotonic()
        try:
            claimed = patiently(lambda: self.store.claim(run), wait_s=DATABASE_WAIT_S)
        except AWAY:
            # The relay finds a queued task whose message is gone.
            log.warning("claim_failed", task_id=str(task_id))
            claimed = None
        if claimed is None:
            return Outcome(type="", outcome="refused", seconds=time.monotonic() - begun)
        correlation.bind(claimed.correlation_id)
        self.news.tell(task_id, claimed.owner_id)
        log.info("task_begun", task_id=str(task_id), type=claimed.type, attempt=claimed.attempt)
        try:
            outcome = _Running(self, run, claimed).outcome()
        finally:
            self.news.tell(task_id, claimed.owner_id)
        seconds = time.monotonic() - begun
        log.info("task_ended", task_id=str(task_id), outcome=outcome, duration_s=round(seconds, 3))
        correlation.bind(None)
        return Outcome(type=claimed.type, outcome=outcome, seconds=seconds)


class _Running:
    """The claimed run: does the work, and writes how it ended."""

    def __init__(self, executor: Executor, run: Run, claimed: Claimed) -> None:
        self._executor = executor
        self._store = executor.store
        self._run = run
        self._claimed = claimed
        self._files = RunFiles(
            run,
            owner_id=claimed.owner_id,
            engine=executor.engine,
            data_dir=executor.data_dir,
        )

    def outcome(self) -> str:
        try:
            result = self._work()
        except TaskStopped as stop:
            return self._stopped(stop)
        except TaskFailed as exc:
            return self._end(TaskState.FAILED, error=str(exc))
        except TRANSIENT as exc:
            return self._retry(exc)
        except Exception as exc:
            log.exception("task_broke", task_id=str(self._run.task_id))
            return self._end(TaskState.FAILED, error=f"internal error: {type(exc).__name__}: {exc}")
        return self._end(TaskState.SUCCEEDED, result=result)

    def _work(self) -> Result:
        kind = self._executor.catalogue.get(self._claimed.type)
        if kind is None:
            # While versions are replaced, a worker may be older than the API.
            raise TransientFailure(f"this worker does not know the type {self._claimed.type!r}")
        try:
            parameters = kind.parameters.model_validate(self._claimed.parameters)
        except ValidationError as exc:
            raise TaskFailed(f"the parameters are not allowed any more: {exc}") from exc
        warden = Warden(
            self._run,
            self._store,
            time_limit_s=self._executor.time_limit_s,
            on_progress=self._tell,
            on_stuck=self._stuck,
        )
        with warden:
            context = _Context(self._run, self._claimed, self._files, warden)
            result = kind.run(parameters, context)
            warden.check()
        return _json_values(result)

    def _stopped(self, stop: TaskStopped) -> str:
        if isinstance(stop, LeaseLost):
            log.warning("lease_lost", task_id=str(self._run.task_id))
            self._files.discard()
            return "lost"
        if isinstance(stop, TaskCancelled):
            return self._end(TaskState.CANCELLED)
        return self._end(TaskState.FAILED, error=str(stop))

    def _retry(self, exc: BaseException) -> str:
        attempt, most = self._claimed.attempt, self._executor.max_attempts
        reason = str(exc) or type(exc).__name__
        if attempt >= most:
            return self._end(TaskState.FAILED, error=f"{reason} (run {attempt} of {most})")
        delay_s = backoff_s(
            attempt,
            first_s=self._executor.backoff_s,
            random_number=random.random(),  # noqa: S311 - jitter
        )
        message = f"run {attempt} of {most} failed: {reason}; the next begins in {delay_s:.1f} s"
        log.warning("task_retries", task_id=str(self._run.task_id), problem=reason)
        self._files.discard()

        def queue() -> bool:
            return self._store.retry(self._run, delay_s=delay_s, message=message)

        try:
            if patiently(queue, wait_s=FINISH_WAIT_S):
                return "retry"
        except AWAY:
            return self._unwritten()
        return self._end(TaskState.CANCELLED)

    def _end(
        self, state: TaskState, *, result: Result | None = None, error: str | None = None
    ) -> str:
        shown = error.replace("\0", "")[:MAX_ERROR_CHARACTERS] if error else None

        def finish() -> bool:
            return self._store.finish(self._run, state, result=result, error=shown)

        try:
            is_ours = patiently(finish, wait_s=FINISH_WAIT_S)
        except AWAY:
            return self._unwritten()
        except DataError:
            return self._end(TaskState.FAILED, error="the result holds a NUL, which cannot be kept")
        if is_ours and state is TaskState.SUCCEEDED:
            self._files.keep()
        else:
            self._files.discard()
        return state.value if is_ours else "lost"

    def _unwritten(self) -> str:
        """The lease runs out, and the relay has the task run again."""
        log.error("end_not_written", task_id=str(self._run.task_id))
        self._files.discard()
        return "lost"

    def _tell(self) -> None:
        self._executor.news.tell(self._run.task_id, self._claimed.owner_id)

    def _stuck(self, stop: TaskStopped) -> None:
        self._stopped(stop)
        self._tell()


class _Context:
    """What a type sees of its run (:class:`app.tasks.context.Context`)."""

    def __init__(self, run: Run, claimed: Claimed, files: RunFiles, warden: Warden) -> None:
        self.task_id = run.task_id
        self.attempt = claimed.attempt
        self._files = files
        self._warden = warden

    def progress(self, fraction: float, message: str | None = None) -> None:
        self._warden.report(fraction, message)

    def dataset(self, id: UUID) -> DatasetFile:
        return self._files.dataset(id)

    def model_file(self) -> Path:
        return self._files.model_file()


def _json_values(result: Mapping[str, Any]) -> Result:
    """The result as it will be read again.

    Raises:
        TaskFailed: it is no JSON or too large, which only a change of the type can mend.
    """
    try:
        text = json.dumps(result, allow_nan=False)
    except (TypeError, ValueError) as exc:
        raise TaskFailed(f"the type's result cannot be kept: {exc}") from exc
    if len(text) > MAX_RESULT_BYTES:
        raise TaskFailed(f"the result has {len(text)} bytes; allowed: {MAX_RESULT_BYTES}")
    values: dict[str, Any] = json.loads(text)
    return values
