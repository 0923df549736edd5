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


def _columns(points: Points) -> tuple[Floats, Floats]:
    columns = np.asarray(points, dtype=np.float64)
    return columns[:, 0], columns[:, 1]
