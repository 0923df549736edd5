"""Gradient boosting that says how far the load will move within each lead time.

One model per lead time learns ``log1p(y[t + lead]) - log1p(y[t])``, so that predicting zero is
persistence: the forecaster starts from the baseline that it has to beat, and is shrunk towards it
by the weight that was best on the newest part of the history, which the judged model had not seen.

Sources: direct multi-step forecasting as in Taieb and Hyndman, "Boosting multi-step autoregressive
forecasts" (ICML 2014), section 2; shrinkage by a combination weight as in Bates and Granger (1969).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingRegressor

from scaler.core.errors import NotEnoughHistoryError
from scaler.core.features import SEASON_BLUR, SEASONS_NEEDED, features
from scaler.core.series import Floats, Ints, Series

__all__ = ["Holdout", "LoadForecaster"]

HOLDOUT_RATIO = 0.2
MIN_HOLDOUT = 30
MAX_HOLDOUT_SEASONS = 2
MIN_ROWS = 40
# Leaves of a young history must be small to exist at all, those of a long one large to mean much.
MIN_LEAF, MAX_LEAF = 4, 60
WEIGHTS = np.linspace(0.0, 1.0, 11)


@dataclass(frozen=True, kw_only=True, eq=False)
class Holdout:
    """What an equal model, fitted without the newest part, said about that part.

    Attributes:
        steps: (m,) at which the forecasts were made.
        now: (m,) log1p of the load when the forecast was made.
        move: (m, leads) forecast move in log1p, not shrunk.
        outcome: (m, leads) log1p of the load that came, NaN where it is not known.
    """

    steps: Ints
    now: Floats
    move: Floats
    outcome: Floats


class LoadForecaster(BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Forecasts the load some steps ahead from its own past.

    Deterministic for given parameters and series. Not safe to fit in two threads at once. The
    defaults were chosen by ``tests/benchmarks/scaler_tuning.py`` on the first halves of the public
    traces.

    Args:
        leads: steps ahead, increasing, each > 0.
        seasons: lengths of the seasons, in steps; one is used from two full lengths on.
        max_iter: trees per lead time.
        learning_rate: shrinkage of each tree.
        max_leaf_nodes: size of a tree.
        max_features: share of the features that a split may choose from, (0, 1].
        l2_regularization: penalty on leaf values.

    Attributes:
        models_: one fitted regressor per lead time.
        seasons_: the seasons that the history allowed.
        weights_: (leads,) share of the forecast move that is trusted, 0 to 1; 0 is persistence.
        holdout_: the newest part of the history with what was forecast for it.
        last_step_: the newest step that was learnt from.
        rows_: number of steps the history covered.
    """

    def __init__(
        self,
        *,
        leads: tuple[int, ...] = (2, 4, 5),
        seasons: tuple[int, ...] = (1440, 10080),
        max_iter: int = 120,
        learning_rate: float = 0.06,
        max_leaf_nodes: int = 31,
        max_features: float = 0.3,
        l2_regularization: float = 0.0,
    ) -> None:
        self.leads = leads
        self.seasons = seasons
        self.max_iter = max_iter
        self.learning_rate = learning_rate
        self.max_leaf_nodes = max_leaf_nodes
        self.max_features = max_features
        self.l2_regularization = l2_regularization

    def fit(self, series: Series) -> Self:
        """Learn from a series.

        Raises:
            NotEnoughHistoryError: fewer than 40 steps have a value and all outcomes.
        """
        log_load = np.log1p(series.values)
        at = self._complete(log_load)
        if len(at) < MIN_ROWS:
            raise NotEnoughHistoryError(len(at), MIN_ROWS)
        longest = len(log_load) // SEASONS_NEEDED
        shortest = max(self.leads) + SEASON_BLUR
        self.seasons_ = tuple(s for s in self.seasons if shortest < s <= longest)
        held = self._held_out(at)
        # The last training outcome must be known when the first held-out forecast is made.
        seen = at[at <= held[0] - max(self.leads)]
        judged = self._models(log_load, seen, series.first)
        moves = self._moves(judged, log_load, held, series.first)
        self.holdout_ = Holdout(
            steps=held + series.first,
            now=log_load[held],
            move=moves,
            outcome=np.column_stack([log_load[held + lead] for lead in self.leads]),
        )
        self.weights_ = _best_weights(self.holdout_)
        self.models_ = self._models(log_load, at, series.first)
        self.last_step_ = series.last
        self.rows_ = len(series.values)
        return self

    def predict(self, series: Series, steps: Ints | None = None) -> Floats:
        """The forecast move in log1p of the load, not shrunk.

        Args:
            series: the load; steps after the one that is forecast from are not looked at.
            steps: (m,) steps to forecast from; without it, the last one.
        Returns:
            (m, leads); NaN where the step itself has no value.
        """
        log_load = np.log1p(series.values)
        at = np.array([series.last]) if steps is None else np.asarray(steps)
        at = at - series.first
        moves = np.full((len(at), len(self.leads)), np.nan)
        known = np.isfinite(log_load[at])
        if known.any():
            moves[known] = self._moves(self.models_, log_load, at[known], series.first)
        return moves

    def _complete(self, log_load: Floats) -> Ints:
        horizon = max(self.leads)
        at = np.arange(max(0, len(log_load) - horizon))
        known = np.isfinite(log_load)
        usable = known[at]
        for lead in self.leads:
            usable &= known[at + lead]
        return at[usable]

    def _held_out(self, at: Ints) -> Ints:
        wanted = max(int(HOLDOUT_RATIO * len(at)), min(MIN_HOLDOUT, len(at) // 3))
        if self.seasons:
            wanted = min(wanted, max(MIN_HOLDOUT, MAX_HOLDOUT_SEASONS * min(self.seasons)))
        return at[-wanted:]

    def _models(self, log_load: Floats, at: Ints, first: int) -> list["_LeadModel"]:
        models = []
        for lead in self.leads:
            rows = features(log_load, at, first=first, lead=lead, seasons=self.seasons_)
            regressor = HistGradientBoostingRegressor(
                max_iter=self.max_iter,
                learning_rate=self.learning_rate,
                max_leaf_nodes=self.max_leaf_nodes,
                min_samples_leaf=int(np.clip(len(at) // 20, MIN_LEAF, MAX_LEAF)),
                max_features=self.max_features,
                l2_regularization=self.l2_regularization,
                early_stopping=False,
                random_state=0,
            )
            models.append(_LeadModel.fitted(regressor, rows, log_load[at + lead] - log_load[at]))
        return models

    def _moves(self, models: list["_LeadModel"], log_load: Floats, at: Ints, first: int) -> Floats:
        columns = []
        for lead, model in zip(self.leads, models, strict=True):
            rows = features(log_load, at, first=first, lead=lead, seasons=self.seasons_)
            columns.append(model.moves(rows))
        return np.column_stack(columns)


@dataclass(frozen=True, kw_only=True, eq=False)
class _LeadModel:
    """A regressor and the columns it was given: those that tell two rows apart.

    scikit-learn 1.9 cannot bin a column without any known value, such as the load of a season ago
    when the history is shorter, and the load of an idle service has no column worth a split.
    """

    columns: NDArray[np.bool_]
    regressor: HistGradientBoostingRegressor | None

    @classmethod
    def fitted(
        cls, regressor: HistGradientBoostingRegressor, rows: Floats, moves: Floats
    ) -> "_LeadModel":
        low = np.where(np.isfinite(rows), rows, np.inf).min(axis=0)
        high = np.where(np.isfinite(rows), rows, -np.inf).max(axis=0)
        columns = low < high
        if not columns.any():
            return cls(columns=columns, regressor=None)
        return cls(columns=columns, regressor=regressor.fit(rows[:, columns], moves))

    def moves(self, rows: Floats) -> Floats:
        if self.regressor is None:
            return np.zeros(len(rows))
        return np.asarray(self.regressor.predict(rows[:, self.columns]), dtype=np.float64)


def _best_weights(holdout: Holdout) -> Floats:
    """For each lead time the share of the move that had the least absolute error in load."""
    best = []
    for lead in range(holdout.move.shape[1]):
        said = holdout.now[:, None] + holdout.move[:, [lead]] * WEIGHTS
        errors = np.abs(np.expm1(holdout.outcome[:, [lead]]) - np.expm1(said)).sum(axis=0)
        best.append(WEIGHTS[int(np.argmin(errors))])
    return np.array(best)
