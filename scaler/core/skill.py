"""How good a forecast was, against what would have been there without it.

Source: Hyndman and Athanasopoulos, "Forecasting: Principles and Practice" (3rd ed.), 5.8 and 5.9.
MAPE is left out on purpose: it breaks near zero, where idle services live.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from scaler.core.series import Floats

__all__ = ["Judge", "coverage", "pinball_loss", "skill", "wape"]


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
        neither does the forecast; minus infinity where only the forecast errs.
    """
    known = np.isfinite(actual) & np.isfinite(forecast) & np.isfinite(baseline)
    ours = float(np.abs(actual - forecast)[known].sum())
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


@dataclass(frozen=True, kw_only=True, eq=False)
class Judge:
    """The last outcomes of a forecaster beside those of persistence.

    Attributes:
        ours: (m,) absolute errors of the forecast, oldest first.
        theirs: (m,) absolute errors of persistence at the same steps.
        keep: most outcomes that are remembered.
    """

    ours: Floats
    theirs: Floats
    keep: int

    @classmethod
    def of(cls, actual: Floats, forecast: Floats, baseline: Floats, *, keep: int) -> Self:
        known = np.isfinite(actual) & np.isfinite(forecast) & np.isfinite(baseline)
        ours = np.abs(actual - forecast)[known][-keep:]
        theirs = np.abs(actual - baseline)[known][-keep:]
        return cls(ours=ours, theirs=theirs, keep=keep)

    def learnt(self, actual: float, forecast: float, baseline: float) -> "Judge":
        """With one more outcome; one that has a NaN in it changes nothing."""
        ours, theirs = abs(actual - forecast), abs(actual - baseline)
        if not np.isfinite(ours + theirs):
            return self
        return Judge(
            ours=np.append(self.ours, ours)[-self.keep :],
            theirs=np.append(self.theirs, theirs)[-self.keep :],
            keep=self.keep,
        )

    @property
    def outcomes(self) -> int:
        return len(self.ours)

    @property
    def skill(self) -> float:
        return _ratio_skill(float(self.ours.sum()), float(self.theirs.sum()))


def _ratio_skill(ours: float, theirs: float) -> float:
    if theirs > 0:
        return 1 - ours / theirs
    return 0.0 if ours == 0 else float("-inf")
