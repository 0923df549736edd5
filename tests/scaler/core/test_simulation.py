from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scaler.core.decision import Policy
from scaler.core.elasticity import elasticity, speed_up
from scaler.core.forecast import Forecast
from scaler.core.reactive import reactive_replicas
from scaler.core.series import Floats
from scaler.core.simulation import at_ticks, said_of, simulate
from scaler.evidence.hpa import Hpa
from scaler.evidence.scenario import Scenario
from tests.oracles.scaler_hpa import ready_replicas

POLICY = Policy(
    workload="w",
    load_unit="requests/s",
    capacity=5.0,
    target=0.9,
    minimum=1,
    maximum=1_000,
    quantile=0.95,
    stabilization_s=300.0,
    floor_ttl_s=600.0,
    horizon_s=300.0,
)


def waves(steps: int = 600) -> Floats:
    rng = np.random.default_rng(5)
    shape = 60 + 50 * np.sin(np.arange(steps) / 25)
    load: Floats = np.maximum(shape + rng.normal(0, 4, steps), 0.5)
    return load


def nothing(load: Floats) -> Floats:
    return np.full(len(load), np.nan)


def ahead(load: Floats) -> Floats:
    """The greatest load of the next five steps: a forecast that is right."""
    return np.array([load[i : i + 6].max() for i in range(len(load))])


def test_without_a_forecast_it_is_the_kubernetes_autoscaler() -> None:
    load = waves()
    run = simulate(load, nothing(load), POLICY)
    fine = np.interp(np.arange(len(run.supply)) / 4, np.arange(len(load)), load)
    slow = ready_replicas(
        fine.tolist(), capacity=5.0, target=0.9, startup=12, window=20, maximum=1_000
    )
    assert run.supply.tolist() == slow


def test_a_right_forecast_starves_the_load_far_less_than_the_reactive_path() -> None:
    load = waves()
    reactive = simulate(load, nothing(load), POLICY).measures
    ours = simulate(load, ahead(load), POLICY).measures
    assert ours.under_time < 0.3 * reactive.under_time
    assert ours.violations < 0.3 * reactive.violations
    assert ours.cost < 1.25 * reactive.cost


def test_on_steps_longer_than_the_horizon_the_next_one_is_asked_for_in_proportion() -> None:
    load = np.array([100.0, 900.0, 900.0])
    said = [
        Forecast(
            step=step,
            leads=(1,),
            levels=(0.5, 0.95),
            quantiles=np.array([[900.0, 900.0]]),
            skill=0.5,
            now=load[step],
            step_s=3_600.0,
        )
        for step in range(3)
    ]
    policy = replace(POLICY, target=1.0, tolerance=0.0, floor_ttl_s=3_900.0, excess=100.0)
    run = simulate(load, said, policy, step_s=3_600.0)
    until_horizon = 100.0 + (np.arange(241) * 15.0 + 300.0) / 3_600.0 * 800.0
    expected = np.ceil(np.minimum(until_horizon, 900.0) / 5.0 - 1e-9)
    assert run.asked[:241].tolist() == expected.tolist()
    # Never a tick late, and at most what the next five minutes need.
    assert (run.supply[12:241] >= run.demand[12:241]).all()


def test_on_shorter_steps_the_floor_is_all_that_comes_within_the_horizon() -> None:
    load = np.full(40, 100.0)
    said = [
        Forecast(
            step=step,
            leads=(1, 2),
            levels=(0.5, 0.95),
            quantiles=np.array([[400.0, 400.0], [100.0, 100.0]]),
            skill=0.5,
            now=100.0,
            step_s=240.0,
        )
        for step in range(40)
    ]
    policy = replace(POLICY, target=1.0, tolerance=0.0, excess=100.0)
    assert simulate(load, said, policy, step_s=240.0).asked[0] == 80


@pytest.mark.parametrize("factor", [0.0, 0.5])
def test_a_forecast_far_too_low_is_the_reactive_path(factor: float) -> None:
    load = waves()
    reactive = simulate(load, nothing(load), POLICY)
    low = simulate(load, ahead(load) * factor, POLICY)
    assert low.measures.under_time <= reactive.measures.under_time
    assert low.measures.cost == pytest.approx(reactive.measures.cost, rel=0.02)


def test_a_forecast_far_too_high_costs_half_as_much_again_at_most() -> None:
    load = waves()
    reactive = simulate(load, nothing(load), POLICY).measures
    wild = simulate(load, ahead(load) * 100, POLICY).measures
    assert 1.3 * reactive.cost < wild.cost <= 1.5 * reactive.cost
    assert wild.under_time <= reactive.under_time


def test_a_stale_forecast_starves_no_more_than_the_reactive_path() -> None:
    load = waves()
    stale = np.full(len(load), ahead(load)[100])
    reactive = simulate(load, nothing(load), POLICY).measures
    assert simulate(load, stale, POLICY).measures.under_time <= reactive.under_time


def test_measures_count_what_is_missing_and_what_is_spare() -> None:
    measures = elasticity(
        demand=np.array([2, 2, 4, 4]),
        supply=np.array([2, 3, 3, 4]),
        load=np.array([2.0, 2.0, 4.0, 4.0]),
        capacity=1.0,
    )
    assert measures.under_amount == pytest.approx(100 * (1 / 4) / 4)
    assert measures.over_amount == pytest.approx(100 * (1 / 2) / 4)
    assert (measures.under_time, measures.over_time) == (25.0, 25.0)
    assert measures.instability == pytest.approx(100.0)
    assert measures.cost == 1.0
    assert measures.violations == pytest.approx(1 / 12)


FAULTS = ("right", "zero", "half", "double", "nan", "shuffle", "stale", "wild", "gappy")


def said(load: Floats, fault: str, rng: np.random.Generator) -> Floats:
    right = ahead(load)
    faulty: Floats = {
        "right": right,
        "zero": 0 * right,
        "half": right / 2,
        "double": right * 2,
        "nan": nothing(load),
        "shuffle": rng.permutation(right),
        "stale": np.full(len(load), right[0]),
        "wild": right * rng.uniform(0, 50, len(load)),
        "gappy": np.where(rng.random(len(load)) < 0.5, np.nan, right * rng.uniform(0.5, 1.5)),
    }[fault]
    return faulty


def shaped(kind: str, rng: np.random.Generator, steps: int) -> Floats:
    at = np.arange(steps)
    load = {
        "waves": 60 + 50 * np.sin(at / rng.uniform(5, 60)) + rng.normal(0, 4, steps),
        "walk": 20 * np.exp(np.cumsum(rng.normal(0, 0.1, steps))),
        "switched": np.where(rng.random(steps) < 0.5, rng.uniform(50, 200), 1.0),
        "stairs": np.repeat(rng.uniform(0, 120, steps // 20 + 1), 20)[:steps],
    }[kind]
    bounded: Floats = np.clip(load, 0.0, 2_000.0)
    return bounded


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    kind=st.sampled_from(["waves", "walk", "switched", "stairs"]),
    fault=st.sampled_from(FAULTS),
    seed=st.integers(0, 10_000),
    steps=st.integers(20, 250),
    target=st.sampled_from([0.7, 0.8, 0.9, 1.0]),
    startup_s=st.sampled_from([0.0, 60.0, 180.0, 300.0]),
    excess=st.sampled_from([1.0, 1.2, 1.5, 2.0]),
    gain=st.sampled_from([0.0, 1.0]),
)
def test_whatever_is_forecast_it_starves_no_longer_and_costs_no_more_than_the_excess(
    *,
    kind: str,
    fault: str,
    seed: int,
    steps: int,
    target: float,
    startup_s: float,
    excess: float,
    gain: float,
) -> None:
    """Against a separate autoscaler without us on the same load: not even by one tick."""
    rng = np.random.default_rng(seed)
    load = shaped(kind, rng, steps)
    policy = replace(POLICY, target=target, excess=excess, horizon_s=startup_s + 120.0)
    alone = Scenario(
        load=at_ticks(load, per_step=4),
        capacity=policy.capacity,
        target=target,
        startup_s=startup_s,
    )
    hpa = alone.run(Hpa(alone))
    spoken = [
        replace(one, gain=gain, now=now) if isinstance(one, Forecast) else one
        for one, now in zip(said_of(said(load, fault, rng), policy), load.tolist(), strict=True)
    ]
    ours = simulate(load, spoken, policy, startup_s=startup_s)
    assert (ours.supply < ours.demand).sum() <= (hpa.supply < hpa.demand).sum()
    # Half a replica for a horizon is there to round with at the start.
    rounding = 0.5 * policy.horizon_s / 15.0
    # Within its tolerance the formula keeps what it finds, and ours is never below it: what it asks
    # for where ours stands is not the floor's excess.
    asked = [int(ours.supply[0]), *ours.asked.tolist()]
    kept = [
        reactive_replicas(
            now, ready=ready, current=current, capacity=policy.capacity, target=target
        )
        for now, ready, current in zip(
            ours.load.tolist(), ours.supply.tolist(), asked[:-1], strict=True
        )
    ]
    reactive = np.maximum(hpa.supply, kept)
    assert ours.supply.sum() <= excess * reactive.sum() + rounding


def test_a_load_that_multiplies_within_minutes_is_met_out_of_what_was_saved() -> None:
    load = np.where(np.arange(1_200) // 120 % 2 == 0, 10.0, 100.0)
    policy = replace(POLICY, maximum=100)
    hpa = simulate(load, nothing(load), policy).measures
    capped = simulate(load, ahead(load), replace(policy, excess_window_s=0.0)).measures
    saved = simulate(load, ahead(load), policy).measures
    assert saved.under_time < 0.05 * hpa.under_time < 0.05 * 3 * capped.under_time
    assert saved.replica_hours < 1.2 * hpa.replica_hours


def test_what_came_since_a_forecast_leaves_the_load_starved_for_less_long() -> None:
    """A load without a level of its own, and a forecast that nothing will change."""
    load = 60 * np.exp(np.cumsum(np.random.default_rng(4).normal(0, 0.05, 2_000)))
    load = np.clip(load, 10, 2_000)
    peaks = load * 1.1
    spoken = said_of(peaks, POLICY)
    kept = [
        replace(one, quantiles=np.array([[now, peak]]), now=now, gain=1.0)
        for one, now, peak in zip(spoken, load.tolist(), peaks.tolist(), strict=True)
        if isinstance(one, Forecast)
    ]
    without = simulate(load, [replace(one, gain=0.0) for one in kept], POLICY).measures
    with_it = simulate(load, kept, POLICY).measures
    assert with_it.under_time < 0.95 * without.under_time
    assert with_it.replica_hours < 1.05 * without.replica_hours


def test_a_forecast_far_too_high_does_not_flap() -> None:
    load = waves()
    alone = simulate(load, nothing(load), POLICY)
    wild = simulate(load, ahead(load) * 100, POLICY)
    changes = [np.count_nonzero(np.diff(run.asked)) for run in (alone, wild)]
    assert changes[1] < 4 * changes[0]


def test_jitter_and_replica_hours_are_counted_in_hours() -> None:
    measures = elasticity(
        demand=np.array([2, 2, 4, 4]),
        supply=np.array([2, 3, 4, 5]),
        load=np.array([2.0, 2.0, 4.0, 4.0]),
        capacity=1.0,
        tick_s=900.0,
    )
    assert measures.replica_hours == 14 / 4
    assert measures.jitter == 3 - 1


def test_the_speed_up_is_the_geometric_mean_over_the_four_measures() -> None:
    load = waves()
    slow = simulate(load, nothing(load), POLICY).measures
    assert speed_up(slow, slow) == pytest.approx(1.0)
    twice = replace(slow, under_time=slow.under_time / 2, over_time=slow.over_time / 8)
    assert speed_up(twice, slow) == pytest.approx(2.0)
    assert np.isnan(speed_up(replace(slow, under_time=0.0), slow))
