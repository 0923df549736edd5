"""The metrics of the API, in a registry of its own; their names come from app.contract.

Features count here what only they know (registrations, submitted tasks); requests are counted by
app.telemetry.requests.
"""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

from app import contract
from app.core.readiness import dependency_gauge
from app.telemetry.queue import QueueCollector

__all__ = [
    "DEPENDENCY_UP",
    "QUEUE",
    "RATE_LIMITS_SKIPPED",
    "REGISTRATIONS",
    "REGISTRY",
    "REQUESTS",
    "REQUESTS_IN_FLIGHT",
    "REQUESTS_REJECTED",
    "REQUEST_SECONDS",
    "TASKS_SUBMITTED",
]

LATENCY_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

REGISTRY = CollectorRegistry(auto_describe=True)
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)

DEPENDENCY_UP = dependency_gauge(REGISTRY)
REQUESTS = Counter(
    contract.REQUESTS_TOTAL,
    "Requests answered.",
    ["method", "route", "status"],
    registry=REGISTRY,
)
REQUEST_SECONDS = Histogram(
    contract.REQUEST_SECONDS,
    "Time from the first byte of a request to the last of its answer.",
    ["method", "route"],
    buckets=LATENCY_BUCKETS_S,
    registry=REGISTRY,
)
REQUESTS_IN_FLIGHT = Gauge(
    contract.REQUESTS_IN_FLIGHT, "Requests under way in this replica.", registry=REGISTRY
)
REQUESTS_REJECTED = Counter(
    contract.REQUESTS_REJECTED_TOTAL,
    "Requests refused before they were worked on.",
    ["reason"],
    registry=REGISTRY,
)
REGISTRATIONS = Counter(contract.REGISTRATIONS_TOTAL, "Users registered.", registry=REGISTRY)
TASKS_SUBMITTED = Counter(
    contract.TASKS_SUBMITTED_TOTAL, "Tasks accepted.", ["type"], registry=REGISTRY
)
RATE_LIMITS_SKIPPED = Counter(
    contract.RATE_LIMITS_SKIPPED_TOTAL,
    "Requests let through uncounted because Redis was away.",
    ["limiter"],
    registry=REGISTRY,
)
QUEUE = QueueCollector(REGISTRY)
