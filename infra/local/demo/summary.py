"""What a replay showed, in figures: waits of tasks, and the forecast judged against persistence.

Pure. Persistence says that the load in one horizon will be what it is now; a forecast that is worth
having beats it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from infra.local.demo.traces import Floats

Points = Sequence[tuple[float, float]]  # (unix seconds, value), ascending

MIN_POINTS = 5  # fewer say nothing


@dataclass(frozen=True, kw_only=True)
class Waits:
    """Seconds from submission to start of the tasks that started."""

    count: int
    p50_s: float
    p95_s: float
    longest_s: float


@dataclass(frozen=True, kw_only=True)
class Skill:
    """Errors of the forecast and of persistence at the same times.

    Attributes:
        points: how many times were compared.
        forecast_wape: sum of absolute errors / sum of loads.
        persistence_wape: the same of the load one horizon before.
    """

    points: int
    forecast_wape: float
    persistence_wape: float

    @property
    def skill(self) -> float:
        """1 - ratio of the two: 0 is as good as persistence, 1 is perfect, below 0 is worse."""
        return 1 - self.forecast_wape / self.persistence_wape


@dataclass(frozen=True, kw_only=True)
class Lead:
    """How much earlier replicas were ready than the reactive path alone would have asked for them.

    Attributes:
        peak_at: unix seconds of the highest load.
        peak: that load.
        ready_at_peak, reactive_at_peak: replicas that were ready then, and the reactive count.
        replicas: the most that the reactive path alone would have asked for.
        reactive_at: unix seconds at which it would have asked for them.
        ready_at: at which as many were ready; None when they never were.
        lead_s: the one minus the other, here; > 0 is early.
        median_lead_s: over all counts on the way up.
    """

    peak_at: float
    peak: float
    ready_at_peak: int
    reactive_at_peak: int
    replicas: int
    reactive_at: float
    ready_at: float | None
    lead_s: float | None
    median_lead_s: float | None


def waits_of(seconds: Sequence[float]) -> Waits | None:
    """Median, 95th percentile and longest wait; None when no task has started."""
    if not seconds:
        return None
    p50, p95 = np.quantile(np.asarray(seconds), [0.5, 0.95])
    return Waits(
        count=len(seconds), p50_s=float(p50), p95_s=float(p95), longest_s=float(max(seconds))
    )


def skill_of(
    actual: Points, forecast: Points, *, horizon_s: float, since: float, until: float
) -> Skill | None:
    """The forecast against persistence over a span of time.

    Args:
        actual: measured load.
        forecast: load that had been forecast *for* each time, one horizon before it.
        horizon_s: > 0.
        since, until: unix seconds; the span that is judged.
    Returns:
        None when too few points can be compared, or the load never changed.
    """
    if len(actual) < 2:
        return None
    times, loads = _columns(actual)
    inside = [
        (at, value)
        for at, value in forecast
        if max(since, times[0] + horizon_s) <= at <= min(until, times[-1])
    ]
    if len(inside) < MIN_POINTS:
        return None
    at, said = _columns(inside)
    true = np.interp(at, times, loads)
    before = np.interp(at - horizon_s, times, loads)
    total = float(np.abs(true).sum())
    persistence = float(np.abs(true - before).sum())
    if total <= 0 or persistence <= 0:
        return None
    return Skill(
        points=len(inside),
        forecast_wape=float(np.abs(true - said).sum()) / total,
        persistence_wape=persistence / total,
    )


def lead_of(
    actual: Points, ready: Points, reactive: Points, *, since: float, until: float
) -> Lead | None:
    """When replicas were ready, beside when the reactive path alone would have asked for them.

    Args:
        actual: measured load.
        ready: replicas that took load.
        reactive: replicas that the reactive path alone would have been at. That it takes time to
            start them is not counted, to its favour.
        since, until: unix seconds; the span that is judged.
    Returns:
        None when the reactive count never rose in that span.
    """
    actual, ready, reactive = (_within(line, since, until) for line in (actual, ready, reactive))
    if not actual or not ready or not reactive:
        return None
    most = max(count for _, count in reactive)
    first = reactive[0][1]
    if most <= first:
        return None
    peak_at, peak = max(actual, key=lambda point: point[1])
    leads = []
    for count in range(round(first) + 1, round(most) + 1):
        asked, there = _first_at(reactive, count), _first_at(ready, count)
        leads.append(None if asked is None or there is None else asked - there)
    known = [lead for lead in leads if lead is not None]
    asked = _first_at(reactive, most)
    assert asked is not None  # noqa: S101 - it is the highest of these points
    return Lead(
        peak_at=peak_at,
        peak=peak,
        ready_at_peak=round(_last_until(ready, peak_at)),
        reactive_at_peak=round(_last_until(reactive, peak_at)),
        replicas=round(most),
        reactive_at=asked,
        ready_at=_first_at(ready, most),
        lead_s=leads[-1],
        median_lead_s=float(np.median(known)) if known else None,
    )


def _within(points: Points, since: float, until: float) -> Points:
    return [point for point in points if since <= point[0] <= until]


def _first_at(points: Points, count: float) -> float | None:
    return next((at for at, value in points if value >= count), None)


def _last_until(points: Points, moment: float) -> float:
    before = [value for at, value in points if at <= moment]
    return before[-1] if before else points[0][1]


def _columns(points: Points) -> tuple[Floats, Floats]:
    columns = np.asarray(points, dtype=np.float64)
    return columns[:, 0], columns[:, 1]
