"""How long a new replica takes, from those that came of late."""

import numpy as np
import pytest

from scaler.core.lead_time import horizon_for, time_to_ready


def test_too_few_starts_say_nothing() -> None:
    assert time_to_ready([30.0] * 4) is None
    assert time_to_ready([]) is None


def test_all_but_one_in_ten_were_ready_by_then() -> None:
    samples = [float(each) for each in range(1, 51)]
    assert time_to_ready(samples) == 46.0
    assert np.mean(np.array(samples) <= 46.0) >= 0.9


def test_the_newest_count() -> None:
    assert time_to_ready([300.0] * 100 + [20.0] * 50) == 20.0


def test_what_is_no_start_is_left_out() -> None:
    assert time_to_ready([20.0] * 5 + [9_000.0] * 40 + [-1.0]) == 20.0


def test_a_single_slow_one_does_not_set_the_time() -> None:
    assert time_to_ready([20.0] * 20 + [900.0]) == 20.0


@pytest.mark.parametrize(
    ("time_s", "reaction_s", "horizon_s"),
    [
        pytest.param(0.0, 0.0, 60.0, id="at-least-a-step"),
        pytest.param(40.0, 30.0, 120.0, id="whole-steps"),
        pytest.param(90.0, 30.0, 120.0, id="exactly"),
        pytest.param(5_000.0, 30.0, 900.0, id="at-most-what-is-forecast"),
    ],
)
def test_the_horizon_covers_the_way_until_ready(
    time_s: float, reaction_s: float, horizon_s: float
) -> None:
    found = horizon_for(time_s, reaction_s=reaction_s, step_s=60.0, most_s=900.0)
    assert found == horizon_s
