import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaler.core.decision import Decision, Memory, Observation, Policy, decide
from scaler.core.forecast import Absence, Forecast, Why
from scaler.core.reactive import reactive_replicas

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
POLICY = Policy(
    workload="worker",
    load_unit="slots",
    capacity=10.0,
    target=0.8,
    minimum=1,
    maximum=20,
    quantile=0.95,
    stabilization_s=300.0,
    floor_ttl_s=600.0,
    horizon_s=300.0,
)
NOTHING = Absence(why=Why.STANDING_BACK, sentence="skill -0.14 against persistence: standing back")


def forecast(peak: float) -> Forecast:
    quantiles = np.array([[peak / 2, peak]])
    return Forecast(step=1, leads=(5,), levels=(0.5, 0.95), quantiles=quantiles, skill=0.4)


def decided(
    load: float | None,
    said: Forecast | Absence,
    *,
    current: int,
    ready: int | None = None,
    memory: Memory | None = None,
    now: datetime = NOW,
    policy: Policy = POLICY,
) -> tuple[Decision, Memory]:
    observation = Observation(load=load, ready=current if ready is None else ready, current=current)
    return decide(observation, said, policy, memory=memory or Memory(), now=now)


def test_the_forecast_raises_the_count_before_the_load_is_there() -> None:
    decision, _ = decided(24.0, forecast(41.0), current=3)
    assert (decision.reactive, decision.floor, decision.to_replicas) == (3, 5, 5)
    assert decision.reason == (
        "From 3 to 5 replicas: the load of 24 slots needs 3; the forecast within 300 s "
        "(41 slots, 95 % quantile) asks for 5."
    )


def test_a_low_forecast_never_lowers_the_reactive_count() -> None:
    decision, _ = decided(80.0, forecast(0.0), current=4)
    assert decision.to_replicas == 10


def test_a_wild_forecast_counts_for_half_as_much_again_as_the_reactive_count() -> None:
    decision, _ = decided(24.0, forecast(1e300), current=3)
    assert decision.to_replicas == 5
    assert decision.clamp == "floor 5 instead of 21: 1.5 times the reactive count at most"


def test_scale_in_waits_for_the_highest_wish_of_the_window() -> None:
    _, memory = decided(80.0, NOTHING, current=10)
    held, memory = decided(
        8.0, NOTHING, current=10, memory=memory, now=NOW + timedelta(seconds=200)
    )
    assert held.to_replicas == 10
    assert held.cooldown == "10 was wished for within the last 300 s"
    freed, _ = decided(8.0, NOTHING, current=10, memory=memory, now=NOW + timedelta(seconds=301))
    assert freed.to_replicas == 1


def test_within_tolerance_nothing_moves() -> None:
    decision, _ = decided(26.0, NOTHING, current=3)
    assert not decision.changes
    assert "no forecast: skill -0.14 against persistence: standing back" in decision.reason


def test_without_metrics_nothing_is_scaled_in_and_the_last_floor_holds_until_it_expires() -> None:
    _, memory = decided(24.0, forecast(41.0), current=3)
    held, memory = decided(
        None, NOTHING, current=4, memory=memory, now=NOW + timedelta(seconds=599)
    )
    assert (held.to_replicas, held.reactive, held.floor) == (5, None, 5)
    expired, memory = decided(
        None, NOTHING, current=4, memory=memory, now=NOW + timedelta(seconds=601)
    )
    assert (expired.to_replicas, expired.floor, memory.floor) == (4, None, None)
    assert "no floor holds" in expired.reason


def test_a_forecast_that_was_made_long_ago_is_no_floor() -> None:
    observation = Observation(load=24.0, ready=3, current=3)
    old = NOW - timedelta(seconds=601)
    decision, _ = decide(observation, forecast(41.0), POLICY, memory=Memory(), now=NOW, said_at=old)
    assert decision.floor is None


def test_a_clock_that_jumped_back_does_not_hold_scale_in_for_ever() -> None:
    _, memory = decided(80.0, NOTHING, current=10, now=NOW + timedelta(days=1))
    decision, _ = decided(8.0, NOTHING, current=10, memory=memory)
    assert decision.to_replicas == 1


loads = st.floats(0, 500)
peaks = st.one_of(st.floats(0, 1e9), st.just(math.nan), st.just(math.inf))
counts = st.integers(0, 30)


@given(load=loads, peak=peaks, current=counts, ready=counts)
def test_a_decision_is_in_bounds_and_never_below_the_reactive_count(
    load: float, peak: float, current: int, ready: int
) -> None:
    decision, _ = decided(load, forecast(peak), current=current, ready=ready)
    wanted = reactive_replicas(load, ready=ready, current=current, capacity=10.0, target=0.8)
    assert POLICY.minimum <= decision.to_replicas <= POLICY.maximum
    assert decision.to_replicas >= min(wanted, POLICY.maximum)
    # A fresh memory holds what it finds for the stabilization window, as Kubernetes does.
    alone = max(1, min(max(wanted, current), POLICY.maximum))
    assert decision.to_replicas <= max(1, min(math.ceil(1.5 * alone), POLICY.maximum))


@given(load=loads, more=loads, peak=peaks, ready=st.integers(1, 30))
def test_more_load_never_gives_fewer_replicas(
    load: float, more: float, peak: float, ready: int
) -> None:
    low, _ = decided(load, forecast(peak), current=ready)
    high, _ = decided(load + more, forecast(peak), current=ready)
    assert low.to_replicas <= high.to_replicas


@given(
    ticks=st.lists(st.tuples(st.one_of(st.none(), loads), peaks), min_size=1, max_size=30),
    minimum=st.integers(1, 5),
)
def test_over_any_run_a_bad_forecast_is_the_reactive_path_or_capped(
    ticks: list[tuple[float | None, float]], minimum: int
) -> None:
    policy = replace(POLICY, minimum=minimum)
    current, memory = minimum, Memory()
    for tick, (load, peak) in enumerate(ticks):
        before = current
        decision, memory = decided(
            load,
            forecast(peak),
            current=current,
            memory=memory,
            policy=policy,
            now=NOW + timedelta(seconds=15 * tick),
        )
        current = decision.to_replicas
        assert minimum <= current <= policy.maximum
        if load is None:
            assert current >= before
        elif decision.reactive is not None:
            assert current >= decision.reactive


@pytest.mark.parametrize("peak", [0.0, math.nan])
def test_a_forecast_of_nothing_equals_none(peak: float) -> None:
    for load in (0.0, 3.0, 24.0, 90.0):
        with_it, _ = decided(load, forecast(peak), current=4)
        without, _ = decided(load, NOTHING, current=4)
        assert with_it.to_replicas == without.to_replicas
