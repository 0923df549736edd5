"""What users do with tasks. Every method works in the caller's transaction and commits nothing
itself.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.correlation import correlation_id
from app.core.errors import FieldProblem
from app.core.identity import Principal
from app.core.references import Resolvers
from app.core.tracing import traceparent
from app.tasks.catalogue import Catalogue, TaskParameters, TaskType
from app.tasks.errors import (
    BadCursor,
    IdempotencyConflict,
    InvalidParameters,
    TaskFinished,
    TaskNotFound,
    UnknownTaskType,
)
from app.tasks.models import Task, TaskState
from app.tasks.repository import TaskFilter, TaskRepository
from app.tasks.schemas import TaskPage, TaskSubmission, TaskView

__all__ = ["TaskService"]


@dataclass(frozen=True, kw_only=True)
class TaskService:
    """Bound to one session."""

    session: AsyncSession
    catalogue: Catalogue
    resolvers: Resolvers

    @property
    def _tasks(self) -> TaskRepository:
        return TaskRepository(self.session)

    async def submit(
        self, caller: Principal, submission: TaskSubmission, *, idempotency_key: str | None
    ) -> tuple[Task, bool]:
        """Write the task and its outbox entry; True where it is new.

        Raises:
            UnknownTaskType, InvalidParameters: nothing was written.
            IdempotencyConflict: the key belongs to another request of this caller.
        """
        kind, parameters = await self._validated(caller, submission)
        kept = parameters.model_dump(mode="json")
        digest = _digest(kind.name, kept)
        task = await self._tasks.insert(
            owner_id=caller.id,
            type=kind.name,
            parameters=kept,
            idempotency_key=idempotency_key,
            request_digest=digest,
            correlation_id=correlation_id(),
            traceparent=traceparent(),
        )
        if task is not None:
            return task, True
        assert idempotency_key is not None  # noqa: S101 - without a key no insert conflicts
        known = await self._tasks.by_key(caller.id, idempotency_key)
        if known is None or known.request_digest != digest:
            raise IdempotencyConflict(idempotency_key)
        return known, False

    async def read(self, caller: Principal, id: UUID) -> Task:
        task = await self._tasks.get(id, caller)
        if task is None:
            raise TaskNotFound(id)
        return task

    async def page(
        self,
        caller: Principal,
        *,
        state: TaskState | None,
        type: str | None,
        cursor: str | None,
        limit: int,
    ) -> TaskPage:
        """Newest first; results are left out, since one can be large: read the task for it."""
        before = None if cursor is None else _id_of(cursor)
        wanted = TaskFilter(state=state, type=type, before=before)
        tasks = await self._tasks.page(caller, wanted, limit + 1)
        shown = tasks[:limit]
        more = len(tasks) > limit
        return TaskPage(
            items=[_without_result(task) for task in shown],
            next_cursor=_cursor_of(shown[-1].id) if more else None,
        )

    async def cancel(self, caller: Principal, id: UUID) -> Task:
        """Cancel a queued task at once, ask a running one to end; asking twice is no error.

        Raises:
            TaskNotFound, TaskFinished
        """
        before = await self.read(caller, id)
        changed = await self._tasks.cancel(before.id)
        task = await self.read(caller, id)
        if not changed and task.state != TaskState.CANCELLED:
            raise TaskFinished(id, task.state)
        return task

    async def _validated(
        self, caller: Principal, submission: TaskSubmission
    ) -> tuple[TaskType, TaskParameters]:
        kind = self.catalogue.get(submission.type)
        if kind is None:
            raise UnknownTaskType(submission.type, self.catalogue.names)
        try:
            parameters = kind.parameters.model_validate(submission.parameters)
        except ValidationError as exc:
            raise InvalidParameters(_problems(kind, exc)) from exc
        for field, reference, id in kind.references(parameters):
            if not await self.resolvers[reference](self.session, caller, id):
                allowed = f"the id of a {reference} that you may use"
                problem = FieldProblem(
                    field=f"body.parameters.{field}", found=str(id), allowed=allowed
                )
                raise InvalidParameters((problem,))
        return kind, parameters


def _problems(kind: TaskType, error: ValidationError) -> tuple[FieldProblem, ...]:
    known = ", ".join(kind.parameters.model_fields) or "none"
    return tuple(
        FieldProblem(
            field=".".join(("body", "parameters", *map(str, one["loc"]))),
            found=None if one["type"] == "missing" else one["input"],
            allowed=f"one of the parameters {known}"
            if one["type"] == "extra_forbidden"
            else one["msg"],
        )
        for one in error.errors(include_url=False)
    )


def _digest(type: str, parameters: dict[str, Any]) -> str:
    canonical = json.dumps([type, parameters], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _without_result(task: Task) -> TaskView:
    fields = (name for name in TaskView.model_fields if name != "result")
    return TaskView.model_validate({name: getattr(task, name) for name in fields})


def _cursor_of(id: UUID) -> str:
    return base64.urlsafe_b64encode(id.bytes).rstrip(b"=").decode()


def _id_of(cursor: str) -> UUID:
    try:
        return UUID(bytes=base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error) as exc:
        raise BadCursor(cursor) from exc
