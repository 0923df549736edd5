"""What the platform says of itself while a replay runs, read over its REST API."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from infra.local.demo.client import Client, DemoError, Json

WORKLOAD = "worker"
LATEST = 20  # decisions: more than are made between two looks


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One look at the scaled workload.

    Attributes:
        at: unix seconds.
        load: slots in use and wanted; None before the first measurement.
        forecast: median of the load one horizon ahead; None with ``why_none``.
        upper: the quantile of it that replicas are made ready for; None where there is none.
        level: which quantile that is, in (0, 1).
        reactive: replicas that the reactive path alone would be at; None where nobody knows.
        decision: the sentence of the decision that ``desired`` follows from, or of the latest.
    """

    at: float
    queued: float | None
    load: float | None
    forecast: float | None
    upper: float | None
    level: float | None
    why_none: str
    desired: int
    ready: int
    minimum: int
    maximum: int
    reactive: int | None
    decision: str


def observe(client: Client) -> Observation:
    """A look at the worker, now."""
    workloads = {item["name"]: item for item in client.get("/scaling/workloads")}
    if WORKLOAD not in workloads:
        raise DemoError(f"the scaler has no workload {WORKLOAD!r}; it has {sorted(workloads)}")
    return observation_of(
        workloads[WORKLOAD],
        client.get("/platform/overview", window_s=60),
        client.get("/scaling/decisions", workload=WORKLOAD, limit=LATEST),
        at=time.time(),
    )


def observation_of(
    workload: Json, overview: Json, decisions: Sequence[Json], *, at: float
) -> Observation:
    """An Observation from the API's three documents; the decisions are the latest, newest first."""
    forecast, replicas = workload["forecast"], workload["replicas"]
    decision = workload.get("decision") or {}
    desired = int(replicas.get("desired") or 0)
    changed = (each for each in decisions if each["from_replicas"] != each["to_replicas"])
    change = next((each for each in changed if each["to_replicas"] == desired), decision)
    depth = overview.get("queue_depth") or []
    is_ready = forecast["status"] == "ready"
    return Observation(
        at=at,
        queued=_number(depth[-1][1]) if depth else None,
        load=_number(workload.get("load")),
        forecast=_number(forecast.get("value")) if is_ready else None,
        upper=_number(forecast.get("upper")) if is_ready else None,
        level=_number(forecast.get("quantile")) if is_ready else None,
        why_none=str(forecast.get("reason") or ""),
        desired=desired,
        ready=int(replicas.get("ready") or 0),
        minimum=int(replicas["minimum"]),
        maximum=int(replicas["maximum"]),
        reactive=(decision.get("details") or {}).get("alone"),
        decision=str(change.get("reason") or ""),
    )


class Watcher:
    """Looks at the platform every ``period_s`` seconds in a thread of its own, as a context."""

    def __init__(
        self, client: Client, *, period_s: float, show: Callable[[Observation], None]
    ) -> None:
        self._client = client
        self._period_s = period_s
        self._show = show
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)
        self.observations: list[Observation] = []
        self.missed = 0

    def __enter__(self) -> "Watcher":
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._end.set()
        self._thread.join(timeout=60)

    def _look(self) -> None:
        while not self._end.is_set():
            try:
                seen = observe(self._client)
            except DemoError:
                self.missed += 1
            else:
                self.observations.append(seen)
                self._show(seen)
            self._end.wait(self._period_s)


def moment(value: Any) -> float:
    """Unix seconds of a time in the API's answers: ISO-8601 or already a number."""
    if isinstance(value, int | float):
        return float(value)
    return datetime.fromisoformat(str(value)).timestamp()


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
