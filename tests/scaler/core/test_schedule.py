from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from scaler.core.errors import PolicyError
from scaler.core.policy import Policy, Step, in_force_at, must_fit
from scaler.core.schedule import Override, days_of, meet, second_of

BERLIN = ZoneInfo("Europe/Berlin")
POLICY = Policy(
    workload="w",
    load_unit="u",
    capacity=1.0,
    target=0.8,
    minimum=2,
    maximum=10,
    quantile=0.95,
    stabilization_s=300.0,
    floor_ttl_s=600.0,
    horizon_s=300.0,
)
HOUR = 3_600
OFFICE = Override(
    name="office", zone=BERLIN, days=days_of("mon-fri"), start_s=8 * HOUR, end_s=18 * HOUR, extra=1
)
NIGHT = Override(
    name="night", zone=BERLIN, days=days_of("fri"), start_s=22 * HOUR, end_s=6 * HOUR, extra=1
)


@pytest.mark.parametrize(
    ("override", "at", "holds"),
    [
        # 2 November 2026 is a Monday; Berlin is an hour ahead of UTC then.
        pytest.param(OFFICE, "2026-11-02T07:00+00:00", True, id="begins"),
        pytest.param(OFFICE, "2026-11-02T06:59:59+00:00", False, id="just-before"),
        pytest.param(OFFICE, "2026-11-02T16:59:59+00:00", True, id="last-second"),
        pytest.param(OFFICE, "2026-11-02T17:00+00:00", False, id="ends"),
        pytest.param(OFFICE, "2026-11-01T10:00+00:00", False, id="sunday"),
        pytest.param(OFFICE, "2026-07-06T06:00+00:00", True, id="summer-time"),
        pytest.param(NIGHT, "2026-11-06T22:00+00:00", True, id="friday-night"),
        pytest.param(NIGHT, "2026-11-07T04:59+00:00", True, id="the-morning-after"),
        pytest.param(NIGHT, "2026-11-07T05:00+00:00", False, id="the-morning-is-over"),
        pytest.param(NIGHT, "2026-11-06T04:00+00:00", False, id="the-morning-before"),
        pytest.param(
            replace(NIGHT, first=date(2026, 11, 7)), "2026-11-07T03:00+00:00", False, id="f"
        ),
        pytest.param(
            replace(NIGHT, last=date(2026, 11, 6)), "2026-11-07T03:00+00:00", True, id="l"
        ),
        pytest.param(
            replace(NIGHT, last=date(2026, 11, 5)), "2026-11-06T22:00+00:00", False, id="o"
        ),
    ],
)
def test_hours_are_those_of_the_clock_on_the_wall(override: Override, at: str, holds: bool) -> None:
    assert override.holds(datetime.fromisoformat(at)) is holds


def test_the_hour_that_is_skipped_never_comes_and_the_one_that_comes_twice_counts_twice() -> None:
    early = Override(name="early", zone=BERLIN, start_s=2 * HOUR, end_s=3 * HOUR, extra=1)
    for day, hours in (
        (datetime(2026, 3, 29, tzinfo=UTC), 0),
        (datetime(2026, 10, 25, tzinfo=UTC), 2),
    ):
        minutes = (day - timedelta(hours=2) + timedelta(minutes=m) for m in range(24 * 60))
        assert sum(early.holds(minute) for minute in minutes) == hours * 60


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("*", {0, 1, 2, 3, 4, 5, 6}),
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("sat, Sun", {5, 6}),
        ("fri-mon", {4, 5, 6, 0}),
        ("wed", {2}),
    ],
)
def test_days_are_written_as_in_cron(text: str, days: set[int]) -> None:
    assert days_of(text) == days


@pytest.mark.parametrize("text", ["", "monday", "mon-", "mon-tue-wed", "1-5"])
def test_an_unknown_day_is_named(text: str) -> None:
    with pytest.raises(PolicyError, match=r"days: found .*, allowed \*, or of mon, tue"):
        days_of(text)


def test_times_of_day() -> None:
    assert (second_of("00:00"), second_of("08:30"), second_of("24:00")) == (0, 30_600, 86_400)
    for text in ("8:30", "24:01", "12:60", "noon", "\u0661\u0662:30"):
        with pytest.raises(PolicyError, match="time of day: found"):
            second_of(text)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param(
            {"minimum": 5, "maximum": 3}, "minimum: found 5, allowed at most", id="bounds"
        ),
        pytest.param({"target": 1.5}, r"target: found 1.5, allowed in \(0, 1\]", id="target"),
        pytest.param({"extra": -1}, "extra: found -1", id="extra"),
        pytest.param({"start_s": 86_400}, "start: found", id="start"),
        pytest.param({"end_s": 0}, "end: found", id="end"),
        pytest.param({"days": frozenset()}, "days: found none", id="no-day"),
        pytest.param(
            {"first": date(2026, 2, 1), "last": date(2026, 1, 1)},
            "first: found 2026-02-01, allowed at most last, 2026-01-01",
            id="dates",
        ),
    ],
)
def test_hours_that_contradict_themselves_name_what_does(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(PolicyError, match=f"schedule 'office': {message}"):
        replace(OFFICE, **changes)


def test_one_bound_of_some_hours_has_to_fit_the_usual_other_one() -> None:
    high, low = replace(OFFICE, minimum=11), replace(OFFICE, maximum=1)
    with pytest.raises(PolicyError, match="minimum: found 11, allowed at most maximum, 10"):
        must_fit([high], minimum=2, maximum=10)
    with pytest.raises(PolicyError, match="maximum: found 1, allowed at least minimum, 2"):
        must_fit([low], minimum=2, maximum=10)
    must_fit([replace(OFFICE, minimum=11, maximum=12), OFFICE], minimum=2, maximum=10)


TOKYO = ZoneInfo("Asia/Tokyo")
MORNING = Override(name="morning", zone=BERLIN, start_s=8 * HOUR, end_s=12 * HOUR, minimum=8)
EVENING = Override(name="evening", zone=BERLIN, start_s=12 * HOUR, end_s=20 * HOUR, maximum=5)
EARLIER = replace(EVENING, start_s=11 * HOUR)
OVERNIGHT = replace(EVENING, start_s=20 * HOUR, end_s=9 * HOUR)


@pytest.mark.parametrize(
    ("one", "other", "meet_"),
    [
        pytest.param(MORNING, EVENING, False, id="one-after-the-other"),
        pytest.param(MORNING, EARLIER, True, id="an-hour-at-once"),
        pytest.param(MORNING, OVERNIGHT, True, id="the-morning-after"),
        pytest.param(
            replace(MORNING, days=days_of("sat")),
            replace(OVERNIGHT, days=days_of("sat")),
            False,
            id="the-morning-after-is-a-sunday",
        ),
        pytest.param(
            replace(MORNING, days=days_of("sun")),
            replace(OVERNIGHT, days=days_of("sat")),
            True,
            id="into-a-sunday",
        ),
        pytest.param(
            replace(MORNING, first=date(2031, 5, 1)),
            replace(EARLIER, last=date(2031, 4, 30)),
            False,
            id="over-before-the-other-begins",
        ),
        pytest.param(
            replace(MORNING, first=date(2031, 5, 1)),
            replace(OVERNIGHT, last=date(2031, 4, 30)),
            True,
            id="its-last-night-reaches-the-first-morning",
        ),
        # 8:00 in Berlin is 15:00 or 16:00 in Tokyo, 12:00 is 19:00 or 20:00.
        pytest.param(
            MORNING,
            replace(EVENING, zone=TOKYO, start_s=19 * HOUR, end_s=20 * HOUR),
            True,
            id="in-winter-only",
        ),
        pytest.param(
            replace(MORNING, first=date(2026, 5, 1), last=date(2026, 9, 1)),
            replace(EVENING, zone=TOKYO, start_s=19 * HOUR, end_s=20 * HOUR),
            False,
            id="but-it-is-summer",
        ),
    ],
)
def test_whether_two_ever_hold_at_once(one: Override, other: Override, *, meet_: bool) -> None:
    assert meet(one, other) is meet_
    assert meet(other, one) is meet_


def test_two_that_contradict_each_other_at_once_are_refused_by_name() -> None:
    message = (
        "schedule 'morning': minimum: found 8, allowed at most 5, the maximum of schedule "
        "'evening' that holds at the same time"
    )
    for overrides in ([MORNING, EARLIER], [EARLIER, MORNING], [OFFICE, MORNING, EARLIER]):
        with pytest.raises(PolicyError) as caught:
            must_fit(overrides, minimum=2, maximum=10)
        assert str(caught.value) == message
    must_fit([MORNING, EVENING], minimum=2, maximum=10)
    must_fit([MORNING, replace(EARLIER, maximum=8)], minimum=2, maximum=10)


def test_one_that_gives_both_bounds_overrules_those_before_it() -> None:
    must_fit([MORNING, replace(EARLIER, minimum=1)], minimum=2, maximum=10)
    must_fit([EARLIER, replace(MORNING, maximum=9)], minimum=2, maximum=10)
    with pytest.raises(PolicyError):
        must_fit([replace(EARLIER, minimum=1), MORNING], minimum=2, maximum=10)


MONDAY = datetime(2026, 11, 2, 12, tzinfo=UTC)


def test_where_several_hold_later_ones_have_the_last_word_and_the_minimum_wins() -> None:
    first, second = replace(OFFICE, minimum=4, target=0.5), replace(OFFICE, name="two", target=0.6)
    policy, overrides = in_force_at(replace(POLICY, overrides=(first, second)), MONDAY)
    assert (policy.minimum, policy.maximum, policy.target) == (4, 10, 0.6)
    assert [override.name for override in overrides] == ["office", "two"]
    crossed = replace(POLICY, overrides=(replace(OFFICE, minimum=8), replace(OFFICE, maximum=5)))
    policy, _ = in_force_at(crossed, MONDAY)
    assert (policy.minimum, policy.maximum) == (8, 8)
    asleep, none = in_force_at(crossed, MONDAY + timedelta(hours=8))
    assert (asleep, list(none)) == (crossed, [])


def test_whoever_runs_the_replicas_has_the_last_word_on_every_bound() -> None:
    policy = replace(POLICY, overrides=(replace(OFFICE, minimum=8, maximum=9),))
    inside = policy.within(3, 6)
    assert (inside.minimum, inside.maximum) == (3, 6)
    assert (inside.overrides[0].minimum, inside.overrides[0].maximum) == (6, 6)
    assert POLICY.within(1, 20) is POLICY
    assert (POLICY.within(12, 20).minimum, POLICY.within(12, 20).maximum) == (12, 12)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param(
            {"minimum": 11}, "minimum: found 11, allowed at most maximum, 10", id="bounds"
        ),
        pytest.param({"minimum": -1}, "minimum: found -1, allowed >= 0", id="negative"),
        pytest.param({"capacity": 0.0}, "capacity: found 0, allowed > 0", id="capacity"),
        pytest.param({"capacity": float("inf")}, "capacity: found inf, allowed > 0", id="infinite"),
        pytest.param({"target": 0.0}, "target: found 0", id="target"),
        pytest.param({"quantile": 1.0}, "quantile: found 1", id="quantile"),
        pytest.param({"horizon_s": 0.0}, "horizon_s: found 0", id="horizon"),
        pytest.param({"excess": 0.5}, "excess: found 0.5, allowed >= 1", id="excess"),
        pytest.param({"budget": -1.0}, "budget: found -1", id="budget"),
    ],
)
def test_limits_that_contradict_each_other_are_named(
    changes: dict[str, float], message: str
) -> None:
    with pytest.raises(PolicyError, match=message):
        replace(POLICY, **changes)  # type: ignore[arg-type]  # numbers by name


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param({"period_s": 0.0, "replicas": 1}, "period_s: found 0", id="period"),
        pytest.param({"period_s": 60.0}, "replicas, percent: found None, None", id="neither"),
        pytest.param(
            {"period_s": 60.0, "replicas": 1, "percent": 5.0}, "one of the two", id="both"
        ),
        pytest.param({"period_s": 60.0, "replicas": 0}, "replicas: found 0", id="none"),
        pytest.param({"period_s": 60.0, "percent": 0.0}, "percent: found 0", id="percent"),
    ],
)
def test_a_step_that_makes_no_sense_is_named(fields: dict[str, float], message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        Step(**fields)  # type: ignore[arg-type]  # numbers by name


def test_a_step_is_rounded_as_kubernetes_does() -> None:
    tenth = Step(period_s=60.0, percent=10.0)
    assert (tenth.highest(15), tenth.lowest(15), tenth.highest(0)) == (17, 13, 0)
    two = Step(period_s=60.0, replicas=2)
    assert (two.highest(15), two.lowest(15)) == (17, 13)
