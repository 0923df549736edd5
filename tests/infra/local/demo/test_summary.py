"""Figures at the end of a demo."""

import numpy as np
import pytest

from infra.local.demo.summary import skill_of, waits_of


def test_waits_are_summed_up_by_quantiles() -> None:
    waits = waits_of([float(second) for second in range(101)])
    assert waits is not None
    assert (waits.count, waits.p50_s, waits.p95_s, waits.longest_s) == (101, 50.0, 95.0, 100.0)


def test_no_started_task_has_no_waits() -> None:
    assert waits_of([]) is None


def ramp(count: int) -> list[tuple[float, float]]:
    return [(float(second), 10.0 + second) for second in range(count)]


def test_a_perfect_forecast_has_skill_one() -> None:
    skill = skill_of(ramp(60), ramp(60), horizon_s=15, since=0, until=100)
    assert skill is not None
    assert (skill.points, skill.skill) == (45, 1.0)


def test_a_forecast_that_repeats_the_present_has_skill_zero() -> None:
    late = [(at + 15, value) for at, value in ramp(60)]
    skill = skill_of(ramp(60), late, horizon_s=15, since=0, until=100)
    assert skill is not None
    assert skill.skill == pytest.approx(0.0)


def test_a_wrong_forecast_is_worse_than_persistence() -> None:
    wrong = [(at, 0.0) for at, _ in ramp(60)]
    skill = skill_of(ramp(60), wrong, horizon_s=15, since=0, until=100)
    assert skill is not None
    assert skill.skill < 0


@pytest.mark.parametrize(
    ("actual", "until"),
    [
        pytest.param([], 100.0, id="nothing-measured"),
        pytest.param(ramp(60), 17.0, id="too-few-points"),
        pytest.param([(float(at), 3.0) for at in range(60)], 100.0, id="load-never-changed"),
    ],
)
def test_what_cannot_be_compared_has_no_skill(
    actual: list[tuple[float, float]], until: float
) -> None:
    assert skill_of(actual, ramp(60), horizon_s=15, since=0, until=until) is None


def test_only_the_span_asked_for_is_judged() -> None:
    forecast = [(at, value if at >= 30 else 1e9) for at, value in ramp(60)]
    skill = skill_of(ramp(60), forecast, horizon_s=10, since=30, until=50)
    assert skill is not None
    assert np.isclose(skill.forecast_wape, 0.0)
