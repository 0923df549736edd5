from collections import Counter
from dataclasses import replace
from math import comb

import numpy as np
import pytest

from scaler.core.drift import PageHinkley
from scaler.core.retraining import Health, Rules, Urgency, due, is_lost

RULES = Rules(period=2_880, least_gap=60, horizon=5)
HEALTHY = Health(
    fitted_at=10_000,
    known=10_000,
    is_covered=(True,) * 19 + (False,),
    drift=PageHinkley(usual=1.0, ratio=0.5),
    release="v1",
    horizon=5,
)
DRIFTED = PageHinkley(usual=1.0, ratio=0.5, excess=100.0)


def urgency(
    health: Health,
    *,
    step: int,
    known: int = 10_100,
    release: str | None = "v1",
    serves: bool = True,
    horizon: int | None = None,
) -> object:
    found = due(
        health,
        RULES,
        workload="worker",
        serves=serves,
        step=step,
        known=known,
        release=release,
        horizon=horizon,
    )
    return found.urgency if found else None


@pytest.mark.parametrize(
    ("health", "given", "expected"),
    [
        pytest.param(Health(), {"step": 5}, Urgency.FIRST, id="never-fitted"),
        pytest.param(HEALTHY, {"step": 10_100}, None, id="healthy"),
        pytest.param(HEALTHY, {"step": 10_100, "release": "v2"}, Urgency.RELEASE, id="release"),
        pytest.param(HEALTHY, {"step": 10_100, "release": None}, None, id="release-not-known"),
        pytest.param(HEALTHY, {"step": 10_100, "horizon": 5}, None, id="the-same-lead-time"),
        pytest.param(HEALTHY, {"step": 10_100, "horizon": 2}, Urgency.LEAD_TIME, id="lead-time"),
        pytest.param(
            replace(HEALTHY, horizon=None), {"step": 10_100, "horizon": 2}, None, id="not-known"
        ),
        pytest.param(
            replace(HEALTHY, drift=DRIFTED), {"step": 10_100}, Urgency.DRIFT, id="drifted"
        ),
        pytest.param(
            replace(HEALTHY, is_covered=(True,) * 160 + (False,) * 80),
            {"step": 10_100},
            Urgency.COVERAGE,
            id="coverage-lost",
        ),
        pytest.param(HEALTHY, {"step": 10_100, "known": 15_000}, Urgency.GROWN, id="grown"),
        pytest.param(HEALTHY, {"step": 10_000 + 2_880}, Urgency.SCHEDULE, id="after-a-period"),
        pytest.param(HEALTHY, {"step": 9_000}, Urgency.SCHEDULE, id="clock-went-back"),
    ],
)
def test_a_fit_is_due_for_a_reason(
    health: Health, given: dict[str, object], expected: object
) -> None:
    assert urgency(health, **given) is expected  # type: ignore[arg-type]


def test_no_reason_asks_more_often_than_the_least_gap() -> None:
    health = replace(HEALTHY, drift=DRIFTED)
    assert urgency(health, step=10_059, release="v2") is None
    assert urgency(health, step=10_060, release="v2") is Urgency.RELEASE


def test_fits_in_vain_are_tried_less_and_less_often_but_never_less_than_by_schedule() -> None:
    health = replace(HEALTHY, drift=DRIFTED, in_vain=3)
    assert urgency(health, step=10_000 + 8 * 60 - 1) is None
    assert urgency(health, step=10_000 + 8 * 60) is Urgency.DRIFT
    hopeless = replace(HEALTHY, drift=DRIFTED, in_vain=50)
    assert urgency(hopeless, step=10_000 + 16 * 60) is Urgency.DRIFT


def test_without_a_forecaster_in_service_a_fit_is_tried_again_after_the_gap() -> None:
    failed = Health(fitted_at=10_000, in_vain=1)
    assert urgency(failed, step=10_119, serves=False) is None
    assert urgency(failed, step=10_120, serves=False) is Urgency.FIRST


def test_a_thousand_workloads_are_spread_over_the_period() -> None:
    at = Counter()  # type: Counter[int]
    for number in range(1_000):
        health = replace(HEALTHY, fitted_at=10_000)
        for step in range(10_060, 10_000 + 2 * RULES.period, 20):
            found = due(
                health,
                RULES,
                workload=f"w{number}",
                serves=True,
                step=step,
                known=10_000,
                release="v1",
            )
            if found:
                at[step // 60] += 1
                break
    assert sum(at.values()) == 1_000
    assert max(at.values()) <= 45  # 21 an hour on average, the first hours take two


def test_the_sentence_says_what_was_lost() -> None:
    health = replace(HEALTHY, is_covered=(True,) * 160 + (False,) * 80)
    found = due(
        health, RULES, workload="worker", serves=True, step=10_100, known=10_000, release="v1"
    )
    assert found is not None
    assert found.sentence == "coverage lost: 66.7% of 240 outcomes instead of 95 %"


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_true_coverage_is_seldom_called_lost_and_a_lost_one_is_found(level: float) -> None:
    generator = np.random.default_rng(5)

    def share(covered: float) -> float:
        runs = generator.random((400, 240)) < covered
        return float(
            np.mean([is_lost(tuple(run.tolist()), level=level, correlated=1) for run in runs])
        )

    assert share(level) <= 0.01
    assert share(1 - 6 * (1 - level) if level > 0.8 else 0.5) >= 0.95


def test_the_binomial_test_is_that_of_the_textbook() -> None:
    """The least number of misses out of 100 that is called lost has a tail below the chance."""

    def tail(missed: int) -> float:
        return sum(comb(100, k) * 0.05**k * 0.95 ** (100 - k) for k in range(missed, 101))

    for missed in range(101):
        outcomes = (False,) * missed + (True,) * (100 - missed)
        assert is_lost(outcomes, level=0.95, correlated=1) is (tail(missed) < 0.001)


def test_outcomes_teach_health() -> None:
    health = HEALTHY.learnt(ours=3.0, theirs=1.0, is_covered=False)
    assert health.is_covered[-2:] == (False, False)
    assert health.drift is not None
    assert health.drift.excess == pytest.approx(2.4)
    assert Health().learnt(ours=1.0, theirs=1.0, is_covered=True).drift is None
