"""Finds tasks that nobody will finish as they are, and has them published again.

Two things are looked for: a running task whose lease has run out (its worker died, or is cut off),
and a queued task that was published but whose message the broker no longer has (Redis restarted
empty), or that a worker has taken without beginning it (it was ended in between). Both get a new
fencing token, so that the old run or message, should it still turn up, changes nothing. May run in
several relays at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy import Engine, text

from app.tasks import transitions
from app.tasks.models import TaskState
from worker.broker import message_id

__all__ = ["Swept", "expire_leases", "republish_lost"]

BATCH = 500
# A message is in the broker before its task says so, and leaves it only when the task runs: what is
# queued for longer than this and is not in the broker is lost.
PUBLISHED_S = 5.0

_PUBLISHED = text(
    """
    SELECT id, fencing_token FROM tasks
    WHERE state = 'queued' AND published_at < clock_timestamp() - make_interval(secs => :age_s)
    ORDER BY published_at LIMIT :limit
    """
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Swept:
    """A task that was changed."""

    task_id: UUID
    owner_id: UUID
    state: TaskState


def expire_leases(engine: Engine, *, max_attempts: int) -> list[Swept]:
    """Queue tasks whose runner is lost; end those that were cancelled or have no attempt left."""
    values = {"limit": BATCH, "max_attempts": max_attempts}
    with engine.begin() as connection:
        rows = connection.execute(transitions.EXPIRE, values).all()
    swept = [Swept(task_id=id, owner_id=owner, state=TaskState(state)) for id, owner, state in rows]
    for task in swept:
        log.warning("lease_expired", task_id=str(task.task_id), state=task.state.value)
    return swept


def republish_lost(
    engine: Engine, held: Callable[[], set[str]], *, published_s: float = PUBLISHED_S
) -> list[Swept]:
    """Queue anew what the broker should have and has not.

    Args:
        held: message ids that the broker has; asked only when there is something to compare.
    """
    with engine.begin() as connection:
        rows = connection.execute(_PUBLISHED, {"age_s": published_s, "limit": BATCH}).all()
    if not rows:
        return []
    there = held()
    lost = [(id, token) for id, token in rows if message_id(id, token) not in there]
    if not lost:
        return []
    ids, tokens = zip(*lost, strict=True)
    with engine.begin() as connection:
        found = connection.execute(
            transitions.REPUBLISH, {"ids": list(ids), "tokens": list(tokens)}
        ).all()
    log.warning("messages_lost", count=len(found))
    return [Swept(task_id=id, owner_id=owner, state=TaskState.QUEUED) for id, owner in found]
