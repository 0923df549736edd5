from math import exp

import pytest

from scaler.evidence.labels import Window
from scaler.evidence.nab import Score, probation_steps, scored

WINDOW = Window(first=60, last=69)  # ten steps of a hundred; 0 to 14 are not scored


def sigmoid(position: float) -> float:
    return 2 / (1 + exp(5 * position)) - 1


def raw(detections: list[int], *windows: Window) -> float:
    return scored(detections, windows, first=0, steps=100).raw


def test_no_detection_costs_one_for_each_window_and_is_0_of_100() -> None:
    score = scored([], [WINDOW, Window(first=80, last=84)], first=0, steps=100)
    assert (score.raw, score.windows, score.normalized) == (-2.0, 2, 0.0)


def test_a_detection_at_the_start_of_every_window_is_100_of_100() -> None:
    score = scored([60, 80], [WINDOW, Window(first=80, last=84)], first=0, steps=100)
    assert score.raw == pytest.approx(2.0)
    assert score.normalized == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("step", "earned"),
    [
        pytest.param(60, 1.0, id="first-step"),
        pytest.param(65, sigmoid(-0.5) / sigmoid(-1), id="half-of-it-left"),
        pytest.param(69, sigmoid(-0.1) / sigmoid(-1), id="last-step"),
    ],
)
def test_the_earlier_in_a_window_the_more(step: int, earned: float) -> None:
    assert raw([step], WINDOW) == pytest.approx(earned)


def test_only_the_earliest_detection_in_a_window_counts() -> None:
    assert raw([69, 62, 65], WINDOW) == pytest.approx(sigmoid(-0.8) / sigmoid(-1))


@pytest.mark.parametrize(
    ("step", "cost"),
    [
        pytest.param(40, 0.11, id="before-any-window"),
        pytest.param(78, 0.11 * -sigmoid(1.0), id="one-width-behind-it"),
        pytest.param(96, 0.11 * -sigmoid(3.0), id="three-widths-behind-it"),
        pytest.param(97, 0.11, id="far-behind-it"),
    ],
)
def test_a_false_detection_costs_less_close_behind_a_window(step: int, cost: float) -> None:
    assert raw([60, step], WINDOW) == pytest.approx(1 - cost)


def test_nothing_counts_in_the_first_part_not_even_a_window() -> None:
    early = Window(first=5, last=9)
    assert scored([3, 7], [early], first=0, steps=100) == Score(raw=0.0, windows=0)
    reaching_out = Window(first=10, last=19)
    assert raw([12], reaching_out) == -1.0
    assert raw([15], reaching_out) == pytest.approx(sigmoid(-0.5) / sigmoid(-1))


def test_the_first_part_is_15_percent_and_at_most_750_steps() -> None:
    assert (probation_steps(100), probation_steps(4_032), probation_steps(20_000)) == (15, 604, 750)


def test_scores_of_files_add_up() -> None:
    total = Score(raw=1.0, windows=1) + Score(raw=-1.0, windows=3)
    assert total == Score(raw=0.0, windows=4)
    assert total.normalized == 50.0
