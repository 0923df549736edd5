import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaler.core.histogram import Buckets, DecayingHistogram

HOUR = 3_600.0
# 2009-02-13T23:31:30Z, no whole hour: as in the tests of the original.
START = 1_234_567_890.0
FINE = Buckets(first=0.01, ratio=1.05, most=1_000.0)
# Widths 40, 60, 90, 135, 202.5: begin at 0, 40, 100, 190, 325, 527.5.
COARSE = Buckets(first=40.0, ratio=1.5, most=500.0)


def test_buckets_begin_where_widths_add_up() -> None:
    assert COARSE.count == 6
    starts = [COARSE.start(bucket) for bucket in range(6)]
    assert starts == pytest.approx([0, 40, 100, 190, 325, 527.5])
    places = [COARSE.place(value) for value in (0.0, 39.99, 40.0, 100.0, 900.0)]
    assert places == [0, 0, 1, 2, 5]


@given(value=st.floats(0, 999))
def test_a_value_lies_in_its_bucket(value: float) -> None:
    bucket = FINE.place(value)
    assert FINE.start(bucket) <= value * (1 + 1e-9) + 1e-12
    assert value <= FINE.start(bucket + 1) * (1 + 1e-9)


def weighted(*samples: tuple[float, float, float]) -> DecayingHistogram:
    """Of (value, weight, hours after the start), with a half-life of an hour."""
    histogram = DecayingHistogram(COARSE, half_life_s=HOUR)
    for value, weight, hours in samples:
        histogram.add(value, weight=weight, time_s=START + hours * HOUR)
    return histogram


@pytest.mark.parametrize(
    ("level", "value"),
    [
        # 1/8, 2/4, 3/2 and 4 of 6.125: 2 %, 10 %, 35 %, 100 %.
        pytest.param(0.0, 40, id="the-least"),
        pytest.param(0.02, 40, id="within-the-first"),
        pytest.param(0.03, 100, id="just-past-the-first"),
        pytest.param(0.10, 100, id="within-the-second"),
        pytest.param(0.11, 190, id="just-past-the-second"),
        pytest.param(0.34, 190, id="within-the-third"),
        pytest.param(0.35, 325, id="just-past-the-third"),
        pytest.param(1.0, 325, id="the-greatest"),
    ],
)
def test_a_percentile_is_the_end_of_the_bucket_where_the_weight_is_reached(
    level: float, value: float
) -> None:
    histogram = weighted((10, 1, 0), (50, 2, 1), (150, 3, 2), (200, 4, 3))
    assert histogram.percentile(level) == pytest.approx(value)


def test_a_sample_loses_half_of_its_weight_in_a_half_life() -> None:
    # 1000 halved 20 times is less than 0.1 % of 1.
    histogram = weighted((150, 1_000, 0), (50, 1, 20))
    assert histogram.percentile(0.999) == pytest.approx(100)
    assert histogram.percentile(1.0) == pytest.approx(190)


def test_what_is_older_than_all_exponents_is_empty() -> None:
    histogram = weighted((150, 1, 0), (50, 1, 101))
    assert histogram.percentile(1.0) == pytest.approx(100)


def test_an_empty_histogram_has_no_percentile_but_0() -> None:
    histogram = weighted()
    assert histogram.is_empty
    assert histogram.percentile(0.9) == 0.0


def test_the_last_bucket_answers_with_its_begin() -> None:
    assert weighted((1e9, 1, 0)).percentile(0.5) == pytest.approx(527.5)


def test_what_is_taken_back_was_never_there() -> None:
    histogram = weighted((50, 1, 0), (200, 1, 1))
    histogram.subtract(200, weight=1, time_s=START + HOUR)
    assert histogram.percentile(1.0) == pytest.approx(100)
    histogram.subtract(50, weight=1, time_s=START)
    assert histogram.is_empty


samples = st.lists(
    st.tuples(st.floats(0, 2_000), st.floats(0.1, 1), st.floats(0, 300)), min_size=1, max_size=30
)


@given(given=samples, low=st.floats(0, 1), high=st.floats(0, 1))
def test_percentiles_rise_with_their_level(
    given: list[tuple[float, float, float]], low: float, high: float
) -> None:
    histogram = weighted(*given)
    low, high = sorted((low, high))
    assert histogram.percentile(low) <= histogram.percentile(high)


@given(given=samples, later=samples)
def test_a_histogram_that_was_kept_goes_on_to_the_last_bit(
    given: list[tuple[float, float, float]], later: list[tuple[float, float, float]]
) -> None:
    lives = weighted(*given)
    restored = DecayingHistogram(COARSE, half_life_s=HOUR)
    restored.restore(json.loads(json.dumps(lives.state())))
    for value, weight, hours in later:
        for histogram in (lives, restored):
            histogram.add(value, weight=weight, time_s=START + (300 + hours) * HOUR)
    assert restored.state() == lives.state()
    assert restored.percentile(0.9) == lives.percentile(0.9)


@pytest.mark.parametrize(
    "state",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"reference_s": 0.0, "total": 1.0, "weights": {"6": 1.0}}, id="a-bucket-more"),
        pytest.param({"reference_s": 0.0, "total": 1.0, "weights": {"0": -1.0}}, id="negative"),
        pytest.param({"reference_s": 0.0, "total": math.nan, "weights": {}}, id="not-a-number"),
        pytest.param({"reference_s": math.inf, "total": 0.0, "weights": {}}, id="no-time"),
        pytest.param({"reference_s": 0.0, "total": 0.0, "weights": [1]}, id="a-list"),
    ],
)
def test_a_state_that_is_none_is_refused_and_changes_nothing(state: dict[str, object]) -> None:
    histogram = weighted((50, 1, 0))
    with pytest.raises(ValueError, match=r"bucket|no state"):
        histogram.restore(state)
    assert histogram.percentile(1.0) == pytest.approx(100)
