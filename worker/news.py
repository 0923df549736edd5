"""Says over Redis that a task changed. Fails open: followers look at the database by themselves."""

import time
from uuid import UUID

import redis
import structlog
from redis.exceptions import RedisError

from app import contract
from app.tasks.events import encode

__all__ = ["News"]

SILENT_S = 5.0

log = structlog.get_logger(__name__)


class News:
    """Sends from any thread; silent for SILENT_S after a failure, so that nobody waits twice."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._silent_until = 0.0

    def tell(self, task_id: UUID, owner_id: UUID) -> None:
        if time.monotonic() < self._silent_until:
            return
        try:
            self._client.publish(contract.TASK_EVENTS_CHANNEL, encode(task_id, owner_id))
        except (RedisError, OSError) as exc:
            self._silent_until = time.monotonic() + SILENT_S
            log.warning("task_event_not_sent", problem=str(exc))
