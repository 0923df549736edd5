"""The tables of tasks: the task, its outbox, the ledger of effects, and the counts of what has
finished.

A task's life: ``queued`` -> ``running`` -> ``succeeded`` | ``failed`` | ``cancelled``; a retry
leads from ``running`` back to ``queued``. Every publication of a task has a number, its fencing
token: only the run that holds the present one may change the row, so that a message delivered late
or twice changes nothing.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.identifiers import new_id

__all__ = ["FINAL_STATES", "Applied", "Completions", "OutboxEntry", "Task", "TaskState"]


class TaskState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in FINAL_STATES


FINAL_STATES = (TaskState.SUCCEEDED, TaskState.FAILED, TaskState.CANCELLED)


class Task(Base):
    """A piece of work a user asked for."""

    __tablename__ = "tasks"
    __table_args__ = (
        UniqueConstraint("owner_id", "idempotency_key"),
        CheckConstraint(
            "state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')", name="state"
        ),
        Index("ix_tasks_owner_id_id", "owner_id", "id"),
        # What is under way is few and asked for often; what has finished only grows.
        Index(
            "ix_tasks_active",
            "state",
            "id",
            postgresql_where=text("state IN ('queued', 'running')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    type: Mapped[str] = mapped_column(String(64))
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    idempotency_key: Mapped[str | None] = mapped_column(String(255))
    request_digest: Mapped[str] = mapped_column(String(64))
    correlation_id: Mapped[str | None] = mapped_column(String(128))
    traceparent: Mapped[str | None] = mapped_column(String(55))  # of the request, W3C's form

    state: Mapped[str] = mapped_column(String(16), default=TaskState.QUEUED)
    progress: Mapped[float] = mapped_column(default=0.0)
    message: Mapped[str | None] = mapped_column(Text)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    error: Mapped[str | None] = mapped_column(Text)
    cancel_requested: Mapped[bool] = mapped_column(default=False)

    attempts: Mapped[int] = mapped_column(default=0)  # runs begun
    fencing_token: Mapped[int] = mapped_column(default=1)  # number of the present publication
    runner: Mapped[str | None] = mapped_column(String(200))  # the run that holds the lease
    lease_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    queued_at: Mapped[datetime] = mapped_column(  # since when it waits, or when its retry is due
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class OutboxEntry(Base):
    """A publication that the relay owes the broker; deleted once the broker has it."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_available_at", "available_at", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    task_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"), index=True)
    fencing_token: Mapped[int]
    available_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class Applied(Base):
    """The effect of a task was applied: one row per task, in the transaction of its result."""

    __tablename__ = "applied"

    task_id: Mapped[UUID] = mapped_column(
        ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True
    )
    fencing_token: Mapped[int]
    applied_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class Completions(Base):
    """How many tasks of a type ended how, since ever; counted in the transaction that ends them."""

    __tablename__ = "task_completions"

    type: Mapped[str] = mapped_column(String(64), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(16), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
