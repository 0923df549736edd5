"""What of a surprise stays follows from what came of earlier ones; only a rise counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaler.core.innovation import HALF_LIFE, Gain, factor

RNG = np.random.default_rng(0)
numbers = st.floats(-50, 50) | st.just(float("nan"))


def taught(pairs: list[tuple[float, float]]) -> Gain:
    gain = Gain()
    for innovation, remained in pairs:
        gain.learn(innovation, remained)
    return gain


def test_nothing_stays_while_nothing_is_known() -> None:
    assert Gain().value == 0.0


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_share_that_stays_is_found_below_noise(share: float) -> None:
    came = np.abs(RNG.normal(0, 0.2, 3_000))
    remained = share * came + RNG.normal(0, 0.2, 3_000)
    gain = taught(list(zip(came.tolist(), remained.tolist(), strict=True)))
    assert gain.value == pytest.approx(share, abs=0.05)


def test_a_load_below_its_course_and_a_gap_teach_nothing() -> None:
    nan = float("nan")
    pairs = [(0.2, 0.1), (-0.2, -0.2), (0.0, 0.5), (nan, 0.5), (0.5, nan)]
    assert taught(pairs).value == pytest.approx(0.5)


def test_what_was_long_ago_counts_half_after_each_half_life() -> None:
    gain = taught([(1.0, 1.0)])
    for _ in range(round(HALF_LIFE) - 1):
        gain.learn(-1.0, 0.0)
    gain.learn(1.0, 0.0)
    assert gain.value == pytest.approx(0.5 / 1.5)


@given(pairs=st.lists(st.tuples(numbers, numbers), max_size=30))
def test_a_share_is_a_share_whatever_came(pairs: list[tuple[float, float]]) -> None:
    assert 0.0 <= taught(pairs).value <= 1.0


def test_a_forecast_is_raised_by_what_stays_and_never_lowered() -> None:
    assert factor(0.5, np.log(1.44)) == pytest.approx(1.2)
    assert [factor(0.5, -1.0), factor(0.0, 1.0), factor(0.5, float("nan"))] == [1.0, 1.0, 1.0]
    assert factor(1.0, 700.0) == pytest.approx(1.5)
