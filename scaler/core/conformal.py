"""Quantiles of a forecast from its own residuals, kept honest while it is in service.

The upper quantile is the point forecast plus a quantile of the residuals of late. Which quantile is
adapted: a miss raises the level that is asked of the residuals, a hit lowers it a little, so that
over time the promised share of outcomes lies below. An outcome is known only a lead time after its
forecast, so the adaptation runs that much behind; it promises coverage over time, not at each hour.

Source: Gibbs and Candès, "Adaptive Conformal Inference Under Distribution Shift" (NeurIPS 2021),
section 2, equation 2, with delayed outcomes.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from scaler.core.series import Floats

__all__ = ["Conformal"]

GAMMA = 0.005


@dataclass(frozen=True, kw_only=True, eq=False)
class Conformal:
    """Residuals of late and the levels that are asked of them; every outcome gives a new value.

    Attributes:
        levels: promised quantile levels, increasing, each in (0, 1).
        asked: (leads, levels) levels that are asked of the residuals instead.
        residuals: (m, leads) outcome minus forecast in log1p, oldest first, NaN where unknown.
        keep: most residuals per lead time that are remembered.
    """

    levels: tuple[float, ...]
    asked: Floats
    residuals: Floats
    keep: int

    @classmethod
    def of(cls, residuals: Floats, *, levels: tuple[float, ...], keep: int) -> Self:
        """From the residuals of a part of the history that the forecaster had not seen."""
        asked = np.tile(np.array(levels), (residuals.shape[1], 1))
        return cls(levels=levels, asked=asked, residuals=residuals[-keep:], keep=keep)

    def offsets(self) -> Floats:
        """What each quantile lies above the point forecast, in log1p.

        Returns:
            (leads, levels), increasing along the levels; 0 for a lead time without residuals.
        """
        offsets = np.zeros(self.asked.shape)
        for lead, asked in enumerate(self.asked):
            known = self.residuals[:, lead]
            known = known[np.isfinite(known)]
            if len(known):
                offsets[lead] = np.quantile(known, np.clip(asked, 0.0, 1.0))
        # Each level adapts by itself, so they may cross; sorting is the cure of Chernozhukov,
        # Fernández-Val and Galichon, "Quantile and Probability Curves Without Crossing" (2010).
        return np.sort(offsets, axis=1)

    def learnt(self, residuals: Floats, offsets: Floats) -> "Conformal":
        """With one more outcome per lead time.

        Args:
            residuals: (leads,) outcome minus point forecast in log1p, NaN where unknown.
            offsets: (leads, levels) what was promised for these outcomes.
        """
        known = np.isfinite(residuals)[:, None]
        missed = residuals[:, None] > offsets
        promised = np.array(self.levels)
        step = np.where(known, GAMMA * (missed - (1 - promised)), 0.0)
        # Bounded, so that a long calm does not have to be unlearnt before the next miss counts.
        asked = np.clip(self.asked + step, promised / 2, 1.0)
        kept = np.vstack([self.residuals, residuals])[-self.keep :]
        return replace(self, asked=asked, residuals=kept)
