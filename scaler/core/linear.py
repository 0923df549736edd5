"""Linear regression by absolute errors: what trees can only tell in steps.

Where a load is mostly noise about a level that drifts, the best forecast is a weighted mean of what
came of late. A linear model finds those weights from few examples; trees have to cut them out of
each feature, leaf by leaf. Where a load jumps it is the other way round. It is fitted in a seventh
of the time of one boosting and is four numbers a feature.

Source: least absolute deviations by iteratively reweighted least squares, Schlossmacher, "An
Iterative Technique for Absolute Deviations Curve Fitting" (JASA 68, 1973), with a ridge.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

from scaler.core.series import Floats, Ints

__all__ = ["Linear"]

# What is further from the middle than so many standard deviations counts as if it were there.
REACH = 4.0
# For each feature: weight of a slope of one standard deviation of what is learnt, in examples.
RIDGE = 30.0
# Errors below such a part of a standard deviation weigh alike: by 1 / error the least of them would
# be all that counts.
LEAST_ERROR = 0.1
ROUNDS = 5
# A spread of such a part of the middle is what rounding leaves of a constant.
NOTHING = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class Linear:
    """A fitted model.

    Attributes:
        columns: (k,) features that it looks at.
        middle, spread: (k,) of them; what is missing counts as the middle.
        slopes: (k,) by spread.
        base: where all are at their middle.
    """

    columns: Ints
    middle: Floats
    spread: Floats
    slopes: Floats
    base: float

    @classmethod
    def fitted(cls, rows: Floats, values: Floats, *, usable: NDArray[np.bool_]) -> Self:
        """Learn the middle of a value from features.

        Args:
            rows: (m, features), NaN where missing.
            values: (m,) finite.
            usable: (features,) those that may be looked at; of them, those that vary are.
        """
        known = np.isfinite(rows)
        columns = np.flatnonzero(usable & known.any(axis=0))
        middle = np.nanmedian(rows[:, columns], axis=0)
        spread = np.nanstd(rows[:, columns], axis=0)
        varies = spread > NOTHING * (1 + np.abs(middle))
        columns, middle, spread = columns[varies], middle[varies], spread[varies]
        usual, unit = float(np.median(values)), float(np.std(values))
        if not len(columns) or unit <= NOTHING * (1 + abs(usual)):
            none = np.empty(0)
            return cls(columns=columns[:0], middle=none, spread=none, slopes=none, base=usual)
        scaled = _scaled(rows[:, columns], middle, spread)
        wanted = np.clip((values - usual) / unit, -REACH, REACH)
        ridge = Ridge(alpha=RIDGE * len(columns), solver="cholesky")
        weights = np.ones(len(wanted))
        for _ in range(ROUNDS):
            ridge.fit(scaled, wanted, sample_weight=weights)
            weights = 1 / np.maximum(np.abs(wanted - ridge.predict(scaled)), LEAST_ERROR)
        ridge.fit(scaled, wanted, sample_weight=weights)
        return cls(
            columns=columns,
            middle=middle,
            spread=spread,
            slopes=unit * np.asarray(ridge.coef_),
            base=usual + unit * float(ridge.intercept_),
        )

    def predict(self, rows: Floats) -> Floats:
        """(m,) for (m, features)."""
        scaled = _scaled(rows[:, self.columns], self.middle, self.spread)
        return np.asarray(self.base + scaled @ self.slopes)


def _scaled(rows: Floats, middle: Floats, spread: Floats) -> Floats:
    """In spreads from the middle; what is missing is in the middle."""
    scaled = (rows - middle) / spread
    return np.where(np.isfinite(scaled), np.clip(scaled, -REACH, REACH), 0.0)
