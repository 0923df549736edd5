"""Which forecaster is listened to, and how wide its quantiles are: decided by outcomes alone.

At each step several forecasters say what will come: persistence, the same time of earlier days, the
boosting, the boosting trusted by a part, a linear model, and the mean of that and the boosting. The
middle forecast is their average, by their absolute errors of late. What it errs by often lasts, for
minutes or for days, and no model knows of its own errors: it is corrected by a part of their
running means, as far as this does better. Around it stand quantiles: those that were learnt and the
middle plus a multiple of its usual error are averaged as well, by their pinball loss. All are
shifted by what came: a miss moves a quantile up by much, a hit moves it down by little, in the
proportion that balances at the promised level. An outcome is known only a lead time after its
forecast, so all of this runs that much behind.

What is promised holds over time and not at each hour: the share of misses differs from the promised
one by at most the range of the shift over the step size times the number of outcomes. Of the few
outcomes that a day of hours has, many more may miss by chance: the more of the last day have, the
higher the quantiles are, and between such days they are lower by what that is in the mean.

Sources: Angelopoulos, Candès and Tibshirani, "Conformal PID Control for Time Series Prediction"
(NeurIPS 2023), section 2.1, quantile tracking; Gibbs and Candès, "Adaptive Conformal Inference
Under Distribution Shift" (NeurIPS 2021); running means of errors as in Trigg and Leach,
"Exponential Smoothing with an Adaptive Response Rate" (Operational Research Quarterly 18, 1967).
"""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtri

from scaler.core.averaging import Average
from scaler.core.series import Floats, Ints

__all__ = ["PACE", "Calibration", "Candidates", "Issued"]

# Half-life in outcomes of what counts when forecasters are compared, six hours of minutes: a load
# becomes another one, and so does who forecasts it best.
COMPARED = 360.0
# And where quantiles are compared, a day of minutes: most of their loss comes from jumps, of which
# a day may see one; judged by the calm hours before it, no jump would ever be foreseen.
COMPARED_QUANTILES = 1_440.0
# How sharply: more, and of two that err by different chances only one would be listened to.
SHARPNESS = 60.0
# Whether a correction helps is a matter of less than a hundredth of the error.
COMPARED_CORRECTIONS, SHARPNESS_OF_CORRECTIONS = 480.0, 480.0
# Of the usual error, which has to follow the calm of a night and the noise of a noon.
USUAL = 120.0
# What a miss moves a quantile by, in usual errors, less a twentieth at the level of 95 %.
PACE = 0.15
# One error counts for at most so many usual ones: by the logarithm, single requests between zeros
# are enormous errors, and a load that comes after them had quantiles many times its height.
MOST_UNUSUAL = 10.0
# A usual error of nothing, as of a constant load, would make no quantile move again. Nor does it
# say how far a load goes that begins to move: the first error does, one of a quarter at most.
LEAST_USUAL, MOST_AT_FIRST = 1e-6, 0.25
# So many usual errors a quantile is shifted at most.
MOST_SHIFT = 30.0
# Half-lives, in outcomes, of the running means of errors that are corrected: from a quarter of an
# hour of minutes to a day.
LASTING = np.array([15.0, 60.0, 240.0, 1_440.0])
# So much of such a mean is expected to last until the next outcome.
LASTS = 0.7
# In such a mean one error counts for at most so many usual ones: a jump that is over is no bias.
MOST_LASTING = 2.0
# Of a day's outcomes so many times as many as are promised may miss, and on one day in so many
# more do.
MOST_MISSED, DAYS_MISSED = 3.0, 100.0
# A standard deviation of normal errors in usual ones, which are means of absolute errors.
DEVIATION = 1.25
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
        day: outcomes of a day, of which not too many may miss; 0 where no day counts by itself.
    """

    leads: tuple[int, ...]
    names: tuple[str, ...]
    level: float
    learnt: int = 1
    pace: float = PACE
    day: int = 0
    outcomes: int = 0
    _usual: Floats = field(init=False)
    _lasting: Floats = field(init=False)
    _shift: Floats = field(init=False)

    def __post_init__(self) -> None:
        leads, forecasters, depth = len(self.leads), len(self.names), self.leads[-1] + 1
        corrections = 1 + len(LASTING)
        self._forecasters = Average(
            leads=leads, members=forecasters, half_life=COMPARED, sharpness=SHARPNESS
        )
        self._corrections = Average(
            leads=leads,
            members=corrections,
            half_life=COMPARED_CORRECTIONS,
            sharpness=SHARPNESS_OF_CORRECTIONS,
        )
        self._quantiles = Average(
            leads=leads,
            members=self.learnt + 1,
            half_life=COMPARED_QUANTILES,
            sharpness=SHARPNESS,
        )
        self._usual = np.full(leads, np.nan)
        # Running means of the errors of the forecasters' average.
        self._lasting = np.zeros((leads, len(LASTING)))
        # Of the learnt quantiles, of the one by usual errors, and of the lower one.
        self._shift = np.zeros((leads, self.learnt + 2))
        self._lead = np.array(self.leads)
        self._rows = np.arange(leads)
        self._step = np.full(depth, NEVER, dtype=np.int64)
        self._said = np.full((depth, leads, forecasters), np.nan)
        # The forecasters' average as it is, and corrected.
        self._corrected = np.full((depth, leads, corrections), np.nan)
        # The middle, all quantiles, and last the upper one that was said.
        self._bounds = np.full((depth, leads, self.learnt + 4), np.nan)
        # For each lead time the outcomes of the last day, a bit each: whether it was missed.
        self._missed = [0] * leads

    def learn(self, step: int, log_load: float) -> None:
        """What became known at a step; NaN teaches nothing."""
        self._pass_day()
        if not np.isfinite(log_load):
            return
        place = (step - self._lead) % len(self._step)
        known = self._step[place] == step - self._lead
        if not known.any():
            return
        self.outcomes += bool(known[-1])
        self._forecasters.learn(known, _errors(self._said[place, self._rows], log_load))
        self._correct(known, self._corrected[place, self._rows], log_load)
        bounds = self._bounds[place, self._rows]
        for row in np.flatnonzero(known & (log_load > bounds[:, -1])).tolist():
            self._missed[row] |= 1
        self._calibrate(known, bounds[:, :-1], log_load)

    def issue(self, step: int, candidates: Candidates) -> Issued:
        """The forecast at a step, to be learnt from when its outcomes are known."""
        centres = candidates.centres
        mixed, weights = self._forecasters.of(centres)
        corrected = mixed[:, None] + np.column_stack([np.zeros(len(mixed)), LASTS * self._lasting])
        centre, _ = self._corrections.of(corrected)
        usual = np.where(np.isfinite(self._usual), self._usual, 0.0)
        reach = DEVIATION * ndtri(self.level)
        above = np.column_stack([candidates.uppers, centre + reach * usual])
        shift = self._shift[:, :-1] + self._raise_for_day()[:, None]
        above = np.maximum(above, centre[:, None]) + shift * usual[:, None]
        lower = np.minimum(centre - (reach + self._shift[:, -1]) * usual, centre)
        upper = np.maximum(self._quantiles.of(above)[0], centre)
        place = step % len(self._step)
        self._step[place] = step
        self._said[place] = centres
        self._corrected[place] = corrected
        self._bounds[place] = np.column_stack([centre, above, lower, upper])
        return Issued(chosen=weights.argmax(axis=1), lower=lower, centre=centre, upper=upper)

    def _raise_for_day(self) -> Floats:
        """(leads,) usual errors that high quantiles are raised by for the misses of the day."""
        raises = _raises(self.day, self.level)
        return np.array([raises[min(bits.bit_count(), len(raises) - 1)] for bits in self._missed])

    def _pass_day(self) -> None:
        within = (1 << self.day) - 1
        self._missed = [bits << 1 & within for bits in self._missed]

    def _correct(self, known: NDArray[np.bool_], corrected: Floats, log_load: float) -> None:
        self._corrections.learn(known, _errors(corrected, log_load))
        most = MOST_LASTING * np.where(np.isfinite(self._usual), self._usual, np.inf)
        error = np.clip(log_load - corrected[:, 0], -most, most)[:, None]
        keep = 0.5 ** (1 / LASTING)
        lasting = keep * self._lasting + (1 - keep) * error
        self._lasting = np.where(known[:, None], lasting, self._lasting)

    def _calibrate(self, known: NDArray[np.bool_], bounds: Floats, log_load: float) -> None:
        centre, above, lower = bounds[:, 0], bounds[:, 1:-1], bounds[:, -1]
        error = np.abs(log_load - centre)
        keep = 0.5 ** (1 / USUAL)
        is_still = self._usual <= LEAST_USUAL  # what has not moved yet is no test of a quantile
        begun = np.isfinite(self._usual) & ~is_still
        within = np.fmin(error, MOST_UNUSUAL * self._usual)
        first = np.where(is_still, np.minimum(error, MOST_AT_FIRST), error)
        usual = np.where(begun, keep * self._usual + (1 - keep) * within, first)
        self._usual = np.where(known, np.maximum(usual, LEAST_USUAL), self._usual)
        missed = np.column_stack([log_load > above, log_load < lower])
        moved = self._shift + self.pace * (missed - (1 - self.level))
        able = (known & ~is_still)[:, None] & np.isfinite(bounds[:, 1:])
        self._shift = np.where(able, np.clip(moved, -MOST_SHIFT, MOST_SHIFT), self._shift)
        over = log_load - above
        loss = np.maximum(self.level * over, (self.level - 1) * over)
        loss = np.where(np.isfinite(loss), loss, loss[:, -1:])  # nothing learnt: no better
        self._quantiles.learn(known, loss)


@lru_cache(maxsize=64)
def _raises(day: int, level: float) -> tuple[float, ...]:
    """Usual errors that a high quantile is raised by after 0, 1, ... misses in a day.

    With normal errors, more of the next ``day`` outcomes than still may would miss the raised one
    by a chance of one in a hundred: the exact limit of a share from the left of a day's misses, as
    in Clopper and Pearson, "The Use of Confidence or Fiducial Limits" (Biometrika 26, 1934).
    """
    may = int(MOST_MISSED * (1 - level) * day + 1e-9)
    if not 0 < may < day:
        return (0.0,)  # no miss is allowed, or any number
    left = np.arange(may, -1, -1)
    share = np.minimum(betaincinv(left + 1, day - left, 1 / DAYS_MISSED), 1 - level)
    return tuple((DEVIATION * (ndtri(1 - share) - ndtri(level))).tolist())


def _errors(said: Floats, log_load: float) -> Floats:
    """(leads, n) absolute errors in units of the load.

    Args:
        said: (leads, n); who had nothing to say is counted as the first one, which always has.
    """
    errors = np.abs(np.expm1(said) - np.expm1(log_load))
    return np.asarray(np.where(np.isfinite(errors), errors, errors[:, :1]))
