"""The metrics of worker and relay, each in the registry of its process; names come from the
contract.

The pool's children count nothing: what a run took travels back with its result to the parent, which
is scraped.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from app.core.readiness import dependency_gauge
from worker import contract

__all__ = ["RelayMetrics", "WorkerMetrics"]

RUN_BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600)


class WorkerMetrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=self.registry)
        self.dependency_up = dependency_gauge(self.registry)
        self.run_seconds = Histogram(
            contract.TASK_RUN_SECONDS,
            "How long runs of tasks took, by how they ended.",
            ["type", "outcome"],
            buckets=RUN_BUCKETS_S,
            registry=self.registry,
        )
        self.slots = Gauge(
            contract.WORKER_SLOTS, "Tasks this replica can run at once.", registry=self.registry
        )
        self.slots_busy = Gauge(
            contract.WORKER_SLOTS_BUSY, "Tasks this replica runs now.", registry=self.registry
        )


class RelayMetrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=self.registry)
        self.dependency_up = dependency_gauge(self.registry)
        self.pending = Gauge(
            contract.OUTBOX_PENDING,
            "Outbox entries that are due and not published.",
            registry=self.registry,
        )
        self.lag_seconds = Gauge(
            contract.OUTBOX_LAG_SECONDS,
            "Age of the oldest outbox entry that is due.",
            registry=self.registry,
        )
        self.published = Counter(
            contract.OUTBOX_PUBLISHED_TOTAL, "Entries handed to the broker.", registry=self.registry
        )
        self.republished = Counter(
            contract.TASKS_REPUBLISHED_TOTAL,
            "Tasks published again after a lost worker or a lost message.",
            registry=self.registry,
        )
