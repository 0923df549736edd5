"""The score of the Numenta Anomaly Benchmark, standard profile.

The earliest detection within a labelled window earns up to 1, the earlier the more; a window
without one costs 1; a detection elsewhere costs up to 0.11, the less the closer it follows a
window. Nothing counts during the probation, the first 15 % of the rows and at most 750. The sum is
put on a scale where 0 is to detect nothing and 100 is to detect every window at once and nothing
else.

Source: A. Lavin and S. Ahmad, "Evaluating Real-time Anomaly Detection Algorithms - the Numenta
Anomaly Benchmark" (ICMLA 2015), section II.C; positions by row, the limit of the probation and the
normalization as in numenta/NAB @ ea702d75, nab/sweeper.py and nab/runner.py.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, floor

from scaler.evidence.labels import Window

__all__ = ["Score", "probation_steps", "scored"]

FALSE_POSITIVE_COST = 0.11
PROBATION_SHARE = 0.15
PROBATION_ROWS = 5_000
STEEPNESS = 5.0
# So many widths behind a window a detection has nothing to do with it.
FAR = 3.0


@dataclass(frozen=True, kw_only=True)
class Score:
    """A sum over one file or more; scores of several files add up.

    Attributes:
        raw: what was earned minus what it cost.
        windows: how many windows could be found.
    """

    raw: float
    windows: int

    def __add__(self, other: "Score") -> "Score":
        return Score(raw=self.raw + other.raw, windows=self.windows + other.windows)

    @property
    def normalized(self) -> float:
        """100 at best, 0 for no detections, below 0 for many false ones; NaN without windows."""
        if not self.windows:
            return float("nan")
        return 100 * (self.raw + self.windows) / (2 * self.windows)


def probation_steps(steps: int) -> int:
    """How many of a file's first steps are not scored."""
    return floor(min(PROBATION_SHARE * steps, PROBATION_SHARE * PROBATION_ROWS))


def scored(
    detections: Iterable[int], windows: Sequence[Window], *, first: int, steps: int
) -> Score:
    """The score of one file.

    Args:
        detections: steps, in any order.
        windows: labelled, in order, apart from each other.
        first: the first step of the file.
        steps: how many steps the file has.
    """
    start = first + probation_steps(steps)
    # Rows of the probation belong to no window: one that ends there cannot be found or missed.
    earned = {window: -1.0 for window in windows if window.last >= start}
    cost = 0.0
    for step in sorted(set(detections)):
        if step < start:
            continue
        window = next((one for one in windows if step in one), None)
        if window is None:
            cost += FALSE_POSITIVE_COST * -_outside(step, windows)
        else:
            earned[window] = max(earned[window], _inside(step, window))
    return Score(raw=sum(earned.values()) - cost, windows=len(earned))


def _sigmoid(position: float) -> float:
    """From 1 well before a window's end (at 0) to -1 well after it."""
    return 2 / (1 + exp(STEEPNESS * position)) - 1


def _inside(step: int, window: Window) -> float:
    """1 at the first step of a window, falling to about 0 at its last."""
    left = window.last - step + 1
    return _sigmoid(-left / (window.last - window.first + 1)) / _sigmoid(-1.0)


def _outside(step: int, windows: Sequence[Window]) -> float:
    """About 0 right behind a window, -1 far from it or with none before."""
    before = [window for window in windows if window.last < step]
    if not before:
        return -1.0
    width = max(1, before[-1].last - before[-1].first)
    position = (step - before[-1].last) / width
    return -1.0 if position > FAR else _sigmoid(position)
