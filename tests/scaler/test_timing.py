"""The horizon follows the measured time to ready, and does not wander with it."""

import pytest

from tests.scaler.fakes import TIMING

LEADS = tuple(range(1, 16))


@pytest.mark.parametrize(
    ("ready_s", "before", "expected"),
    [
        pytest.param(None, 2, 5, id="not-measured"),
        pytest.param(10.0, 5, 2, id="much-shorter"),
        pytest.param(46.0, 2, 3, id="a-little-too-long"),
        pytest.param(44.0, 3, 3, id="a-little-shorter-stays"),
        pytest.param(44.0, 2, 2, id="as-before"),
        pytest.param(44.0, 5, 3, id="half-a-step-is-left"),
        pytest.param(400.0, 5, 8, id="much-longer"),
        pytest.param(9_000.0, 5, 15, id="longer-than-the-path"),
    ],
)
def test_the_horizon(ready_s: float | None, before: int, expected: int) -> None:
    assert TIMING.horizon(LEADS, ready_s=ready_s, before=before) == expected


def test_a_time_that_wanders_about_a_step_changes_the_horizon_once() -> None:
    horizon, seen = 5, []
    for ready_s in (44.0, 46.0, 43.0, 47.0, 44.0):
        horizon = TIMING.horizon(LEADS, ready_s=ready_s, before=horizon)
        seen.append(horizon)
    assert seen == [3] * 5
