"""All that is known about one workload while the scaler runs; the store is only its copy.

A book belongs to the loop. Whoever else reads or changes it holds the loop's lock.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from scaler.conditions import Kind
from scaler.core import remembered
from scaler.core.anomaly import Anomaly, Detector
from scaler.core.decision import Decision, Memory
from scaler.core.feedback import Learning
from scaler.core.forecast import MEDIAN, Absence, Forecast, Track, Why
from scaler.core.forecaster import LoadForecaster
from scaler.core.judgement import Judgement
from scaler.core.retraining import Health
from scaler.core.series import Floats, Series
from scaler.judging import Ledger, Strain
from scaler.news import Situation
from scaler.records import DecisionRow, LoadRow, Replicas, Stored, Workload

__all__ = ["MOST_DECISIONS", "Book", "duration", "lower_of"]

MOST_DECISIONS = 500
MOST_ANOMALIES = 500
# Series of a book, each of which is a column of the load rows as well.
SERIES = ("load", "median", "upper", "replicas", "lower", "reactive", "floor", "desired")
# Those that reach beyond the newest step.
FORECASTS = ("median", "upper", "lower")
NOT_YET = Absence(why=Why.STARTING, sentence="no load was seen yet")


@dataclass(kw_only=True, eq=False)
class Book:
    """One workload.

    Attributes:
        load: by step, what was seen.
        keep, keep_shown: steps that are kept of the load, and of all other series.
        lower, median, upper: by step, what was forecast FOR it a horizon before.
        replicas: by step, ready replicas.
        reactive, floor, desired: by step, of its last decision: what the reactive path alone
            would be at, what the forecast asked for, what was decided.
        detector: of anomalies; none before the past was walked. Those found are in ``anomalies``.
        model, track: the forecaster in service; none before the first fit.
        said: the newest forecast, or why there is none.
        shown: what the last tick made of it: none without metrics, whatever was said before.
        memory: what the next decision has to know of the last ones.
        generation: grows when the history is replaced.
        rollbacks: how often somebody has rolled back since the start.
        situation: what was last told about it.
        ledger: decisions that wait to be judged, and what was learnt from the others.
        health: of the forecaster in service; says when it is to be fitted anew.
        version: of the model in the store; ``None`` where it is not kept.
        release: of the workload; ``None`` where nobody says.
        strain: when the workload's objective was measured and missed.
        notes: conditions that outlive a tick, such as a fit that did not serve.
        refused: what the sink said against the last tick's change; ``None`` when it took it.
        ready: replicas that took load when that was known last.
        is_lost: whether what ran the replicas is not found any more.
    """

    workload: Workload
    keep: int
    keep_shown: int
    load: Series
    median: Series
    upper: Series
    replicas: Series
    lower: Series
    reactive: Series
    floor: Series
    desired: Series
    detector: Detector | None = None
    model: LoadForecaster | None = None
    track: Track | None = None
    said: Forecast | Absence = NOT_YET
    shown: Forecast | Absence = NOT_YET
    memory: Memory = field(default_factory=Memory)
    anomalies: deque[Anomaly] = field(default_factory=lambda: deque(maxlen=MOST_ANOMALIES))
    decisions: deque[DecisionRow] = field(default_factory=lambda: deque(maxlen=MOST_DECISIONS))
    decision: Decision | None = None
    acted: bool = False
    scale: Replicas | None = None
    ready: int = 0
    asked: int | None = None
    generation: int = 0
    rollbacks: int = 0
    situation: Situation | None = None
    ledger: Ledger
    health: Health = field(default_factory=Health)
    version: str | None = None
    release: str | None = None
    strain: Strain = field(default_factory=Strain)
    notes: dict[Kind, str] = field(default_factory=dict)
    refused: str | None = None
    is_lost: bool = False

    @classmethod
    def empty(
        cls, workload: Workload, *, step_ms: int, keep: int, shown: int | None = None
    ) -> "Book":
        """``shown``: steps that are kept of what is only shown, by default as of the load."""
        none = Series(step_ms=step_ms, first=0, values=np.empty(0))
        series: dict[str, Any] = dict.fromkeys(SERIES, none)
        ledger = Ledger(learning=Learning.at(workload.policy.quantile))
        shown = keep if shown is None else min(keep, shown)
        return cls(workload=workload, keep=keep, keep_shown=shown, ledger=ledger, **series)

    @property
    def newest(self) -> int:
        """The newest step of which anything is known, forecasts included."""
        series: list[Series] = [getattr(self, name) for name in SERIES]
        return max(one.last for one in series)

    @property
    def time_to_ready_s(self) -> float | None:
        """What a new replica needs, as measured; ``None`` where nobody measures."""
        return self.scale.time_to_ready_s if self.scale else None

    @property
    def edition(self) -> tuple[int, int]:
        """What a fit is for: a new history makes it void, and a roll-back must not be undone."""
        return self.generation, self.rollbacks

    @property
    def is_pinned(self) -> bool:
        """Whether somebody rolled back to the forecaster in service, and has not let go of it."""
        return self.model is not None and Kind.MODEL_PINNED in self.notes

    @property
    def measured_horizon(self) -> int | None:
        """Steps ahead that replicas are asked for, where what they need was measured."""
        if self.track is None or self.time_to_ready_s is None:
            return None
        return self.track.horizon

    def follow(self, workload: Workload) -> None:
        """Be scaled as its target says now; another ratio of costs begins to learn anew."""
        self.workload = workload
        if self.ledger.learning.start != workload.policy.quantile:
            self.ledger.learning = Learning.at(workload.policy.quantile)

    def released(self, release: str | None) -> None:
        """Take note of the release that runs, where somebody says; another one is learnt anew."""
        if release is None:
            return
        if self.release not in (None, release):
            self.ledger.learning = self.ledger.learning.without_hints()
        self.release = release

    def restore(self, stored: Stored) -> None:
        """Put what was kept below what is known already."""
        for name in SERIES:
            self._restore_series(name, stored.rows)
        known = {(row.decision.at, row.decision.reason) for row in self.decisions}
        older = [r for r in stored.decisions if (r.decision.at, r.decision.reason) not in known]
        merged = sorted([*older, *self.decisions], key=lambda row: row.decision.at)
        self.decisions = deque(merged, maxlen=MOST_DECISIONS)

    def state(self) -> dict[str, Any]:
        """What a restart must not forget beside the rows, as JSON holds it."""
        return {
            "load_query": self.workload.load_query,
            "memory": remembered.memory_kept(self.memory),
            "learning": remembered.learning_kept(self.ledger.learning),
            "health": remembered.health_kept(self.health),
            "waiting": [remembered.taken_kept(taken) for taken in self.ledger.untaught],
        }

    def is_of(self, state: Mapping[str, Any]) -> bool:
        """Whether what was kept is of the load that is read now, as far as it says so."""
        return state.get("load_query") in (None, self.workload.load_query)

    def remember(self, state: Mapping[str, Any]) -> None:
        """Take up what was kept; what is known better by now stays."""
        if self.decision is None:
            self.memory = remembered.memory_restored(state.get("memory") or {})
        if self.health.fitted_at is None:
            self.health = remembered.health_restored(state.get("health") or {})
        if not self.ledger.learning.outcomes.verdicts:
            start = self.ledger.learning.start
            learning = remembered.learning_restored(state.get("learning") or {}, start=start)
            self.ledger.learning = learning
        waiting = remembered.waiting_restored(state.get("waiting") or ())
        self.ledger.restored(waiting, horizon_s=self.workload.policy.horizon_s)

    def replace(self, history: Series) -> None:
        """Let a given history stand in for all load up to its end; the model must learn anew."""
        live = self.load.since(history.last + 1)
        self.load = history.extended(live.first, live.values, keep=self.keep)
        for name in SERIES:
            if name != "load":
                setattr(self, name, getattr(self, name).since(history.last + 1))
        self.model = self.version = self.track = self.detector = None
        self.notes.pop(Kind.MODEL_PINNED, None)
        self.anomalies.clear()
        self.said = Absence(why=Why.FITTING, sentence="the history was replaced: learning from it")
        self.memory = replace(self.memory, floor=None)
        self.health = Health()
        self.generation += 1

    def saw(self, first: int, values: Floats, *, ready: int | None) -> list[LoadRow]:
        """Write down load from step ``first`` on; the rows that are to be kept."""
        self.load = self.load.extended(first, values, keep=self.keep)
        last = first + len(values) - 1
        if ready is not None:
            self.replicas = self.replicas.extended(
                last, np.array([float(ready)]), keep=self.keep_shown
            )
        return [
            self._row(
                step,
                load=float(value) if np.isfinite(value) else None,
                replicas=ready if step == last else None,
            )
            for step, value in enumerate(values, start=first)
        ]

    def filled(self, first: int, values: Floats) -> Series:
        """Write down load of before where none is known; what is to be kept, a gap where not."""
        known = self.load.between(first, first + len(values) - 1)
        is_new = np.isfinite(values) & ~np.isfinite(known)
        merged = np.where(np.isfinite(known), known, values)
        self.load = self.load.extended(first, merged, keep=self.keep)
        self.detector = None  # it has not walked them
        news = np.where(is_new, values, np.nan)
        return Series(step_ms=self.load.step_ms, first=first, values=news)

    def foresaw(self, forecast: Forecast) -> LoadRow:
        """Write down a forecast at the step that it is for."""
        step = forecast.step + forecast.ahead
        self.median = self.median.extended(step, np.array([forecast.median]), keep=self.keep_shown)
        self.upper = self.upper.extended(step, np.array([forecast.upper]), keep=self.keep_shown)
        lower = lower_of(forecast)
        if lower is not None:
            self.lower = self.lower.extended(step, np.array([lower]), keep=self.keep_shown)
        return self._row(step, lower=lower, median=forecast.median, upper=forecast.upper)

    def decided(self, step: int, decision: Decision) -> list[LoadRow]:
        """Write down what was decided in a step; a row when it differs from what is kept of it."""
        values = {
            "reactive": decision.reactive if decision.alone is None else decision.alone,
            "floor": decision.floor,
            "desired": decision.to_replicas,
        }
        known = {name: value for name, value in values.items() if value is not None}
        changed = False
        for name, value in known.items():
            series: Series = getattr(self, name)
            if series.at(step) != value:
                changed = True
                last = np.array([float(value)])
                setattr(self, name, series.extended(step, last, keep=self.keep_shown))
        return [self._row(step, **known)] if changed else []

    def worth_keeping(self, row: DecisionRow) -> tuple[DecisionRow, ...]:
        """A decision that is acted on, or that differs from the last one that was kept."""
        last = self.decision
        self.decision, self.acted = row.decision, row.acted
        if not row.acted and last is not None and _kind(last) == _kind(row.decision):
            return ()
        self.decisions.append(row)
        return (row,)

    def judged(self, judgement: Judgement) -> DecisionRow | None:
        """Put a judgement to its decision; ``None`` when that one was not worth keeping."""
        for index in range(len(self.decisions) - 1, -1, -1):
            row = self.decisions[index]
            if row.decision.at < judgement.at:
                return None
            if row.decision.at == judgement.at:
                self.decisions[index] = replace(row, judgement=judgement)
                return self.decisions[index]
        return None

    def forget_after(self, step: int, *, ahead: int) -> None:
        """Drop what is of steps that have not been: the clock was wrong when it was written.

        Args:
            ahead: steps that forecasts may be for beyond it.
        """
        if self.load.last > step and len(self.load.values):
            self.track = None if self.track and self.track.step > step else self.track
            self.detector = None
        for name in SERIES:
            series: Series = getattr(self, name)
            last = step + ahead if name in FORECASTS else step
            if series.last > last:
                setattr(self, name, series.until(last))

    def _row(self, step: int, **values: Any) -> LoadRow:
        return LoadRow(workload=self.workload.name, step_ms=self.load.step_ms, step=step, **values)

    def _restore_series(self, name: str, rows: tuple[LoadRow, ...]) -> None:
        values = {row.step: getattr(row, name) for row in rows if getattr(row, name) is not None}
        if not values:
            return
        first, last = min(values), max(values)
        array = np.full(last - first + 1, np.nan)
        array[np.array(list(values)) - first] = list(values.values())
        stored = Series(step_ms=self.load.step_ms, first=first, values=array)
        live: Series = getattr(self, name)
        keep = self.keep if name == "load" else self.keep_shown
        stored = stored.since(stored.last - keep + 1)
        setattr(self, name, stored.extended(live.first, live.values, keep=keep))


def _kind(decision: Decision) -> tuple[object, ...]:
    """What makes two decisions the same news."""
    return (
        decision.from_replicas,
        decision.to_replicas,
        decision.load is None,
        decision.floor is None,
    )


def lower_of(forecast: Forecast) -> float | None:
    """The lowest quantile at the horizon; ``None`` when none below the median was made."""
    return forecast.lower if forecast.levels[0] < MEDIAN else None


def duration(seconds: float) -> str:
    """Seconds in the unit a person would use."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.3g} s"
