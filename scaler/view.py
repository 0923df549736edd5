"""What the loop shows of itself, in the shapes of the HTTP API."""

import time
from datetime import datetime
from math import ceil
from typing import Any

import numpy as np

from scaler.book import Book, duration
from scaler.core.anomaly import Anomaly
from scaler.core.capacity import Capacity
from scaler.core.decision import Observation
from scaler.core.floor_cost import FloorCost, floor_cost
from scaler.core.forecast import MEDIAN, Absence, Forecast
from scaler.core.series import Floats, Series
from scaler.detecting import hold_in
from scaler.explanation import explanation_of
from scaler.loop import Loop
from scaler.ports import Clock
from scaler.records import DecisionRow, NoDecisionError, UnknownWorkloadError
from scaler.steering import control_shown, model_shown

__all__ = ["View"]

# A loop that has not ticked for so long hangs: longer than all time-outs of one tick.
HUNG_AFTER_S = 60.0
HUNG_AFTER_TICKS = 10
# Names of the API, and the series of a book that they are.
SERIES = {
    "actual": "load",
    "forecast": "median",
    "lower": "lower",
    "upper": "upper",
    "replicas": "replicas",
    "reactive": "reactive",
    "floor": "floor",
    "desired": "desired",
}


class View:
    """A ``Scaling`` over a loop; safe to call from any thread."""

    def __init__(self, loop: Loop, *, clock: Clock) -> None:
        self._loop = loop
        self._clock = clock
        self._began = time.monotonic()

    def workloads(self) -> list[dict[str, Any]]:
        with self._loop.lock:
            return [self._workload(book) for book in self._loop.books.values()]

    def series(self, workload: str, *, window_s: float) -> dict[str, list[tuple[float, float]]]:
        book = self._book(workload)
        oldest = self._clock.now().timestamp() - window_s
        with self._loop.lock:
            return {name: _points(getattr(book, its), oldest) for name, its in SERIES.items()}

    def forecast(self, workload: str) -> dict[str, Any]:
        book = self._book(workload)
        with self._loop.lock:
            return {
                "workload": workload,
                "load_unit": book.workload.policy.load_unit,
                **self._forecast(book),
                "path": _path(book.shown, book.load),
                "history": {
                    "covered_s": book.load.known * self._loop.timing.step_s,
                    "needed_s": self._loop.timing.min_history_s,
                },
            }

    def decisions(self, workload: str | None, *, limit: int) -> list[dict[str, Any]]:
        names = [workload] if workload else list(self._loop.books)
        with self._loop.lock:
            rows = [row for name in names for row in self._book(name).decisions]
        newest = sorted(rows, key=lambda row: row.decision.at, reverse=True)[:limit]
        return [row.shown() for row in newest]

    def explanation(self, workload: str, *, at: datetime | None) -> dict[str, Any]:
        book = self._book(workload)
        with self._loop.lock:
            row = self._newest(book) if at is None else _in_force(book, at)
        if row is None:
            raise NoDecisionError(workload, at)
        return {**explanation_of(row), "external": self._external(book)}

    def what_if(
        self, workload: str, *, load: float, ready: int | None, current: int | None
    ) -> dict[str, Any]:
        book = self._book(workload)
        now = self._clock.now()
        with self._loop.lock:
            there = self._replicas(book)
            observation = Observation(
                load=load,
                ready=there["ready"] if ready is None else ready,
                current=there["desired"] if current is None else current,
                rollout=book.scale.rollout if book.scale else None,
                frozen=self._loop.controls.frozen(workload, now),
                hold_in=hold_in(book, self._loop.timing.step(now)),
            )
            decision = self._loop.would_decide(book, observation, now=now)
        mode = self._loop.controls.mode(workload)
        found = explanation_of(DecisionRow(decision=decision, mode=mode, acted=False))
        return {**found, "external": self._external(book)}

    def cost(self, workload: str, *, window_s: float) -> dict[str, Any]:
        book = self._book(workload)
        step_s = self._loop.timing.step_s
        now_s = self._clock.now().timestamp()
        with self._loop.lock:
            policy = self._loop.policy_of(book)  # by which it is decided: what was learnt counts
            last = book.load.last
            first = max(ceil((now_s - window_s) / step_s), book.load.first)
            load, reactive, desired = (
                _between(series, first, last) for series in (book.load, book.reactive, book.desired)
            )
        cost = floor_cost(
            load=load,
            reactive=reactive,
            desired=desired,
            capacity=policy.capacity,
            step_s=step_s,
            startup_s=policy.startup_s,
        )
        return {
            "workload": workload,
            "window_s": window_s,
            "mode": self._loop.controls.mode(workload),
            "known_s": cost.known_s,
            "replica_hours": cost.replica_hours,
            "reactive_replica_hours": cost.reactive_replica_hours,
            "extra_replica_hours": cost.extra_replica_hours,
            "short_s": cost.short_s,
            "reactive_short_s": cost.reactive_short_s,
            "avoided_short_s": cost.avoided_short_s,
            "sentence": _sentence(cost),
        }

    def anomalies(self, workload: str, *, window_s: float) -> list[dict[str, Any]]:
        book = self._book(workload)
        oldest = self._clock.now().timestamp() - window_s
        with self._loop.lock:
            found = [a for a in book.anomalies if book.load.time_s(a.at_step) >= oldest]
            return [_anomaly_shown(anomaly, book.load) for anomaly in reversed(found)]

    def models(self, workload: str) -> list[dict[str, Any]]:
        book = self._book(workload)
        return [
            model_shown(kept, serving=book.version, is_pinned=book.is_pinned)
            for kept in self._loop.learner.versions(workload)
        ]

    def conditions(self) -> dict[str, dict[str, str]]:
        with self._loop.lock:
            names = list(self._loop.books)
        found = {name: self._loop.conditions.of(name) for name in names}
        return {
            name: {str(one.kind): one.sentence for one in conditions}
            for name, conditions in found.items()
            if conditions
        }

    def checks(self) -> dict[str, str]:
        if not self.has_started():
            return {"loop": "the first tick is under way"}
        return {d.name: d.problem for d in self._loop.dependencies if d.problem}

    def is_alive(self) -> bool:
        last = self._loop.ticked_at or self._began
        allowed = max(HUNG_AFTER_S, HUNG_AFTER_TICKS * self._loop.timing.tick_s)
        return time.monotonic() - last < allowed

    def has_started(self) -> bool:
        return self._loop.ticked_at is not None

    def _book(self, workload: str) -> Book:
        book = self._loop.books.get(workload)
        if book is None:
            raise UnknownWorkloadError(workload, sorted(self._loop.books))
        return book

    def _workload(self, book: Book) -> dict[str, Any]:
        name, policy, newest = book.workload.name, book.workload.policy, self._newest(book)
        learnt, capacity = self._loop.capacities.capacity(name), self._loop.policy_of(book).capacity
        control = control_shown(self._loop.controls.of(name), self._clock.now())
        return {
            "name": name,
            "mode": control["mode"],
            "control": control,
            "replicas": self._replicas(book),
            "load": book.decision.load if book.decision else None,
            "load_unit": policy.load_unit,
            "capacity": capacity,
            "capacity_lower": learnt.lower,
            "capacity_upper": learnt.upper,
            "capacity_because": _because(learnt, capacity),
            "forecast": self._forecast(book),
            "decision": newest.shown() if newest else None,
            "conditions": [
                {"kind": str(c.kind), "sentence": c.sentence, "since": c.since.isoformat()}
                for c in self._loop.conditions.of(name)
            ],
            "learning": _learning(book),
            "model": book.version,
            "external": self._external(book),
        }

    def _external(self, book: Book) -> dict[str, Any]:
        """The external factors of a workload, as its forecaster sees them now."""
        return self._loop.factors.shown(book.workload, book.model)

    def _replicas(self, book: Book) -> dict[str, int]:
        policy, decision, scale = book.workload.policy, book.decision, book.scale
        ready = scale.ready if scale else (decision.from_replicas if decision else 0)
        desired = scale.desired if scale else ready
        if decision and book.acted:
            desired = decision.to_replicas
        return {
            "desired": desired,
            "ready": ready,
            "minimum": policy.minimum,
            "maximum": policy.maximum,
        }

    def _forecast(self, book: Book) -> dict[str, Any]:
        shown = book.shown
        if isinstance(shown, Absence):
            return {
                "status": "none",
                "why": str(shown.why),
                "reason": shown.sentence,
                "basis": None,
                "at": None,
                "value": None,
                "upper": None,
                "quantile": book.ledger.learning.level,
                "skill": None,
            }
        return {
            "status": "ready",
            "why": None,
            "reason": f"{shown.basis}: skill {shown.skill:.2f} against persistence",
            "basis": shown.basis or None,
            "at": book.load.time_s(shown.step + shown.ahead),
            "value": shown.median,
            "upper": shown.upper,
            "quantile": shown.levels[-1],
            "skill": shown.skill,
        }

    def _newest(self, book: Book) -> DecisionRow | None:
        if book.decision is None:
            return None
        mode = self._loop.controls.mode(book.workload.name)
        return DecisionRow(decision=book.decision, mode=mode, acted=book.acted)


def _because(learnt: Capacity, used: float) -> str:
    """Why so much is taken for the capacity; never more than is configured, whatever is learnt."""
    if used == learnt.value:
        return learnt.explanation
    return (
        f"{learnt.explanation} It is decided by the {used:.3g} that are configured: by more, fewer "
        "replicas would be kept than a plain autoscaler keeps."
    )


def _learning(book: Book) -> dict[str, Any]:
    """What judged decisions were and taught."""
    learning, judged = book.ledger.learning, book.ledger.judged
    return {
        "verdicts": dict(learning.outcomes.verdicts),
        "regret_replica_hours": learning.outcomes.regret,
        "quantile": learning.level,
        "because": learning.why,
        "last": judged[-1].shown() if judged else None,
    }


def _anomaly_shown(anomaly: Anomaly, load: Series) -> dict[str, Any]:
    return {
        "at": load.time_s(anomaly.at_step),
        "since": load.time_s(anomaly.since_step),
        "kind": str(anomaly.kind),
        "direction": str(anomaly.direction),
        "score": anomaly.score,
        "observed": anomaly.observed if np.isfinite(anomaly.observed) else None,
        "expected": anomaly.expected if np.isfinite(anomaly.expected) else None,
        "explanation": anomaly.explanation,
    }


def _in_force(book: Book, at: datetime) -> DecisionRow | None:
    """The last decision that was kept up to a time: later ones like it are not kept."""
    return next((row for row in reversed(book.decisions) if row.decision.at <= at), None)


def _path(said: Forecast | Absence, load: Series) -> list[dict[str, float | None]]:
    """The forecast at each lead; empty without one."""
    if isinstance(said, Absence):
        return []
    median = said.levels.index(MEDIAN)
    return [
        {
            "at": load.time_s(said.step + lead),
            "ahead_s": lead * load.step_s,
            "lower": float(row[0]) if median else None,
            "median": float(row[median]),
            "upper": float(row[-1]),
        }
        for lead, row in zip(said.leads, said.quantiles, strict=True)
    ]


def _between(series: Series, first: int, last: int) -> Floats:
    """The values of steps ``first`` to ``last``, NaN where nothing is kept."""
    values = np.full(max(0, last - first + 1), np.nan)
    low, high = max(first, series.first), min(last, series.last)
    if low <= high:
        values[low - first : high - first + 1] = series.values[
            low - series.first : high - series.first + 1
        ]
    return values


def _sentence(cost: FloorCost) -> str:
    if not cost.known_s:
        return "No decision of this window is known yet."
    share = 100 * cost.extra_replica_hours / (cost.reactive_replica_hours or 1)
    return (
        f"In {duration(cost.known_s)} the floor asked for {cost.extra_replica_hours:.3g} "
        f"replica-hours above the reactive count ({share:+.1f} %) and spared the load an estimated "
        f"{duration(cost.avoided_short_s)} with too few replicas "
        f"({duration(cost.short_s)} instead of {duration(cost.reactive_short_s)})."
    )


def _points(series: Series, oldest_s: float) -> list[tuple[float, float]]:
    recent = series.since(int(oldest_s / series.step_s))
    known = np.flatnonzero(np.isfinite(recent.values))
    return [(recent.time_s(recent.first + int(i)), float(recent.values[i])) for i in known]
