from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaler.core.anomaly import Anomaly, Direction, Kind, replayed
from scaler.core.masking import STAYS_S, STUCK_S, for_training
from scaler.core.series import Floats, Series

FIRST = 50
STAYS, STUCK = round(STAYS_S / 60), round(STUCK_S / 60)
SPIKE = Anomaly(
    kind=Kind.SPIKE,
    direction=Direction.UP,
    score=0.9,
    at_step=FIRST + 20,
    since_step=FIRST + 20,
    observed=500.0,
    expected=100.0,
    explanation="far above",
)
DIP = replace(SPIKE, kind=Kind.DIP, direction=Direction.DOWN, observed=10.0)
FLAT = replace(SPIKE, kind=Kind.FLATLINE, direction=Direction.NONE, observed=7.0, expected=np.nan)


def series(values: Floats, *, step_ms: int = 60_000) -> Series:
    return Series(step_ms=step_ms, first=FIRST, values=values)


def masked(values: Floats, *anomalies: Anomaly, step_ms: int = 60_000) -> list[int]:
    cleaned = for_training(series(values, step_ms=step_ms), anomalies)
    is_masked = np.isnan(cleaned.values) & ~np.isnan(values)
    kept = ~np.isnan(cleaned.values)
    assert (cleaned.values[kept] == values[kept]).all()
    return np.flatnonzero(is_masked).tolist()


def flat_then(steps: int, value: float, *, start: int = 20, total: int = 60) -> Floats:
    values = np.full(total, 100.0)
    values[start : start + steps] = value
    return values


@pytest.mark.parametrize(
    ("anomaly", "value"),
    [pytest.param(SPIKE, 500.0, id="spike"), pytest.param(DIP, 10.0, id="dip")],
)
def test_it_is_masked_until_the_load_is_back(anomaly: Anomaly, value: float) -> None:
    assert masked(flat_then(8, value), anomaly) == list(range(20, 28))


def test_it_is_masked_from_where_it_began_though_a_mean_saw_it_later() -> None:
    values = flat_then(8, 10.0, start=18)
    assert masked(values, DIP) == list(range(18, 26))


def test_what_comes_again_within_five_minutes_is_the_same_spike() -> None:
    values = flat_then(3, 500.0)
    values[26:28] = 500.0
    assert masked(values, SPIKE) == list(range(20, 28))


def test_one_that_lasts_until_now_is_masked_until_now() -> None:
    assert masked(flat_then(10, 10.0, total=30), DIP) == list(range(20, 30))


@pytest.mark.parametrize("anomaly", [SPIKE, DIP], ids=["spike", "dip"])
def test_what_stays_is_learnt_as_a_new_level(anomaly: Anomaly) -> None:
    stays = flat_then(STAYS + 1, anomaly.observed, total=STAYS + 200)
    passes = flat_then(STAYS - 10, anomaly.observed, total=STAYS + 200)
    assert masked(stays, anomaly) == []
    assert len(masked(passes, anomaly)) == STAYS - 10


def test_an_hour_of_unrest_is_masked() -> None:
    unrest = replace(SPIKE, kind=Kind.UNREST, since_step=FIRST + 5)
    assert masked(np.full(60, 100.0), unrest) == list(range(5, 21))


def test_a_stuck_value_is_masked_for_a_day_at_most() -> None:
    values = np.arange(60.0)
    values[10:30] = 7.0
    assert masked(values, replace(FLAT, since_step=FIRST + 10)) == list(range(10, 30))
    assert masked(np.full(STUCK + 100, 7.0), replace(FLAT, since_step=FIRST + 10)) == []


@pytest.mark.parametrize("kind", [Kind.LEVEL_SHIFT, Kind.MISSING, Kind.INVALID])
def test_a_settled_level_and_what_is_a_gap_already_mask_nothing(kind: Kind) -> None:
    assert masked(flat_then(10, 500.0), replace(SPIKE, kind=kind)) == []


@pytest.mark.parametrize("at", [FIRST - 1, FIRST + 60, -5, 10_000])
def test_anomalies_outside_of_the_series_mask_nothing(at: int) -> None:
    assert masked(flat_then(10, 500.0), replace(SPIKE, at_step=at, since_step=at)) == []


def test_the_anomalies_of_a_detector_are_what_is_taken_out() -> None:
    values = np.random.default_rng(0).normal(100, 4, 900)
    values[700:712] = 900.0
    load = series(values, step_ms=300_000)
    _, anomalies = replayed(load)
    assert masked(values, *anomalies, step_ms=300_000) == list(range(700, 712))


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.one_of(st.floats(0, 1e4), st.just(float("nan"))), min_size=1, max_size=80),
    kind=st.sampled_from(list(Kind)),
    at=st.integers(0, 79),
    observed=st.floats(0, 1e4),
    expected=st.floats(0, 1e4),
)
def test_masking_only_ever_makes_gaps(
    values: list[float], kind: Kind, at: int, observed: float, expected: float
) -> None:
    anomaly = replace(
        SPIKE,
        kind=kind,
        at_step=FIRST + at,
        since_step=FIRST + at - 3,
        observed=observed,
        expected=expected,
    )
    masked(np.array(values), anomaly)
