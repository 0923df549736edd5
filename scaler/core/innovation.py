"""How much of what nobody expected stays: what a forecast is worth until the next one is made.

A forecast is made once a step, decisions are taken between the steps and see a newer load. What
that is above its forecast course, the innovation, is over at once where a load is noise, and there
to stay where it has no level of its own. Which of the two follows from outcomes: the gain is the
slope by which the error of a further lead time follows that of the first one, which is known first.

Only what is above the course counts. A floor that also fell with every dip between two forecasts
would fall on noise, and too few replicas are the dearer mistake.

Source: innovations and their gain as in Kalman, "A New Approach to Linear Filtering and Prediction
Problems" (1960); the slope by discounted least squares.
"""

from math import exp, isfinite, log

__all__ = ["Gain", "factor"]

# Half-life in outcomes, a day of minutes: surprises that are great enough to teach are rare.
HALF_LIFE = 1_440.0
# So much is added at most: after a greater leap the next forecast, a step away, knows better.
MOST = log(1.5)


class Gain:
    """What outcomes have taught about one workload so far; it belongs to one thread."""

    __slots__ = ("_products", "_squares")

    def __init__(self) -> None:
        self._products = self._squares = 0.0

    def learn(self, innovation: float, remained: float) -> None:
        """What came of a forecast; NaN, and a load that was not above its course, teach nothing.

        Args:
            innovation: error of its first lead time, in log1p of the load.
            remained: error of the further one.
        """
        keep = 0.5 ** (1 / HALF_LIFE)
        self._products *= keep
        self._squares *= keep
        if innovation > 0 and isfinite(remained):
            self._products += innovation * remained
            self._squares += innovation**2

    @property
    def value(self) -> float:
        """Share of an innovation that stays, in [0, 1]; 0 while nothing is known."""
        return min(max(self._products / self._squares, 0.0), 1.0) if self._squares else 0.0


def factor(gain: float, innovation: float) -> float:
    """What a forecast is multiplied by after an innovation, >= 1.

    Args:
        gain: in [0, 1].
        innovation: log1p of the load, less that of its course; NaN where there is none.
    """
    return exp(min(gain * innovation, MOST)) if innovation > 0 else 1.0
