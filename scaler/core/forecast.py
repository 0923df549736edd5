"""One forecaster in service: what it says at each step, and whether anybody should listen.

``Track`` is a value that walks along the series, one step at a time. At each step it first learns
from the outcomes that have just become known, then turns the model's move into a forecast. A
backtest and the service walk the same way, so that what was measured is what runs.

Nothing here promises that a forecast exists: without a fitted model, without a present value, or
when the forecaster has lately been no better than persistence, the answer is an ``Absence`` that
says why, and the reactive count stands alone.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from scaler.core.conformal import Conformal
from scaler.core.forecaster import LoadForecaster
from scaler.core.series import Floats, Series
from scaler.core.skill import Judge

__all__ = ["Absence", "Forecast", "Track", "Why", "advanced", "leads_for", "started"]

MEDIAN = 0.5
# Less than this above persistence is within what chance gives on a day of outcomes.
MIN_SKILL = 0.02
MIN_OUTCOMES = 10
# Shares of the horizon that are forecast; the greatest of them counts, because a peak that is
# over again at the horizon needs its replicas all the same.
LEAD_RATIOS = (0.4, 0.8, 1.0)


class Why(StrEnum):
    """Which kind of reason keeps a forecast away; for metrics, where a sentence cannot stand."""

    OFF = "off"
    FROZEN = "frozen"
    STARTING = "starting"
    SHORT_HISTORY = "short_history"
    FITTING = "fitting"
    NO_METRICS = "no_metrics"
    STANDING_BACK = "standing_back"


@dataclass(frozen=True, kw_only=True)
class Absence:
    """Why there is no forecast, in one word and in one sentence."""

    why: Why
    sentence: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Forecast:
    """What the load will be, said at one step.

    Attributes:
        step: the step it was made at.
        leads: steps ahead, increasing; the last one is the horizon.
        levels: quantile levels, increasing.
        quantiles: (leads, levels) load, >= 0, increasing along the levels.
        skill: of late, against persistence at the horizon.
    """

    step: int
    leads: tuple[int, ...]
    levels: tuple[float, ...]
    quantiles: Floats
    skill: float

    @property
    def median(self) -> float:
        """The middle forecast at the horizon."""
        return float(self.quantiles[-1, self.levels.index(MEDIAN)])

    @property
    def upper(self) -> float:
        """The highest quantile at the horizon."""
        return float(self.quantiles[-1, -1])

    @property
    def peak(self) -> float:
        """The greatest highest quantile over all lead times: what a floor must carry."""
        return float(self.quantiles[:, -1].max())


@dataclass(frozen=True, kw_only=True, eq=False)
class _Issued:
    """A forecast whose outcomes are still to come."""

    step: int
    now: float
    centre: Floats
    offsets: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Track:
    """A fitted forecaster with what is known about how it does; every step gives a new value.

    Attributes:
        leads: steps ahead, increasing.
        weights: (leads,) share of the model's move that is trusted.
        conformal: residuals and the levels asked of them.
        judge: outcomes at the horizon, beside those of persistence.
        issued: forecasts that wait for an outcome, oldest first.
        step: the newest step that was walked.
    """

    leads: tuple[int, ...]
    weights: Floats
    conformal: Conformal
    judge: Judge
    issued: tuple[_Issued, ...]
    step: int


def leads_for(*, horizon_s: float, step_s: float) -> tuple[int, ...]:
    """The steps ahead that are forecast for a horizon, at least one."""
    horizon = horizon_s / step_s
    return tuple(sorted({max(1, round(ratio * horizon)) for ratio in LEAD_RATIOS}))


def started(
    model: LoadForecaster, *, level: float, keep: int, previous: Track | None = None
) -> Track:
    """The track of a newly fitted forecaster, judged by its held-out part.

    Args:
        level: the promised upper quantile, in (0.5, 1).
        keep: most outcomes that are remembered.
        previous: the track of the model that it replaces; what that one learnt about the level
            to ask for, and its forecasts under way, are kept.
    """
    held = model.holdout_
    centre = held.now[:, None] + held.move * model.weights_
    judge = Judge.of(
        np.expm1(held.outcome[:, -1]), np.expm1(centre[:, -1]), np.expm1(held.now), keep=keep
    )
    levels = (MEDIAN, level)
    conformal = Conformal.of(held.outcome - centre, levels=levels, keep=keep)
    issued: tuple[_Issued, ...] = ()
    step = model.last_step_ - 1  # so that the first forecast is from the newest step
    if previous is not None and (previous.leads, previous.conformal.levels) == (
        model.leads,
        levels,
    ):
        conformal = replace(conformal, asked=previous.conformal.asked)
        issued, step = previous.issued, previous.step
    return Track(
        leads=model.leads,
        weights=model.weights_,
        conformal=conformal,
        judge=judge,
        issued=issued,
        step=step,
    )


def advanced(
    track: Track, series: Series, *, step: int, move: Floats
) -> tuple[Track, Forecast | Absence]:
    """Walk to a step: learn what has become known, then forecast from it.

    Args:
        series: the load up to ``step`` at least.
        step: later than the track's.
        move: (leads,) the model's move from ``step`` in log1p; NaN where it has none.
    """
    for issued in track.issued:
        if track.step < issued.step + track.leads[-1] <= step:
            track = _learnt(track, series, issued)
    waiting = tuple(i for i in track.issued if i.step + track.leads[-1] > step)
    now = float(np.log1p(series.at(step)))
    centre = now + track.weights * move
    if not np.isfinite(centre).all():
        absence = Absence(why=Why.NO_METRICS, sentence="the newest step has no load")
        return replace(track, issued=waiting, step=step), absence
    offsets = track.conformal.offsets()
    issued = _Issued(step=step, now=now, centre=centre, offsets=offsets)
    track = replace(track, issued=(*waiting, issued), step=step)
    doubt = _doubt(track.judge)
    if doubt:
        return track, doubt
    return track, Forecast(
        step=step,
        leads=track.leads,
        levels=track.conformal.levels,
        quantiles=np.maximum(np.expm1(centre[:, None] + offsets), 0.0),
        skill=track.judge.skill,
    )


def _doubt(judge: Judge) -> Absence | None:
    """Why a forecaster should not be listened to, if there is a reason."""
    if judge.outcomes < MIN_OUTCOMES:
        sentence = f"judged by {judge.outcomes} of the {MIN_OUTCOMES} outcomes needed"
        return Absence(why=Why.SHORT_HISTORY, sentence=sentence)
    if judge.skill < MIN_SKILL:
        sentence = f"skill {judge.skill:.2f} against persistence: standing back"
        return Absence(why=Why.STANDING_BACK, sentence=sentence)
    return None


def _learnt(track: Track, series: Series, issued: _Issued) -> Track:
    outcome = np.array([series.at(issued.step + lead) for lead in track.leads])
    judge = track.judge.learnt(
        float(outcome[-1]), float(np.expm1(issued.centre[-1])), float(np.expm1(issued.now))
    )
    residuals = np.log1p(outcome) - issued.centre
    conformal = track.conformal.learnt(residuals, issued.offsets)
    return replace(track, judge=judge, conformal=conformal)
