"""Figures at the end of a demo."""

import numpy as np
import pytest

from infra.local.demo.summary import lead_of, skill_of, waits_of


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


def steps(*changes: tuple[int, float]) -> list[tuple[float, float]]:
    """A point a second from the first change to second 60, each value held until the next one."""
    found = []
    for second in range(changes[0][0], 61):
        value = [count for at, count in changes if at <= second][-1]
        found.append((float(second), float(value)))
    return found


LOAD = steps((0, 1.0), (1, 2.0), (30, 7.5), (50, 4.0))  # its peak needs 4 replicas of 2


def test_the_lead_is_that_over_replicas_which_the_reactive_path_would_have_started() -> None:
    lead = lead_of(
        LOAD,
        steps((0, 1), (10, 2), (20, 4)),
        steps((0, 1), (7, 2), (16, 4)),
        steps((0, 1), (15, 2), (32, 3), (41, 4), (45, 6)),
        capacity=2,
        since=0,
        until=60,
    )
    assert lead is not None
    assert (lead.peak_at, lead.peak, lead.replicas) == (30.0, 7.5, 4)
    assert (lead.ready_at_peak, lead.reactive_at_peak) == (4, 2)
    assert (lead.ready_at, lead.reactive_at, lead.startup_s) == (20.0, 41.0, 4.0)
    assert (lead.lead_s, lead.median_lead_s) == (25.0, 16.0)  # 8, 16 and 25 on the way up


def test_a_slow_start_is_no_fault_of_who_asked_for_it() -> None:
    load = steps((0, 1.0), (20, 2.0), (40, 7.5))
    slow = steps((0, 1), (21, 2), (50, 4))
    asked = steps((0, 1), (20, 2), (30, 4))
    lead = lead_of(load, slow, asked, steps((0, 1), (33, 4)), capacity=2, since=0, until=60)
    assert lead is not None
    assert (lead.startup_s, lead.lead_s) == (20.0, 3.0)
    assert lead.reactive_at_peak == 1, "what it asked for at 33 s would not be ready at 40 s"


def test_what_was_asked_for_and_given_up_again_is_no_lead() -> None:
    asked = steps((0, 1), (5, 4), (6, 1), (18, 4))
    lead = lead_of(
        LOAD,
        steps((0, 1), (20, 4)),
        asked,
        steps((0, 1), (25, 4)),
        capacity=2,
        since=0,
        until=60,
    )
    assert lead is not None
    assert lead.lead_s == 7.0


def test_only_the_climb_to_the_peak_counts() -> None:
    load = steps((0, 6.0), (20, 1.0), (25, 2.0), (40, 8.0))
    ours = steps((0, 3), (22, 1), (36, 4))
    theirs = steps((0, 3), (24, 1), (41, 4))
    lead = lead_of(load, ours, ours, theirs, capacity=2, since=0, until=60)
    assert lead is not None
    assert (lead.replicas, lead.ready_at, lead.reactive_at) == (4, 36.0, 41.0)


def test_what_the_reactive_path_keeps_in_reserve_is_not_what_the_peak_needs() -> None:
    counts = steps((0, 1), (20, 4))
    lead = lead_of(LOAD, counts, counts, steps((0, 1), (20, 9)), capacity=4, since=0, until=60)
    assert lead is not None
    assert (lead.replicas, lead.lead_s) == (2, 0.0)


def test_replicas_that_came_later_than_those_of_the_reactive_path_have_a_lead_below_zero() -> None:
    late = steps((0, 1), (30, 2))
    lead = lead_of(LOAD, late, late, steps((0, 1), (20, 2)), capacity=2, since=0, until=60)
    assert lead is not None
    assert lead.lead_s == -10.0


def test_replicas_that_were_never_ready_have_no_lead() -> None:
    one = steps((0, 1))
    lead = lead_of(LOAD, one, one, steps((0, 1), (20, 2)), capacity=2, since=0, until=60)
    assert lead is not None
    assert (lead.ready_at, lead.lead_s, lead.median_lead_s) == (None, None, None)


@pytest.mark.parametrize(
    ("reactive", "until"),
    [
        pytest.param([], 60.0, id="not-known"),
        pytest.param(steps((0, 3)), 60.0, id="never-rose"),
        pytest.param(steps((0, 1), (40, 3)), 30.0, id="rose-later"),
    ],
)
def test_where_the_reactive_count_never_rose_there_is_nothing_to_lead(
    reactive: list[tuple[float, float]], until: float
) -> None:
    counts = steps((0, 3))
    assert lead_of(LOAD, counts, counts, reactive, capacity=2, since=0, until=until) is None
