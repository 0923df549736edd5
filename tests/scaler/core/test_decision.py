import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaler.core.decision import Decision, Memory, Observation, Policy, decide
from scaler.core.forecast import Absence, Forecast, Why
from scaler.core.policy import Step
from scaler.core.schedule import Override
from tests.oracles.scaler_decision import Seen, counts
from tests.oracles.scaler_hpa import formula

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
POLICY = Policy(
    workload="worker",
    load_unit="slots",
    capacity=10.0,
    target=0.8,
    minimum=1,
    maximum=20,
    quantile=0.95,
    stabilization_s=300.0,
    floor_ttl_s=600.0,
    horizon_s=300.0,
    stabilization_floor_s=0.0,
)
NOTHING = Absence(why=Why.STANDING_BACK, sentence="skill -0.14 against persistence: standing back")


def forecast(peak: float) -> Forecast:
    quantiles = np.array([[peak / 2, peak]])
    return Forecast(step=1, leads=(5,), levels=(0.5, 0.95), quantiles=quantiles, skill=0.4)


def decided(
    load: float | None,
    said: Forecast | Absence = NOTHING,
    *,
    current: int,
    ready: int | None = None,
    memory: Memory | None = None,
    now: datetime = NOW,
    policy: Policy = POLICY,
    **seen: Any,
) -> tuple[Decision, Memory]:
    observation = Observation(
        load=load, ready=current if ready is None else ready, current=current, **seen
    )
    return decide(observation, said, policy, memory=memory or Memory(), now=now)


def run(
    loads: list[float | None],
    said: Forecast | Absence = NOTHING,
    *,
    start: int,
    policy: Policy = POLICY,
    memory: Memory | None = None,
    begin: datetime = NOW,
) -> tuple[list[Decision], Memory]:
    """Decisions 15 s apart; what is asked for is there at once."""
    decisions, current, memory = [], start, memory or Memory()
    for tick, load in enumerate(loads):
        now = begin + timedelta(seconds=15 * tick)
        decision, memory = decided(
            load, said, current=current, memory=memory, now=now, policy=policy
        )
        decisions.append(decision)
        current = decision.to_replicas
    return decisions, memory


def names(decision: Decision) -> list[str]:
    return [clamp.name for clamp in decision.clamps]


def test_the_forecast_raises_the_count_before_the_load_is_there() -> None:
    decision, _ = decided(24.0, forecast(41.0), current=3)
    assert (decision.reactive, decision.floor, decision.to_replicas) == (3, 5, 5)
    assert decision.reason == (
        "From 3 to 5 replicas: the load of 24 slots needs 3; the forecast within 300 s "
        "(41 slots, 95 % quantile) asks for 5."
    )


def between_two_forecasts(load: float | None, *, gain: float = 1.0) -> Decision:
    """Half a minute after a load of 24 was thought to stay, at most 41."""
    said = replace(forecast(41.0), leads=(1,), quantiles=np.array([[24.0, 41.0]]), now=24.0)
    said = replace(said, gain=gain)
    memory = Memory()
    for made, now in ((NOW, NOW), (NOW, NOW + timedelta(seconds=30))):
        observation = Observation(load=load if now > made else 24.0, ready=3, current=3)
        decision, memory = decide(observation, said, POLICY, memory=memory, now=now, said_at=made)
    return decision


def test_what_came_since_a_forecast_raises_it_until_the_next_one() -> None:
    decision = between_two_forecasts(30.0)
    assert decision.forecast == pytest.approx(41 * 31 / 25)
    assert decision.raised == pytest.approx(0.24)
    assert decision.floor == 6
    assert "(50.84 slots, 95 % quantile, 24 % higher for what came since) asks for 6" in (
        decision.reason
    )
    restored = Decision.restored(at=NOW, workload="worker", kept=decision.stored())
    assert restored.raised == decision.raised


@pytest.mark.parametrize(("load", "gain"), [(24.0, 1.0), (10.0, 1.0), (30.0, 0.0), (None, 1.0)])
def test_a_lower_load_one_that_does_not_stay_and_none_leave_it(
    load: float | None, gain: float
) -> None:
    decision = between_two_forecasts(load, gain=gain)
    assert (decision.forecast, decision.raised, decision.floor) == (41.0, 0.0, 5)
    assert "since" not in decision.reason


def test_a_low_forecast_never_lowers_the_reactive_count() -> None:
    decision, _ = decided(80.0, forecast(0.0), current=4)
    assert decision.to_replicas == 10


def test_the_floor_is_the_greatest_of_the_quantile_that_is_asked_for() -> None:
    said = Forecast(
        step=1,
        leads=(2, 5),
        levels=(0.05, 0.5, 0.9, 0.95),
        quantiles=np.array([[1.0, 2.0, 30.0, 34.0], [1.0, 2.0, 20.0, 24.0]]),
        skill=0.4,
    )
    between, _ = decided(24.0, said, current=4, policy=replace(POLICY, quantile=0.925))
    beyond, _ = decided(24.0, said, current=4, policy=replace(POLICY, quantile=0.99))
    assert between.forecast == pytest.approx(32.0)
    assert (beyond.forecast, beyond.lower, beyond.median, beyond.upper) == (34.0, 1.0, 2.0, 24.0)


def test_a_wild_forecast_counts_for_half_as_much_again_as_the_reactive_count() -> None:
    decision, _ = decided(24.0, forecast(1e300), current=3)
    assert decision.to_replicas == 5
    assert decision.clamp == "floor 5 instead of 21: 1.5 times the reactive replica-hours at most"


def test_what_a_floor_did_not_need_may_be_needed_at_once_later() -> None:
    _, memory = run([24.0] * 240, start=3)
    decision, _ = decided(
        24.0, forecast(120.0), current=3, memory=memory, now=NOW + timedelta(hours=1)
    )
    assert (decision.to_replicas, decision.clamps) == (12, ())
    capped = replace(POLICY, excess_window_s=0.0)
    _, memory = run([24.0] * 240, start=3, policy=capped)
    decision, _ = decided(
        24.0,
        forecast(120.0),
        current=3,
        memory=memory,
        policy=capped,
        now=NOW + timedelta(hours=1),
    )
    assert decision.to_replicas == 4


def test_scale_in_waits_for_the_highest_wish_of_the_window() -> None:
    _, memory = decided(80.0, current=10)
    held, memory = decided(8.0, current=10, memory=memory, now=NOW + timedelta(seconds=200))
    assert held.to_replicas == 10
    assert held.cooldown == "10 was wished for within the last 300 s"
    freed, _ = decided(8.0, current=10, memory=memory, now=NOW + timedelta(seconds=301))
    assert freed.to_replicas == 1


def test_after_a_restart_what_is_found_is_held_for_the_window() -> None:
    held, memory = decided(8.0, current=10)
    assert held.to_replicas == 10
    assert held.cooldown == "the reactive path alone would still be at 10"
    freed, _ = decided(8.0, current=10, memory=memory, now=NOW + timedelta(seconds=301))
    assert freed.to_replicas == 1


def test_within_tolerance_nothing_moves() -> None:
    decision, _ = decided(26.0, current=3)
    assert not decision.changes
    assert "no forecast: skill -0.14 against persistence: standing back" in decision.reason


def test_without_metrics_nothing_is_scaled_in_and_the_last_floor_holds_until_it_expires() -> None:
    _, memory = decided(24.0, forecast(41.0), current=3)
    held, memory = decided(None, current=4, memory=memory, now=NOW + timedelta(seconds=14))
    assert (held.to_replicas, held.reactive, held.floor) == (5, None, 5)
    held, memory = decided(None, current=5, memory=memory, now=NOW + timedelta(seconds=599))
    assert (held.to_replicas, held.floor) == (5, 5)
    expired, memory = decided(None, current=4, memory=memory, now=NOW + timedelta(seconds=601))
    assert (expired.to_replicas, expired.floor, memory.floor) == (4, None, None)
    assert expired.reason == (
        "4 replicas kept: the metrics are missing; nothing is scaled in without metrics; "
        "no floor holds."
    )


@pytest.mark.parametrize("why", [Why.STARTING, Why.FITTING, Why.SHORT_HISTORY])
def test_while_nothing_can_be_said_yet_the_last_floor_holds_until_it_expires(why: Why) -> None:
    yet = Absence(why=why, sentence="not yet")
    _, memory = decided(24.0, forecast(41.0), current=3)
    held, memory = decided(24.0, yet, current=5, memory=memory, now=NOW + timedelta(seconds=15))
    assert (held.to_replicas, held.floor) == (5, 5)
    expired, _ = decided(24.0, yet, current=5, memory=memory, now=NOW + timedelta(seconds=601))
    assert expired.floor is None


def test_without_metrics_a_wild_floor_stays_within_the_cap() -> None:
    _, memory = decided(24.0, forecast(1e9), current=3)
    decision, _ = decided(None, current=5, memory=memory, now=NOW + timedelta(seconds=15))
    assert decision.to_replicas == 5


def test_a_forecast_that_was_made_long_ago_is_no_floor() -> None:
    observation = Observation(load=24.0, ready=3, current=3)
    old = NOW - timedelta(seconds=601)
    decision, _ = decide(observation, forecast(41.0), POLICY, memory=Memory(), now=NOW, said_at=old)
    assert decision.floor is None


def test_a_clock_that_jumped_back_does_not_hold_scale_in_for_ever() -> None:
    _, memory = decided(80.0, current=10, now=NOW + timedelta(days=1))
    decision, memory = decided(8.0, current=10, memory=memory)
    decision, _ = decided(8.0, current=10, memory=memory, now=NOW + timedelta(seconds=301))
    assert decision.to_replicas == 1


def test_without_metrics_others_keep_the_floor_for_its_time_and_what_is_there_for_none() -> None:
    blind, _ = decided(None, current=10, hold_in="no load has been reported for 60 s")
    assert (blind.to_replicas, blind.keep) == (10, None)
    frozen, _ = decided(None, current=10, frozen="frozen by ann")
    assert (frozen.to_replicas, frozen.keep) == (10, 10)


@pytest.mark.parametrize("cause", ["rollout", "frozen", "hold_in"])
def test_while_something_holds_it_scales_out_but_not_in(cause: str) -> None:
    _, memory = decided(80.0, current=10)
    later = NOW + timedelta(seconds=400)
    seen: dict[str, Any] = {cause: "revision 7 is rolling out"}
    held, _ = decided(8.0, current=10, memory=memory, now=later, **seen)
    assert (held.to_replicas, held.keep) == (10, 10)
    assert "not scaled in further, revision 7 is rolling out" in held.reason
    out, _ = decided(80.0, forecast(120.0), current=10, memory=memory, now=later, **seen)
    assert out.to_replicas == 12
    reactive, _ = decided(120.0, current=10, memory=memory, now=later, **seen)
    assert reactive.to_replicas == 15


def test_the_budget_of_a_day_lets_the_floor_stand_aside() -> None:
    policy = replace(POLICY, budget=0.1, excess=10.0)
    decisions, memory = run([24.0] * 40, forecast(41.0), start=3, policy=policy)
    assert [d.to_replicas for d in decisions[:12]] == [5] * 12
    # Two more replicas spend 0.1 replica-hours in 180 s.
    spent = decisions[12]
    assert (spent.floor, names(spent)[0]) == (0, "budget")
    assert "limited to no floor: the budget of 0.1 replica-hours a day is spent" in spent.reason
    assert decisions[-1].to_replicas == 3
    tomorrow, _ = decided(
        24.0,
        forecast(41.0),
        current=3,
        memory=memory,
        now=NOW + timedelta(hours=12),
        policy=policy,
    )
    assert tomorrow.to_replicas == 5


def test_a_scale_out_of_the_floor_goes_in_steps_that_never_hold_back_the_reactive_count() -> None:
    policy = replace(
        POLICY, steps_out=(Step(period_s=60, replicas=1), Step(period_s=60, percent=10))
    )
    decision, memory = decided(24.0, forecast(60.0), current=3, policy=policy)
    assert (decision.to_replicas, decision.clamps[-1].name) == (4, "step out")
    assert (decision.floor, decision.keep) == (5, 4)
    assert "limited to 4 instead of 5: 1 replicas in 60 s" in decision.reason
    soon, memory = decided(
        24.0,
        forecast(60.0),
        current=4,
        memory=memory,
        policy=policy,
        now=NOW + timedelta(seconds=30),
    )
    assert soon.to_replicas == 4
    needed, _ = decided(
        80.0,
        forecast(60.0),
        current=4,
        memory=memory,
        policy=policy,
        now=NOW + timedelta(seconds=45),
    )
    assert needed.to_replicas == 10


def test_scale_in_goes_in_steps() -> None:
    policy = replace(POLICY, stabilization_s=0.0, steps_in=(Step(period_s=60, percent=25),))
    decisions, _ = run([8.0] * 9, start=16, policy=policy)
    assert [d.to_replicas for d in decisions] == [12] * 4 + [9] * 4 + [6]
    assert [d.keep for d in decisions] == [12] * 4 + [9] * 4 + [6]
    assert "not scaled in further, 25 % in 60 s at most" in decisions[0].reason


def test_after_a_change_nothing_is_scaled_in_for_the_cooldown() -> None:
    policy = replace(POLICY, stabilization_s=0.0, cooldown_s=120.0)
    _, memory = run([80.0, 80.0], start=4, policy=policy)
    held, memory = decided(
        8.0, current=10, memory=memory, policy=policy, now=NOW + timedelta(seconds=100)
    )
    assert (held.to_replicas, held.keep) == (10, 10)
    assert "the last change was 100 s ago, less than 120 s" in held.reason
    freed, _ = decided(
        8.0, current=10, memory=memory, policy=policy, now=NOW + timedelta(seconds=140)
    )
    assert (freed.to_replicas, freed.keep) == (1, None)


def test_the_floor_rises_and_falls_only_within_its_windows() -> None:
    policy = replace(POLICY, stabilization_out_s=60.0)
    _, memory = run([24.0, 24.0], start=3, policy=policy)
    low, memory = decided(24.0, forecast(20.0), current=3, memory=memory, policy=policy)
    held, memory = decided(
        24.0,
        forecast(41.0),
        current=3,
        memory=memory,
        policy=policy,
        now=NOW + timedelta(seconds=30),
    )
    assert (low.floor, held.floor, names(held)) == (2, 2, ["stabilization out"])
    free, _ = decided(
        24.0,
        forecast(41.0),
        current=3,
        memory=memory,
        policy=policy,
        now=NOW + timedelta(seconds=75),
    )
    assert free.floor == 5
    policy = replace(POLICY, stabilization_floor_s=60.0)
    _, poor = decided(24.0, forecast(41.0), current=3, policy=policy)
    assert poor.account is not None
    rich = replace(poor, account=replace(poor.account, saved=9_000.0))
    fallen, held = (
        decided(
            24.0,
            forecast(20.0),
            current=5,
            memory=memory,
            policy=policy,
            now=NOW + timedelta(seconds=30),
        )[0]
        for memory in (poor, rich)
    )
    assert (fallen.floor, names(fallen)) == (2, [])  # what is saved is for new forecasts
    assert (held.floor, held.to_replicas) == (5, 5)
    assert "not scaled in further, the floor was 5 within the last 60 s" in held.reason
    by_itself = replace(policy, stabilization_floor_s=None, startup_s=90.0, horizon_s=300.0)
    assert by_itself.floor_window_s == 195.0


def test_a_floor_that_falls_within_the_tolerance_is_not_held() -> None:
    """A peak ends by more than that; what is less is the noise of the forecast."""
    policy = replace(POLICY, stabilization_floor_s=60.0)
    _, memory = decided(24.0, forecast(200.0), current=3, policy=policy)
    assert memory.account is not None
    rich = replace(memory, account=replace(memory.account, saved=90_000.0))

    def floor(load: float) -> int | None:
        later = NOW + timedelta(seconds=30)
        return decided(24.0, forecast(load), current=20, memory=rich, policy=policy, now=later)[
            0
        ].floor

    assert [floor(200.0), floor(186.0), floor(176.0)] == [20, 19, 20]


def campaign(**limits: Any) -> Policy:
    hours: dict[str, Any] = {"start_s": 11 * 3_600, "end_s": 13 * 3_600}
    return replace(POLICY, overrides=(Override(name="campaign", zone=UTC, **hours, **limits),))


def test_a_schedule_changes_the_limits_while_it_holds() -> None:
    raised, _ = decided(24.0, current=3, policy=campaign(minimum=8))
    assert (raised.to_replicas, raised.schedule) == (8, ("campaign",))
    assert "by the schedule of campaign; limited to minimum 8 instead of 3" in raised.reason
    lower, _ = decided(80.0, current=3, policy=campaign(maximum=4))
    assert lower.to_replicas == 4
    target, _ = decided(24.0, current=3, policy=campaign(target=0.4))
    assert target.to_replicas == 6
    extra, _ = decided(24.0, current=3, policy=campaign(extra=4))
    assert extra.to_replicas == 7
    assert "raised by campaign to 7, 4 more than the load needs" in extra.reason
    assert (raised.keep, lower.keep, extra.keep) == (8, None, 7)
    blind, _ = decided(None, current=8, policy=campaign(minimum=8))
    assert (blind.to_replicas, blind.keep) == (8, 8)
    over, _ = decided(24.0, current=3, policy=campaign(minimum=8), now=NOW + timedelta(hours=1))
    assert (over.to_replicas, over.schedule) == (3, ())


def test_what_is_kept_of_a_decision_comes_back_as_it_was() -> None:
    for load, said in ((24.0, forecast(1e300)), (8.0, NOTHING), (None, NOTHING)):
        decision, _ = decided(load, said, current=10, policy=campaign(extra=2), rollout="v7")
        kept = json.loads(json.dumps(decision.stored(), allow_nan=False))
        back = Decision.restored(at=decision.at, workload=decision.workload, kept=kept)
        assert back == decision
        assert back.reason == decision.reason
        assert back.details() == decision.details()


def test_a_decision_that_an_older_version_kept_is_shown_as_it_was() -> None:
    kept = {
        "from_replicas": 3,
        "to_replicas": 5,
        "reactive": 3,
        "floor": 5,
        "load": 24.0,
        "forecast": 41.0,
        "quantile": 0.95,
        "clamp": "maximum 5 instead of 6",
        "cooldown": None,
        "reason": "From 3 to 5 replicas: as it was said then.",
    }
    decision = Decision.restored(at=NOW, workload="worker", kept=kept)
    assert (decision.clamp, decision.cooldown) == ("maximum 5 instead of 6", None)
    assert decision.reason == kept["reason"]
    shown = decision.stored()
    assert {name: shown[name] for name in kept} == kept


loads = st.floats(0, 500)
peaks = st.one_of(st.floats(0, 1e9), st.just(math.nan), st.just(math.inf))
some = st.integers(0, 30)
policies = st.builds(
    lambda **changes: replace(POLICY, **changes),
    minimum=st.integers(0, 3),
    maximum=st.integers(3, 25),
    target=st.floats(0.3, 1.0),
    excess=st.floats(1.0, 3.0),
    stabilization_s=st.sampled_from([0.0, 60.0, 300.0]),
    budget=st.one_of(st.none(), st.floats(0, 1)),
    cooldown_s=st.sampled_from([0.0, 60.0]),
    stabilization_out_s=st.sampled_from([0.0, 60.0]),
    stabilization_floor_s=st.sampled_from([0.0, 60.0, None]),
    steps_out=st.sampled_from([(), (Step(period_s=60, replicas=2),)]),
    steps_in=st.sampled_from([(), (Step(period_s=60, percent=20),)]),
)
ticks = st.lists(
    st.tuples(st.one_of(st.none(), loads), peaks, st.sampled_from([None, "v7 rolls out"])),
    min_size=1,
    max_size=40,
)


@given(ticks=ticks, policy=policies, start=some, lag=st.integers(0, 4))
def test_over_any_run_the_promises_hold(
    ticks: list[tuple[float | None, float, str | None]], policy: Policy, start: int, lag: int
) -> None:
    current, memory, asked = start, Memory(), [start] * (lag + 1)
    for tick, (load, peak, rollout) in enumerate(ticks):
        ready = min(asked[-lag - 1 :])
        decision, memory = decided(
            load,
            forecast(peak),
            current=current,
            ready=ready,
            memory=memory,
            policy=policy,
            now=NOW + timedelta(seconds=15 * tick),
            rollout=rollout,
        )
        to = decision.to_replicas
        assert policy.minimum <= to <= policy.maximum
        if load is None or rollout:
            assert to >= min(current, policy.maximum)
        if load is not None:
            wanted = formula(
                load, ready=ready, current=current, capacity=10.0, target=policy.target
            )
            assert to >= min(wanted, policy.maximum)
            assert decision.reactive is not None
            assert to >= decision.reactive
        for clamp in decision.clamps:
            assert clamp.before != clamp.after or clamp.name == "no metrics"
            assert clamp.why in decision.reason
        kept = json.loads(json.dumps(decision.stored(), allow_nan=False))
        assert Decision.restored(at=decision.at, workload="worker", kept=kept) == decision
        current = to
        asked.append(to)


@given(load=loads, more=loads, peak=peaks, ready=st.integers(1, 30), policy=policies)
def test_more_load_never_gives_fewer_replicas(
    load: float, more: float, peak: float, ready: int, policy: Policy
) -> None:
    low, _ = decided(load, forecast(peak), current=ready, policy=policy)
    high, _ = decided(load + more, forecast(peak), current=ready, policy=policy)
    assert low.to_replicas <= high.to_replicas


@given(load=loads, peak=peaks, higher=st.floats(0, 1e9), ready=some, policy=policies)
def test_a_higher_forecast_never_gives_fewer_replicas(
    load: float, peak: float, higher: float, ready: int, policy: Policy
) -> None:
    low, _ = decided(load, forecast(peak), current=ready, policy=policy)
    high, _ = decided(load, forecast(peak + higher), current=ready, policy=policy)
    assert low.to_replicas <= high.to_replicas or not math.isfinite(peak + higher)


@given(load=st.one_of(st.none(), loads), peak=peaks, current=some, policy=policies)
def test_the_same_is_decided_from_the_same(
    load: float | None, peak: float, current: int, policy: Policy
) -> None:
    said = forecast(peak)
    first = decided(load, said, current=current, policy=policy)
    assert decided(load, said, current=current, policy=policy) == first


@given(load=st.one_of(st.none(), loads), peak=peaks, current=some, ready=some, policy=policies)
def test_deciding_again_at_once_changes_nothing_more(
    load: float | None, peak: float, current: int, ready: int, policy: Policy
) -> None:
    said = forecast(peak)
    first, memory = decided(load, said, current=current, ready=ready, policy=policy)
    again, _ = decided(
        load, said, current=first.to_replicas, ready=ready, policy=policy, memory=memory
    )
    assert again.to_replicas == first.to_replicas


@pytest.mark.parametrize("peak", [0.0, math.nan])
def test_a_forecast_of_nothing_equals_none(peak: float) -> None:
    for load in (0.0, 3.0, 24.0, 90.0):
        with_it, _ = decided(load, forecast(peak), current=4)
        without, _ = decided(load, current=4)
        assert with_it.to_replicas == without.to_replicas


@given(
    load=loads,
    peak=st.floats(0, 1e9),
    age=st.floats(600, 1e5),
    current=some,
)
def test_an_old_floor_is_as_good_as_none(
    load: float, peak: float, age: float, current: int
) -> None:
    observation = Observation(load=load, ready=current, current=current)
    made = NOW - timedelta(seconds=age)
    old, _ = decide(observation, forecast(peak), POLICY, memory=Memory(), now=NOW, said_at=made)
    none, _ = decided(load, current=current)
    assert (old.to_replicas, old.floor) == (none.to_replicas, None)


@given(
    ticks=st.lists(
        st.tuples(
            st.one_of(loads, loads, st.none()),
            st.one_of(st.none(), st.floats(0, 900)),
            st.booleans(),
        ),
        min_size=1,
        max_size=60,
    ),
    policy=policies,
    start=st.integers(0, 25),
    lag=st.integers(0, 6),
)
def test_it_decides_as_its_slow_twin(
    ticks: list[tuple[float | None, float | None, bool]], policy: Policy, start: int, lag: int
) -> None:
    policy = replace(policy, startup_s=15.0 * lag, budget=None)
    seen = [Seen(*tick) for tick in ticks]
    slow = counts(seen, policy, start=start, lag=lag, tick_s=15.0)
    current, memory, asked, fast = start, Memory(), [start], []
    for tick, one in enumerate(seen):
        said = NOTHING if one.peak is None else forecast(one.peak)
        decision, memory = decided(
            one.load,
            said,
            current=current,
            ready=min(asked[-max(lag, 1) :]),
            memory=memory,
            policy=policy,
            now=NOW + timedelta(seconds=15 * tick),
            rollout="v7 rolls out" if one.rolls else None,
        )
        current = decision.to_replicas
        asked.append(current)
        fast.append(current)
    assert fast == slow
