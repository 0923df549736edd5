"""What /livez, /readyz and /startupz say, and the gauge of dependencies.

A monitor (asyncio task or thread) asks each dependency every INTERVAL_S and records the answer
here; the probes only read it, so that a hanging dependency never makes a probe hang. May be used
from any thread.
"""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable

import structlog
from prometheus_client import CollectorRegistry, Gauge

from app import contract

__all__ = ["AsyncCheck", "Readiness", "dependency_gauge", "watch"]

INTERVAL_S = 1.0
CHECK_S = 5.0  # longest that one check may take
# An older answer counts as none: a thread that asks may hang with the dependency it asks.
STALE_S = 8.0

AsyncCheck = Callable[[], Awaitable[str | None]]

log = structlog.get_logger(__name__)


def dependency_gauge(registry: CollectorRegistry) -> Gauge:
    """The gauge autoserve_dependency_up; one per registry."""
    return Gauge(
        contract.DEPENDENCY_UP,
        "1 where the dependency answers, else 0.",
        ["dependency"],
        registry=registry,
    )


class Readiness:
    """Whether this replica may be sent work, and what is missing."""

    def __init__(self, *, required: tuple[str, ...], gauge: Gauge) -> None:
        self._lock = threading.Lock()
        self._gauge = gauge
        self._required = required
        self._problems: dict[str, str | None] = dict.fromkeys(required, "not checked yet")
        self._asked: dict[str, float] = {}
        self._started = False
        self._draining = False

    def record(self, dependency: str, problem: str | None) -> None:
        """Remember the latest answer of a dependency; ``problem`` is None where it serves."""
        with self._lock:
            before = self._problems.get(dependency, "not checked yet")
            self._problems[dependency] = problem
            self._asked[dependency] = time.monotonic()
        self._gauge.labels(dependency).set(0 if problem else 1)
        if problem and problem != before:
            log.warning("dependency_away", dependency=dependency, problem=problem)
        elif before and not problem:
            log.info("dependency_up", dependency=dependency)

    def started(self) -> None:
        with self._lock:
            self._started = True

    def drain(self) -> None:
        """From now on not ready; what is under way goes on."""
        with self._lock:
            self._draining = True

    @property
    def is_draining(self) -> bool:
        return self._draining

    def probe(self, path: str) -> tuple[int, dict[str, object]] | None:
        """Status and body of a probe's answer; None where ``path`` is no probe."""
        if path == contract.LIVENESS_PATH:
            return 200, {"alive": True}
        if path == contract.STARTUP_PATH:
            return (200 if self._started else 503), {"started": self._started}
        if path == contract.READINESS_PATH:
            missing = self.missing()
            return (503 if missing else 200), {"ready": not missing, "checks": missing}
        return None

    def missing(self) -> dict[str, str]:
        """What keeps this replica from being ready, by name."""
        with self._lock:
            found = {name: p for name in self._required if (p := self._problem(name))}
            if not self._started:
                found["startup"] = "the service has not started yet"
            if self._draining:
                found["drain"] = "the service is ending"
        return found

    def _problem(self, name: str) -> str | None:
        silent_s = time.monotonic() - self._asked.get(name, time.monotonic())
        if silent_s > STALE_S and not self._problems[name]:
            return f"no answer for {silent_s:.0f} s"
        return self._problems[name]


async def watch(
    readiness: Readiness, name: str, check: AsyncCheck, *, interval_s: float = INTERVAL_S
) -> None:
    """Ask one dependency again and again until cancelled."""
    while True:
        try:
            async with asyncio.timeout(CHECK_S):
                problem = await check()
        except TimeoutError:
            problem = f"no answer within {CHECK_S:g} s"
        except Exception as exc:
            log.exception("check_failed", dependency=name)
            problem = f"the check failed: {exc}"
        readiness.record(name, problem)
        await asyncio.sleep(interval_s)
