"""The figures of the task queue, for the metrics of the API."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.tasks.models import Completions, Task, TaskState
from app.telemetry.queue import QueueFigures

__all__ = ["read"]

ACTIVE = (TaskState.QUEUED, TaskState.RUNNING)


async def read(session: AsyncSession) -> QueueFigures:
    """Tasks by state, completions by type and outcome, and how long the oldest one waits.

    The cost follows what is under way, not what has ever finished.
    """
    active = select(Task.state, func.count()).where(Task.state.in_(ACTIVE)).group_by(Task.state)
    in_state = dict.fromkeys((state.value for state in TaskState), 0)
    in_state.update(dict(iter(await session.execute(active))))
    finished = select(Completions.type, Completions.outcome, Completions.count)
    completions = {(kind, outcome): n for kind, outcome, n in await session.execute(finished)}
    for (_kind, outcome), count in completions.items():
        in_state[outcome] += count
    now = func.clock_timestamp()
    # A retry that is not yet due does not wait for a worker.
    oldest = select(func.extract("epoch", now - func.min(Task.queued_at))).where(
        Task.state == TaskState.QUEUED, Task.queued_at <= now
    )
    wait_s = await session.scalar(oldest)
    return QueueFigures(
        in_state=in_state, completions=completions, oldest_wait_s=float(wait_s or 0.0)
    )
