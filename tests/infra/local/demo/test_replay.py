"""From a trace to arrivals: compressed, scaled, bounded, and of the right number."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.demo.replay import arrival_times, crest_at, replay_of, slots_in_use
from infra.local.demo.traces import Floats, Trace, TraceError

START = datetime(2026, 1, 1, tzinfo=UTC)


def trace_of(values: list[float] | Floats) -> Trace:
    return Trace(start=START, step_s=60.0, values=np.asarray(values, dtype=np.float64))


def test_time_is_compressed_and_the_peak_is_the_one_asked_for() -> None:
    replay = replay_of(
        trace_of(np.arange(1.0, 201.0)), factor=20, minutes=5, peak_rate=4.0, history_s=3_600
    )
    assert replay.step_s == 3.0
    assert replay.duration_s == 300.0
    assert replay.rates.max() == 4.0


def test_history_is_scaled_as_the_replay_is_and_no_longer_than_asked_for() -> None:
    replay = replay_of(
        trace_of(np.arange(1.0, 201.0)),
        factor=20,
        minutes=5,
        peak_rate=4.0,
        history_s=600,
        start=START + timedelta(minutes=100),
    )
    assert len(replay.history) == 10
    joined = np.concatenate([replay.history, replay.rates])
    assert np.allclose(np.diff(joined), joined[1] - joined[0])


def test_the_part_with_the_crest_is_chosen_from_the_second_half() -> None:
    values = np.ones(400)
    values[[50, 51, 52, 53, 54]] = 30.0
    values[[300, 301, 302, 303, 304]] = 9.0
    begin = crest_at(values, 40, day=1_440)
    assert 200 <= begin <= 300
    assert begin + 40 > 304


def test_a_crest_that_every_day_has_is_chosen_before_a_higher_one_that_came_once() -> None:
    values = np.ones(600)
    for daily in (70, 170, 270, 370, 470, 570):
        values[daily : daily + 5] = 5.0
    values[510:515] = 50.0
    begin = crest_at(values, 40, day=100)
    assert any(begin < daily < begin + 35 for daily in (370, 470))
    assert not begin <= 510 < begin + 40


def test_the_crest_has_a_rise_before_it() -> None:
    values = np.ones(400)
    values[[300, 301, 302, 303, 304]] = 9.0
    begin = crest_at(values, 40, day=1_440)
    assert 300 - begin >= 10


def test_the_end_of_a_trace_is_no_fall() -> None:
    climbing = np.concatenate([np.ones(360), np.linspace(1, 2, 40)])
    climbing[250:255] = 3.0
    assert crest_at(climbing, 40, day=1_440) <= 250


def test_the_lead_in_lies_between_the_history_and_the_replay() -> None:
    replay = replay_of(
        trace_of(np.arange(1.0, 201.0)),
        factor=20,
        minutes=2,
        peak_rate=4.0,
        history_s=600,
        lead_in_s=30,
        start=START + timedelta(minutes=100),
    )
    assert (len(replay.history), len(replay.lead_in), replay.lead_in_s) == (10, 10, 30.0)
    joined = np.concatenate([replay.history, replay.lead_in, replay.rates])
    assert np.allclose(np.diff(joined), joined[1] - joined[0])
    assert replay.expected_tasks == pytest.approx(3 * (replay.lead_in.sum() + replay.rates.sum()))


def test_where_the_trace_begins_there_is_no_lead_in() -> None:
    values = trace_of(np.arange(1.0, 201.0))
    replay = replay_of(
        values, factor=20, minutes=2, peak_rate=4, history_s=600, lead_in_s=30, start=START
    )
    assert (len(replay.history), len(replay.lead_in)) == (0, 0)


def test_a_trace_that_is_too_short_says_what_would_fit() -> None:
    with pytest.raises(TraceError, match=r"at most 0\.5 minutes at factor 20"):
        replay_of(trace_of([1.0] * 10), factor=20, minutes=5, peak_rate=4.0, history_s=600)


def test_a_part_without_load_is_refused() -> None:
    with pytest.raises(TraceError, match=r"no load in the part"):
        replay_of(trace_of([0.0] * 400), factor=20, minutes=5, peak_rate=4.0, history_s=600)


def test_a_start_outside_the_trace_is_refused_with_its_bounds() -> None:
    late = START + timedelta(days=9)
    with pytest.raises(TraceError, match=r"allowed: 2026-01-01T00:00:00\+00:00 to"):
        replay_of(
            trace_of([1.0] * 400), factor=20, minutes=5, peak_rate=1, history_s=60, start=late
        )


def test_even_arrivals_are_as_many_as_the_rates_say() -> None:
    times = arrival_times(np.array([2.0, 0.0, 4.0]), step_s=10.0)
    counts, _ = np.histogram(times, bins=[0, 10, 20, 30])
    assert counts.tolist() == [20, 0, 40]


def test_random_arrivals_have_the_mean_and_the_spread_of_poisson() -> None:
    rng = np.random.default_rng(5)
    counts = [len(arrival_times(np.full(50, 2.0), step_s=1.0, rng=rng)) for _ in range(400)]
    assert abs(np.mean(counts) - 100) < 2
    assert 0.7 < np.var(counts) / 100 < 1.3


@given(
    rates=st.lists(st.floats(0.0, 20.0), min_size=1, max_size=40),
    step_s=st.floats(0.5, 10.0),
    seed=st.one_of(st.none(), st.integers(0, 1000)),
)
def test_arrivals_ascend_and_stay_within_the_replay(
    rates: list[float], step_s: float, seed: int | None
) -> None:
    rng = None if seed is None else np.random.default_rng(seed)
    times = arrival_times(np.asarray(rates), step_s=step_s, rng=rng)
    assert (np.diff(times) >= 0).all()
    assert all(0 <= at <= step_s * len(rates) for at in times)


def test_slots_in_use_are_those_of_tasks_that_have_begun_and_not_ended() -> None:
    arrivals = np.array([0.0, 1.0, 4.5])
    slots = slots_in_use(arrivals, hold_s=2.5, step_s=2.0, steps=4)
    assert slots.tolist() == [2.0, 0.0, 1.0, 0.0]


def test_slots_in_use_are_on_average_rate_times_time_held() -> None:
    arrivals = arrival_times(np.full(2_000, 3.0), step_s=3.0, rng=np.random.default_rng(2))
    slots = slots_in_use(arrivals, hold_s=2.0, step_s=3.0, steps=2_000)
    assert abs(slots.mean() - 6.0) < 0.3
