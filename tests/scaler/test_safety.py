"""Whatever fails: never below the reactive count, bounded in cost, and said where people look."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import structlog

from scaler import contract
from scaler.adapters.prometheus import Prometheus
from scaler.conditions import Kind
from scaler.core.capacity import CapacityRules, Objective
from scaler.core.decision import Memory
from scaler.core.feedback import Learning
from scaler.records import Signals, Unusable
from tests.scaler.conftest import FakePrometheus, vector
from tests.scaler.fakes import DAY, WORKLOAD, FakeWriter, Stage, daily
from tests.scaler.safety import Cluster, Watch, replica_hours

POLICY = WORKLOAD.policy
FLOOR_TTL_MINUTES = POLICY.floor_ttl_s / 60


@pytest.fixture
def watch() -> Iterator[Watch]:
    made = Watch.over(lambda step: 1.1 * daily(step))
    yield made
    made.close()


@pytest.fixture
def logs() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as captured:
        yield captured


def test_a_day_without_any_fault(watch: Watch) -> None:
    decisions = watch.ticks(DAY)
    assert any(decision.floor is not None for decision in decisions)
    assert watch.stage.view.workloads()[0]["conditions"] == []


def test_prometheus_gone(watch: Watch, logs: list[Any]) -> None:
    watch.ticks(20)
    last = watch.stage.sink.desired
    watch.stage.source.away = True
    held = watch.tick()
    assert held.load is None
    assert held.floor is not None
    assert watch.says(Kind.NO_METRICS, after=logs)
    assert watch.says(Kind.FLOOR_HELD, after=logs)
    assert watch.misses("prometheus", after=logs)
    decisions = watch.ticks(2 * FLOOR_TTL_MINUTES)
    assert decisions[-1].floor is None, "the floor outlived its time"
    assert min(decision.to_replicas for decision in decisions) >= last
    watch.stage.source.away = False
    back = watch.ticks(1)[-1]
    assert back.load is not None
    assert watch.stage.view.workloads()[0]["conditions"] == []


def test_prometheus_answering_nan(watch: Watch, logs: list[Any]) -> None:
    watch.ticks(20)
    last = watch.stage.sink.desired
    watch.stage.source.load_at = lambda _: math.nan
    decisions = watch.ticks(2 * FLOOR_TTL_MINUTES)
    assert {decision.load for decision in decisions} == {None}
    assert watch.says(Kind.FLOOR_EXPIRED, after=logs)
    assert decisions[-1].floor is None
    assert min(decision.to_replicas for decision in decisions) >= last
    assert watch.says(Kind.NO_METRICS, after=logs)


@pytest.mark.parametrize("reason", ["stale", "partial", "several_series", "refused"])
def test_prometheus_whose_answers_cannot_be_trusted(
    reason: str, watch: Watch, logs: list[Any]
) -> None:
    """As the adapter says of values that are old, of a part only, or of more than one."""
    watch.ticks(20)
    last = watch.stage.sink.desired
    source, detail = watch.stage.source, f"the load is {reason}"

    def unusable(_: object) -> float:
        raise Unusable("prometheus", reason, detail)

    good = source.load
    source.load = unusable  # type: ignore[method-assign,assignment]  # for a while
    held = watch.tick()
    assert held.load is None
    assert held.floor is not None
    assert watch.says(Kind.NO_METRICS, after=logs)
    assert detail in str(watch.stage.view.workloads()[0]["conditions"])
    assert detail in str(logs)
    decisions = watch.ticks(2 * FLOOR_TTL_MINUTES)
    assert decisions[-1].floor is None, "the floor outlived its time"
    assert min(decision.to_replicas for decision in decisions) >= last
    assert watch.says(Kind.FLOOR_EXPIRED, after=logs)
    source.load = good  # type: ignore[method-assign]
    assert watch.ticks(1)[-1].load is not None
    assert watch.stage.view.workloads()[0]["conditions"] == []


def test_prometheus_with_stale_data(watch: Watch) -> None:
    """What does not move and is new by its time is believed: the reactive path sees it as well."""
    watch.ticks(20)
    stuck = watch.stage.source.load(WORKLOAD)
    assert stuck is not None
    watch.stage.source.load_at = lambda _: stuck
    decisions = watch.ticks(2 * DAY)
    asked, alone = replica_hours(decisions)
    assert asked <= POLICY.excess * alone + 1


def test_prometheus_with_partial_data(watch: Watch, logs: list[Any]) -> None:
    """Every second step is missing, and now and then the newest value as well."""
    watch.ticks(20)
    good = watch.stage.source.load_at
    watch.stage.source.load_at = lambda step: (
        good(step) if round(4 * step) % 4 and int(step) % 2 else math.nan
    )
    decisions = watch.ticks(60)
    assert any(decision.load is None for decision in decisions)
    assert any(decision.load is not None for decision in decisions)
    assert any(log.get("condition") == Kind.MISSING_DATA for log in logs)
    assert any(log.get("condition") == Kind.NO_METRICS for log in logs)


def test_prometheus_slow(watch: Watch, fake_prometheus: FakePrometheus, logs: list[Any]) -> None:
    """A tick waits for one time-out at most, and then leaves Prometheus alone for a while."""
    watch.ticks(20)

    def slow(path: str, parameters: dict[str, str]) -> tuple[int, Any]:
        time.sleep(0.4)
        return 200, vector("3")

    fake_prometheus.answer = slow
    source = Prometheus(fake_prometheus.url, timeout_s=0.1)
    watch.stage.loop._observer._source = source
    watch.stage.loop._observer._prometheus._first_pause_s = 60.0
    watch.stage.loop._observer._prometheus._longest_pause_s = 60.0
    watch.stage.loop._observer._prometheus._pause_s = 60.0
    began = time.monotonic()
    for decision in watch.ticks(2):
        assert decision.load is None
    assert time.monotonic() - began < 2.0
    assert watch.misses("prometheus", after=logs)
    assert watch.says(Kind.NO_METRICS, after=logs)
    assert watch.ticks(2 * FLOOR_TTL_MINUTES)[-1].floor is None, "the floor outlived its time"
    assert watch.says(Kind.FLOOR_EXPIRED, after=logs)
    source.close()


SHUFFLED = np.random.default_rng(7).permutation(DAY)


@pytest.mark.parametrize(
    ("upper", "kind"),
    [
        pytest.param(lambda _: 0.0, Kind.FORECAST_WRONG, id="zero"),
        pytest.param(lambda step: 0.5 * daily(step), Kind.FORECAST_WRONG, id="half"),
        pytest.param(lambda step: 2 * daily(step), Kind.FORECAST_CAPPED, id="double"),
        pytest.param(lambda _: math.nan, Kind.FORECAST_BROKEN, id="nan"),
        pytest.param(lambda _: math.inf, Kind.FORECAST_BROKEN, id="infinite"),
        pytest.param(lambda _: 1e300, Kind.FORECAST_CAPPED, id="wild"),
        pytest.param(
            lambda step: daily(int(SHUFFLED[step % DAY])), Kind.FORECAST_WRONG, id="shuffled"
        ),
    ],
)
def test_a_forecast_that_lies(upper: Callable[[int], float], kind: Kind, logs: list[Any]) -> None:
    watch = Watch.over(upper)
    is_said = False
    for _ in range(2 * DAY):
        watch.ticks(1)
        is_said = is_said or watch.says(kind, after=logs)
    assert is_said
    asked, alone = replica_hours(watch.decisions)
    assert asked <= POLICY.excess * alone + 1
    watch.close()


def test_a_forecast_that_freezes_expires_and_the_reactive_path_alone_holds(
    watch: Watch, logs: list[Any]
) -> None:
    watch.ticks(20)
    watch.speak(lambda _: None)
    decisions = watch.ticks(FLOOR_TTL_MINUTES + 10)
    ages = [(d.at - decisions[0].at).total_seconds() for d in decisions if d.floor is not None]
    assert max(ages) <= POLICY.floor_ttl_s
    assert decisions[-1].floor is None
    assert decisions[-1].to_replicas == max(decisions[-1].reactive or 0, decisions[-1].alone or 0)
    assert watch.says(Kind.FLOOR_EXPIRED, after=logs)
    watch.speak(lambda step: 1.1 * daily(step))
    assert watch.ticks(1)[-1].floor is not None
    assert not watch.says(Kind.FLOOR_EXPIRED, after=logs)


@pytest.mark.parametrize("wrong_by", [3.0, 1 / 3])
def test_a_capacity_that_is_wrong_by_three(wrong_by: float) -> None:
    watch = Watch.over(lambda step: 1.1 * daily(step))
    policy = replace(POLICY, capacity=wrong_by * POLICY.capacity)
    watch.stage.targets.workloads = (replace(WORKLOAD, policy=policy),)
    decisions = watch.ticks(DAY)
    asked, alone = replica_hours(decisions)
    assert asked <= POLICY.excess * alone + 1
    assert decisions[-1].capacity == pytest.approx(wrong_by * POLICY.capacity)
    watch.close()


@pytest.mark.parametrize("wrong_by", [3.0, 1 / 3])
def test_a_capacity_that_is_wrong_by_three_is_found_out(wrong_by: float) -> None:
    """Where something is measured beside the load, the view says what is believed instead."""
    watch = Watch.over(lambda step: 1.1 * daily(step))
    true, given_ = POLICY.capacity, wrong_by * POLICY.capacity
    policy = replace(POLICY, capacity=given_)
    rules = CapacityRules(
        configured=given_,
        minimum=given_ / 4,
        maximum=given_ * 4,
        objective=Objective(utilisation=0.9),
    )
    watch.stage.targets.workloads = (replace(WORKLOAD, policy=policy, rules=rules),)
    for _ in range(4 * DAY):
        load = watch.stage.source.load_at(watch.stage.clock.at.timestamp() / 60)
        used = 0.9 * load / (true * max(1, watch.stage.sink.ready))
        watch.stage.source.signalled = Signals(utilisation=min(used, 1.0))
        watch.ticks(1)
    shown = watch.stage.view.workloads()[0]
    learnt = watch.stage.loop.capacities.capacity("worker").value
    if wrong_by > 1:
        assert learnt == pytest.approx(true, rel=0.25)
    else:  # replicas that are hardly used tell little of what they could do
        assert given_ < learnt < 1.25 * true
        assert "It is decided by the 3.33 that are configured" in shown["capacity_because"]
    assert shown["capacity_because"].startswith(f"One replica serves {learnt:.3g} units")
    assert f"configured are {given_:.3g}" in shown["capacity_because"]
    metric = f'{contract.CAPACITY}{{workload="worker"}} '
    exported = watch.stage.metrics.exposition().decode().partition(metric)[2].split()[0]
    assert float(exported) == shown["capacity"]
    # What is decided by is never more than what was given.
    assert watch.decisions[-1].capacity == min(given_, learnt) == shown["capacity"]
    assert watch.stage.view.cost("worker", window_s=600)["known_s"] > 0
    watch.close()


def test_two_controllers_never_act_both(logs: list[Any]) -> None:
    first = Watch.over(lambda step: 1.1 * daily(step))
    clock, sink = first.stage.clock, first.stage.sink
    second = Watch(
        stage=Stage(clock=clock, sink=sink, writer=FakeWriter(is_writer=False), min_history_s=1e12)
    )
    second.speak(lambda step: 3 * daily(step))
    for minute in range(DAY):
        holder, other = (first, second) if minute // 20 % 2 == 0 else (second, first)
        holder.stage.writer.is_writer, other.stage.writer.is_writer = True, False
        for _ in range(4):
            holder.tick()
            asked = list(sink.asked)
            clock.forward(-15.0)
            other.tick()
            assert sink.asked == asked, "who is not the writer acted"
    assert first.says(Kind.NOT_THE_WRITER, after=logs) or second.says(
        Kind.NOT_THE_WRITER, after=logs
    )
    first.close()
    second.close()


def test_the_sink_is_away(watch: Watch, logs: list[Any]) -> None:
    watch.ticks(20)
    sink = watch.stage.sink
    sink.away, asked = True, len(sink.asked)
    watch.stage.source.load_at = lambda _: 150.0
    decisions = watch.ticks(5)
    assert decisions[-1].to_replicas >= 19
    assert len(sink.asked) == asked
    assert watch.says(Kind.SCALE_UNKNOWN, after=logs)
    assert watch.misses("sink", after=logs)
    sink.away = False
    watch.tick()
    assert sink.desired >= 19
    assert not watch.says(Kind.SCALE_UNKNOWN, after=logs)


def test_changes_that_are_refused_are_tried_again_and_said(watch: Watch, logs: list[Any]) -> None:
    watch.ticks(20)
    sink = watch.stage.sink
    sink.refuses = True
    watch.stage.source.load_at = lambda _: 150.0
    watch.ticks(5)
    assert watch.says(Kind.SCALE_REFUSED, after=logs)
    assert "another writer" in str(watch.stage.view.workloads()[0]["conditions"])
    sink.refuses = False
    watch.tick()
    assert sink.desired >= 19
    assert not watch.says(Kind.SCALE_REFUSED, after=logs)


def test_the_target_is_deleted_and_comes_back(watch: Watch, logs: list[Any]) -> None:
    watch.ticks(20)
    sink = watch.stage.sink
    sink.is_gone, asked = True, len(sink.asked)
    watch.stage.source.load_at = lambda _: 150.0
    watch.ticks(5)
    assert len(sink.asked) == asked
    assert watch.says(Kind.SCALE_UNKNOWN, after=logs)
    sink.is_gone, sink.desired = False, 1
    watch.ticks(5)
    assert sink.desired >= 19
    assert watch.stage.book.is_lost is False


def test_the_maximum_is_reached(watch: Watch, logs: list[Any]) -> None:
    watch.ticks(20)
    watch.stage.source.load_at = lambda _: 1e6
    decisions = watch.ticks(10)
    assert decisions[-1].to_replicas == 20
    assert watch.says(Kind.AT_MAXIMUM, after=logs)


def test_a_restart_in_the_middle_goes_on_where_it_was(watch: Watch, logs: list[Any]) -> None:
    watch.ticks(30)
    before = watch.stage
    before.written()
    last = watch.decisions[-1]
    assert last.floor is not None
    # Prometheus is away when the next one starts: all it has is what was kept.
    after = Watch.over(lambda _: None, clock=before.clock, sink=before.sink, store=before.store)
    after.stage.source.away = True
    assert after.stage.book.memory.window == before.book.memory.window
    decision = after.tick()
    assert decision.floor == last.floor
    assert decision.to_replicas >= last.to_replicas
    assert after.says(Kind.FLOOR_HELD, after=logs)
    assert after.misses("prometheus", after=logs)
    assert after.ticks(FLOOR_TTL_MINUTES)[-1].floor is None
    assert after.says(Kind.FLOOR_EXPIRED, after=logs)
    after.close()


def test_a_restart_in_the_middle_keeps_the_windows(watch: Watch) -> None:
    """A count that was wished for before the restart is still held after it, for its time."""
    watch.speak(lambda _: None)
    watch.ticks(10)
    watch.stage.source.load_at = lambda _: 150.0
    watch.ticks(4)
    watch.stage.source.load_at = lambda _: 20.0
    watch.ticks(2)
    before = watch.stage
    before.written()
    held = watch.decisions[-1].to_replicas
    assert held >= 19
    after = Watch.over(lambda _: None, clock=before.clock, sink=before.sink, store=before.store)
    after.stage.source.load_at = lambda _: 20.0
    counts = [decision.to_replicas for decision in after.ticks(8)]
    assert counts[0] == held
    assert counts[-1] < held
    after.close()


def test_a_damaged_state_is_begun_anew(watch: Watch) -> None:
    watch.ticks(5)
    watch.stage.written()
    store = watch.stage.store
    store.kept_states["worker"] = {
        "memory": "?",
        "learning": [],
        "health": 3,
        "waiting": [None, {}],
    }
    after = Watch.over(
        lambda step: 1.1 * daily(step), clock=watch.stage.clock, sink=watch.stage.sink, store=store
    )
    book, fresh = after.stage.book, Learning.at(watch.stage.book.ledger.learning.start)
    assert book.memory == Memory()
    assert book.ledger.learning == fresh
    assert book.ledger.untaught == ()
    assert len(after.ticks(10)) == 40  # each of them at least the reactive count, as always
    assert after.stage.book.memory.window
    after.close()


def test_decisions_of_before_a_restart_are_judged_after_it(watch: Watch) -> None:
    watch.ticks(8)
    before = watch.stage
    before.written()
    judged = len(before.book.ledger.judged)
    waiting = before.book.ledger.untaught
    assert waiting
    after = Watch.over(
        lambda step: 1.1 * daily(step), clock=before.clock, sink=before.sink, store=before.store
    )
    assert after.stage.book.ledger.untaught == waiting
    after.ticks(7)
    times = {judgement.at for judgement in after.stage.book.ledger.judged}
    assert {taken.at for taken in waiting} <= times
    assert judged > 0
    after.close()


def test_judgements_are_counted_shown_and_kept(watch: Watch) -> None:
    watch.ticks(30)
    watch.stage.written()
    assert b'autoserve_scaler_judgements_total{verdict="good",workload="worker"}' in (
        watch.stage.metrics.exposition()
    )
    learning = watch.stage.view.workloads()[0]["learning"]
    assert sum(learning["verdicts"].values()) >= 20
    shown = watch.stage.view.decisions("worker", limit=500)
    assert any(decision["judgement"] for decision in shown)
    assert any(row.judgement is not None for row in watch.stage.store.kept)


def test_the_stand_in_for_a_cluster_takes_its_time() -> None:
    watch = Watch.over(lambda _: None)
    sink: Cluster = watch.stage.sink
    sink.apply("worker", 9)
    assert (sink.desired, sink.ready) == (9, 3)
    sink.apply("worker", 6)
    assert (sink.desired, sink.ready) == (6, 3)
    watch.stage.clock.forward(180)
    assert (sink.desired, sink.ready) == (6, 6)
    sink.apply("worker", 2)
    assert (sink.desired, sink.ready) == (2, 2)
    watch.close()


def test_another_ratio_of_costs_begins_to_learn_anew(watch: Watch) -> None:
    watch.ticks(10)
    assert watch.stage.book.ledger.learning.outcomes.verdicts
    policy = replace(POLICY, quantile=0.9)
    watch.stage.targets.workloads = (replace(WORKLOAD, policy=policy),)
    decision = watch.tick()
    assert decision.quantile == 0.9
    assert watch.stage.book.ledger.learning.start == 0.9


def test_forecasters_that_raise_stop_no_decision(watch: Watch, logs: list[Any]) -> None:
    watch.ticks(20)

    def broken(_: object) -> dict[str, list[Any]]:
        raise ValueError("a mistake")

    watch.stage.loop.walker.walk = broken  # type: ignore[method-assign,assignment]
    stage, floors = watch.stage, []
    for _ in range(4 * int(FLOOR_TTL_MINUTES) + 8):
        stage.clock.forward(15.0)
        stage.loop.tick()
        decision = stage.book.decision
        assert decision is not None
        assert decision.at == stage.clock.at
        assert decision.to_replicas >= min(decision.reactive or 0, POLICY.maximum)
        floors.append(decision.floor)
    assert floors[-1] is None
    assert b'dependency="internal"' in stage.metrics.exposition()
    assert any(log["event"] == "tick failed" for log in logs)


def test_targets_that_cannot_be_listed_stop_no_decision(watch: Watch) -> None:
    watch.ticks(5)

    def broken() -> list[Any]:
        raise ValueError("a mistake")

    watch.stage.targets.found = broken
    watch.stage.clock.forward(15.0)
    watch.stage.loop.tick()
    assert watch.stage.book.decision is not None
    assert watch.stage.book.decision.at == watch.stage.clock.at
