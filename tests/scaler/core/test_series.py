import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaler.core.errors import SeriesError
from scaler.core.series import Series, backfill, step_at


def series(first: int, values: list[float]) -> Series:
    return Series(step_ms=60_000, first=first, values=np.array(values))


def test_a_hole_between_two_reads_stays_a_gap() -> None:
    joined = series(10, [1.0, 2.0]).extended(14, np.array([5.0]), keep=100)
    assert joined.first == 10
    assert np.array_equal(joined.values, [1.0, 2.0, np.nan, np.nan, 5.0], equal_nan=True)
    assert joined.known == 3


def test_new_values_replace_the_old_ones_they_cover() -> None:
    joined = series(10, [1.0, 2.0, 3.0]).extended(11, np.array([9.0]), keep=100)
    assert joined.values.tolist() == [1.0, 9.0, 3.0]


@given(
    first=st.integers(-50, 50),
    old=st.lists(st.floats(0, 10), max_size=20),
    later=st.integers(-50, 50),
    new=st.lists(st.floats(0, 10), min_size=1, max_size=20),
    keep=st.integers(1, 40),
)
def test_a_series_is_what_a_dictionary_of_its_steps_says(
    first: int, old: list[float], later: int, new: list[float], keep: int
) -> None:
    joined = series(first, old).extended(later, np.array(new), keep=keep)
    truth = dict(enumerate(old, start=first)) | dict(enumerate(new, start=later))
    end = max(truth)
    assert joined.last == end
    assert len(joined.values) <= keep
    for step in range(min(truth) - 1, end + 2):
        expected = truth.get(step, math.nan) if step > end - keep else math.nan
        assert joined.at(step) == expected or (math.isnan(joined.at(step)) and math.isnan(expected))


def test_a_backfilled_history_ends_at_the_step_of_its_end() -> None:
    filled = backfill([1.0, 3.0], given_ms=60_000, end_s=600.0, step_ms=60_000, limit=10)
    assert (filled.first, filled.last, filled.values.tolist()) == (9, 10, [1.0, 3.0])


def test_a_coarser_history_is_interpolated() -> None:
    filled = backfill([0.0, 4.0], given_ms=12_000, end_s=60.0, step_ms=3_000, limit=10)
    assert filled.values.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert filled.last == step_at(60.0, step_ms=3_000)


@pytest.mark.parametrize(
    ("values", "given_ms", "field"),
    [
        pytest.param([1.0], 45_000, "step_s", id="finer-than-ours"),
        pytest.param([1.0], 90_000, "step_s", id="no-multiple-of-ours"),
        pytest.param([], 60_000, "values", id="empty"),
        pytest.param([1.0] * 11, 60_000, "values", id="too-many"),
        pytest.param([1.0] * 7, 120_000, "values", id="too-many-once-interpolated"),
        pytest.param([1.0, -1.0], 60_000, "values[1]", id="negative"),
        pytest.param([math.nan], 60_000, "values[0]", id="not-a-number"),
        pytest.param([1.0, math.inf], 60_000, "values[1]", id="infinite"),
        pytest.param([1.0, 1e300], 60_000, "values[1]", id="immense"),
    ],
)
def test_a_history_that_breaks_a_rule_is_refused_by_its_field(
    values: list[float], given_ms: int, field: str
) -> None:
    with pytest.raises(SeriesError) as caught:
        backfill(values, given_ms=given_ms, end_s=600.0, step_ms=60_000, limit=10)
    assert caught.value.field == field
