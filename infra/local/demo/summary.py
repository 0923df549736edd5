"""What a replay showed, in figures: waits of tasks, and the forecast judged against persistence.

Pure. Persistence says that the load in one horizon will be what it is now; a forecast that is worth
having beats it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

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
    """How much earlier replicas were ready than by the reactive path alone.

    Attributes:
        peak_at: unix seconds of the highest load.
        peak: that load.
        ready_at_peak: replicas that were ready then.
        reactive_at_peak: that would have been with the reactive path alone: the lowest count that
            it asked for in the ``startup_s`` before.
        replicas: what the peak needs, as far as the reactive path alone would have gone.
        ready_at: unix seconds at which as many were ready; None when they never were.
        reactive_at: at which the reactive path alone would have asked for them.
        startup_s: what these took from being asked for to being ready; where they never were, what
            replicas took in the median.
        lead_s: how much later those of the reactive path would have been ready, had they taken as
            long; > 0 is early.
        median_lead_s: the same over all counts on the way up.
    """

    peak_at: float
    peak: float
    ready_at_peak: int
    reactive_at_peak: int
    replicas: int
    ready_at: float | None
    reactive_at: float
    startup_s: float
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
    actual: Points,
    ready: Points,
    desired: Points,
    reactive: Points,
    *,
    capacity: float,
    since: float,
    until: float,
) -> Lead | None:
    """When replicas were ready, beside when those of the reactive path alone would have been.

    Args:
        actual: measured load.
        ready: replicas that took load.
        desired: replicas that were asked for.
        reactive: replicas that the reactive path alone would have asked for.
        capacity: load that one replica carries, > 0.
        since, until: unix seconds; the span that is judged.
    Returns:
        None when the reactive count never rose in that span.
    """
    actual = _within(actual, since, until)
    if not actual:
        return None
    peak_at, peak = max(actual, key=lambda point: point[1])
    # On the last climb to the peak: what an earlier crest had asked for may still have been there.
    climb = _lowest_before(actual, peak_at)
    startup_s = _startup_s(_within(desired, since, until), _within(ready, since, until))
    ready, desired, reactive = (_within(line, climb, until) for line in (ready, desired, reactive))
    if not ready or not reactive:
        return None
    first, most = (round(count) for count in (reactive[0][1], max(n for _, n in reactive)))
    if most <= first:
        return None
    needed = min(most, max(first + 1, ceil(peak / capacity)))
    leads = [_lead_s(reactive, ready, desired, count) for count in range(first + 1, needed + 1)]
    ready_at, reactive_at = (_first_at(line, needed) for line in (ready, reactive))
    assert reactive_at is not None  # noqa: S101 - it went at least as far
    if ready_at is not None:
        startup_s = ready_at - _asked_at(desired, needed, ready_at)
    started = _within(reactive, peak_at - startup_s, peak_at)
    return Lead(
        peak_at=peak_at,
        peak=peak,
        ready_at_peak=round(_last_until(ready, peak_at)),
        reactive_at_peak=round(min(n for _, n in started or reactive[:1])),
        replicas=needed,
        ready_at=ready_at,
        reactive_at=reactive_at,
        startup_s=startup_s,
        lead_s=leads[-1],
        median_lead_s=float(np.median(known)) if (known := _known(leads)) else None,
    )


def _startup_s(desired: Points, ready: Points) -> float:
    """From more being asked for to as many being ready, in the median; 0 where none was seen."""
    delays = []
    for (_, before), (asked_at, count) in pairwise(desired):
        given_up = next((at for at, wish in desired if at > asked_at and wish < count), np.inf)
        there = next((at for at, n in ready if at >= asked_at and n >= count), None)
        if count > before and there is not None and there <= given_up:
            delays.append(there - asked_at)
    return float(np.median(delays)) if delays else 0.0


def _lead_s(reactive: Points, ready: Points, desired: Points, count: float) -> float | None:
    """How much later the reactive path asked for as many as became ready; None where none did.

    A start takes as long whoever asks for it, so that replicas are early by as much as they were
    asked for earlier.
    """
    ready_at, reactive_at = _first_at(ready, count), _first_at(reactive, count)
    if ready_at is None or reactive_at is None:
        return None
    return reactive_at - _asked_at(desired, count, ready_at)


def _asked_at(desired: Points, count: float, ready_at: float) -> float:
    """When as many were asked for as were ready then: what was given up meanwhile is no start."""
    before = [point for point in desired if point[0] <= ready_at]
    asked_at = ready_at
    for at, wish in reversed(before):
        if wish >= count:
            asked_at = at
        elif asked_at < ready_at:
            break
    return asked_at


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _within(points: Points, since: float, until: float) -> Points:
    return [point for point in points if since <= point[0] <= until]


def _lowest_before(points: Points, moment: float) -> float:
    """The last time up to a moment at which the value was lowest."""
    before = [point for point in points if point[0] <= moment]
    return min(reversed(before), key=lambda point: point[1])[0]


def _first_at(points: Points, count: float) -> float | None:
    return next((at for at, value in points if value >= count), None)


def _last_until(points: Points, moment: float) -> float:
    before = [value for at, value in points if at <= moment]
    return before[-1] if before else points[0][1]


def _columns(points: Points) -> tuple[Floats, Floats]:
    columns = np.asarray(points, dtype=np.float64)
    return columns[:, 0], columns[:, 1]
