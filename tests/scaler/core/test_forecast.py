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
from scaler.core.forecaster import Moves, greatest_ahead
from scaler.core.series import Floats, Ints, Series
from tests.scaler.fakes import DAY, NOW_STEP

LEADS = (1, 2, 3, 4, 5)


def track(*, seasons: tuple[int, ...] = (DAY,)) -> Track:
    return Track(leads=LEADS, seasons=seasons, level=0.95, horizon=3, day=DAY, step=NOW_STEP - 1)


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
        assert found.median == pytest.approx(values[index], rel=0.001)  # its errors are corrected
        assert found.skill == pytest.approx(0.0, abs=0.001)
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
    said = [found for found in walked(values) if isinstance(found, Forecast)]
    assert len(said) > 70
    for found in said:
        assert (found.quantiles >= 0).all()
        assert (np.diff(found.quantiles, axis=1) >= 0).all()


def test_the_greatest_load_until_the_horizon_is_covered_as_promised() -> None:
    values = noisy(4000)
    said = walked(values)
    ahead = greatest_ahead(values, 3)
    heard = [
        (found.peak, ahead[index])
        for index, found in enumerate(said)
        if isinstance(found, Forecast) and 500 <= index < len(values) - 3
    ]
    share = np.mean([actual <= peak for peak, actual in heard])
    assert share == pytest.approx(0.95, abs=0.02)


def test_a_peak_is_nowhere_below_what_it_is_the_greatest_of() -> None:
    said = [found for found in walked(noisy(400)) if isinstance(found, Forecast)]
    judged = [found for found in said if found.peaks is not None]
    assert len(judged) > 300
    assert all((found.greatest >= found.until_horizon.max(axis=0)).all() for found in judged)


def test_a_learnt_peak_is_heard_and_one_of_another_horizon_is_not() -> None:
    """A rare jump, in a minute that nobody but the forecaster knows."""
    rng = np.random.default_rng(0)
    values = noisy(3000)
    for start in range(0, 3000, 100):
        values[start + rng.integers(50, 100)] = 150.0
    ahead = greatest_ahead(np.log1p(values), 3)
    knows = np.where(np.isfinite(ahead), ahead, np.log1p(values))
    none = np.full((len(values), len(LEADS)), np.nan)

    def jumps_foreseen(horizon: int) -> float:
        peak = knows - np.log1p(values)
        moves = Moves(
            centre=none, blended=none, linear=none, upper=none, peak=peak, horizon=horizon
        )
        at = np.arange(len(values))
        said = list(track().walk(design_of(values), NOW_STEP + at, moves))
        before = [i for i in range(2000, 2990) if values[i : i + 1] < 100 <= np.expm1(ahead[i])]
        peaks = [found.peak for i in before if isinstance(found := said[i], Forecast)]
        return float(np.mean(np.array(peaks) > 140))

    assert jumps_foreseen(3) > 0.9
    assert jumps_foreseen(2) < 0.5


def test_a_linear_model_that_is_right_is_listened_to() -> None:
    values = noisy(600)
    log_load = np.log1p(values)
    nothing = np.full((len(values), len(LEADS)), np.nan)
    wrong, right = nothing.copy(), nothing.copy()
    place = LEADS.index(3)
    right[:-3, place] = log_load[3:] - log_load[:-3]
    wrong[:, place] = 0.5
    moves = Moves(
        centre=wrong, blended=wrong, linear=right, upper=nothing, peak=nothing[:, 0], horizon=3
    )
    said = list(track().walk(design_of(values), NOW_STEP + np.arange(len(values)), moves))
    last = said[-20]
    assert isinstance(last, Forecast)
    assert last.basis == "linear"
    assert last.median == pytest.approx(values[-17], rel=0.02)


def test_after_a_change_of_the_horizon_the_path_stands_in_until_peaks_were_judged() -> None:
    values = noisy(300)
    by = track()
    walked(values[:200], by=by)
    by.horizon = 5
    after = walked(values, steps=np.arange(200, 300), by=by)
    young = [found.peaks is None for found in after if isinstance(found, Forecast)]
    assert young.index(False) == 5 + MIN_OUTCOMES - 1
    assert not any(young[young.index(False) :])
    first = after[0]
    assert isinstance(first, Forecast)
    assert first.peak == first.quantiles[:, -1].max()


def test_the_greatest_of_what_comes_leaves_out_what_is_not_known() -> None:
    nan = np.nan
    found = greatest_ahead(np.array([5.0, 1.0, nan, 3.0, 2.0]), 2)
    np.testing.assert_array_equal(found, [1.0, 3.0, 3.0, 2.0, nan])


def course(*middle: float, gain: float) -> Forecast:
    """Of a load of 100, a step of 20 s."""
    return Forecast(
        step=1,
        leads=(1, 2, 3)[: len(middle)],
        levels=(0.05, 0.5, 0.95),
        quantiles=np.outer(middle, [0.9, 1.0, 1.1]),
        skill=0.0,
        now=100.0,
        step_s=20.0,
        gain=gain,
    )


def test_a_forecast_is_raised_by_what_the_load_is_above_its_course() -> None:
    said = course(120.0, 110.0, gain=0.5)
    expected = np.log1p(120)
    above = float(np.expm1(expected + 0.2))
    assert said.raised_by(above, age_s=20.0) == pytest.approx(np.exp(0.1))
    half_way = float(np.expm1((np.log1p(100) + expected) / 2))
    assert said.raised_by(half_way, age_s=10.0) == pytest.approx(1.0)
    assert said.raised_by(120.0, age_s=10.0) > 1.01
    # After its last step the course is thought to go on as it ended.
    assert said.raised_by(110.0, age_s=500.0) == pytest.approx(1.0)


def test_it_is_not_raised_by_a_lower_load_nor_before_there_is_a_newer_one() -> None:
    said = course(120.0, 110.0, gain=0.5)
    assert said.raised_by(90.0, age_s=20.0) == 1.0
    assert said.raised_by(1e9, age_s=0.0) == 1.0
    assert course(120.0, gain=0.0).raised_by(1e9, age_s=20.0) == 1.0


def test_a_step_is_learnt_to_stay_and_a_spike_to_be_over() -> None:
    rng = np.random.default_rng(3)
    changes = np.where(rng.random(1_500) < 0.05, rng.normal(0, 0.5, 1_500), 0.0)
    stairs = 200 * np.exp(np.cumsum(changes) - np.cumsum(changes).mean())
    spikes = np.where(rng.random(1_500) < 0.05, 100.0, 50.0)
    gains = []
    for values in (stairs, spikes):
        last = walked(values, by=track(seasons=()))[-1]
        assert isinstance(last, Forecast)
        assert last.now == pytest.approx(values[-1])
        assert last.step_s == 60.0
        gains.append(last.gain)
    assert gains[0] > 0.9
    assert gains[1] < 0.1


def test_gaps_and_a_change_of_the_horizon_spoil_no_gain() -> None:
    values = noisy(400)
    values[100:130] = values[250] = np.nan
    by = track()
    walked(values[:200], by=by)
    by.horizon = 4
    walked(values, steps=np.arange(200, 300), by=by)
    by.horizon = 2
    said = walked(values, steps=np.arange(300, 400), by=by)
    gains = [found.gain for found in said if isinstance(found, Forecast)]
    assert len(gains) == 100
    assert all(0 < gain <= 1 for gain in gains)


def test_one_lead_time_alone_teaches_nothing_of_what_stays() -> None:
    by = Track(leads=(1,), seasons=(), level=0.95, horizon=1, day=DAY, step=NOW_STEP - 1)
    last = walked(noisy(100), by=by)[-1]
    assert isinstance(last, Forecast)
    assert last.gain == 0.0
