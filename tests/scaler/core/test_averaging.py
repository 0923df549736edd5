"""Who has lost least of late counts most; who is silent counts nothing."""

import numpy as np
import pytest

from scaler.core.averaging import Average

BOTH = np.array([True, True])


def test_before_any_outcome_the_first_that_speaks_is_listened_to() -> None:
    said, weights = Average(leads=2, members=3, half_life=10, sharpness=60).of(
        np.array([[1.0, 2.0, 3.0], [np.nan, 2.0, 3.0]])
    )
    assert said.tolist() == [1.0, 2.0]
    assert weights.tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]


@pytest.mark.parametrize("sharpness", [60.0, 480.0])
def test_so_small_a_part_more_of_a_loss_counts_for_a_third(sharpness: float) -> None:
    average = Average(leads=1, members=2, half_life=10, sharpness=sharpness)
    average.learn(np.array([True]), np.array([[sharpness, sharpness + 1]]))
    _, weights = average.of(np.array([[0.0, 0.0]]))
    assert weights[0, 1] / weights[0, 0] == pytest.approx(np.exp(-1))
    assert weights.sum() == pytest.approx(1.0)


def test_what_was_lost_long_ago_counts_half_after_each_half_life() -> None:
    average = Average(leads=1, members=2, half_life=5, sharpness=60)
    known = np.array([True])
    average.learn(known, np.array([[1.0, 0.0]]))
    for _ in range(5):
        average.learn(known, np.zeros((1, 2)))
    average.learn(known, np.array([[0.0, 0.5 * 0.5 ** (1 / 5)]]))
    _, weights = average.of(np.zeros((1, 2)))
    assert weights[0] == pytest.approx([0.5, 0.5])


def test_a_lead_time_without_an_outcome_learns_nothing() -> None:
    average = Average(leads=2, members=2, half_life=10, sharpness=60)
    average.learn(BOTH, np.array([[1.0, 2.0], [1.0, 2.0]]))
    average.learn(np.array([True, False]), np.array([[5.0, 0.0], [np.nan, np.nan]]))
    _, weights = average.of(np.zeros((2, 2)))
    assert weights.argmax(axis=1).tolist() == [1, 0]


def test_a_loss_that_is_nothing_beside_another_one_takes_all_the_weight() -> None:
    average = Average(leads=2, members=2, half_life=10, sharpness=60)
    average.learn(BOTH, np.array([[1e-310, 1.0], [0.0, 1e300]]))
    said, _ = average.of(np.array([[4.0, 6.0], [4.0, 6.0]]))
    assert said.tolist() == [4.0, 4.0]


def test_the_silent_do_not_spoil_the_average() -> None:
    average = Average(leads=2, members=2, half_life=10, sharpness=60)
    average.learn(BOTH, np.array([[1.0, 1.0], [1.0, 1.0]]))
    said, _ = average.of(np.array([[4.0, np.nan], [4.0, 6.0]]))
    assert said.tolist() == [4.0, 5.0]
