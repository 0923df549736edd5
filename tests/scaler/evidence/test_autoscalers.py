"""Fast simulations against slow ones, and the targets that are tuned with them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaler.core.decision import Policy
from scaler.core.series import Floats
from scaler.core.simulation import simulate
from scaler.evidence.hpa import TARGETS, Hpa, curve, tuned
from scaler.evidence.queue import Queue
from scaler.evidence.scenario import Scenario
from tests.oracles import scaler_autoscalers as slow

loads = st.lists(st.floats(0, 500, allow_subnormal=False), min_size=2, max_size=120)
targets = st.floats(0.05, 1)
ticks = st.integers(0, 30)


def scenario(load: list[float] | Floats, **values: float) -> Scenario:
    return Scenario(load=np.asarray(load, dtype=np.float64), capacity=7.0, **values)  # type: ignore[arg-type]  # numbers by name


def waves(count: int = 4_000, *, seed: int = 5) -> Floats:
    rng = np.random.default_rng(seed)
    shape = 60 + 50 * np.sin(np.arange(count) / 100)
    load: Floats = np.maximum(shape + rng.normal(0, 4, count), 0.5)
    return load


@settings(max_examples=60, deadline=None)
@given(
    load=loads,
    target=targets,
    rules=st.tuples(ticks, st.integers(1, 30), st.sampled_from([0.0, 0.1, 0.3])),
    extra=st.integers(0, 2**32 - 1),
)
def test_the_autoscaler_and_its_predictions_are_their_slow_twins(
    load: list[float], target: float, rules: tuple[int, int, float], extra: int
) -> None:
    startup, window, tolerance = rules
    rng = np.random.default_rng(extra)
    counts = rng.integers(0, 60, len(load))
    metric = rng.uniform(0, 400, len(load)) * rng.integers(0, 2, len(load))
    case = scenario(
        load,
        target=target,
        startup_s=15.0 * startup,
        stabilization_s=15.0 * window,
        tolerance=tolerance,
    )
    expected = slow.hpa_supply(
        load,
        capacity=7.0,
        target=target,
        startup=max(startup, 1),
        window=window,
        tolerance=tolerance,
        counts=counts.tolist(),
        metric=metric.tolist(),
    )
    found = case.run(Hpa(case, counts=counts, metric=metric))
    assert found.supply.tolist() == expected


@settings(max_examples=40, deadline=None)
@given(load=loads, target=targets, startup=ticks, window=st.integers(1, 30), polling=ticks)
def test_the_queue_is_its_slow_twin(
    load: list[float], target: float, startup: int, window: int, polling: int
) -> None:
    case = scenario(load, target=target, startup_s=15.0 * startup, stabilization_s=15.0 * window)
    expected = slow.queue_supply(
        load,
        capacity=7.0,
        target=target,
        startup=max(startup, 1),
        window=window,
        polling=max(polling, 1),
        tick_s=15.0,
    )
    found = case.run(Queue(case, polling_s=15.0 * polling))
    assert found.supply.tolist() == expected


@settings(max_examples=40, deadline=None)
@given(load=loads, startup=ticks, window=st.integers(1, 30), seed=st.integers(0, 99))
def test_many_targets_at_a_time_are_each_one_by_itself(
    load: list[float], startup: int, window: int, seed: int
) -> None:
    case = scenario(load, startup_s=15.0 * startup, stabilization_s=15.0 * window)
    each = np.sort(np.random.default_rng(seed).uniform(0.05, 1, 9))
    found = curve(case, each)
    for place, target in enumerate(each):
        run = case.run(Hpa(case, target=float(target)))
        assert found.replicas[place] == run.supply.sum()
        assert found.under[place] == (run.supply < run.demand).sum()


def test_without_a_forecast_the_real_decisions_are_the_autoscaler() -> None:
    steps = waves(1_000)
    policy = Policy(
        workload="w",
        load_unit="units",
        capacity=7.0,
        target=0.9,
        minimum=1,
        maximum=1_000,
        quantile=0.95,
        stabilization_s=300.0,
        floor_ttl_s=600.0,
        horizon_s=300.0,
    )
    ours = simulate(steps, np.full(len(steps), np.nan), policy)
    case = scenario(ours.load, target=0.9)
    assert case.run(Hpa(case)).supply.tolist() == ours.supply.tolist()


@pytest.mark.parametrize("target", [0.55, 0.8, 0.93])
def test_a_known_target_is_found_by_what_it_costs(target: float) -> None:
    case = scenario(waves())
    run = case.run(Hpa(case, target=target))
    same = case.run(Hpa(case, target=tuned(run, curve(case, TARGETS)).same_cost))
    assert same.supply.sum() <= run.supply.sum()
    assert same.measures.under_time <= run.measures.under_time


@pytest.mark.parametrize("target", [0.55, 0.8111, 0.93])
def test_the_cheapest_target_that_serves_as_well_costs_no_more(target: float) -> None:
    case = scenario(waves())
    run = case.run(Hpa(case, target=target))
    same = case.run(Hpa(case, target=tuned(run, curve(case, TARGETS)).same_under_time))
    assert same.measures.under_time <= run.measures.under_time
    # The next whole percent below it serves at least as well.
    below = case.run(Hpa(case, target=int(100 * target) / 100))
    assert same.measures.replica_hours <= below.measures.replica_hours


def test_targets_are_those_of_all_by_brute_force() -> None:
    case = scenario(waves(800))
    ours = case.run(Hpa(case, target=0.777))
    runs = {target: case.run(Hpa(case, target=target)).measures for target in TARGETS.tolist()}
    own = ours.measures
    affordable = [m for m in runs.values() if m.replica_hours <= own.replica_hours]
    as_good = [m for m in runs.values() if m.under_time <= own.under_time]
    found = tuned(ours, curve(case, TARGETS))
    assert runs[found.same_cost].under_time == min(m.under_time for m in affordable)
    assert runs[found.same_under_time].replica_hours == min(m.replica_hours for m in as_good)
    assert len(affordable) < len(runs)
    assert 1 < len(as_good) < len(runs)


def test_of_targets_that_serve_alike_the_one_of_the_same_cost_counts() -> None:
    """With a constant load every target serves; the cheapest would be no comparison."""
    case = scenario(np.full(400, 60.0))
    ours = case.run(Hpa(case, target=0.5))
    same = case.run(Hpa(case, target=tuned(ours, curve(case, TARGETS)).same_cost))
    assert same.measures.replica_hours == pytest.approx(ours.measures.replica_hours, rel=0.05)


def test_the_nearest_target_stands_where_none_serves_as_well_or_costs_as_little() -> None:
    load = np.concatenate([np.full(200, 1.0), np.full(200, 500.0)])
    case = scenario(load)
    run, every = case.run(Hpa(case)), curve(case, TARGETS)
    # The jump is met no sooner at any target: the cheapest of all that serve as badly.
    assert tuned(replace(run, supply=run.demand), every).same_under_time == 1.0
    assert tuned(replace(run, supply=run.supply * 0), every).same_cost == 1.0


def test_what_waits_in_a_queue_is_asked_for_too() -> None:
    """After a jump the queue asks for more than the load alone until it is worked off."""
    load = np.concatenate([np.full(100, 7.0), np.full(400, 70.0)])
    case = scenario(load, target=1.0)
    plain, by_queue = case.run(Hpa(case)), case.run(Queue(case))
    assert by_queue.asked.max() > plain.asked.max()
    assert by_queue.asked[-1] == plain.asked[-1]
