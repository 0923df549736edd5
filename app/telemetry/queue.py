"""The figures of the task queue, as every replica of the API reads them from the database.

The reading itself belongs to app.tasks; this module says its shape, keeps the last one, and shows
it to Prometheus.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from app import contract
from app.core.errors import AutoServeError

__all__ = ["QueueCollector", "QueueFigures", "refresh"]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class QueueFigures:
    """The queue at one moment."""

    in_state: Mapping[str, int]  # tasks by state
    completions: Mapping[tuple[str, str], int]  # all finished tasks by (type, outcome)
    oldest_wait_s: float  # age of the oldest task that waits; 0 where none does


class QueueCollector(Collector):
    """Shows the last figures; nothing before the first reading, so that no zero is invented."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.figures: QueueFigures | None = None
        registry.register(self)

    def describe(self) -> list[Metric]:
        return list(_families(QueueFigures(in_state={}, completions={}, oldest_wait_s=0.0)))

    def collect(self) -> Iterator[Metric]:
        if self.figures is not None:
            yield from _families(self.figures)


async def refresh(
    collector: QueueCollector,
    read: Callable[[], Awaitable[QueueFigures]],
    *,
    interval_s: float,
) -> None:
    """Read the figures every ``interval_s``; forgets them while the database is away."""
    while True:
        try:
            collector.figures = await read()
        except AutoServeError:
            collector.figures = None  # readiness says why
        except Exception:
            collector.figures = None
            log.exception("queue_figures_failed")
        await asyncio.sleep(interval_s)


def _families(figures: QueueFigures) -> Iterator[Metric]:
    states = GaugeMetricFamily(contract.TASKS_IN_STATE, "Tasks by state.", labels=["state"])
    for state, count in figures.in_state.items():
        states.add_metric([state], count)
    yield states
    completions = CounterMetricFamily(
        contract.TASK_COMPLETIONS_TOTAL, "Tasks finished.", labels=["type", "outcome"]
    )
    for (kind, outcome), count in figures.completions.items():
        completions.add_metric([kind, outcome], count)
    yield completions
    yield GaugeMetricFamily(
        contract.QUEUE_WAIT_SECONDS,
        "Age of the oldest task that waits.",
        value=figures.oldest_wait_s,
    )
