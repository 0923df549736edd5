from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaler.core.anomaly import Anomaly, Direction, Kind, replayed
from scaler.core.holding import DIP_STAYS_S, SETTLES_S, scale_in_hold
from scaler.core.series import Series

STEP_MS = 60_000
DIP_STEPS, SETTLE_STEPS = round(DIP_STAYS_S / 60), round(SETTLES_S / 60)
DIP = Anomaly(
    kind=Kind.DIP,
    direction=Direction.DOWN,
    score=0.9,
    at_step=100,
    since_step=100,
    observed=10.0,
    expected=100.0,
    explanation="load of 10 is 9.0 typical deviations below what was expected, 100",
)
STUCK = replace(DIP, kind=Kind.FLATLINE, direction=Direction.NONE, observed=40.0)


def load(*parts: tuple[int, float]) -> Series:
    """A series from step 0 of so many steps with a value each."""
    values = np.concatenate([np.full(steps, value) for steps, value in parts])
    return Series(step_ms=STEP_MS, first=0, values=values)


def test_a_plain_load_holds_nothing() -> None:
    assert scale_in_hold(load((200, 100.0)), (), step=199) is None


def test_a_dip_is_waited_out_with_its_explanation_and_an_end() -> None:
    series = load((100, 100.0), (100, 10.0))
    assert scale_in_hold(series, [DIP], step=104) == (
        "a dip is waited out for at most 1560 s more: load of 10 is 9.0 typical deviations below "
        "what was expected, 100"
    )
    assert scale_in_hold(series, [DIP], step=99 + DIP_STEPS) is not None
    assert scale_in_hold(series, [DIP], step=100 + DIP_STEPS) is None


def test_a_dip_that_is_over_holds_nothing() -> None:
    series = load((100, 100.0), (5, 10.0), (95, 100.0))
    assert scale_in_hold(series, [DIP], step=104) is not None
    assert scale_in_hold(series, [DIP], step=110) is None


def test_a_stuck_value_holds_until_it_moves() -> None:
    series = load((105, 40.0), (95, 41.0))
    clause = scale_in_hold(series, [STUCK], step=104)
    assert clause is not None
    assert clause.startswith("a stuck value is waited out for at most 1560 s more")
    assert scale_in_hold(series, [STUCK], step=105) is None


@pytest.mark.parametrize(
    ("gap", "back", "clause"),
    [
        pytest.param(3, 0, "no load has been reported for 180 s", id="missing"),
        pytest.param(
            3, 2, "the load is back for only 120 s after a gap of 180 s", id="only-just-back"
        ),
        pytest.param(3, 4, None, id="back-for-longer-than-the-gap"),
        pytest.param(
            600, 5, "the load is back for only 300 s after a gap of 36000 s", id="long-gap"
        ),
        pytest.param(600, 6, None, id="back-for-five-minutes"),
    ],
)
def test_missing_data_holds_and_so_do_the_first_values_after_it(
    gap: int, back: int, clause: str | None
) -> None:
    series = load((10, 50.0), (gap, np.nan), (back, 50.0))
    assert scale_in_hold(series, (), step=series.last) == clause


def test_steps_that_a_series_does_not_reach_are_missing() -> None:
    clause = scale_in_hold(load((10, 50.0)), (), step=11)
    assert clause == "no load has been reported for 120 s"


def test_without_any_load_nothing_is_scaled_in() -> None:
    assert scale_in_hold(load((5, np.nan)), (), step=4) == "no load has been reported yet"
    assert scale_in_hold(load((5, np.nan), (3, 7.0)), (), step=7) is None


kinds = st.sampled_from([kind for kind in Kind if kind not in (Kind.DIP, Kind.FLATLINE)])


@settings(max_examples=100, deadline=None)
@given(kind=kinds, observed=st.floats(0, 1e6), expected=st.floats(0, 1e6), at=st.integers(0, 199))
def test_no_upward_anomaly_and_no_new_level_holds_anything(
    kind: Kind, observed: float, expected: float, at: int
) -> None:
    anomaly = replace(
        DIP, kind=kind, direction=Direction.UP, observed=observed, expected=expected, at_step=at
    )
    assert scale_in_hold(load((200, 30.0)), [anomaly], step=199) is None


@settings(max_examples=25, deadline=None)
@given(factor=st.floats(1, 1e4), steps=st.integers(1, 60), seed=st.integers(0, 99))
def test_a_load_that_only_rises_above_its_level_never_holds_while_it_is_up(
    factor: float, steps: int, seed: int
) -> None:
    values = np.random.default_rng(seed).normal(100, 3, 600)
    values[500 : 500 + steps] *= factor
    series = Series(step_ms=STEP_MS, first=0, values=values)
    _, anomalies = replayed(series)
    for step in range(500, 500 + steps):
        known = [one for one in anomalies if one.at_step in range(500, step + 1)]
        assert scale_in_hold(series, known, step=step) is None


@settings(max_examples=50, deadline=None)
@given(observed=st.floats(0, 50), expected=st.floats(60, 1e6), after=st.integers(0, 500))
def test_every_hold_for_a_dip_ends(observed: float, expected: float, after: int) -> None:
    dip = replace(DIP, observed=observed, expected=expected)
    series = load((100, expected), (501, observed))
    held = scale_in_hold(series, [dip], step=100 + after) is not None
    assert held == (after < DIP_STEPS)
