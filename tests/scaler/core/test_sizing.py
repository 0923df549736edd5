import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaler.core.errors import SeriesError
from scaler.core.sizing import replicas_for


@pytest.mark.parametrize(
    ("load_rps", "replicas"),
    [
        pytest.param(0.0, 0, id="idle"),
        pytest.param(85.0, 1, id="exactly-at-headroom"),
        pytest.param(85.1, 2, id="just-over-headroom"),
    ],
)
def test_load_is_rounded_up_to_whole_replicas(load_rps: float, replicas: int) -> None:
    sized = replicas_for(np.array([load_rps]), capacity=100.0, headroom=0.15)
    assert sized.tolist() == [replicas]


@given(load=st.floats(0, 1e6), more=st.floats(0, 1e6), capacity=st.floats(0.01, 1e4))
def test_more_load_never_needs_fewer_replicas(load: float, more: float, capacity: float) -> None:
    low, high = replicas_for(np.array([load, load + more]), capacity=capacity)
    assert low <= high


@pytest.mark.parametrize("wrong", [-1.0, math.nan, math.inf])
def test_a_load_that_is_no_load_is_refused(wrong: float) -> None:
    with pytest.raises(SeriesError, match="load: found"):
        replicas_for(np.array([1.0, wrong]), capacity=1.0)
