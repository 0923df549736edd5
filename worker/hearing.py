"""Whether the consumer is alive and takes what the broker has.

Celery's consumer can go deaf after Redis reset its connection: the process looks well and takes no
task. One way was seen here: an acknowledgement that fails is only logged, its message counts as
held for ever, and at the prefetch limit the consumer neither asks for more nor notices that its
connection is gone. That one is mended (:meth:`ConsumerLoop.expect_settled`). Any other shows in
one of two things: the loop's clock stands still, or tasks wait while slots are free and none is
taken.
"""

import time
from collections.abc import Callable
from typing import Any

import redis
import structlog
from celery import Celery, bootsteps
from celery.worker import state
from redis.exceptions import RedisError

from worker import contract

__all__ = ["ConsumerLoop", "Hearing"]

LOOP_SILENT_S = 10.0
SETTLED_S = 1.0
DEAF_S = 15.0

log = structlog.get_logger(__name__)


class ConsumerLoop:
    """The consumer's event loop: when it turned last, which it does only while connected."""

    def __init__(self) -> None:
        self.turned_at: float | None = None
        self._consumer: Any = None

    def install(self, app: Celery) -> None:
        loop = self

        class Step(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
            def start(self, consumer: Any) -> None:
                loop._consumer = consumer
                loop.turn()
                # The timer is cleared when the consumer starts anew, and so is this step.
                consumer.timer.call_repeatedly(1.0, loop.turn)

        app.steps["consumer"].add(Step)

    def expect_settled(self, message: Any) -> None:
        """Start the consumer anew unless the broker soon has the answer to a message.

        Celery answers a moment later itself. Call it in the loop's thread.
        """

        def check() -> None:
            is_of_this_connection = message.channel is self._consumer.task_consumer.channel
            if is_of_this_connection and not message.acknowledged:
                log.warning("consumer_reconnects", problem="a message was not acknowledged")
                # Raised in the loop, it is what a lost connection looks like to the consumer.
                raise ConnectionError("a message was not acknowledged")

        self._consumer.timer.call_after(SETTLED_S, check)

    def turn(self) -> None:
        self.turned_at = time.monotonic()

    def problem(self) -> str | None:
        if self.turned_at is None:
            return "the consumer has not connected yet"
        silent_s = time.monotonic() - self.turned_at
        if silent_s > LOOP_SILENT_S:
            return f"the consumer has not turned for {silent_s:.0f} s"
        return None


class Hearing:
    """A readiness check that also has a deaf worker replaced. Called by one thread."""

    def __init__(
        self,
        client: redis.Redis,
        loop: ConsumerLoop,
        *,
        free_slots: Callable[[], int],
        on_deaf: Callable[[], None],
        deaf_s: float = DEAF_S,
    ) -> None:
        self._client = client
        self._loop = loop
        self._free_slots = free_slots
        self._on_deaf = on_deaf
        self._deaf_s = deaf_s
        self._taken = -1
        self._waiting_since: float | None = None

    def problem(self) -> str | None:
        """What is wrong, in words, or None."""
        found = self._loop.problem()
        if found is not None or not self._is_waiting():
            self._waiting_since = None
            return found
        now = time.monotonic()
        self._waiting_since = self._waiting_since or now
        waited_s = now - self._waiting_since
        if waited_s < self._deaf_s:
            return None
        log.error("consumer_deaf", waited_s=round(waited_s))
        self._on_deaf()
        return f"tasks wait and slots are free, but none was taken for {waited_s:.0f} s"

    def _is_waiting(self) -> bool:
        """Whether tasks wait that a free slot could have taken since the last look."""
        taken, before = state.all_total_count[0], self._taken
        self._taken = taken
        if taken != before or self._free_slots() <= 0:
            return False
        try:
            return int(self._client.llen(contract.QUEUE)) > 0
        except RedisError:
            return False  # another check says that Redis is away
