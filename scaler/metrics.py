"""The scaler's own metrics; names and labels are in the contract."""

import time
from collections.abc import Callable
from threading import Lock

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from scaler import contract
from scaler.core.anomaly import Anomaly
from scaler.core.decision import Decision, Policy
from scaler.core.forecast import Absence, Forecast
from scaler.core.judgement import Judgement
from scaler.records import Replicas

__all__ = ["Metrics"]

FIT_BUCKETS_S = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
TICK_BUCKETS_S = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)


class Metrics:
    """One set of metrics in a registry of its own; safe to use from any thread."""

    def __init__(self, *, may_hold: Callable[[], bool] = lambda: True) -> None:
        """``may_hold`` says at each scrape whether a floor may be exported by this process."""
        self._may_hold = may_hold
        self._held: dict[str, tuple[int, float]] = {}
        self._levels: dict[str, tuple[float, ...]] = {}
        self._scrape = Lock()
        self.registry = CollectorRegistry()
        workload = ("workload",)
        self._load = self._gauge(contract.LOAD, "Load now, in the workload's unit.", workload)
        self._forecast = self._gauge(
            contract.FORECAST, "Load forecast for the horizon.", (*workload, "quantile")
        )
        self._floor = self._gauge(
            contract.FLOOR_REPLICAS,
            "Replicas that others shall keep; 0 for none.",
            workload,
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
        self._found = self._gauge(
            contract.TARGET_FOUND, "Whether what runs the workload's replicas was found.", workload
        )
        self._left_alone = Gauge(
            contract.TARGETS_LEFT_ALONE,
            "Objects that ask to be scaled and cannot be: the log and their Events say why.",
            registry=self.registry,
        )
        self._to_ready = self._gauge(
            contract.TIME_TO_READY,
            "What a new replica took of late until it was ready: a high percentile.",
            workload,
        )
        self._writer = Gauge(
            contract.WRITER, "Whether this process may act.", registry=self.registry
        )
        self._writer.set_function(lambda: int(self._may_hold()))
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
        self._unusable = Counter(
            contract.UNUSABLE_ANSWERS_TOTAL,
            "Answers about the load that could not be used, by reason.",
            ("workload", "reason"),
            registry=self.registry,
        )
        self._fits = Histogram(
            contract.FIT_SECONDS,
            "Time a fit took.",
            workload,
            buckets=FIT_BUCKETS_S,
            registry=self.registry,
        )
        self._mode = self._gauge(
            contract.MODE_NOW, "1 for the mode that it is in.", ("workload", "mode")
        )
        self._conditions = self._gauge(
            contract.CONDITION, "What is not as usual; 1 while it holds.", ("workload", "condition")
        )
        self._anomalies = Counter(
            contract.ANOMALIES_TOTAL,
            "What was out of the ordinary in the load.",
            ("workload", "kind", "direction"),
            registry=self.registry,
        )
        self._judgements = Counter(
            contract.JUDGEMENTS_TOTAL,
            "Decisions judged, by verdict.",
            ("workload", "verdict"),
            registry=self.registry,
        )
        self._regret = Counter(
            contract.REGRET_TOTAL,
            "Cost of the judged decisions above that of the best counts, in replica-hours.",
            workload,
            registry=self.registry,
        )
        self._quantile = self._gauge(
            contract.QUANTILE, "Level of the forecast that becomes the floor.", workload
        )
        self._capacity = self._gauge(
            contract.CAPACITY, "Load that one replica sustains, at most as configured.", workload
        )
        self._ticks = Histogram(
            contract.TICK_SECONDS,
            "Time a tick of all workloads took.",
            buckets=TICK_BUCKETS_S,
            registry=self.registry,
        )
        self._fits_waiting = Gauge(
            contract.FITS_WAITING, "Fits that have not begun.", registry=self.registry
        )
        self._of_workloads = (
            self._conditions,
            self._anomalies,
            self._judgements,
            self._regret,
            self._quantile,
            self._capacity,
            self._mode,
            self._load,
            self._forecast,
            self._floor,
            self._reactive,
            self._desired,
            self._ready,
            self._found,
            self._to_ready,
            self._decisions,
            self._unusable,
            self._fits,
        )
        self._reasons: dict[str, str] = {}

    def decided(self, decision: Decision, *, acted: bool, counts: bool = True) -> None:
        """``counts``: whether it is this process that decides, and no other one counts it too."""
        name = decision.workload
        self._desired.labels(name).set(decision.to_replicas)
        if decision.load is not None:
            self._load.labels(name).set(decision.load)
        if decision.reactive is not None:
            self._reactive.labels(name).set(decision.reactive)
        if counts:
            self._decisions.labels(name, decision.direction, str(acted).lower()).inc()

    def mode(self, workload: str, mode: str) -> None:
        for one in contract.MODES:
            self._mode.labels(workload, one).set(int(one == mode))

    def off(self, workload: str) -> None:
        """Nothing is decided any more: what was decided last no longer holds."""
        for gauge in (self._desired, self._reactive):
            gauge.remove_by_labels({"workload": workload})

    def held(self, workload: str, replicas: int, *, for_s: float) -> None:
        """The floor that is exported for so long, unless it is said anew; 0 for none."""
        self._held[workload] = replicas, time.monotonic() + for_s

    def said(self, workload: str, said: Forecast | Absence) -> None:
        """The forecast, or its reason; series of what no longer holds are removed."""
        is_ready = isinstance(said, Forecast)
        reason = "ready" if isinstance(said, Forecast) else str(said.why)
        last = self._reasons.get(workload)
        if last not in (None, reason):
            self._ready.remove(workload, last)
        self._reasons[workload] = reason
        self._ready.labels(workload, reason).set(int(is_ready))
        levels = said.levels if isinstance(said, Forecast) else ()
        if self._levels.get(workload, ()) != levels:  # the upper one follows outcomes
            self._forecast.remove_by_labels({"workload": workload})
        self._levels[workload] = levels
        if isinstance(said, Forecast):
            for level, value in zip(said.levels, said.until_horizon[-1], strict=True):
                self._forecast.labels(workload, f"{level:g}").set(float(value))

    def scaled(self, workload: str, replicas: Replicas | None) -> None:
        """What whoever runs the replicas says of them; ``None`` where nobody answered for them."""
        self._found.labels(workload).set(int(replicas is not None))
        if replicas is not None and replicas.time_to_ready_s is not None:
            self._to_ready.labels(workload).set(replicas.time_to_ready_s)

    def left_alone(self, targets: int) -> None:
        self._left_alone.set(targets)

    def forget(self, workload: str) -> None:
        """Remove every series of a workload that is scaled here no longer."""
        self._held.pop(workload, None)
        self._reasons.pop(workload, None)
        self._levels.pop(workload, None)
        for metric in self._of_workloads:
            metric.remove_by_labels({"workload": workload})

    def anomaly(self, workload: str, anomaly: Anomaly) -> None:
        self._anomalies.labels(workload, anomaly.kind, anomaly.direction).inc()

    def judged(self, workload: str, judgement: Judgement) -> None:
        self._judgements.labels(workload, judgement.verdict).inc()
        self._regret.labels(workload).inc(judgement.regret)

    def sized(self, policy: Policy) -> None:
        """What a decision is sized by, both learnt."""
        self._quantile.labels(policy.workload).set(policy.quantile)
        self._capacity.labels(policy.workload).set(policy.capacity)

    def condition(self, workload: str, kind: str, *, holds: bool) -> None:
        if holds:
            self._conditions.labels(workload, kind).set(1)
        else:
            self._conditions.remove(workload, kind)

    def ticked(self, seconds: float, *, fits_waiting: int) -> None:
        self._ticks.observe(seconds)
        self._fits_waiting.set(fits_waiting)

    def unusable(self, workload: str, reason: str) -> None:
        """An answer about the load that could not be used."""
        self._unusable.labels(workload, reason).inc()

    def failed(self, dependency: str) -> None:
        self._failures.labels(dependency).inc()

    def dependency(self, name: str, *, is_up: bool) -> None:
        self._dependencies.labels(name).set(int(is_up))

    def fitted(self, workload: str, seconds: float) -> None:
        self._fits.labels(workload).observe(seconds)

    def exposition(self) -> bytes:
        with self._scrape:  # the floors of one scrape are made anew: no other one sees them half
            self._export_floors()
            return generate_latest(self.registry)

    def _export_floors(self) -> None:
        """A floor that nobody says anew must not outlive its time, nor one its right to be said."""
        self._floor.clear()
        if not self._may_hold():
            return
        now = time.monotonic()
        for name, (replicas, until) in tuple(self._held.items()):
            self._floor.labels(name).set(replicas if now < until else 0)

    def _gauge(self, name: str, text: str, labels: tuple[str, ...]) -> Gauge:
        return Gauge(name, text, labels, registry=self.registry)
