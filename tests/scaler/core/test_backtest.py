"""A forecaster walked over a recorded load, with days of 96 steps and small models."""

from copy import deepcopy
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from scaler.core.backtest import Backtest, Lesson, Plan, backtest, bounds_of, lesson, walk
from scaler.core.boosting import Recipe
from scaler.core.features import Design
from scaler.core.forecast import Absence, Forecast
from scaler.core.forecaster import LoadForecaster, Moves
from scaler.core.series import Floats, Series
from tests.scaler.fakes import DAY, NOW_STEP

SMALL = Recipe(trees=8, rate=0.3, leaves=8, least_leaf=20, share=0.3)
START = NOW_STEP + 4 * DAY


class SmallPlan(Plan):
    """The same with few and small trees."""

    def forecaster(self) -> LoadForecaster:
        return LoadForecaster(leads=self.leads, horizon=self.horizon, sharp=(SMALL,), along=SMALL)


PLAN = SmallPlan(
    leads=(1, 2, 3, 4, 5), horizon=5, day=DAY, refit=2 * DAY, keep=14 * DAY, held=DAY // 2
)


@pytest.fixture(autouse=True)
def _small_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scaler.core.backtest.SHARP", (SMALL,))
    monkeypatch.setattr("scaler.core.forecaster.UPPER", SMALL)


def series_of(values: Floats) -> Series:
    return Series(step_ms=60_000, first=NOW_STEP, values=values)


def design_of(values: Floats) -> Design:
    return Design(series=series_of(values), seasons=PLAN.seasons)


def daily(days: float) -> Floats:
    steps = np.arange(round(days * DAY))
    noise = np.random.default_rng(0).normal(0, 2, len(steps))
    return np.maximum(50 + 40 * np.sin(2 * np.pi * steps / DAY) + noise, 0.0)


def quantiles_of(said: Forecast | Absence) -> Floats:
    return said.quantiles if isinstance(said, Forecast) else np.empty((0, 0))


def assert_same(one: Backtest, other: Backtest) -> None:
    for part in ("lower", "median", "upper"):
        np.testing.assert_array_equal(getattr(one, part), getattr(other, part))


def test_a_daily_load_is_forecast_and_its_quantiles_hold() -> None:
    found = backtest(series_of(daily(8)), start=START, plan=PLAN)
    assert found.served == 1.0
    assert found.skill(5) > 0.3
    assert found.wape(5) < found.wape_of_persistence(5)
    for lead in PLAN.leads:
        assert found.coverage(lead) == pytest.approx(0.95, abs=0.04)
        assert found.width(lead) > 0


def test_a_random_walk_is_forecast_no_worse_than_by_persistence() -> None:
    values = np.abs(200 + np.random.default_rng(1).normal(0, 2, 6 * DAY).cumsum())
    assert backtest(series_of(values), start=START, plan=PLAN).skill(5) >= -0.05


def test_later_load_changes_nothing_that_was_said_before() -> None:
    values, cut = daily(5.2), 4 * DAY + 80
    other = np.concatenate([values[:cut], 10 * values[cut:][::-1]])
    said = list(walk(design_of(values), plan=PLAN, start=START))
    changed = list(walk(design_of(other), plan=PLAN, start=START))
    shorter = list(walk(design_of(values[:cut]), plan=PLAN, start=START))
    assert len(shorter) == NOW_STEP + cut - START
    # A short rest of a walk is predicted by the packed trees, whose leaves are of single precision.
    for (step, one), (_, two), (_, three) in zip(said, changed, shorter, strict=False):
        assert step < NOW_STEP + cut
        np.testing.assert_array_equal(quantiles_of(one), quantiles_of(two))
        np.testing.assert_allclose(quantiles_of(one), quantiles_of(three), rtol=1e-5)


def test_a_jump_at_a_time_of_day_is_foreseen_by_the_peak() -> None:
    rng = np.random.default_rng(1)
    values = 100 + rng.normal(0, 1, 12 * DAY)
    values[50::DAY] = values[51::DAY] = 300.0
    design = design_of(values)
    model = PLAN.forecaster().fit(design, until=design.series.first + 8 * DAY)
    steps = design.series.first + np.arange(8 * DAY, len(values) - 6)
    moves = model.predict(design, steps)
    assert moves.horizon == PLAN.horizon
    load = values[steps - design.series.first]
    said = np.expm1(np.log1p(load) + moves.peak)
    time_of_day = (steps - design.series.first) % DAY
    for before in (45, 46, 47, 48, 49):
        assert np.median(said[time_of_day == before]) > 250
    assert np.median(said[time_of_day == 20]) < 120


def test_lessons_made_elsewhere_give_what_those_made_in_place_give() -> None:
    values = daily(5.2)
    design, series = design_of(values), series_of(values)
    bounds = bounds_of(PLAN, first=series.first, start=START, last=series.last)
    made = [lesson(design, PLAN, low, high) for low, high in reversed(list(pairwise(bounds)))]
    assert_same(
        backtest(series, start=START, plan=PLAN, lessons=made[::-1]),
        backtest(series, start=START, plan=PLAN),
    )


def test_a_challenger_that_is_worse_does_not_serve() -> None:
    values = daily(5.2)
    design, series = design_of(values), series_of(values)
    bounds = bounds_of(PLAN, first=series.first, start=START, last=series.last)
    pairs = list(pairwise(bounds))
    good = lesson(design, PLAN, *pairs[0])

    knows_all = deepcopy(good.model)
    assert knows_all is not None
    knows_all.last_step_ = series.last

    def then(better_by: float | None, first: Lesson = good) -> Backtest:
        """After the first lesson, challengers that say nonsense and have such a trial."""
        lessons = [first]
        for low, high in pairs[1:]:
            nonsense = np.full((high - low, len(PLAN.leads)), 3.0)
            tried = replace(
                good,
                step=low,
                model=good.model if better_by is not None else None,
                trial=good.persistence * (1 - (better_by or 0.0)),
                moves=Moves(
                    centre=nonsense,
                    blended=nonsense,
                    linear=nonsense,
                    upper=nonsense,
                    peak=nonsense[:, 0],
                    horizon=PLAN.horizon,
                ),
            )
            lessons.append(tried)
        return backtest(series, start=START, plan=PLAN, lessons=lessons)

    none = then(None)
    assert_same(then(-0.5), none)  # worse than persistence
    assert_same(then(0.01), none)  # better than persistence, and not than the one in service
    with pytest.raises(AssertionError):
        assert_same(then(0.99), none)
    with pytest.raises(AssertionError):  # one that had learnt from the steps is no measure there
        assert_same(then(0.01, replace(good, model=knows_all)), none)


def test_too_short_a_history_scores_no_worse_than_persistence() -> None:
    values = daily(1)[:60]
    made: list[Lesson] = []
    series = series_of(values)
    start = NOW_STEP + 30
    for low, high in pairwise(bounds_of(PLAN, first=series.first, start=start, last=series.last)):
        made.append(lesson(design_of(values), PLAN, low, high))
    assert all(learnt.model is None for learnt in made)
    found = backtest(series, start=start, plan=PLAN, lessons=made)
    assert found.wape(5) <= found.wape_of_persistence(5)
    assert {said.basis for said in found.said if isinstance(said, Forecast)} == {"persistence"}
    assert found.served > 0.5


def test_a_fit_comes_as_soon_as_a_young_history_has_grown_by_an_eighth() -> None:
    assert PLAN.next_fit(100, known=80) == 110
    assert PLAN.next_fit(100, known=10 * 8 * DAY) == 100 + 2 * DAY
    assert PLAN.next_fit(100, known=3) == 101


def test_bounds_cover_the_walk_and_warm_up_before_it() -> None:
    bounds = bounds_of(PLAN, first=0, start=600, last=900)
    assert bounds[:2] == [600 - DAY, 600]
    assert bounds[-1] == 901
    assert all(low < high for low, high in pairwise(bounds))
    assert bounds_of(PLAN, first=0, start=30, last=40)[0] == 20


def test_the_plan_of_a_minute_is_two_weeks_fitted_every_two_days() -> None:
    plan = Plan.of(step_s=60.0)
    assert (plan.day, plan.refit, plan.keep, plan.held) == (1440, 2880, 14 * 1440, 720)
    assert (plan.horizon, plan.seasons) == (5, (60, 1440, 7 * 1440))
    assert plan.repeats == (60, 1440, 7 * 1440)


@pytest.mark.parametrize(("step_s", "day"), [(300.0, 288), (3_600.0, 24), (86_400.0, 2)])
def test_on_coarse_steps_a_fit_learns_from_more_days_and_is_due_later(
    step_s: float, day: int
) -> None:
    plan = Plan.of(step_s=step_s)
    assert (plan.day, plan.keep, plan.refit) == (day, 7_000, 1_000)
