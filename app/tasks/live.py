"""Who follows which tasks in this replica, fed by one Redis subscription however many they are.

A follower that is slow holds up nobody: it keeps a set of changed tasks, not a queue of messages,
and reads the present state when it comes to it. What Redis does not say (it is away, or lost a
message) is found by looking: every POLL_AWAY_S while Redis is away, every POLL_S otherwise.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from app import contract
from app.core.cache import Redis
from app.tasks.events import decode

__all__ = ["Changes", "Follower", "TaskEvents"]

POLL_S = 5.0
POLL_AWAY_S = 1.0

Wants = Callable[[UUID, UUID], bool]  # (task_id, owner_id)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Changes:
    """What a follower has to look at: these tasks, or everything it follows."""

    ids: frozenset[UUID]
    look_at_all: bool


@dataclass(eq=False)
class Follower:
    """One socket's view. Belongs to one event loop."""

    wants: Wants
    _ids: set[UUID] = field(default_factory=set)
    _look_at_all: bool = False
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, task_id: UUID, owner_id: UUID) -> None:
        if self.wants(task_id, owner_id):
            self._ids.add(task_id)
            self._wake.set()

    def look_at_all(self) -> None:
        self._look_at_all = True
        self._wake.set()

    async def changes(self) -> Changes:
        """Wait for news; several changes of one task are one."""
        await self._wake.wait()
        self._wake.clear()
        news = Changes(frozenset(self._ids), self._look_at_all)
        self._ids.clear()
        self._look_at_all = False
        return news


class TaskEvents:
    """The hub of one replica; listens to Redis only while somebody follows."""

    def __init__(
        self, redis: Redis, *, poll_s: float = POLL_S, poll_away_s: float = POLL_AWAY_S
    ) -> None:
        self._redis = redis
        self._poll_s = poll_s
        self._poll_away_s = poll_away_s
        self._followers: set[Follower] = set()
        self._listener: asyncio.Task[None] | None = None

    @contextmanager
    def follow(self, wants: Wants) -> Iterator[Follower]:
        follower = Follower(wants)
        self._followers.add(follower)
        if self._listener is None:
            self._listener = asyncio.create_task(self._listen(), name="task-events")
        try:
            yield follower
        finally:
            self._followers.discard(follower)
            if not self._followers and self._listener is not None:
                self._listener.cancel()
                self._listener = None

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as subscription:
                    await subscription.subscribe(contract.TASK_EVENTS_CHANNEL)
                    await self._pass_on(subscription)
            except (RedisError, OSError) as exc:
                log.warning("task_events_away", problem=str(exc))
            except Exception:
                log.exception("task_events_failed")
            self._look_at_all()
            await asyncio.sleep(self._poll_away_s)

    async def _pass_on(self, subscription: PubSub) -> None:
        clock = asyncio.get_running_loop().time
        # What changed before the subscription stood was not heard.
        look_at = clock()
        while True:
            if clock() >= look_at:
                self._look_at_all()
                look_at = clock() + self._poll_s
            wait_s = max(0.01, look_at - clock())
            message = await subscription.get_message(ignore_subscribe_messages=True, timeout=wait_s)
            if message is not None:
                self._tell(message["data"])

    def _tell(self, message: str) -> None:
        try:
            task_id, owner_id = decode(message)
        except ValueError as exc:
            log.warning("task_event_not_understood", problem=str(exc))
            return
        for follower in self._followers:
            follower.tell(task_id, owner_id)

    def _look_at_all(self) -> None:
        for follower in self._followers:
            follower.look_at_all()
