"""An average of several that say the same thing, each by how it has done of late.

Each loss counts less with every later outcome. One that lost a little more than the least still
counts for a part of it: several that err by different chances are together nearer than the best.

Source: exponentially weighted averages with discounted losses, Cesa-Bianchi and Lugosi,
"Prediction, Learning, and Games" (2006), sections 2.2 and 2.11.
"""

import numpy as np
from numpy.typing import NDArray

from scaler.core.series import Floats

__all__ = ["Average"]


class Average:
    """What some have lost so far, for each lead time by itself; it belongs to one thread."""

    __slots__ = ("_keep", "_losses", "_sharpness")

    def __init__(self, *, leads: int, members: int, half_life: float, sharpness: float) -> None:
        """Nothing lost yet: only the first that speaks counts.

        Args:
            half_life: in outcomes, > 0.
            sharpness: one that lost a ``sharpness``-th more than the least counts for a third of it
                (1 / e); > 0.
        """
        self._sharpness = sharpness
        self._losses = np.zeros((leads, members))
        self._keep = 0.5 ** (1 / half_life)

    def learn(self, known: NDArray[np.bool_], losses: Floats) -> None:
        """What came of what was said.

        Args:
            known: (leads,) of which lead times there is an outcome.
            losses: (leads, members), finite where known, >= 0.
        """
        kept = self._keep * self._losses + losses
        self._losses = np.where(known[:, None], kept, self._losses)

    def of(self, said: Floats) -> tuple[Floats, Floats]:
        """The average (leads,) of what is said, and how much each counts (leads, members).

        Args:
            said: (leads, members), NaN where one has nothing to say; one of each row is known.
        """
        weights = self._weights(np.isfinite(said))
        # What weighs nothing may be NaN.
        return np.where(weights > 0, weights * said, 0.0).sum(axis=1), weights

    def _weights(self, speaks: NDArray[np.bool_]) -> Floats:
        losses = np.where(speaks, self._losses, np.inf)
        rows, best = np.arange(len(losses)), losses.argmin(axis=1)
        least = losses[rows, best]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            weights = np.exp(-self._sharpness * (losses / least[:, None] - 1))
        # Of those that lost nothing at all only the first counts.
        weights = np.where(np.isfinite(weights), weights, 0.0)
        weights[rows, best] = 1.0
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))
