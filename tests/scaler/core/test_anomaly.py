import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaler.core.anomaly import Anomaly, Detector, Direction, Kind, replayed
from scaler.core.series import Floats, Series

MINUTE_MS, DAY = 60_000, 1_440
FIVE_MINUTES_MS, FIVE_MINUTE_DAY = 300_000, 288


def series(values: Floats | list[float], *, step_ms: int = FIVE_MINUTES_MS) -> Series:
    return Series(step_ms=step_ms, first=1_000, values=np.asarray(values, dtype=np.float64))


def noisy(steps: int, *, level: float = 100.0, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(level, level / 20, steps)


def daily(days: int, *, per_day: int = FIVE_MINUTE_DAY, seed: int = 0) -> Floats:
    steps = np.arange(days * per_day)
    wave = 100 - 80 * np.cos(2 * np.pi * steps / per_day)
    return np.asarray(wave + np.random.default_rng(seed).normal(0, 2, len(steps)))


def found(values: Floats, *, step_ms: int = FIVE_MINUTES_MS) -> list[tuple[Kind, Direction, int]]:
    _, anomalies = replayed(series(values, step_ms=step_ms))
    return [(one.kind, one.direction, one.at_step - 1_000) for one in anomalies]


@pytest.mark.parametrize(
    ("factor", "kind", "direction"),
    [
        pytest.param(5.0, Kind.SPIKE, Direction.UP, id="spike"),
        pytest.param(0.1, Kind.DIP, Direction.DOWN, id="dip"),
    ],
)
def test_a_value_far_off_is_seen_at_once(factor: float, kind: Kind, direction: Direction) -> None:
    values = noisy(3 * FIVE_MINUTE_DAY)
    values[600] *= factor
    assert found(values) == [(kind, direction, 600)]


def test_an_explanation_names_the_load_what_was_expected_and_how_far_off_it_is() -> None:
    values = np.tile([99.0, 101.0], 300)
    values[500] = 512.0
    _, (spike,) = replayed(series(values))
    assert spike.explanation == (
        "load of 512 is 412.0 typical deviations above what was expected, 100"
    )
    assert (spike.observed, spike.expected) == (512.0, 100.0)
    assert spike.score > 0.8
    by_minute = np.repeat(values, 5)
    _, anomalies = replayed(series(by_minute, step_ms=60_000))
    assert anomalies[0].explanation.startswith("load of 183.2 (mean of 5 steps) is ")


def test_of_two_alarms_the_clearer_one_scores_higher_and_so_does_the_one_with_more_behind_it() -> (
    None
):
    early_faint, early_clear = spike_score(at=60, times=1.6), spike_score(at=60, times=20.0)
    late_faint, late_clear = spike_score(at=600, times=1.6), spike_score(at=600, times=20.0)
    assert early_faint < early_clear < late_clear
    assert early_faint < late_faint < late_clear
    assert early_faint < 0.5
    assert early_clear > 0.9


def spike_score(*, at: int, times: float) -> float:
    values = noisy(3 * FIVE_MINUTE_DAY)
    values[at] *= times
    _, anomalies = replayed(series(values))
    (score,) = (one.score for one in anomalies if one.kind is Kind.SPIKE)
    return score


def test_a_new_level_is_seen_within_the_hour_and_then_left_alone() -> None:
    values = noisy(6 * FIVE_MINUTE_DAY)
    values[800:] *= 2
    kinds = found(values)
    assert (Kind.LEVEL_SHIFT, Direction.UP) in [(kind, way) for kind, way, _ in kinds]
    assert {at for _, _, at in kinds} <= set(range(800, 812))


def test_values_that_jump_about_are_unrest() -> None:
    values = noisy(4 * FIVE_MINUTE_DAY)
    values[900:930] += np.tile([12.0, -12.0], 15)
    ((kind, direction, at),) = found(values)
    assert (kind, direction, at in range(900, 912)) == (Kind.UNREST, Direction.UP, True)


def test_the_time_of_day_is_expected() -> None:
    values = daily(6)
    values[4 * FIVE_MINUTE_DAY + 140 : 4 * FIVE_MINUTE_DAY + 146] = 20.0
    assert found(values) == [(Kind.DIP, Direction.DOWN, 4 * FIVE_MINUTE_DAY + 140)]


def test_what_comes_every_day_becomes_usual() -> None:
    values = noisy(12 * FIVE_MINUTE_DAY)
    values[100::FIVE_MINUTE_DAY] += 60.0
    assert [at for _, _, at in found(values) if at > 5 * FIVE_MINUTE_DAY] == []


def test_the_second_outage_in_a_week_is_a_dip_as_well() -> None:
    values = noisy(9 * FIVE_MINUTE_DAY)
    outages = [5 * FIVE_MINUTE_DAY, 7 * FIVE_MINUTE_DAY + 40]
    for start in outages:
        values[start : start + 4] = 0.0
    assert [at for kind, _, at in found(values) if kind is Kind.DIP] == outages


def test_single_minutes_are_judged_by_the_mean_of_five() -> None:
    values = noisy(2 * DAY)
    values[2_000:2_010] = 5.0
    ((kind, _, at),) = found(values, step_ms=MINUTE_MS)
    assert (kind, at in range(2_000, 2_005)) == (Kind.DIP, True)


def test_an_outcome_far_from_the_forecast_is_an_anomaly_though_history_saw_the_like() -> None:
    values = daily(4)
    expected = daily(4, seed=1)
    expected[1_000:1_006] += 60.0
    _, anomalies = replayed(series(values), expected, np.full(len(values), 2.0))
    (dip,) = (one for one in anomalies if one.at_step < 1_000 + 1_050)
    assert (dip.kind, dip.at_step) == (Kind.DIP, 2_000)
    assert "typical deviations below the forecast of " in dip.explanation


def test_a_forecast_that_is_right_makes_no_anomaly_of_a_hair() -> None:
    values = np.full(600, 100.0)
    values[500] = 104.0
    expected = np.full(600, 100.0)
    assert replayed(series(values), expected, np.zeros(600))[1] == ()


def test_a_steep_slope_that_was_forecast_is_no_anomaly_of_the_forecast() -> None:
    values = np.asarray(100 + 20.0 * (np.arange(2 * DAY) % 60), dtype=np.float64)
    load = series(values, step_ms=MINUTE_MS)
    _, anomalies = replayed(load, values, np.ones(len(values)))
    assert anomalies == replayed(load)[1]


def test_a_gap_is_said_once_and_only_when_it_is_long() -> None:
    values = noisy(2 * FIVE_MINUTE_DAY)
    values[400] = np.nan
    values[450:470] = np.nan
    _, (missing,) = replayed(series(values))
    assert (missing.kind, missing.direction) == (Kind.MISSING, Direction.NONE)
    assert (missing.at_step, missing.since_step) == (1_452, 1_450)
    assert missing.explanation == "no load has been reported for 900 s"


def test_gaps_that_come_all_the_time_are_usual() -> None:
    values = noisy(10 * FIVE_MINUTE_DAY)
    for start in range(50, len(values), 48):
        values[start : start + 5] = np.nan
    assert len([at for kind, _, at in found(values) if kind is Kind.MISSING]) <= 2


def test_before_the_first_load_nothing_is_missing() -> None:
    assert found(np.full(100, np.nan)) == []


@pytest.mark.parametrize("value", [-3.0, np.inf, -np.inf])
def test_what_is_no_load_is_invalid_and_said_once(value: float) -> None:
    detector = Detector(step_ms=MINUTE_MS, first=0)
    for load in noisy(200).tolist():
        detector.observe(load)
    first, second = detector.observe(value), detector.observe(value)
    assert first is not None
    assert (first.kind, first.at_step) == (Kind.INVALID, 200)
    assert second is None


def test_a_load_that_stands_still_as_never_before_is_stuck() -> None:
    values = noisy(3 * FIVE_MINUTE_DAY)
    values[700:760] = 100.0
    (flat,) = (one for one in replayed(series(values))[1] if one.kind is Kind.FLATLINE)
    assert (flat.at_step, flat.since_step, flat.observed) == (1_712, 1_700, 100.0)


def test_an_idle_workload_is_not_stuck() -> None:
    values = daily(4)
    values[3 * FIVE_MINUTE_DAY - 60 : 3 * FIVE_MINUTE_DAY + 60] = 0.0
    assert Kind.FLATLINE not in [kind for kind, _, _ in found(values)]


def test_after_a_week_without_a_load_nothing_is_compared_with_what_was_before() -> None:
    detector, _ = replayed(series(noisy(2 * FIVE_MINUTE_DAY)))
    later = Series(
        step_ms=FIVE_MINUTES_MS,
        first=detector.next_step + 7 * FIVE_MINUTE_DAY,
        values=noisy(FIVE_MINUTE_DAY, level=400.0),
    )
    assert detector.walked(later) == ()
    assert detector.next_step == later.last + 1


@settings(max_examples=40, deadline=None)
@given(level=st.floats(0, 1e9), step_ms=st.sampled_from([15_000, 60_000, 300_000, 3_600_000]))
def test_a_constant_load_never_alarms(level: float, step_ms: int) -> None:
    assert found(np.full(600, level), step_ms=step_ms) == []


loads = st.lists(
    st.one_of(st.floats(0, 1e6), st.just(float("nan")), st.floats(-10, 0), st.just(float("inf"))),
    max_size=300,
)


@settings(max_examples=60, deadline=None)
@given(values=loads, expected=st.floats(allow_nan=True), scale=st.floats(allow_nan=True))
def test_whatever_comes_an_anomaly_is_whole_and_of_its_own_step(
    values: list[float], expected: float, scale: float
) -> None:
    detector = Detector(step_ms=FIVE_MINUTES_MS, first=7)
    for step, value in enumerate(values, start=7):
        anomaly = detector.observe(value, expected, scale)
        if anomaly is not None:
            assert_whole(anomaly, step)
    assert detector.next_step == 7 + len(values)


def assert_whole(anomaly: Anomaly, step: int) -> None:
    assert anomaly.at_step == step >= anomaly.since_step
    assert 0 <= anomaly.score <= 1
    assert anomaly.explanation
    if anomaly.direction is Direction.UP:
        assert anomaly.kind not in (Kind.DIP, Kind.MISSING, Kind.FLATLINE, Kind.INVALID)
    if anomaly.kind in (Kind.SPIKE, Kind.DIP):
        assert (anomaly.observed > anomaly.expected) == (anomaly.direction is Direction.UP)


bursts = st.lists(st.tuples(st.integers(100, 690), st.floats(0, 20)), max_size=8)


def with_bursts(at: list[tuple[int, float]]) -> Floats:
    values = noisy(700)
    for step, factor in at:
        values[step : step + 5] *= factor
    return values


@settings(max_examples=30, deadline=None)
@given(at=bursts, power=st.integers(-20, 20))
def test_the_unit_of_the_load_does_not_matter(at: list[tuple[int, float]], power: int) -> None:
    # A power of two, so that every sum is the same but for its exponent.
    assert found(with_bursts(at)) == found(with_bursts(at) * 2.0**power)


@settings(max_examples=30, deadline=None)
@given(at=bursts, cut=st.integers(1, 699))
def test_what_is_said_of_a_step_uses_nothing_later(at: list[tuple[int, float]], cut: int) -> None:
    whole = with_bursts(at)
    early = [one for one in found(whole) if one[2] < cut]
    assert found(whole[:cut]) == early


@settings(max_examples=20, deadline=None)
@given(at=bursts, cut=st.integers(0, 700))
def test_walking_on_is_walking_from_the_start(at: list[tuple[int, float]], cut: int) -> None:
    whole = series(with_bursts(at))
    _, anomalies = replayed(whole)
    detector, early = replayed(whole.until(999 + cut))
    assert (*early, *detector.walked(whole)) == anomalies
