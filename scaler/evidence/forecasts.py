"""Forecasts over the scored part of a trace, made as in service, beside what came."""

from dataclasses import dataclass

import numpy as np

from scaler.core.backtest import walk
from scaler.core.errors import NotEnoughHistoryError
from scaler.core.forecast import Forecast
from scaler.core.forecaster import LoadForecaster
from scaler.core.series import Floats, Series

__all__ = ["Forecasts", "forecasts", "in_minutes", "steps_ahead"]

MINUTE_MS, DAY_S, WEEK_S = 60_000, 86_400, 604_800
REFIT_S, HISTORY_S = 2 * DAY_S, 14 * DAY_S


@dataclass(frozen=True, kw_only=True, eq=False)
class Forecasts:
    """What was said at each step of the scored part.

    Attributes:
        leads: steps ahead, increasing.
        now: (m,) the load when it was said: persistence.
        actual: (m, leads) the load that came; NaN where it is not known.
        median, upper: (m, leads) quantiles; NaN where the forecaster stood back.
        level: of the upper quantile.
    """

    leads: tuple[int, ...]
    now: Floats
    actual: Floats
    median: Floats
    upper: Floats
    level: float

    def peak(self, steps: int) -> Floats:
        """(m,) the greatest upper quantile within so many steps; NaN where there is none."""
        count = max(1, sum(lead <= steps for lead in self.leads))
        return np.asarray(self.upper[:, :count].max(axis=1))


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
    series: Series, *, start: int, leads: tuple[int, ...], level: float = 0.95
) -> Forecasts:
    """Walk over the scored part, fitting anew every two days on the last fourteen.

    Args:
        series: the load.
        start: the first step to forecast from.
        leads: steps ahead, increasing.
        level: of the upper quantile, in (0.5, 1).
    """
    step_s = series.step_s
    model = LoadForecaster(
        leads=leads,
        seasons=(steps_ahead(DAY_S, step_s=step_s), steps_ahead(WEEK_S, step_s=step_s)),
    )
    steps = np.arange(start, series.last + 1)
    median, upper = (np.full((len(steps), len(leads)), np.nan) for _ in range(2))
    try:
        for step, said in walk(
            model,
            series,
            start=start,
            refit=steps_ahead(REFIT_S, step_s=step_s),
            keep_history=steps_ahead(HISTORY_S, step_s=step_s),
            keep_outcomes=steps_ahead(DAY_S, step_s=step_s),
            level=level,
        ):
            if isinstance(said, Forecast):
                median[step - start] = said.quantiles[:, 0]
                upper[step - start] = said.quantiles[:, -1]
    except NotEnoughHistoryError:
        pass  # nothing is said: the scores are those of persistence
    padded = np.concatenate([series.values, np.full(max(leads), np.nan)])
    at = start - series.first + np.arange(len(steps))
    return Forecasts(
        leads=leads,
        now=series.values[at],
        actual=np.column_stack([padded[at + lead] for lead in leads]),
        median=median,
        upper=upper,
        level=level,
    )
