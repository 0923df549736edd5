"""A forecaster walked over a recorded load as in service: re-fitted, judged, adapted on the way.

At each step it knows what was known at that step and nothing more.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from scaler.core.forecast import Absence, Forecast, advanced, started
from scaler.core.forecaster import LoadForecaster
from scaler.core.series import Floats, Series
from scaler.core.skill import coverage, skill

__all__ = ["Backtest", "backtest", "walk"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Backtest:
    """Forecasts for the horizon, aligned with their outcomes.

    Attributes:
        actual: (m,) the load that came.
        now: (m,) the load when the forecast was made: persistence.
        median, upper: (m,) what was forecast; NaN where the forecaster stood back.
        peak: (m,) the greatest upper quantile over the lead times.
        served: share of the steps with a forecast.
    """

    actual: Floats
    now: Floats
    median: Floats
    upper: Floats
    peak: Floats

    @property
    def served(self) -> float:
        known = np.isfinite(self.now)
        return float(np.isfinite(self.median)[known].mean())

    @property
    def skill(self) -> float:
        """Against persistence, on the steps with a forecast."""
        return skill(self.actual, self.median, self.now)

    @property
    def skill_overall(self) -> float:
        """As ``skill``, with persistence wherever the forecaster stood back."""
        said = np.where(np.isfinite(self.median), self.median, self.now)
        return skill(self.actual, said, self.now)

    @property
    def coverage(self) -> float:
        return coverage(self.actual, self.upper)


def walk(
    model: LoadForecaster,
    series: Series,
    *,
    start: int,
    refit: int,
    keep_history: int,
    keep_outcomes: int,
    level: float,
) -> Iterator[tuple[int, Forecast | Absence]]:
    """Each step from ``start`` on with what was said at it.

    Args:
        start: the first step to forecast from.
        refit: steps between two fits.
        keep_history: most steps a fit learns from.
        keep_outcomes: most outcomes a forecaster is judged by.
        level: the promised upper quantile.
    """
    track = None
    for low in range(start, series.last + 1, refit):
        high = min(low + refit, series.last + 1)
        known = series.until(low).since(low - keep_history + 1)
        model = model.fit(known)
        track = started(model, level=level, keep=keep_outcomes, previous=track)
        ahead = series.until(high - 1).since(known.first)
        moves = model.predict(ahead, np.arange(low, high))
        for step, move in zip(range(low, high), moves, strict=True):
            track, said = advanced(track, ahead, step=step, move=move)
            yield step, said


def backtest(
    model: LoadForecaster,
    series: Series,
    *,
    start: int,
    refit: int,
    keep_history: int,
    keep_outcomes: int,
    level: float,
) -> Backtest:
    """The whole walk of a model over a series; the parameters are those of ``walk``."""
    horizon = model.leads[-1]
    rows = []
    for step, said in walk(
        model,
        series,
        start=start,
        refit=refit,
        keep_history=keep_history,
        keep_outcomes=keep_outcomes,
        level=level,
    ):
        values = (np.nan,) * 3
        if isinstance(said, Forecast):
            values = (said.median, said.upper, said.peak)
        rows.append((series.at(step + horizon), series.at(step), *values))
    actual, now, median, upper, peak = np.array(rows, dtype=np.float64).T
    return Backtest(actual=actual, now=now, median=median, upper=upper, peak=peak)
