"""Forecasts over the scored part of a trace, made as in service, beside what came."""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing import get_context

import numpy as np
from threadpoolctl import threadpool_limits

from scaler.core.backtest import Lesson, Plan, backtest, bounds_of, lesson
from scaler.core.covariates import NONE, Covariates
from scaler.core.features import Design
from scaler.core.forecast import Absence, Forecast
from scaler.core.series import Floats, Series

__all__ = ["MINUTE_MS", "Forecasts", "forecasts", "in_minutes", "steps_ahead"]

MINUTE_MS = 60_000
MOST_PROCESSES = 4
FEW_FITS = 4  # not worth a second process


@dataclass(frozen=True, kw_only=True, eq=False)
class Forecasts:
    """What was said at each step of the scored part.

    Attributes:
        leads: steps ahead, increasing.
        horizon: the one that replicas are asked for by.
        now: (m,) the load when it was said: persistence.
        actual: (m, leads) the load that came; NaN where it is not known.
        median, upper: (m, leads) quantiles; NaN where nothing was said.
        level: of the upper quantile.
        said: (m,) the forecasts themselves, or why there was none.
    """

    leads: tuple[int, ...]
    horizon: int
    now: Floats
    actual: Floats
    median: Floats
    upper: Floats
    level: float
    said: tuple[Forecast | Absence, ...]


def in_minutes(series: Series) -> Series:
    """A series of a finer step as means of the minutes, which is what the service reads."""
    if series.step_ms >= MINUTE_MS:
        return series
    steps = np.arange(series.first, series.last + 1) * series.step_ms // MINUTE_MS
    places = steps - steps[0]
    known = np.isfinite(series.values)
    count = np.bincount(places[known], minlength=places[-1] + 1)
    total = np.bincount(places[known], series.values[known], minlength=places[-1] + 1)
    means = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return Series(step_ms=MINUTE_MS, first=int(steps[0]), values=means)


def steps_ahead(seconds: float, *, step_s: float) -> int:
    """The nearest whole number of steps, at least one."""
    return max(1, round(seconds / step_s))


def forecasts(
    series: Series,
    *,
    start: int,
    horizon_s: float = 300.0,
    level: float = 0.95,
    covariates: Covariates = NONE,
) -> Forecasts:
    """Walk over the scored part as in service.

    Args:
        series: the load.
        start: the first step to forecast from.
        horizon_s: until a replica asked for now is ready.
        level: of the upper quantile, in (0.5, 1).
        covariates: what moves the load from outside.
    """
    plan = Plan.of(step_s=series.step_s, horizon_s=horizon_s, level=level)
    design = Design(series=series, seasons=plan.seasons, covariates=covariates)
    with _lessons(design, start=start, plan=plan) as lessons:
        found = backtest(series, start=start, plan=plan, covariates=covariates, lessons=lessons)
    return Forecasts(
        leads=found.leads,
        horizon=found.horizon,
        now=found.now,
        actual=found.actual,
        median=found.median,
        upper=found.upper,
        level=level,
        said=found.said,
    )


@contextmanager
def _lessons(design: Design, *, start: int, plan: Plan) -> Iterator[Iterator[Lesson]]:
    """All fits, made side by side on the cores that there are: each depends on the history alone.

    Each process has one thread, so that the same trace gives the same forecasts everywhere.
    """
    series = design.series
    bounds = bounds_of(plan, first=series.first, start=start, last=series.last)
    pairs = list(pairwise(bounds))
    cores = len(os.sched_getaffinity(0))
    if cores < 2 or len(pairs) < FEW_FITS:
        with threadpool_limits(limits=1):
            yield (lesson(design, plan, low, high) for low, high in pairs)
        return
    pool = ProcessPoolExecutor(
        min(cores, MOST_PROCESSES),
        mp_context=get_context("spawn"),
        initializer=_begin,
        initargs=(design, plan),
    )
    with pool:
        yield pool.map(_lesson, pairs)


_given: list[tuple[Design, Plan]] = []


def _begin(design: Design, plan: Plan) -> None:
    threadpool_limits(limits=1)
    _given.append((design, plan))


def _lesson(pair: tuple[int, int]) -> Lesson:
    design, plan = _given[0]
    return lesson(design, plan, *pair)
