import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaler.core.floor_cost import FloorCost, floor_cost

NAN = float("nan")


def cost(load: list[float], reactive: list[float], desired: list[float]) -> FloorCost:
    """At a capacity of 10, steps of a minute, and two minutes until a replica is ready."""
    return floor_cost(
        load=np.array(load),
        reactive=np.array(reactive),
        desired=np.array(desired),
        capacity=10.0,
        step_s=60.0,
        startup_s=120.0,
    )


def test_a_floor_costs_the_replicas_above_the_reactive_count() -> None:
    found = cost([15.0] * 60, [2.0] * 60, [2.0] * 30 + [4.0] * 30)
    assert (found.known_s, found.replica_hours) == (3_600.0, 3.0)
    assert found.extra_replica_hours == pytest.approx(1.0)
    assert found.avoided_short_s == 0


def test_a_floor_that_leads_a_step_up_spares_the_time_that_replicas_need_to_start() -> None:
    load = [15.0] * 5 + [35.0] * 5
    found = cost(load, [2.0] * 5 + [4.0] * 5, [2.0] * 3 + [4.0] * 7)
    assert (found.reactive_short_s, found.short_s) == (120.0, 0.0)
    assert found.avoided_short_s == 120.0


def test_what_is_taken_away_is_gone_at_once() -> None:
    assert cost([35.0] * 4, [4.0, 4.0, 3.0, 4.0], [4.0] * 4).reactive_short_s == 120.0


def test_steps_without_a_load_or_a_count_are_left_out() -> None:
    found = cost([15.0, NAN, 15.0, 15.0], [2.0, 2.0, NAN, 2.0], [3.0, 3.0, 3.0, NAN])
    assert found.known_s == 60.0
    assert found.extra_replica_hours == pytest.approx(1 / 60)


def test_nothing_known_costs_nothing() -> None:
    found = cost([], [], [])
    assert (found.known_s, found.replica_hours, found.avoided_short_s) == (0, 0, 0)


@given(
    st.lists(
        st.tuples(st.floats(0, 200), st.integers(0, 20), st.integers(0, 20)),
        min_size=1,
        max_size=40,
    )
)
def test_a_count_that_is_never_lower_is_never_short_for_longer(
    steps: list[tuple[float, int, int]],
) -> None:
    load, reactive, extra = (np.array(column, dtype=float) for column in zip(*steps, strict=True))
    found = cost(load.tolist(), reactive.tolist(), (reactive + extra).tolist())
    assert found.extra_replica_hours >= 0
    assert found.avoided_short_s >= 0
