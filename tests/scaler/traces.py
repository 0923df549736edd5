"""Public load traces as series, and the walk that scores a forecaster on one."""

from datetime import datetime
from functools import cache
from pathlib import Path

import numpy as np

from scaler.core.backtest import Backtest, backtest
from scaler.core.decision import Policy
from scaler.core.forecaster import LoadForecaster
from scaler.core.series import Series
from scaler.core.simulation import Run, simulate

DAY = 1_440
TARGET = 0.9


@cache
def trace(path: Path) -> Series:
    """A ``timestamp,value`` file of one row a minute; a missing minute is a gap."""
    rows = [line.split(",") for line in path.read_text().splitlines()[1:]]
    steps = np.array([int(datetime.fromisoformat(at).timestamp()) // 60 for at, _ in rows])
    values = np.full(steps[-1] - steps[0] + 1, np.nan)
    values[steps - steps[0]] = [float(value or "nan") for _, value in rows]
    return Series(step_ms=60_000, first=int(steps[0]), values=values)


def scored(series: Series, *, start: int, days: float, refit_days: float = 2.0) -> Backtest:
    """Forecasts for ``days`` from step number ``start`` on, as in service."""
    return backtest(
        LoadForecaster(),
        series.until(series.first + start + round(days * DAY)),
        start=series.first + start,
        refit=round(refit_days * DAY),
        keep_history=14 * DAY,
        keep_outcomes=DAY,
        level=0.95,
    )


def simulated(series: Series, result: Backtest, *, start: int) -> tuple[Run, Run]:
    """The reactive path alone, and with the floor of the forecasts; gaps are bridged."""
    load = series.values[start : start + len(result.peak)]
    known = np.flatnonzero(np.isfinite(load))
    load = np.interp(np.arange(len(load)), known, load[known])
    policy = Policy(
        workload="trace",
        load_unit="units",
        capacity=float(np.nanpercentile(series.values[:start], 99)) / 20,
        target=TARGET,
        minimum=1,
        maximum=1_000_000,
        quantile=0.95,
        stabilization_s=300.0,
        floor_ttl_s=300.0,
        horizon_s=300.0,
    )
    nothing = np.full(len(load), np.nan)
    return simulate(load, nothing, policy), simulate(load, result.peak, policy)
