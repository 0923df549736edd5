"""The forecaster's parameters are chosen by a fixed rule that no scored step can influence."""

from dataclasses import replace

import numpy as np
import pytest

from scaler.core.series import Series
from tests.benchmarks.scaler_tuning import (
    TIE,
    VARIANTS,
    Score,
    Variant,
    chosen,
    in_service,
    takes_part,
    validated,
)
from tests.scaler.traces import DAY

SMALL = Variant(
    max_iter=5, learning_rate=0.1, max_leaf_nodes=8, max_features=1.0, l2_regularization=0.0
)
LARGE = replace(SMALL, max_iter=500)


def skills(small: float, large: float) -> dict[Variant, dict[str, Score]]:
    return {
        SMALL: {"one": Score(skill=small, coverage=0.95)},
        LARGE: {"one": Score(skill=large, coverage=0.95)},
    }


@pytest.mark.parametrize(
    ("small", "large", "wins"),
    [
        pytest.param(0.3, 0.2, SMALL, id="better-and-cheaper"),
        pytest.param(0.2, 0.3, LARGE, id="better"),
        pytest.param(0.3 - TIE / 2, 0.3, SMALL, id="equal-within-the-tie"),
        pytest.param(0.3 - TIE * 2, 0.3, LARGE, id="worse-than-the-tie"),
    ],
)
def test_the_best_wins_and_of_equals_the_cheapest(
    small: float, large: float, wins: Variant
) -> None:
    assert chosen(skills(small, large)) == wins


def test_the_scored_half_changes_nothing() -> None:
    half = 4 * DAY
    rng = np.random.default_rng(1)
    load = 50 + 40 * np.sin(2 * np.pi * np.arange(2 * half) / DAY) + rng.normal(0, 1, 2 * half)
    series = Series(step_ms=60_000, first=5_000, values=load)
    other = replace(series, values=np.concatenate([load[:half], np.full(half, 1e6)]))
    results = [validated(each, half=half, variant=SMALL) for each in (series, other)]
    assert results[0].skill_overall == results[1].skill_overall
    assert np.array_equal(results[0].upper, results[1].upper, equal_nan=True)
    assert len(results[0].actual) == half // 2


def test_a_trace_without_a_season_in_its_first_quarter_takes_no_part() -> None:
    assert takes_part(4 * DAY)
    assert not takes_part(4 * DAY - 2)


def test_what_is_in_service_was_among_the_candidates() -> None:
    assert in_service() in VARIANTS
