"""How good a forecast was, against what would have been there without it.

Source: Hyndman and Athanasopoulos, "Forecasting: Principles and Practice" (3rd ed.), 5.8 and 5.9.
MAPE is left out on purpose: it breaks near zero, where idle services live.
"""

from collections import deque
from dataclasses import dataclass, field
from math import isfinite

import numpy as np

from scaler.core.series import Floats

__all__ = ["Judge", "coverage", "pinball_loss", "skill", "wape"]

# Of the load: an error by a logarithm and back, on a constant load the only one there is.
ROUNDING = 1e-12


def wape(actual: Floats, forecast: Floats) -> float:
    """Sum of absolute errors over the sum of the load; pairs with a NaN are left out.

    Returns:
        A share >= 0; NaN when no load is known or all of it is zero.
    """
    known = np.isfinite(actual) & np.isfinite(forecast)
    total = np.abs(actual[known]).sum()
    return float(np.abs(actual - forecast)[known].sum() / total) if total > 0 else float("nan")


def skill(actual: Floats, forecast: Floats, baseline: Floats) -> float:
    """1 - error / error of the baseline, on the pairs where both are known.

    Returns:
        At most 1; 0 is as good as the baseline, also where the baseline makes no error and
        neither does the forecast; minus infinity where only the forecast errs; NaN without pairs.
    """
    known = np.isfinite(actual) & np.isfinite(forecast) & np.isfinite(baseline)
    if not known.any():
        return float("nan")
    ours = float(np.abs(actual - forecast)[known].sum())
    if ours <= ROUNDING * float(np.abs(actual[known]).sum()):
        ours = 0.0
    theirs = float(np.abs(actual - baseline)[known].sum())
    return _ratio_skill(ours, theirs)


def pinball_loss(actual: Floats, forecast: Floats, *, level: float) -> float:
    """Mean of max(q (y - f), (q - 1)(y - f)) over the known pairs, in units of the load."""
    error = (actual - forecast)[np.isfinite(actual) & np.isfinite(forecast)]
    return float(np.maximum(level * error, (level - 1) * error).mean())


def coverage(actual: Floats, upper: Floats) -> float:
    """Share of the known pairs in which the load stayed at or below the quantile."""
    known = np.isfinite(actual) & np.isfinite(upper)
    return float((actual <= upper)[known].mean()) if known.any() else float("nan")


@dataclass(kw_only=True, eq=False)
class Judge:
    """The last outcomes of a forecaster beside those of persistence, as running sums.

    Attributes:
        keep: most outcomes that are remembered.
    """

    keep: int
    _errors: deque[tuple[float, float]] = field(default_factory=deque)
    _ours: float = 0.0
    _theirs: float = 0.0

    def learn(self, actual: float, forecast: float, baseline: float) -> None:
        """With one more outcome; one that has a NaN in it changes nothing."""
        ours, theirs = abs(actual - forecast), abs(actual - baseline)
        if not isfinite(ours + theirs):
            return
        self._errors.append((ours, theirs))
        self._ours += ours
        self._theirs += theirs
        if len(self._errors) > self.keep:
            old_ours, old_theirs = self._errors.popleft()
            # Rounding must not leave a rest of what is forgotten.
            self._ours = max(0.0, self._ours - old_ours)
            self._theirs = max(0.0, self._theirs - old_theirs)

    @property
    def outcomes(self) -> int:
        return len(self._errors)

    @property
    def skill(self) -> float:
        return _ratio_skill(self._ours, self._theirs)


def _ratio_skill(ours: float, theirs: float) -> float:
    if theirs > 0:
        return 1 - ours / theirs
    return 0.0 if ours == 0 else float("-inf")
