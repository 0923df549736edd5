"""Whether a dependency answers, since when it does not, and when it is worth asking again."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

import structlog

from scaler.metrics import Metrics
from scaler.ports import Clock
from scaler.records import Unasked, Unavailable, Unusable

__all__ = ["Dependency"]

T = TypeVar("T")
log = structlog.get_logger()


class Dependency:
    """One dependency; asked from one thread at a time, read from any.

    After a failure it is left alone for a while that doubles, with jitter, so that a tick does not
    wait for a time-out again and again.
    """

    def __init__(
        self,
        name: str,
        *,
        metrics: Metrics,
        clock: Clock,
        first_pause_s: float,
        longest_pause_s: float,
    ) -> None:
        self.name = name
        self._metrics = metrics
        self._clock = clock
        self._first_pause_s = first_pause_s
        self._longest_pause_s = longest_pause_s
        self._pause_s = first_pause_s
        self._again_at = 0.0
        self._problem: str | None = None

    @property
    def problem(self) -> str | None:
        """What is wrong, as a clause; ``None`` while it answers."""
        return self._problem

    @property
    def is_paused(self) -> bool:
        return time.monotonic() < self._again_at

    def ask(self, question: Callable[[], T]) -> T:
        """Its answer.

        Raises:
            Unavailable: it does not answer.
            Unasked: it lately did not, or we have no time; whether it answers is still unknown.
            Unusable: it answered what cannot be used; it is not left alone for that.
        """
        if self.is_paused:
            raise Unasked(self.name, self._problem or "")
        try:
            answer = question()
        except Unusable:
            self._answered()
            raise
        except Unasked:
            raise
        except Unavailable as error:
            self._failed(error)
            raise
        self._answered()
        return answer

    def _failed(self, error: Unavailable) -> None:
        self._metrics.failed(self.name)
        self._metrics.dependency(self.name, is_up=False)
        if self._problem is None:
            since = self._clock.now().strftime("%H:%M:%S")
            self._problem = f"{self.name} does not answer since {since} UTC ({error.detail})"
            log.warning("dependency lost", dependency=self.name, detail=error.detail)
        jitter = random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, guards nothing
        self._again_at = time.monotonic() + self._pause_s * jitter
        self._pause_s = min(2 * self._pause_s, self._longest_pause_s)

    def _answered(self) -> None:
        self._metrics.dependency(self.name, is_up=True)
        if self._problem is not None:
            log.info("dependency back", dependency=self.name)
        self._problem = None
        self._pause_s = self._first_pause_s
