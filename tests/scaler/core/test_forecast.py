"""One forecaster in service, step by step."""

import numpy as np
import pytest

from scaler.core.features import Design
from scaler.core.forecast import (
    MIN_OUTCOMES,
    Absence,
    Forecast,
    Track,
    Why,
    horizon_for,
    leads_for,
)
from scaler.core.series import Floats, Ints, Series
from tests.scaler.fakes import DAY, NOW_STEP

LEADS = (1, 2, 3, 4, 5)


def track(*, seasons: tuple[int, ...] = (DAY,)) -> Track:
    return Track(leads=LEADS, seasons=seasons, level=0.95, horizon=3, keep=DAY, step=NOW_STEP - 1)


def design_of(values: Floats) -> Design:
    series = Series(step_ms=60_000, first=NOW_STEP, values=values)
    return Design(series=series, seasons=(DAY,))


def noisy(count: int) -> Floats:
    return 50 + np.random.default_rng(0).normal(0, 3, count)


def walked(
    values: Floats, *, steps: Ints | None = None, by: Track | None = None
) -> list[Forecast | Absence]:
    steps = np.arange(len(values)) if steps is None else steps
    return list((by or track()).walk(design_of(values), NOW_STEP + steps))


@pytest.mark.parametrize(
    ("step_s", "leads"),
    [
        (60.0, tuple(range(1, 16))),
        (15.0, tuple(range(4, 61, 4))),
        (300.0, (1, 2, 3)),
        (900.0, (1,)),
        (3600.0, (1,)),
    ],
)
def test_the_path_reaches_a_quarter_of_an_hour(step_s: float, leads: tuple[int, ...]) -> None:
    assert leads_for(step_s=step_s) == leads


@pytest.mark.parametrize(
    ("step_s", "lead_time_s", "horizon"),
    [
        (60.0, 300.0, 5),
        (60.0, 301.0, 6),
        (60.0, 1.0, 1),
        (60.0, 5000.0, 15),
        (15.0, 300.0, 20),
        (15.0, 305.0, 24),
        (3600.0, 300.0, 1),
    ],
)
def test_the_horizon_is_the_first_lead_by_which_a_replica_is_ready(
    step_s: float, lead_time_s: float, horizon: int
) -> None:
    leads = leads_for(step_s=step_s)
    assert horizon_for(leads, lead_time_s=lead_time_s, step_s=step_s) == horizon


def test_persistence_speaks_as_soon_as_there_are_outcomes_enough() -> None:
    values = noisy(40)
    said = walked(values)
    first = LEADS[-1] + MIN_OUTCOMES - 1
    for early in said[:first]:
        assert isinstance(early, Absence)
        assert early.why is Why.SHORT_HISTORY
    for index in range(first, 40):
        found = said[index]
        assert isinstance(found, Forecast)
        assert found.step == NOW_STEP + index
        assert found.basis == "persistence"
        assert found.median == pytest.approx(values[index])
        assert found.skill == pytest.approx(0.0, abs=1e-9)
        assert 0 <= found.lower < found.median < found.upper


def test_a_missing_newest_step_is_said_and_the_walk_goes_on() -> None:
    values = noisy(60)
    values[40] = np.nan
    said = walked(values)
    missing = said[40]
    assert isinstance(missing, Absence)
    assert missing.why is Why.NO_METRICS
    assert all(isinstance(found, Forecast) for found in said[41:])


def test_a_gap_counts_no_outcome() -> None:
    values = noisy(60)
    values[8:30] = np.nan
    said = walked(values)
    heard = [isinstance(found, Forecast) for found in said]
    # Index 5, 6 and 7 are outcomes of the longest lead; then from 35 on, as none was said before.
    assert heard.index(True) == 30 + LEADS[-1] + (MIN_OUTCOMES - 3) - 1
    assert all(heard[heard.index(True) :])


def test_steps_that_were_left_out_are_learnt_from_all_the_same() -> None:
    values = noisy(80)
    steps = np.concatenate([np.arange(40), [60, 61]])
    by = track()
    said = walked(values, steps=steps, by=by)
    assert isinstance(said[-1], Forecast)
    # What was said up to step 39 has outcomes up to step 44.
    assert by.calibration.outcomes == 40


def test_a_walk_in_parts_says_what_a_walk_in_one_says() -> None:
    values = noisy(150)
    whole = walked(values)
    by = track()
    parts = walked(values[:70], by=by) + walked(values, steps=np.arange(70, 150), by=by)
    for one, other in zip(whole, parts, strict=True):
        assert type(one) is type(other)
        if isinstance(one, Forecast) and isinstance(other, Forecast):
            np.testing.assert_array_equal(one.quantiles, other.quantiles)


def test_a_day_that_repeats_is_heard_before_any_model_is_fitted() -> None:
    values = 50 + 40 * np.sin(2 * np.pi * np.arange(4 * DAY) / DAY)
    last = walked(values)[-1]
    assert isinstance(last, Forecast)
    assert last.basis == f"same time {DAY} steps ago"
    assert last.skill > 0.5


def test_only_what_comes_up_to_the_horizon_is_a_peak() -> None:
    upper = np.array([5.0, 9.0, 6.0, 20.0])
    quantiles = np.column_stack([upper - 2, upper - 1, upper])
    common = {"step": 1, "leads": (1, 2, 3, 4), "levels": (0.05, 0.5, 0.95), "skill": 0.0}
    near = Forecast(**common, quantiles=quantiles, horizon=3)  # type: ignore[arg-type]
    assert (near.peak, near.upper, near.median, near.lower) == (9.0, 6.0, 5.0, 4.0)
    assert near.until_horizon.shape == (3, 3)
    whole = Forecast(**common, quantiles=quantiles)  # type: ignore[arg-type]
    assert (whole.ahead, whole.peak) == (4, 20.0)


def test_no_load_is_forecast_below_zero() -> None:
    values = np.abs(np.random.default_rng(1).normal(0, 0.2, 100))
    for found in walked(values):
        if isinstance(found, Forecast):
            assert (found.quantiles >= 0).all()
            assert (np.diff(found.quantiles, axis=1) >= 0).all()
