"""How long a new replica takes, from those that came of late."""

import numpy as np

from scaler.core.lead_time import time_to_ready


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
