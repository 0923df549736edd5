"""A forecaster walked over a recorded load as in service: re-fitted, judged, adapted on the way.

At each step it knows what was known at that step and nothing more. A newly fitted model is tried on
the newest part of the history by a fit that has not seen it, and serves only if that is no worse
there than persistence, and hardly worse than the one in service.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from scaler.core.covariates import NONE, Covariates
from scaler.core.errors import NotEnoughHistoryError
from scaler.core.features import Design, seasons_for
from scaler.core.forecast import PATH_S, Absence, Forecast, Track, horizon_for, leads_for
from scaler.core.forecaster import SHARP, LoadForecaster, Moves
from scaler.core.promotion import promotion
from scaler.core.series import Floats, Ints, Series
from scaler.core.skill import coverage, pinball_loss, skill, wape

__all__ = [
    "TOLERANCE",
    "Backtest",
    "Lesson",
    "Plan",
    "backtest",
    "bounds_of",
    "errors_of",
    "held_steps",
    "kept_for",
    "lesson",
    "trial",
    "walk",
]

DAY_S = 86_400.0
# A new model is let in if its back-test is worse than the one in service by less than this share:
# that much is chance on half a day, and it has learnt from what has happened since.
TOLERANCE = 0.05
HELD_OF_YOUNG = 4  # of a young history, at most such a part is held back
YOUNG = 8  # a history that has grown by such a part is a new one
# A fit learns from so many days, and on coarse steps from more, since so few of them teach little.
KEPT_DAYS, KEPT_STEPS = 14, 7_000
# And is due when such a part of what it learns from is new: every two days, by the minute.
NEW = 7


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a forecaster is run, in steps where nothing else is said.

    Attributes:
        leads: of the path.
        horizon: one of them.
        day: length of a day.
        refit: most between two fits; a young history is learnt anew as soon as it has grown by
            an eighth.
        keep: most history that a fit learns from.
        held: newest part of the history that a new model is tried on.
        level: the promised upper quantile.
    """

    leads: tuple[int, ...]
    horizon: int
    day: int
    refit: int
    keep: int
    held: int
    level: float = 0.95

    @classmethod
    def of(cls, *, step_s: float, horizon_s: float = 300.0, level: float = 0.95) -> "Plan":
        """Fitted every two days from two weeks, tried on half a day.

        On steps of more than three minutes both are longer: a fit from two weeks of hours would see
        336 of them.
        """
        day = max(2, round(DAY_S / step_s))
        keep = kept_for(day)
        leads = leads_for(step_s=step_s, path_s=max(PATH_S, horizon_s))
        return cls(
            leads=leads,
            horizon=horizon_for(leads, lead_time_s=horizon_s, step_s=step_s),
            day=day,
            refit=keep // NEW,
            keep=keep,
            held=max(1, day // 2),
            level=level,
        )

    def next_fit(self, step: int, *, known: int) -> int:
        """The step of the fit after one from so much history."""
        return step + min(self.refit, max(1, known // YOUNG))

    @property
    def seasons(self) -> tuple[int, ...]:
        return seasons_for(day=self.day)

    @property
    def repeats(self) -> tuple[int, ...]:
        """Seasons that are long enough to be repeated over the whole path."""
        return tuple(season for season in self.seasons if season > 2 * self.leads[-1])

    def track(self, *, step: int) -> Track:
        """A new track that has walked up to a step."""
        return Track(
            leads=self.leads,
            seasons=self.repeats,
            level=self.level,
            horizon=self.horizon,
            day=self.day,
            step=step,
        )

    def forecaster(self) -> LoadForecaster:
        return LoadForecaster(leads=self.leads, horizon=self.horizon)


@dataclass(frozen=True, kw_only=True, eq=False)
class Backtest:
    """Forecasts of the path, aligned with their outcomes.

    Attributes:
        leads: steps ahead.
        horizon: one of them.
        actual: (m, leads) the load that came.
        now: (m,) the load when the forecast was made: persistence.
        lower, median, upper: (m, leads) what was forecast; NaN where there was none.
        said: (m,) the forecasts themselves, or why there was none.
    """

    leads: tuple[int, ...]
    horizon: int
    actual: Floats
    now: Floats
    lower: Floats
    median: Floats
    upper: Floats
    said: tuple[Forecast | Absence, ...]

    @property
    def served(self) -> float:
        """Share of the steps with a forecast."""
        known = np.isfinite(self.now)
        return float(np.isfinite(self.median[:, 0])[known].mean())

    def skill(self, lead: int) -> float:
        """Against persistence; where there was no forecast, persistence stands in."""
        return skill(self.actual[:, self._at(lead)], self._said(lead), self.now)

    def wape(self, lead: int) -> float:
        return wape(self.actual[:, self._at(lead)], self._said(lead))

    def wape_of_persistence(self, lead: int) -> float:
        return wape(self.actual[:, self._at(lead)], self.now)

    def coverage(self, lead: int) -> float:
        """Of the upper quantile."""
        return coverage(self.actual[:, self._at(lead)], self.upper[:, self._at(lead)])

    def pinball(self, lead: int, *, level: float) -> float:
        """Of the upper quantile, in units of the load."""
        place = self._at(lead)
        return pinball_loss(self.actual[:, place], self.upper[:, place], level=level)

    def width(self, lead: int) -> float:
        """Mean of the upper quantile less the median, in units of the load."""
        place = self._at(lead)
        return float(np.nanmean(self.upper[:, place] - self.median[:, place]))

    def _at(self, lead: int) -> int:
        return self.leads.index(lead)

    def _said(self, lead: int) -> Floats:
        median = self.median[:, self._at(lead)]
        return np.where(np.isfinite(median), median, self.now)


@dataclass(frozen=True, kw_only=True, eq=False)
class Lesson:
    """A fit at one step, with all that is needed to let it serve or not.

    Attributes:
        step: the newest one that was learnt from.
        model: the new forecaster; ``None`` where there is too little to learn from.
        trial: (m,) absolute errors on the newest part of the history, of a forecaster that had not
            seen it; persistence: those of persistence.
        moves: what the new forecaster says at the steps until the next lesson.
    """

    step: int
    model: LoadForecaster | None
    trial: Floats
    persistence: Floats
    moves: Moves | None


def lesson(design: Design, plan: Plan, step: int, end: int) -> Lesson:
    """Fit on what is known at a step, and say what comes at each of [step, end)."""
    held = held_steps(design, plan, step)
    none = np.full(len(held), np.nan)
    try:
        errors, persistence = errors_of(
            trial(design, plan, held), design, held, horizon=plan.horizon
        )
        model = plan.forecaster().fit(design, since=step - plan.keep + 1, until=step)
    except NotEnoughHistoryError:
        return Lesson(step=step, model=None, trial=none, persistence=none, moves=None)
    moves = model.predict(design, np.arange(step, end))
    return Lesson(step=step, model=model, trial=errors, persistence=persistence, moves=moves)


def trial(design: Design, plan: Plan, held: Ints, *, whole: bool = False) -> LoadForecaster:
    """A forecaster that is fitted as the new one is, but without the newest part of the history.

    Args:
        held: steps of that part.
        whole: with all of its models; else with the first at the horizon only, which is enough to
            tell whether the history is worth learning from.
    Raises:
        NotEnoughHistoryError: too little is left without that part.
    """
    tried = plan.forecaster()
    if not whole:
        tried = LoadForecaster(
            leads=(plan.horizon,), horizon=plan.horizon, sharp=SHARP[:1], along=None
        )
    return tried.fit(design, since=int(held[-1]) - plan.keep + 1, until=int(held[0]) - 1)


def held_steps(design: Design, plan: Plan, step: int) -> Ints:
    """The newest steps whose outcome at the horizon is known: what a new model is tried on."""
    count = max(1, min(plan.held, design.series.until(step).known // HELD_OF_YOUNG))
    return np.arange(step - plan.horizon - count + 1, step - plan.horizon + 1)


def errors_of(
    model: LoadForecaster, design: Design, steps: Ints, *, horizon: int
) -> tuple[Floats, Floats]:
    """(m,) absolute errors at a lead time of a model and of persistence, NaN where unknown."""
    series = design.series
    at = steps - series.first
    moves = model.predict(design, steps).centre[:, model.leads.index(horizon)]
    now, later = series.values[at], series.values[at + horizon]
    said = np.expm1(design.log_load[at] + moves)
    return np.abs(later - said), np.abs(later - now)


def kept_for(day: int) -> int:
    """Steps that a fit learns from at most, where a day has so many."""
    return max(KEPT_DAYS * day, KEPT_STEPS)


def bounds_of(plan: Plan, *, first: int, start: int, last: int) -> list[int]:
    """The steps of all lessons, and the step after the last one that is walked.

    The track is warmed up on the newest part of what is known before ``start``, by a model that has
    not learnt from that part, as every later outcome is.
    """
    bounds = [start - min(plan.day, (start - first) // 3), start]
    while bounds[-1] <= last:
        bounds.append(plan.next_fit(bounds[-1], known=bounds[-1] - first))
    return [*bounds[:-1], last + 1]


def walk(
    design: Design, *, plan: Plan, start: int, lessons: Iterable[Lesson] | None = None
) -> Iterator[tuple[int, Forecast | Absence]]:
    """Each step from ``start`` on with what was said at it.

    Args:
        lessons: one for each pair of ``bounds_of``, in order, where they are made elsewhere; each
            depends on the history alone, so they can be made side by side.
    """
    series = design.series
    bounds = bounds_of(plan, first=series.first, start=start, last=series.last)
    if lessons is None:
        lessons = (lesson(design, plan, low, high) for low, high in pairwise(bounds))
    track = plan.track(step=bounds[0] - 1)
    serving: LoadForecaster | None = None
    for (low, high), learnt in zip(pairwise(bounds), lessons, strict=True):
        steps = np.arange(low, high)
        moves = learnt.moves
        if learnt.model is not None and _serves(learnt, serving, design, plan):
            serving = learnt.model
        else:
            moves = None if serving is None else serving.predict(design, steps)
        for step, said in zip(steps.tolist(), track.walk(design, steps, moves), strict=True):
            if step >= start:
                yield step, said


def _serves(learnt: Lesson, serving: LoadForecaster | None, design: Design, plan: Plan) -> bool:
    champion = None
    if serving is not None:
        held = held_steps(design, plan, learnt.step)
        champion, _ = errors_of(serving, design, held, horizon=plan.horizon)
        champion[held <= serving.last_step_] = np.nan  # these it had learnt from
    return promotion(learnt.trial, learnt.persistence, champion, tolerance=TOLERANCE).serves


def backtest(
    series: Series,
    *,
    start: int,
    plan: Plan,
    covariates: Covariates = NONE,
    lessons: Iterable[Lesson] | None = None,
) -> Backtest:
    """The whole walk over a series from a step on."""
    design = Design(series=series, seasons=plan.seasons, covariates=covariates)
    leads = np.array(plan.leads)
    walked = list(walk(design, plan=plan, start=start, lessons=lessons))
    at = np.array([step for step, _ in walked], dtype=np.int64) - series.first
    said = tuple(forecast for _, forecast in walked)
    quantiles = np.full((len(at), len(leads), 3), np.nan)
    for place, forecast in enumerate(said):
        if isinstance(forecast, Forecast):
            quantiles[place] = forecast.quantiles
    padded = np.concatenate([series.values, np.full(leads[-1], np.nan)])
    return Backtest(
        leads=plan.leads,
        horizon=plan.horizon,
        actual=padded[at[:, None] + leads],
        now=series.values[at],
        lower=quantiles[:, :, 0],
        median=quantiles[:, :, 1],
        upper=quantiles[:, :, 2],
        said=said,
    )
