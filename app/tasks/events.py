"""News of tasks over Redis: which task changed, and whose it is. The row itself is read from
PostgreSQL.

Fails open: without Redis nothing is said here, and whoever follows a task looks at the database
instead.
"""

import json
from uuid import UUID

import structlog
from redis.exceptions import RedisError

from app import contract
from app.core.cache import Redis

__all__ = ["decode", "encode", "publish"]

log = structlog.get_logger(__name__)


def encode(task_id: UUID, owner_id: UUID) -> str:
    return json.dumps({"task_id": str(task_id), "owner_id": str(owner_id)})


def decode(message: str) -> tuple[UUID, UUID]:
    """(task_id, owner_id).

    Raises:
        ValueError: not one of our messages.
    """
    try:
        body = json.loads(message)
        return UUID(body["task_id"]), UUID(body["owner_id"])
    except (KeyError, TypeError, AttributeError) as exc:
        raise ValueError(f"no task event: {message[:100]!r}") from exc


async def publish(redis: Redis, task_id: UUID, owner_id: UUID) -> None:
    """Say that a task changed; call it after the change is committed."""
    try:
        await redis.publish(contract.TASK_EVENTS_CHANNEL, encode(task_id, owner_id))
    except (RedisError, OSError) as exc:
        log.warning("task_event_not_sent", task_id=str(task_id), problem=str(exc))
