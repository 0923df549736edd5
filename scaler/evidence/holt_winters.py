"""Holt-Winters on the autoscaler's own counts, as the Predictive Horizontal Pod Autoscaler does.

It keeps the counts that the plain autoscaler would have set, in whole seasons, smooths them with an
additive trend and an additive season, and takes the maximum of the forecast and the plain count.
The smoothing factors are the user's to give; here those are taken that were best on the training
part. Its own look ahead is one step; here it looks as far ahead as ours does, which favours it.

Sources: jthomperoo/predictive-horizontal-pod-autoscaler, algorithms/holt_winters/holt_winters.py
and internal/prediction/holtwinters/holtwinters.go (stored seasons); Winters, "Forecasting Sales by
Exponentially Weighted Moving Averages" (1960); Hyndman and Athanasopoulos, "Forecasting: Principles
and Practice" (3rd ed.), 8.3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from scaler.core.series import Floats, Ints

__all__ = ["Smoothing", "forecast_counts", "smoothed"]

STORED_SEASONS = 4


@dataclass(frozen=True, kw_only=True)
class Smoothing:
    """How fast level, trend and season follow what comes, each in [0, 1]."""

    level: float
    trend: float
    season: float


CHOICES = tuple(
    Smoothing(level=level, trend=trend, season=season)
    for level, trend, season in product(
        (0.1, 0.3, 0.6, 0.9), (0.0, 0.01, 0.1, 0.9), (0.1, 0.5, 0.9)
    )
)


class _State:
    """Level, trend and season of several smoothings of one series, side by side.

    It begins with two seasons: the level is the mean of the first, the trend the mean step between
    the two, the season what lies above or below the level.
    """

    def __init__(self, choices: Sequence[Smoothing], begun: Floats, *, season: int) -> None:
        self._alpha = np.array([choice.level for choice in choices])
        self._beta = np.array([choice.trend for choice in choices])
        self._gamma = np.array([choice.season for choice in choices])
        first, second = begun[:season], begun[season : 2 * season]
        self._level = np.full(len(choices), first.mean())
        self._trend = np.full(len(choices), (second.mean() - first.mean()) / season)
        self._season = np.repeat((first - first.mean())[:, None], len(choices), axis=1)
        self._seen = 0

    def see(self, value: float) -> None:
        place = self._seen % len(self._season)
        season = self._season[place]
        expected = self._level + self._trend
        level = self._alpha * (value - season) + (1 - self._alpha) * expected
        self._trend = self._beta * (level - self._level) + (1 - self._beta) * self._trend
        self._season[place] = self._gamma * (value - expected) + (1 - self._gamma) * season
        self._level = level
        self._seen += 1

    def forecast(self, steps: int) -> Floats:
        """What comes so many steps after the newest one, for each smoothing."""
        place = (self._seen + steps - 1) % len(self._season)
        ahead: Floats = self._level + steps * self._trend + self._season[place]
        return ahead


def smoothed(
    counts: Floats, choices: Sequence[Smoothing], *, season: int, steps: int, start: int = 0
) -> Floats:
    """Forecasts from each step on, as the autoscaler makes them with the seasons it has stored.

    The oldest season is dropped when one more is complete, and the smoothing begins anew with what
    is left.

    Args:
        counts: (n,) replicas.
        season: steps of a season.
        steps: how far ahead.
        start: the first step whose forecast is asked for.

    Returns:
        (n, choices) what was said at each step for ``steps`` later; NaN before ``start`` and before
        two seasons are stored.
    """
    said = np.full((len(counts), len(choices)), np.nan)
    state: _State | None = None
    for step in range(_begin(start, season), len(counts)):
        if step + 1 < 2 * season:
            continue
        if state is None or (step + 1) % season == 0:
            seasons = min((step + 1) // season, STORED_SEASONS)
            first = ((step + 1) // season - seasons) * season
            state = _State(choices, counts[first:], season=season)
            for value in counts[first : step + 1].tolist():
                state.see(value)
        else:
            state.see(float(counts[step]))
        if step >= start:
            said[step] = state.forecast(steps)
    return said


def _begin(start: int, season: int) -> int:
    """The last step up to ``start`` at which the smoothing begins anew."""
    return max(0, (start + 1) // season * season - 1)


def forecast_counts(counts: Floats, *, season: int, steps: int, start: int) -> Ints:
    """Replicas that the forecast proposes at each step of the scored part; 0 for none.

    Args:
        counts: (n,) what the plain autoscaler would set at each step.
        season: steps of a season.
        steps: how far ahead.
        start: the first scored step; the smoothing is chosen by the absolute error before it.
    """
    chosen = CHOICES[0]
    if start > 2 * season + steps:
        said = smoothed(counts[:start], CHOICES, season=season, steps=steps)[:-steps]
        errors = np.abs(said - counts[steps:start, None])
        known = np.isfinite(errors).all(axis=1)
        if known.any():
            chosen = CHOICES[int(np.argmin(errors[known].mean(axis=0)))]
    ahead = smoothed(counts, [chosen], season=season, steps=steps, start=start)[start:, 0]
    bounded = np.clip(np.nan_to_num(ahead, nan=0.0), 0, 4 * max(float(counts.max()), 1))
    return np.ceil(bounded - 1e-9).astype(np.int64)
