"""Whether the consumer's loop is alive and takes what the broker has.

Celery's consumer can go deaf after Redis reset its connection: the process looks well and takes no
task. Two things show it: the loop's clock stands still, or tasks wait in Redis while slots are free
and none is taken.
"""

import time
from collections.abc import Callable

import redis
import structlog
from celery import Celery, bootsteps
from celery.worker import state
from redis.exceptions import RedisError

from worker import contract
from worker.pool import busy_slots

__all__ = ["Hearing", "LoopClock"]

LOOP_SILENT_S = 10.0
DEAF_S = 15.0

log = structlog.get_logger(__name__)


class LoopClock:
    """When the consumer's loop turned last; it turns only while the consumer is connected."""

    def __init__(self) -> None:
        self.turned_at: float | None = None

    def install(self, app: Celery) -> None:
        clock = self

        class Step(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
            def start(self, consumer: object) -> None:
                clock.turn()
                # The timer is cleared when the consumer starts anew, and so is this step.
                consumer.timer.call_repeatedly(1.0, clock.turn)  # type: ignore[attr-defined]

        app.steps["consumer"].add(Step)

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
        clock: LoopClock,
        *,
        slots: int,
        on_deaf: Callable[[], None],
        deaf_s: float = DEAF_S,
    ) -> None:
        self._client = client
        self._clock = clock
        self._slots = slots
        self._on_deaf = on_deaf
        self._deaf_s = deaf_s
        self._taken = -1
        self._waiting_since: float | None = None

    def problem(self) -> str | None:
        """What is wrong, in words, or None."""
        found = self._clock.problem()
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
        if taken != before or busy_slots() >= self._slots:
            return False
        try:
            return int(self._client.llen(contract.QUEUE)) > 0
        except RedisError:
            return False  # another check says that Redis is away
