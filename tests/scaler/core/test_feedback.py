from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaler.core.feedback import BATCH, LEAST_LEVEL, MOST_LEVEL, Learning, learnt
from scaler.core.judgement import Judgement, Verdict

JUDGEMENT = Judgement(
    at=datetime(2026, 11, 1, tzinfo=UTC),
    verdict=Verdict.GOOD,
    replicas=5,
    best=5,
    needed=5,
    missing=0.0,
    superfluous=0.0,
    regret=0.0,
    floor_short=False,
    hints_at_capacity=False,
    sentence="Good: 5 replicas, the load needed 5.",
)
SHORT = replace(JUDGEMENT, verdict=Verdict.TOO_FEW, floor_short=True, regret=0.5)


def after(learning: Learning, *, short: int, of: int = BATCH) -> Learning:
    for outcome in range(of):
        learning = learnt(learning, SHORT if outcome < short else JUDGEMENT)
    return learning


def test_the_level_starts_at_the_critical_ratio_of_the_costs() -> None:
    learning = Learning.at(0.95)
    assert learning.level == 0.95
    assert learning.why == "95 % as configured"


def test_a_level_beyond_its_bounds_is_said() -> None:
    learning = Learning.at(0.6)
    assert learning.level == 0.8
    assert learning.why == "80 %, the nearest allowed to the configured 60 %"


@pytest.mark.parametrize(
    ("short", "level", "why"),
    [
        pytest.param(
            96, 0.9587, "95.9 %, raised: 96 of 480 floors were short, 5 % are meant", id="too-often"
        ),
        pytest.param(
            24, 0.95, "95 % kept: 24 of 480 floors were short, 5 % are meant", id="as-meant"
        ),
        pytest.param(
            40, 0.95, "95 % kept: 40 of 480 floors were short, 5 % are meant", id="by-chance"
        ),
        pytest.param(
            0, 0.9424, "94.2 %, lowered: 0 of 480 floors were short, 5 % are meant", id="never"
        ),
    ],
)
def test_a_batch_of_outcomes_moves_the_level_towards_what_is_meant(
    short: int, level: float, why: str
) -> None:
    learning = after(Learning.at(0.95), short=short)
    assert learning.level == pytest.approx(level, abs=0.001)
    assert learning.why == why


def test_within_a_batch_nothing_moves() -> None:
    assert after(Learning.at(0.95), short=BATCH - 1, of=BATCH - 1).level == 0.95


@pytest.mark.parametrize(("short", "bound"), [(BATCH, MOST_LEVEL), (0, LEAST_LEVEL)])
def test_the_level_stays_within_its_bounds_and_says_so(short: int, bound: float) -> None:
    learning = Learning.at(0.95)
    for _ in range(200):
        before = learning.level
        learning = after(learning, short=short)
        assert LEAST_LEVEL <= learning.level <= MOST_LEVEL
        assert abs(learning.level - before) < 0.05
    assert learning.level == bound
    assert "kept at its bound" in learning.why


def test_where_the_floor_made_no_difference_nothing_is_learnt_of_it() -> None:
    learning = Learning.at(0.95)
    for _ in range(2 * BATCH):
        learning = learnt(learning, replace(JUDGEMENT, floor_short=None))
    assert (learning.level, learning.floors) == (0.95, 0)


def test_it_finds_the_level_that_costs_least_for_quantiles_that_are_too_low() -> None:
    """A forecast whose 95 % quantile covers 88 % needs a higher level than it promises."""
    generator = np.random.default_rng(3)
    learning = Learning.at(0.95)
    levels = []
    for _ in range(60 * BATCH):
        covered = learning.level**2.5
        short = generator.random() > covered
        learning = learnt(learning, SHORT if short else JUDGEMENT)
        levels.append(learning.level)
    assert np.mean(levels[-20 * BATCH :]) ** 2.5 == pytest.approx(0.95, abs=0.02)


def test_missed_objectives_with_enough_replicas_speak_against_the_capacity() -> None:
    hint = replace(JUDGEMENT, verdict=Verdict.TOO_FEW, hints_at_capacity=True)
    learning = Learning.at(0.95)
    for _ in range(5):
        learning = learnt(learning, hint)
    assert learning.capacity_hint is None
    learning = learnt(learnt(learning, JUDGEMENT), hint)
    assert learning.capacity_hint is not None
    assert learning.capacity_hint.sentence.startswith("6 of the last 7 judged decisions missed")
    assert learning.without_hints().capacity_hint is None
    assert learning.floors == 1


def test_outcomes_are_counted_with_what_they_cost() -> None:
    learning = learnt(learnt(Learning.at(0.9), SHORT), JUDGEMENT)
    assert learning.outcomes.verdicts == {"too few": 1, "good": 1}
    assert learning.outcomes.regret == 0.5


@given(start=st.floats(0.01, 0.999), outcomes=st.lists(st.booleans(), max_size=3 * BATCH))
def test_no_outcomes_leave_the_bounds(start: float, outcomes: list[bool]) -> None:
    learning = Learning.at(start)
    for is_short in outcomes:
        learning = learnt(learning, SHORT if is_short else JUDGEMENT)
        assert LEAST_LEVEL <= learning.level <= MOST_LEVEL
