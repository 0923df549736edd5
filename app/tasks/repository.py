"""Queries of the API about tasks. A caller sees the own tasks; an admin sees all."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from app.core.identity import Principal, Role
from app.tasks.models import Task, TaskState
from app.tasks.transitions import CANCEL, SUBMIT_ENTRY

__all__ = ["TaskFilter", "TaskRepository"]

ACTIVE = (TaskState.QUEUED, TaskState.RUNNING)


@dataclass(frozen=True, kw_only=True)
class TaskFilter:
    state: TaskState | None = None
    type: str | None = None
    before: UUID | None = None  # keyset: ids sort by the time they were made


class TaskRepository:
    """Bound to one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def insert(self, **values: Any) -> Task | None:
        """A new task with its outbox entry; None where the owner has used the idempotency key
        before.
        """
        statement = (
            insert(Task)
            .values(**values)
            .on_conflict_do_nothing(index_elements=["owner_id", "idempotency_key"])
            .returning(Task)
        )
        task = await self._session.scalar(statement)
        if task is not None:
            await self._session.execute(SUBMIT_ENTRY, {"id": task.id})
        return task

    async def by_key(self, owner_id: UUID, idempotency_key: str) -> Task | None:
        statement = select(Task).where(
            Task.owner_id == owner_id, Task.idempotency_key == idempotency_key
        )
        task: Task | None = await self._session.scalar(statement)
        return task

    async def get(self, id: UUID, caller: Principal) -> Task | None:
        statement = _visible(caller).where(Task.id == id)
        # A row read before a change in this session would hide the change.
        task: Task | None = await self._session.scalar(
            statement, execution_options={"populate_existing": True}
        )
        return task

    async def some(self, ids: Collection[UUID], caller: Principal) -> Sequence[Task]:
        found = await self._session.scalars(_visible(caller).where(Task.id.in_(ids)))
        return found.all()

    async def active(self, caller: Principal, limit: int) -> Sequence[Task]:
        statement = _visible(caller).where(Task.state.in_(ACTIVE)).order_by(Task.id).limit(limit)
        return (await self._session.scalars(statement)).all()

    async def page(self, caller: Principal, wanted: TaskFilter, limit: int) -> Sequence[Task]:
        """Newest first; without results, which may be large and have an endpoint of their own."""
        statement = _visible(caller).options(defer(Task.result, raiseload=True))
        if wanted.state is not None:
            statement = statement.where(Task.state == wanted.state)
        if wanted.type is not None:
            statement = statement.where(Task.type == wanted.type)
        if wanted.before is not None:
            statement = statement.where(Task.id < wanted.before)
        statement = statement.order_by(Task.id.desc()).limit(limit)
        return (await self._session.scalars(statement)).all()

    async def cancel(self, id: UUID) -> bool:
        """Cancel a queued task at once, ask a running one to end; False where it has finished."""
        changed = await self._session.execute(CANCEL, {"id": id})
        return changed.first() is not None


def _visible(caller: Principal) -> Select[Task]:
    statement = select(Task)
    if caller.role is Role.ADMIN:
        return statement
    return statement.where(Task.owner_id == caller.id)
