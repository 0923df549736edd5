"""A task's state as the worker and the relay change it; the statements are
:mod:`app.tasks.transitions`.

While PostgreSQL is away, :func:`patiently` waits for it, since without it there is neither work to
do nor a result to keep.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import structlog
from sqlalchemy import Engine, RowMapping
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.tasks import transitions
from app.tasks.models import TaskState

__all__ = ["AWAY", "Claimed", "Run", "TaskStore", "patiently"]

# What SQLAlchemy raises where the database does not answer.
AWAY = (OperationalError, InterfaceError, PoolTimeout)
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0

T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run's right to change a task: who runs it, and by which fencing token."""

    task_id: UUID
    token: int
    runner: str

    @property
    def key(self) -> dict[str, Any]:
        return {"id": self.task_id, "token": self.token}


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A task that this run now holds."""

    owner_id: UUID
    type: str
    parameters: dict[str, Any]
    attempt: int
    correlation_id: str | None


class TaskStore:
    """Changes of state that say whether they took effect; may be shared by threads."""

    def __init__(self, engine: Engine, *, lease_s: float) -> None:
        self._engine = engine
        self._lease_s = lease_s

    def claim(self, run: Run) -> Claimed | None:
        """Take a queued task; None where the message is late, a duplicate, or the task was
        cancelled.
        """
        found = self._change(
            transitions.CLAIM, {**run.key, "runner": run.runner, "lease_s": self._lease_s}
        )
        if found is None:
            return None
        return Claimed(
            owner_id=found["owner_id"],
            type=found["type"],
            parameters=found["parameters"],
            attempt=found["attempts"],
            correlation_id=found["correlation_id"],
        )

    def renew(self, run: Run, *, progress: float, message: str | None) -> bool | None:
        """Prolong the lease; whether the user wants the task to end, None where it is lost."""
        values = {"progress": progress, "message": message, "lease_s": self._lease_s}
        found = self._change(transitions.RENEW, {**run.key, **values})
        return None if found is None else bool(found["cancel_requested"])

    def finish(
        self,
        run: Run,
        state: TaskState,
        *,
        result: Mapping[str, Any] | None = None,
        error: str | None = None,
    ) -> bool:
        """End the task, with the ledger row of its effect; False where this run has lost it."""
        values = {"state": state.value, "result": result, "error": error}
        if self._change(transitions.FINISH, {**run.key, **values}) is not None:
            return True
        # A commit that was made but not confirmed is found in the ledger.
        return state is TaskState.SUCCEEDED and self._was_applied(run)

    def retry(self, run: Run, *, delay_s: float, message: str) -> bool:
        """Queue the task once more; False where it is lost or shall be cancelled."""
        values = {"delay_s": delay_s, "message": message}
        return self._change(transitions.RETRY, {**run.key, **values}) is not None

    def release(self, runner_prefix: str) -> int:
        """End the leases of runners that are no more; how many there were."""
        with self._engine.begin() as connection:
            found = connection.execute(transitions.RELEASE, {"runner_prefix": runner_prefix})
            return len(found.all())

    def _was_applied(self, run: Run) -> bool:
        with self._engine.begin() as connection:
            return connection.execute(transitions.WAS_APPLIED, run.key).first() is not None

    def _change(self, statement: Any, values: dict[str, Any]) -> RowMapping | None:
        with self._engine.begin() as connection:
            return connection.execute(statement, values).mappings().first()


def patiently(call: Callable[[], T], *, wait_s: float) -> T:
    """Repeat a call while the database is away; it must be one that may be repeated.

    Raises:
        OperationalError, InterfaceError, TimeoutError: it was away for ``wait_s``.
    """
    deadline = time.monotonic() + wait_s
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            return call()
        except AWAY as exc:
            if time.monotonic() + pause_s > deadline:
                raise
            log.warning("database_away", problem=str(exc.args[0])[:200])
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
