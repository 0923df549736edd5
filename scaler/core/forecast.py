"""One forecaster in service: what it says at each step, and who said it.

``Track`` walks along the series, one step at a time. At each step it first learns from the outcomes
that have just become known, then makes a forecast of what its models say. A back-test and the
service walk the same way, so that what was measured is what runs.

There is a forecast from the first minutes on: before a model is fitted, and wherever the fitted one
has lately been no better, persistence speaks, with quantiles from its own errors. Where there can
be none, the answer is an ``Absence`` that says why, and the reactive count stands alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from math import log1p

import numpy as np

from scaler.core.calibration import PACE, Calibration, Candidates, Issued
from scaler.core.features import Design
from scaler.core.forecaster import Moves
from scaler.core.innovation import Gain, factor
from scaler.core.series import Floats, Ints
from scaler.core.skill import Judge

__all__ = [
    "MIN_OUTCOMES",
    "PATH_S",
    "Absence",
    "Forecast",
    "Track",
    "Why",
    "horizon_for",
    "leads_for",
]

MEDIAN = 0.5
# Quantiles from fewer outcomes than this mean nothing.
MIN_OUTCOMES = 10
# How far ahead the path reaches, seconds.
PATH_S = 900.0
MOST_LEADS = 15
# Shares of the boosting's move that are tried; what it is trusted by follows from outcomes.
TRUST = (0.25, 0.5, 0.75)


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
        leads: steps ahead, increasing.
        levels: quantile levels, increasing.
        quantiles: (leads, levels) load, >= 0, increasing along the levels.
        skill: of late, against persistence at the horizon.
        horizon: the lead time by which a replica asked for now is ready; one of ``leads``, the last
            one where it is not said.
        basis: who was listened to at the horizon.
        peaks: (levels,) the greatest load up to the horizon; the greatest of each level's path
            where nothing was said of it, which promises less: each step may be exceeded by itself.
        now: the load that it was made at; NaN where it is not known.
        step_s: length of a step, seconds.
        gain: share of what the load is above its forecast course that is expected to stay, in
            [0, 1].
    """

    step: int
    leads: tuple[int, ...]
    levels: tuple[float, ...]
    quantiles: Floats
    skill: float
    horizon: int = 0
    basis: str = ""
    peaks: Floats | None = None
    now: float = float("nan")
    step_s: float = 60.0
    gain: float = 0.0

    @property
    def ahead(self) -> int:
        """The horizon in steps."""
        return self.horizon or self.leads[-1]

    @property
    def lower(self) -> float:
        """The lowest quantile at the horizon."""
        return float(self._at_horizon[0])

    @property
    def median(self) -> float:
        """The middle forecast at the horizon."""
        return float(self._at_horizon[self.levels.index(MEDIAN)])

    @property
    def upper(self) -> float:
        """The highest quantile at the horizon."""
        return float(self._at_horizon[-1])

    @property
    def greatest(self) -> Floats:
        """(levels,) the greatest load up to the horizon: a peak that is over again by then needs
        its replicas all the same."""
        return self.until_horizon.max(axis=0) if self.peaks is None else self.peaks

    @property
    def peak(self) -> float:
        """The highest quantile of the greatest load up to the horizon."""
        return float(self.greatest[-1])

    def raised_by(self, load: float, *, age_s: float) -> float:
        """What all of it has to be multiplied by for what has come since it was made, >= 1.

        Args:
            load: that is seen now.
            age_s: seconds since it was made.
        """
        if not (self.gain and age_s > 0):
            return 1.0
        middle = self.quantiles[:, self.levels.index(MEDIAN)]
        course = np.log1p(np.concatenate([[self.now], middle]))
        expected = float(np.interp(age_s / self.step_s, (0, *self.leads), course))
        return factor(self.gain, log1p(load) - expected)

    @property
    def until_horizon(self) -> Floats:
        """(m, levels) the quantiles of the lead times up to the horizon."""
        return self.quantiles[: self.leads.index(self.ahead) + 1]

    @property
    def _at_horizon(self) -> Floats:
        return np.asarray(self.quantiles[self.leads.index(self.ahead)])


def leads_for(*, step_s: float, path_s: float = PATH_S) -> tuple[int, ...]:
    """The steps ahead of the path, up to its end, at least one step."""
    last = max(1, round(path_s / step_s))
    every = max(1, last // MOST_LEADS)
    return tuple(range(every, last + 1, every))


def horizon_for(leads: tuple[int, ...], *, lead_time_s: float, step_s: float) -> int:
    """The lead time of the path that a replica asked for now is ready by.

    Args:
        lead_time_s: until a new replica is ready, with the wait for the next decision.
    """
    wanted = lead_time_s / step_s
    return next((lead for lead in leads if lead >= wanted - 1e-9), leads[-1])


@dataclass(kw_only=True, eq=False)
class Track:
    """A workload's forecasters with what is known about how they do; belongs to one thread.

    Attributes:
        leads: steps ahead, increasing.
        seasons: lengths of the seasons that are simply repeated, in steps.
        level: the promised upper quantile; may be changed between two steps.
        horizon: one of ``leads``; may be changed between two steps.
        day: steps of a day, whose outcomes it is judged by.
        step: the newest step that was walked.
    """

    leads: tuple[int, ...]
    seasons: tuple[int, ...]
    level: float
    horizon: int
    day: int
    step: int
    judge: Judge = field(init=False)
    calibration: Calibration = field(init=False)

    def __post_init__(self) -> None:
        repeats = tuple(f"same time {season} steps ago" for season in self.seasons)
        trusted = (f"boosting, {share:.0%}" for share in TRUST)
        names = (
            "persistence",
            *repeats,
            *trusted,
            "boosting, blended",
            "boosting",
            "linear",
            "boosting and linear",
        )
        self.calibration = Calibration(
            leads=self.leads, names=names, level=self.level, day=self.day
        )
        self._peaks = self._of_peaks()
        self.judge = Judge(keep=self.day)
        self._waiting: dict[int, tuple[float, float]] = {}
        self._gain = Gain()
        # By the step that ends them: the horizon then, and the middle of the two lead times.
        self._courses: dict[int, tuple[int, float, float]] = {}

    @property
    def is_judged(self) -> bool:
        """Whether enough is known of how its forecasts came out for them to be used."""
        return self.calibration.outcomes >= MIN_OUTCOMES

    def walk(
        self, design: Design, steps: Ints, moves: Moves | None = None
    ) -> Iterable[Forecast | Absence]:
        """Go on to each step and say what it says there.

        Args:
            design: of the load up to the last step at least; nothing later is looked at.
            steps: (m,) later than the track's, increasing.
            moves: (m, leads) what the fitted models say at them; ``None`` while there is none.
        """
        at, leads = steps - design.series.first, np.array(self.leads)
        boosted = np.full((len(at), len(leads)), np.nan) if moves is None else moves.centre
        blended = boosted if moves is None else moves.blended
        linear = boosted if moves is None else moves.linear
        upper = boosted if moves is None else moves.upper
        said = [np.zeros((len(at), len(leads)))]
        said += [design.repeated(at, leads, season) for season in self.seasons]
        said += [*(share * blended for share in TRUST), blended, boosted]
        said += [linear, (boosted + linear) / 2]
        log_load = design.log_load
        # Trees that saw a load soar from a calm say so at a height as well: what was never reached
        # is left to the quantiles.
        highest = design.highest[at][:, None, None]
        centres = np.minimum(np.stack(said, axis=2) + log_load[at][:, None, None], highest)
        upper = upper + log_load[at][:, None]
        for place, step in enumerate(steps.tolist()):
            for known in range(max(self.step + 1, design.series.first), step + 1):
                self._learn(known, log_load[: known - design.series.first + 1])
            self.step = step
            now = float(log_load[at[place]])
            if not np.isfinite(now):
                yield Absence(why=Why.NO_METRICS, sentence="the newest step has no load")
                continue
            is_of_now = moves is not None and moves.horizon == self.horizon
            peak = now + float(moves.peak[place]) if moves and is_of_now else np.nan
            candidates = Candidates(now=now, centres=centres[place], uppers=upper[place, :, None])
            yield self._issue(step, candidates, peak=peak, step_s=design.series.step_s)

    def _learn(self, step: int, log_load: Floats) -> None:
        """What became known at a step, the last of the load up to it."""
        newest = float(log_load[-1])
        self.calibration.learn(step, newest)
        if self._peaks.leads != (self.horizon,):
            self._peaks = self._of_peaks()
        self._peaks.learn(step, float(np.fmax.reduce(log_load[-self.horizon :])))
        waited = self._waiting.pop(step, None)
        if waited is not None and np.isfinite(newest):
            self.judge.learn(float(np.expm1(newest)), *waited)
        course = self._courses.pop(step, None)
        if course is not None and course[0] < len(log_load):
            ago, near, far = course
            self._gain.learn(float(log_load[-1 - ago]) - near, newest - far)

    def _of_peaks(self) -> Calibration:
        """What outcomes teach about the greatest load up to the horizon; anew for another one."""
        return Calibration(
            leads=(self.horizon,),
            names=("path",),
            level=self.level,
            learnt=3,
            pace=PACE / self.horizon,  # one load is the peak of so many outcomes
        )

    def _issue(
        self, step: int, candidates: Candidates, *, peak: float, step_s: float
    ) -> Forecast | Absence:
        self.calibration.level = self._peaks.level = self.level
        issued = self.calibration.issue(step, candidates)
        place = self.leads.index(self.horizon)
        quantiles = _loads(issued)
        path = float(issued.upper[: place + 1].max())
        greatest = self._peaks.issue(
            step,
            Candidates(
                now=candidates.now,
                centres=np.array([[issued.centre[: place + 1].max()]]),
                uppers=np.array([[peak, path, (peak + path) / 2]]),
            ),
        )
        # Calibrated apart, and yet a peak is nowhere below the load of any step until then.
        peaks = np.maximum(_loads(greatest)[0], quantiles[: place + 1].max(axis=0))
        now = float(np.expm1(candidates.now))
        self._waiting[step + self.horizon] = (float(quantiles[place, 1]), now)
        # What is asked for when the first lead time has come true serves a horizon later.
        further = self.leads[0] + self.horizon
        if further in self.leads:
            near, far = issued.centre[[0, self.leads.index(further)]].tolist()
            self._courses[step + further] = (self.horizon, near, far)
        if not self.is_judged:
            sentence = f"judged by {self.calibration.outcomes} of {MIN_OUTCOMES} outcomes needed"
            return Absence(why=Why.SHORT_HISTORY, sentence=sentence)
        return Forecast(
            step=step,
            leads=self.leads,
            levels=(1 - self.level, MEDIAN, self.level),
            quantiles=quantiles,
            skill=self.judge.skill,
            horizon=self.horizon,
            basis=self.calibration.names[issued.chosen[place]],
            peaks=peaks if self._peaks.outcomes >= MIN_OUTCOMES else None,
            now=now,
            step_s=step_s,
            gain=self._gain.value,
        )


def _loads(issued: Issued) -> Floats:
    """(leads, 3) the three quantiles as loads."""
    quantiles = np.expm1(np.column_stack([issued.lower, issued.centre, issued.upper]))
    return np.maximum(quantiles, 0.0)
