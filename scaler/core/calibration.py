"""Which forecaster is listened to, and how wide its quantiles are: decided by outcomes alone.

At each step several forecasters say what will come: persistence, the same time of earlier days, the
boosting, and the boosting trusted by a part. The middle forecast is their average, each weighted by
how near its absolute error of late is to the least. Around it stand quantiles: those that were
learnt and the middle plus a multiple of its usual error are averaged in the same way, by their
pinball loss. All are shifted by what came: a miss moves a quantile up by much, a hit moves it down
by little, in the proportion that balances at the promised level. An outcome is known only a lead
time after its forecast, so all of this runs that much behind.

What is promised holds over time and not at each hour: the share of misses differs from the promised
one by at most the range of the shift over the step size times the number of outcomes.

Sources: Angelopoulos, Candès and Tibshirani, "Conformal PID Control for Time Series Prediction"
(NeurIPS 2023), section 2.1, quantile tracking; Gibbs and Candès, "Adaptive Conformal Inference
Under Distribution Shift" (NeurIPS 2021); exponentially weighted averages with discounted losses as
in Cesa-Bianchi and Lugosi, "Prediction, Learning, and Games" (2006), sections 2.2 and 2.11.
"""

from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from scaler.core.series import Floats, Ints

__all__ = ["PACE", "Calibration", "Candidates", "Issued"]

# Half-life, in outcomes, of what counts when forecasters are compared: four hours of minutes.
COMPARED = 240.0
# And where quantiles are compared, a day of minutes: most of their loss comes from jumps, of which
# a day may see one; judged by the calm hours before it, no jump would ever be foreseen.
COMPARED_QUANTILES = 1_440.0
# Of the usual error, which has to follow the calm of a night and the noise of a noon.
USUAL = 120.0
# What a miss moves a quantile by, in usual errors, less a twentieth at the level of 95 %.
PACE = 0.15
# One error counts for at most so many usual ones: by the logarithm, single requests between zeros
# are enormous errors, and a load that comes after them had quantiles many times its height.
MOST_UNUSUAL = 10.0
# A usual error of nothing, as of a constant load, would make no quantile move again.
LEAST_USUAL = 1e-6
# So many usual errors a quantile is shifted at most.
MOST_SHIFT = 30.0
# A forecaster whose error is greater by a sixtieth than the least (or a quantile whose loss is)
# counts for a third of the best: the average of several that err by different chances is nearer.
SHARPNESS = 60.0
# Marks an empty place; a step before it is never asked for, as -1 is in a series counted from 0.
NEVER = np.iinfo(np.int64).min


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidates:
    """What all forecasters say at one step.

    Attributes:
        now: log1p of the load.
        centres: (leads, forecasters) log1p of the load to come, NaN where one has nothing to say.
            The first one always has.
        uppers: (leads, learnt) high quantiles of it, NaN where one was not learnt.
    """

    now: float
    centres: Floats
    uppers: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Issued:
    """What was made of it.

    Attributes:
        chosen: (leads,) which forecaster was listened to most.
        lower, centre, upper: (leads,) log1p of the load.
    """

    chosen: Ints
    lower: Floats
    centre: Floats
    upper: Floats


@dataclass(kw_only=True, eq=False)
class Calibration:
    """What outcomes have taught so far; it belongs to one workload and one thread.

    Attributes:
        leads: (leads,) steps ahead, increasing.
        names: of the forecasters, first one that always speaks.
        level: the promised upper quantile, in (0.5, 1); the lower one lies as far below the middle.
        learnt: how many high quantiles others learn.
        pace: what a miss moves a quantile by, in usual errors.
    """

    leads: tuple[int, ...]
    names: tuple[str, ...]
    level: float
    learnt: int = 1
    pace: float = PACE
    outcomes: int = 0
    _errors: Floats = field(init=False)
    _usual: Floats = field(init=False)
    _shift: Floats = field(init=False)
    _losses: Floats = field(init=False)
    _ring: dict[str, NDArray[np.float64]] = field(init=False)

    def __post_init__(self) -> None:
        leads, forecasters, depth = len(self.leads), len(self.names), self.leads[-1] + 1
        self._errors = np.zeros((leads, forecasters))
        self._usual = np.full(leads, np.nan)
        # Of the learnt quantiles, of the one by usual errors, and of the lower one.
        self._shift = np.zeros((leads, self.learnt + 2))
        self._losses = np.zeros((leads, self.learnt + 1))
        self._lead = np.array(self.leads)
        self._rows = np.arange(leads)
        self._step = np.full(depth, NEVER, dtype=np.int64)
        self._said = np.full((depth, leads, forecasters), np.nan)
        # The middle and all quantiles.
        self._bounds = np.full((depth, leads, self.learnt + 3), np.nan)

    def learn(self, step: int, log_load: float) -> None:
        """What became known at a step; NaN teaches nothing."""
        if not np.isfinite(log_load):
            return
        place = (step - self._lead) % len(self._step)
        known = self._step[place] == step - self._lead
        if not known.any():
            return
        said, bounds = self._said[place, self._rows], self._bounds[place, self._rows]
        self.outcomes += bool(known[-1])
        self._compare(known, said, log_load)
        self._calibrate(known, bounds, log_load)

    def issue(self, step: int, candidates: Candidates) -> Issued:
        """The forecast at a step, to be learnt from when its outcomes are known."""
        centres = candidates.centres
        weights = _weights(self._errors, of=centres)
        centre = _averaged(centres, weights)
        usual = np.where(np.isfinite(self._usual), self._usual, 0.0)
        reach = NormalDist().inv_cdf(self.level) * 1.25  # a usual error is 0.8 standard deviations
        above = np.column_stack([candidates.uppers, centre + reach * usual])
        above = np.maximum(above, centre[:, None]) + self._shift[:, :-1] * usual[:, None]
        lower = np.minimum(centre - (reach + self._shift[:, -1]) * usual, centre)
        upper = np.maximum(_averaged(above, _weights(self._losses, of=above)), centre)
        place = step % len(self._step)
        self._step[place] = step
        self._said[place] = centres
        self._bounds[place] = np.column_stack([centre, above, lower])
        return Issued(chosen=weights.argmax(axis=1), lower=lower, centre=centre, upper=upper)

    def _compare(self, known: NDArray[np.bool_], said: Floats, log_load: float) -> None:
        errors = np.abs(np.expm1(said) - np.expm1(log_load))
        # Who had nothing to say is counted as the one that always has.
        errors = np.where(np.isfinite(errors), errors, errors[:, :1])
        keep = 0.5 ** (1 / COMPARED)
        self._errors = np.where(known[:, None], keep * self._errors + errors, self._errors)

    def _calibrate(self, known: NDArray[np.bool_], bounds: Floats, log_load: float) -> None:
        centre, above, lower = bounds[:, 0], bounds[:, 1:-1], bounds[:, -1]
        error = np.abs(log_load - centre)
        keep = 0.5 ** (1 / USUAL)
        begun = np.isfinite(self._usual)
        within = np.fmin(error, MOST_UNUSUAL * self._usual)
        usual = np.where(begun, keep * self._usual + (1 - keep) * within, error)
        self._usual = np.where(known, np.maximum(usual, LEAST_USUAL), self._usual)
        missed = np.column_stack([log_load > above, log_load < lower])
        moved = self._shift + self.pace * (missed - (1 - self.level))
        able = known[:, None] & np.isfinite(bounds[:, 1:])
        self._shift = np.where(able, np.clip(moved, -MOST_SHIFT, MOST_SHIFT), self._shift)
        over = log_load - above
        loss = np.maximum(self.level * over, (self.level - 1) * over)
        loss = np.where(np.isfinite(loss), loss, loss[:, -1:])  # nothing learnt: no better
        keep = 0.5 ** (1 / COMPARED_QUANTILES)
        self._losses = np.where(known[:, None], keep * self._losses + loss, self._losses)


def _weights(losses: Floats, *, of: Floats) -> Floats:
    """(leads, n) of an average of those that say something, by what they have lost so far.

    Args:
        losses: (leads, n) discounted sums, >= 0; where the least is 0 only the best counts.
        of: (leads, n) what they say, NaN for nothing; one of each row is known.
    """
    losses = np.where(np.isfinite(of), losses, np.inf)
    rows, best = np.arange(len(losses)), losses.argmin(axis=1)
    least = losses[rows, best]
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = np.exp(-SHARPNESS * (losses / least[:, None] - 1))
    weights = np.where(np.isfinite(weights), weights, 0.0)
    weights[rows, best] = 1.0
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _averaged(said: Floats, weights: Floats) -> Floats:
    """(leads,) what is said, by weight; what weighs nothing may be NaN."""
    return np.asarray(np.where(weights > 0, weights * said, 0.0).sum(axis=1))
