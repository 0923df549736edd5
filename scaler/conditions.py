"""What is not as usual with a workload, said in three places: a metric, a log line and the view.

A condition is a state, not an event: it is there from the tick that finds it to the first that does
not. The loop collects what a tick found and tells it here once; only changes are logged.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import structlog

from scaler.metrics import Metrics

__all__ = ["Condition", "Conditions", "Kind"]

log = structlog.get_logger()


class Kind(StrEnum):
    """Which condition; for a metric, where a sentence cannot stand."""

    NO_METRICS = "no_metrics"
    MISSING_DATA = "missing_data"
    FILLING = "filling"
    ANOMALY = "anomaly"
    FORECAST_BROKEN = "forecast_broken"
    FORECAST_WRONG = "forecast_wrong"
    FORECAST_CAPPED = "forecast_capped"
    FLOOR_HELD = "floor_held"
    FLOOR_EXPIRED = "floor_expired"
    NO_FORECAST = "no_forecast"
    AT_MAXIMUM = "at_maximum"
    NOT_THE_WRITER = "not_the_writer"
    SCALE_UNKNOWN = "scale_unknown"
    SCALE_REFUSED = "scale_refused"
    ROLLOUT = "rollout"
    FROZEN = "frozen"
    MODEL_REFUSED = "model_refused"
    MODEL_PINNED = "model_pinned"
    NOT_PROMOTED = "not_promoted"
    FIT_FAILED = "fit_failed"
    FACTOR_MISSING = "factor_missing"
    CAPACITY_DOUBTED = "capacity_doubted"


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One condition of a workload, since when, and what it means in a sentence."""

    kind: Kind
    sentence: str
    since: datetime


class Conditions:
    """The conditions of all workloads. Told by the loop's thread; read from any."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._known: dict[str, tuple[Condition, ...]] = {}

    def of(self, workload: str) -> tuple[Condition, ...]:
        return self._known.get(workload, ())

    def tell(self, workload: str, found: Mapping[Kind, str], *, now: datetime) -> None:
        """What a tick found; what it did not find any more is over."""
        before = {condition.kind: condition for condition in self.of(workload)}
        after = []
        for kind, sentence in found.items():
            since = before[kind].since if kind in before else now
            after.append(Condition(kind=kind, sentence=sentence, since=since))
            if kind not in before:
                self._metrics.condition(workload, kind, holds=True)
                log.warning("condition", workload=workload, condition=kind, detail=sentence)
        for kind in before.keys() - found.keys():
            self._metrics.condition(workload, kind, holds=False)
            log.info("condition over", workload=workload, condition=kind)
        self._known[workload] = tuple(after)

    def forget(self, workload: str) -> None:
        """A workload that is not scaled any more has none."""
        for condition in self._known.pop(workload, ()):
            self._metrics.condition(workload, condition.kind, holds=False)
