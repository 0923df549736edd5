"""The scaler's own metrics; names and labels are in the contract."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from scaler import contract
from scaler.core.decision import Decision
from scaler.core.forecast import Absence, Forecast

__all__ = ["Metrics"]

FIT_BUCKETS_S = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)


class Metrics:
    """One set of metrics in a registry of its own; safe to use from any thread."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        workload = ("workload",)
        self._load = self._gauge(contract.LOAD, "Load now, in the workload's unit.", workload)
        self._forecast = self._gauge(
            contract.FORECAST, "Load forecast for the horizon.", (*workload, "quantile")
        )
        self._floor = self._gauge(
            contract.FLOOR_REPLICAS, "Replicas the forecast asks for; 0 without one.", workload
        )
        self._reactive = self._gauge(
            contract.REACTIVE_REPLICAS, "Replicas the reactive path asks for.", workload
        )
        self._desired = self._gauge(contract.DESIRED_REPLICAS, "Replicas decided.", workload)
        self._ready = self._gauge(
            contract.FORECAST_READY,
            "Whether there is a forecast, and why not.",
            ("workload", "reason"),
        )
        self._dependencies = self._gauge(
            contract.DEPENDENCY_UP, "Whether a dependency answered last.", ("dependency",)
        )
        self._decisions = Counter(
            contract.DECISIONS_TOTAL,
            "Decisions taken.",
            ("workload", "direction", "acted"),
            registry=self.registry,
        )
        self._failures = Counter(
            contract.TICK_FAILURES_TOTAL,
            "What failed in a tick, by dependency.",
            ("dependency",),
            registry=self.registry,
        )
        self._fits = Histogram(
            contract.FIT_SECONDS,
            "Time a fit took.",
            workload,
            buckets=FIT_BUCKETS_S,
            registry=self.registry,
        )
        self._reasons: dict[str, str] = {}

    def decided(self, decision: Decision, *, acted: bool) -> None:
        name = decision.workload
        self._desired.labels(name).set(decision.to_replicas)
        self._floor.labels(name).set(decision.floor or 0)
        if decision.load is not None:
            self._load.labels(name).set(decision.load)
        if decision.reactive is not None:
            self._reactive.labels(name).set(decision.reactive)
        self._decisions.labels(name, decision.direction, str(acted).lower()).inc()

    def said(self, workload: str, said: Forecast | Absence) -> None:
        """The forecast, or its reason; series of what no longer holds are removed."""
        is_ready = isinstance(said, Forecast)
        reason = "ready" if isinstance(said, Forecast) else str(said.why)
        last = self._reasons.get(workload)
        if last not in (None, reason):
            self._ready.remove(workload, last)
        self._reasons[workload] = reason
        self._ready.labels(workload, reason).set(int(is_ready))
        if isinstance(said, Forecast):
            for level, value in zip(said.levels, said.quantiles[-1], strict=True):
                self._forecast.labels(workload, f"{level:g}").set(float(value))
        elif last == "ready":
            self._forecast.remove_by_labels({"workload": workload})

    def failed(self, dependency: str) -> None:
        self._failures.labels(dependency).inc()

    def dependency(self, name: str, *, is_up: bool) -> None:
        self._dependencies.labels(name).set(int(is_up))

    def fitted(self, workload: str, seconds: float) -> None:
        self._fits.labels(workload).observe(seconds)

    def exposition(self) -> bytes:
        return generate_latest(self.registry)

    def _gauge(self, name: str, text: str, labels: tuple[str, ...]) -> Gauge:
        return Gauge(name, text, labels, registry=self.registry)
