import numpy as np
import pytest

from scaler.core.decision import Policy
from scaler.core.elasticity import elasticity
from scaler.core.series import Floats
from scaler.core.simulation import simulate
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
    # Rounding up to whole replicas adds to the half where counts are small.
    assert wild.cost < 1.75 * reactive.cost
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
