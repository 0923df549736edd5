"""Models that say how far the load will move within each of the coming minutes.

The models learn ``log1p(y[t + lead]) - log1p(y[t])``, so that predicting zero is persistence: the
forecaster starts from the baseline that it has to beat. Five models share the work:

- ``sharp`` learns the move within the horizon alone, which is what replicas are asked for by: the
  mean of boostings whose errors differ, which is better than any; half of them see discounted means
  of the load beside its rolling statistics;
- ``linear`` learns the same as a sum of what the features say, which serves where a load is noise;
- ``path`` learns the move within any lead time, which is a feature of its own: each step of the
  history is one example with a lead time drawn at random, so that one fit serves the whole path;
- ``upper`` learns a high quantile of the move in the same way;
- ``peak`` learns a high quantile of the greatest move up to the horizon, which is what replicas
  have to be there for: the mean of two sharp boostings, one of which sees how far the load rose on
  past days and one how high, and a calm one that sees both. Whether a jump comes within five
  minutes is much easier to tell than in which one: quantiles of single minutes are each sure of it
  too late, or never.

How much of all that is trusted is decided afterwards, from outcomes.

Sources: direct multi-step forecasting as in Taieb and Hyndman, "Boosting multi-step autoregressive
forecasts" (ICML 2014), section 2; averages of forecasts as in Bates and Granger (1969).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator

from scaler.core.boosting import Booster, Forest, Recipe, fitted, predict_many
from scaler.core.covariates import NONE
from scaler.core.errors import NotEnoughHistoryError
from scaler.core.features import Design
from scaler.core.linear import Linear
from scaler.core.series import Floats, Ints

__all__ = ["LEVEL", "MIN_ROWS", "LoadForecaster", "Moves", "greatest_ahead", "moves_of_many"]

# Fewer examples than this teach nothing.
MIN_ROWS = 40
# The quantile that ``upper`` learns; others are reached from it by what its misses say.
LEVEL = 0.95
FINE = Recipe(trees=120, rate=0.08, leaves=31, least_leaf=20, share=0.15)
FINER = Recipe(trees=80, rate=0.09, leaves=63, least_leaf=20, share=0.15)
SHARP = (FINE, FINER, replace(FINE, levels=True), replace(FINER, levels=True))
ALONG = Recipe(trees=80, rate=0.1, leaves=12, least_leaf=60, share=0.2)
UPPER = Recipe(trees=60, rate=0.1, leaves=31, least_leaf=30, share=0.2)
SHARP_PEAK = Recipe(trees=120, rate=0.08, leaves=31, least_leaf=10, share=0.1)
# Of past peaks each sees some: mean and greatest rise, mean and greatest height.
RISES, HEIGHTS = (True, True, False, False), (False, False, True, True)
BOTH = (True, True, True, True)
PEAK = ((SHARP_PEAK, RISES), (ALONG, BOTH), (SHARP_PEAK, HEIGHTS))


@dataclass(frozen=True, kw_only=True, eq=False)
class Moves:
    """What a fitted forecaster says, before anybody has looked at how well it does.

    Attributes:
        centre: (m, leads) middle of the move in log1p; NaN where the step itself has no value.
        blended: (m, leads) the same, at the horizon averaged with what is said along the path.
        linear: (m, leads) what the linear model says, which learns the horizon only; else NaN.
        upper: (m, leads) high quantile of it, at least the middle.
        peak: (m,) high quantile of the greatest move up to the horizon; NaN where none was learnt.
        horizon: the lead time of that peak.
    """

    centre: Floats
    blended: Floats
    linear: Floats
    upper: Floats
    peak: Floats
    horizon: int


class LoadForecaster(BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Forecasts the path of a load from its own past.

    Deterministic for given parameters and history. Not safe to fit in two threads at once.

    Args:
        leads: steps ahead of the path, increasing, each > 0.
        horizon: the lead time that matters most, one of ``leads``.
        sharp: the boostings at the horizon.
        along: the boosting along the path: calmer, since it stands in where the load is mostly
            noise; without it only the boostings at the horizon are fitted.

    Attributes:
        sharp_, linear_, path_, upper_, peak_: the models.
        first_step_, last_step_: the steps that were learnt from.
        rows_: number of examples.
        features_: names of the features.
        seasons_: lengths of the seasons in them, steps.
        columns_: names of those that come from outside of the load.
        factors_: identity of the covariates that were learnt with; its first part is the clock.
    """

    # Of one that was kept before there were any.
    columns_: tuple[str, ...] = ()
    factors_: tuple[str, ...] = NONE.identity

    def __init__(
        self,
        *,
        leads: tuple[int, ...] = tuple(range(1, 16)),
        horizon: int = 5,
        sharp: tuple[Recipe, ...] = SHARP,
        along: Recipe | None = ALONG,
    ) -> None:
        self.leads = leads
        self.horizon = horizon
        self.sharp = sharp
        self.along = along

    def fit(self, design: Design, *, since: int | None = None, until: int | None = None) -> Self:
        """Learn from the steps of a design that lie in [since, until], outcomes included.

        Raises:
            NotEnoughHistoryError: fewer than 40 of them have a value and an outcome.
        """
        log_load, series = design.log_load, design.series
        low = 0 if since is None else max(0, since - series.first)
        high = len(log_load) - 1 if until is None else min(until, series.last) - series.first
        if high < low:
            raise NotEnoughHistoryError(0, MIN_ROWS)
        generator = np.random.default_rng(0)
        usable = {
            levels: design.usable(steps=high - low + 1, levels=levels) for levels in (False, True)
        }
        at, moves = _examples(log_load, low, high, np.full(high + 1, self.horizon))
        if len(at) < MIN_ROWS:
            raise NotEnoughHistoryError(len(at), MIN_ROWS)
        rows = design.rows(at, np.full(len(at), self.horizon))
        self.sharp_ = tuple(
            fitted(rows, moves, recipe=recipe, usable=usable[recipe.levels], seed=seed)
            for seed, recipe in enumerate(self.sharp)
        )
        self.linear_ = self.path_ = self.upper_ = None
        self.peak_: tuple[Booster, ...] = ()
        self.first_step_, self.last_step_ = series.first + low, series.first + high
        self.rows_ = len(at)
        self.features_, self.seasons_ = design.names, design.seasons
        self.columns_ = design.covariates.column_names
        self.factors_ = design.covariates.identity
        if self.along is None:
            return self
        self.linear_ = Linear.fitted(
            rows,
            moves,
            usable=design.usable(steps=high - low + 1, levels=True, phases=False),
        )
        peaks = greatest_ahead(log_load[: high + 1], self.horizon)[at] - log_load[at]
        wide = _with_past_peaks(rows, design, at, self.horizon)
        beside = (wide.shape[1] - rows.shape[1]) // len(BOTH)
        self.peak_ = tuple(
            fitted(
                wide,
                peaks,
                recipe=recipe,
                usable=np.concatenate([usable[recipe.levels], np.tile(seen, beside)]),
                quantile=LEVEL,
                seed=seed,
            )
            for seed, (recipe, seen) in enumerate(PEAK, start=12)
        )
        leads = generator.choice(np.array(self.leads), size=high + 1)
        at, moves = _examples(log_load, low, high, leads)
        rows = design.rows(at, leads[at])
        self.path_ = fitted(
            rows, moves, recipe=self.along, usable=usable[self.along.levels], seed=10
        )
        self.upper_ = fitted(
            rows, moves, recipe=UPPER, usable=usable[UPPER.levels], quantile=LEVEL, seed=11
        )
        return self

    def predict(self, design: Design, steps: Ints | None = None) -> Moves:
        """The move within each lead time.

        Args:
            design: of the load; steps after the one that is forecast from are not looked at.
            steps: (m,) steps to forecast from; without it, the last one.
        """
        at = np.array([design.series.last]) if steps is None else np.asarray(steps)
        at = at - design.series.first
        known = np.isfinite(design.log_load[at])
        centre = np.full((len(at), len(self.leads)), np.nan)
        blended, linear, upper = centre.copy(), centre.copy(), centre.copy()
        peak = np.full(len(at), np.nan)
        if known.any():
            recent = design.recent_at(at[known])
            for place, lead in enumerate(self.leads):
                rows = design.rows(at[known], np.full(int(known.sum()), lead), recent=recent)
                if self.path_ is not None and self.upper_ is not None:
                    centre[known, place] = blended[known, place] = self.path_.predict(rows)
                    upper[known, place] = self.upper_.predict(rows)
                if lead == self.horizon:
                    sharp = np.mean([model.predict(rows) for model in self.sharp_], axis=0)
                    blended[known, place] = (centre[known, place] + sharp) / 2
                    centre[known, place] = sharp
                    if self.linear_ is not None:
                        linear[known, place] = self.linear_.predict(rows)
                    if self.peak_:
                        wide = _with_past_peaks(rows, design, at[known], lead)
                        peak[known] = np.mean([model.predict(wide) for model in self.peak_], axis=0)
        upper = np.maximum(upper, centre)
        return Moves(
            centre=centre,
            blended=blended,
            linear=linear,
            upper=upper,
            peak=peak,
            horizon=self.horizon,
        )

    def packed(self) -> "LoadForecaster":
        """The same without what only a fit needs: small enough for a thousand of them."""
        light = LoadForecaster(
            leads=self.leads, horizon=self.horizon, sharp=self.sharp, along=self.along
        )
        light.__dict__.update(self.__dict__)
        light.sharp_ = tuple(model.packed() for model in self.sharp_)
        light.path_ = self.path_ and self.path_.packed()
        light.upper_ = self.upper_ and self.upper_.packed()
        light.peak_ = tuple(model.packed() for model in self.peak_)
        return light


def moves_of_many(forecasters: Sequence[LoadForecaster], designs: Sequence[Design]) -> list[Moves]:
    """The newest move of many workloads, each by its own forecaster, in one long walk.

    Args:
        forecasters: fitted.
        designs: of their loads; each last step has a value.
    """
    forests: list[Forest] = []
    inputs: list[Floats] = []
    at_horizon: list[Floats] = []
    for forecaster, design in zip(forecasters, designs, strict=True):
        leads = np.array(forecaster.leads)
        at = np.full(len(leads), len(design.log_load) - 1)
        recent = np.repeat(design.recent_at(at[:1]), len(leads), axis=0)
        rows = design.rows(at, leads, recent=recent)
        place = forecaster.leads.index(forecaster.horizon)
        own = rows[place : place + 1]
        at_horizon.append(own)
        wide = _with_past_peaks(own, design, at[:1], forecaster.horizon)
        forests += [model.forest for model in (*forecaster.sharp_, *forecaster.peak_)]
        inputs += [own] * len(forecaster.sharp_) + [wide] * len(forecaster.peak_)
        assert forecaster.path_ is not None  # noqa: S101 - fitted to serve
        assert forecaster.upper_ is not None  # noqa: S101 - the same
        forests += [forecaster.path_.forest, forecaster.upper_.forest]
        inputs += [rows, rows]
    said = iter(predict_many(forests, inputs))
    found = []
    for forecaster, own in zip(forecasters, at_horizon, strict=True):
        sharp = [next(said)[0] for _ in forecaster.sharp_]
        peak = np.mean([next(said) for _ in forecaster.peak_], axis=0)
        path, upper = next(said), next(said)
        place = forecaster.leads.index(forecaster.horizon)
        assert forecaster.linear_ is not None  # noqa: S101 - fitted to serve
        linear = np.full(len(path), np.nan)
        linear[place] = forecaster.linear_.predict(own)[0]
        centre, blended = path.copy(), path.copy()
        centre[place] = np.mean(sharp)
        blended[place] = (path[place] + centre[place]) / 2
        found.append(
            Moves(
                centre=centre[None],
                blended=blended[None],
                linear=linear[None],
                upper=np.maximum(upper, centre)[None],
                peak=peak,
                horizon=forecaster.horizon,
            )
        )
    return found


def greatest_ahead(log_load: Floats, steps: int) -> Floats:
    """(n,) the greatest known value of the next ``steps`` steps; NaN where there is none."""
    padded = np.concatenate([log_load[1:], np.full(steps, np.nan)])
    return np.asarray(
        np.fmax.reduce(np.lib.stride_tricks.sliding_window_view(padded, steps), axis=1)
    )


def _with_past_peaks(rows: Floats, design: Design, at: Ints, horizon: int) -> Floats:
    return np.column_stack([rows, design.past_peaks(at, horizon)])


def _examples(log_load: Floats, low: int, high: int, leads: Ints) -> tuple[Ints, Floats]:
    """Indices in [low, high] whose outcome is known by ``high``, and the move to it."""
    at = np.arange(low, high + 1)
    at = at[at + leads[at] <= high]
    moves = log_load[at + leads[at]] - log_load[at]
    known = np.isfinite(moves)
    return at[known], moves[known]
