"""The loop as it meets the world: what it says, what it does, and what it does without."""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from scaler import contract
from scaler.adapters.local_agent import NoSink
from scaler.core.capacity import CapacityRules, Objective
from scaler.core.errors import SeriesError
from scaler.core.floor_cost import floor_cost
from scaler.core.forecast import Forecast
from scaler.records import LoadRow, Signals, UnknownWorkloadError
from tests.scaler.fakes import DAY, START, WORKLOAD, FakeStore, Stage, daily

NOW_STEP = int(START.timestamp()) // 60


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.close()


def young(stage: Stage, minutes: int) -> None:
    stage.source.since = NOW_STEP - minutes + 1


def test_a_young_target_is_forecast_at_every_tick_between_two_steps(stage: Stage) -> None:
    young(stage, 40)  # enough to be judged by, less than min_history_s
    stage.tick(after_s=60)
    shown = [stage.tick()["forecast"] for _ in range(8)]
    assert [one["status"] for one in shown] == ["ready"] * 8, shown


def test_the_level_that_is_shown_is_the_one_that_was_learnt(stage: Stage) -> None:
    assert stage.view.forecast("worker")["quantile"] == WORKLOAD.policy.quantile == 0.95
    young(stage, 60)
    learning = replace(stage.book.ledger.learning, level=0.85)
    stage.book.ledger.learning = learning
    assert stage.view.forecast("worker")["quantile"] == 0.85  # there is no forecast yet
    for _ in range(2):
        stage.tick(after_s=60)
    said = stage.book.shown
    assert isinstance(said, Forecast)
    assert said.levels[-1] == stage.view.forecast("worker")["quantile"] == 0.85


def test_a_new_history_says_how_many_outcomes_are_missing(stage: Stage) -> None:
    young(stage, 12)
    shown = stage.tick()
    assert shown["forecast"]["status"] == "none"
    assert shown["forecast"]["reason"] == "judged by 0 of 10 outcomes needed"
    assert "no forecast: judged by 0 of 10 outcomes" in shown["decision"]["reason"]


def test_without_a_forecast_the_reactive_count_is_acted_on(stage: Stage) -> None:
    young(stage, 12)
    stage.source.load_at = lambda _: 100.0
    shown = stage.tick()
    assert stage.sink.asked == [13]
    assert shown["decision"]["acted"] is True
    assert shown["replicas"]["desired"] == 13


def test_a_full_history_gives_a_forecast_that_is_kept_at_the_step_it_is_for(stage: Stage) -> None:
    stage.tick()
    shown = stage.tick_until_forecast()
    assert shown["forecast"]["at"] == (NOW_STEP + 5) * 60
    assert shown["forecast"]["value"] == pytest.approx(daily(NOW_STEP + 5), rel=0.1)
    assert shown["forecast"]["upper"] >= shown["forecast"]["value"]
    series = stage.view.series("worker", window_s=3_600)
    assert series["forecast"][-1][0] == (NOW_STEP + 5) * 60
    assert len(series["actual"]) == pytest.approx(60, abs=1)


def test_between_two_steps_the_floor_rises_with_what_stays_of_a_higher_load(stage: Stage) -> None:
    young(stage, 50)
    stage.source.load_at = lambda step: 50.0 + 7.0 * (step // 13 % 3)  # steps that stay for a while
    stage.tick()
    stage.tick(after_s=60 - stage.clock.at.timestamp() % 60)  # a step begins
    book = stage.loop.books["worker"]
    said = book.said
    assert isinstance(said, Forecast)
    assert said.gain > 0.3
    stage.source.load_at = lambda _: 1.5 * said.now
    shown = stage.tick(after_s=30)["decision"]
    assert book.said is said
    raised = said.raised_by(1.5 * said.now, age_s=30)
    assert shown["details"]["raised"] == pytest.approx(raised - 1) != 0
    assert shown["details"]["forecast"] == pytest.approx(said.peak * raised)
    assert "higher for what came since" in shown["reason"]


def test_each_step_is_read_once(stage: Stage) -> None:
    stage.tick()
    stage.source.ranges.clear()
    for _ in range(8):
        stage.tick()
    assert stage.source.ranges == [(NOW_STEP + 1, NOW_STEP + 1), (NOW_STEP + 2, NOW_STEP + 2)]


def test_prometheus_away_is_said_and_nothing_is_scaled_in(stage: Stage) -> None:
    stage.tick()
    stage.tick_until_forecast()
    stage.source.away = True
    stage.sink.desired, stage.sink.asked = 9, []
    shown = stage.tick()
    assert shown["forecast"]["status"] == "none"
    assert shown["forecast"]["reason"].startswith("prometheus does not answer since 00:00:30 UTC")
    assert shown["decision"]["to_replicas"] >= 9
    assert "prometheus" in stage.view.checks()
    assert b'autoserve_dependency_up{dependency="prometheus"} 0.0' in stage.metrics.exposition()
    assert b'reason="no_metrics",workload="worker"} 0.0' in stage.metrics.exposition()


def test_what_was_missed_while_prometheus_was_away_is_read_afterwards(stage: Stage) -> None:
    stage.tick()
    stage.source.away = True
    for _ in range(12):
        stage.tick()
    stage.source.away = False
    stage.tick()
    assert stage.view.checks() == {}
    assert np.isfinite(stage.book.load.values).all()
    assert stage.book.load.last == NOW_STEP + 3


def test_a_query_without_a_value_is_no_failure_but_no_load_either(stage: Stage) -> None:
    stage.source.load_at = lambda _: math.nan
    shown = stage.tick()
    assert stage.view.checks() == {}
    assert shown["load"] is None
    assert shown["forecast"]["reason"] == "the load query has no value"
    assert stage.sink.asked == []


def test_the_database_away_is_said_and_decisions_go_on() -> None:
    stage = Stage(store=FakeStore(away=True))
    shown = stage.tick()
    assert shown["decision"] is not None
    assert stage.sink.asked
    assert "database" in stage.view.checks()
    stage.store.away = False
    stage.tick()
    stage.written()
    assert stage.view.checks() == {}
    assert stage.store.kept
    assert stage.store.loads
    stage.close()


def test_a_restart_forgets_nothing(stage: Stage) -> None:
    stage.tick()
    stage.written()
    again = Stage(clock=stage.clock, store=stage.store)
    assert again.book.load.values.tolist() == stage.book.load.values.tolist()
    assert again.view.decisions("worker", limit=5) == stage.view.decisions("worker", limit=5)
    again.source.ranges.clear()
    again.tick(after_s=0)
    assert again.source.ranges == []
    again.close()


def test_a_store_that_comes_back_late_keeps_what_it_knew() -> None:
    loads = {
        step: LoadRow(workload="worker", step_ms=60_000, step=step, load=7.0)
        for step in range(NOW_STEP - 100, NOW_STEP - 10)
    }
    stage = Stage(store=FakeStore(away=True, loads=loads))
    stage.tick()
    assert len(stage.book.load.values) == 1
    stage.store.away = False
    stage.tick()
    stage.written()
    assert stage.book.load.at(NOW_STEP - 50) == 7.0
    assert stage.book.load.at(NOW_STEP) == pytest.approx(daily(NOW_STEP))
    stage.close()


def test_a_sink_that_refuses_is_said_and_asked_again(stage: Stage) -> None:
    stage.sink.refuses = True
    shown = stage.tick()
    assert shown["decision"]["acted"] is False
    assert "another writer" in stage.view.checks()["sink"]
    stage.sink.refuses = False
    assert stage.tick()["decision"]["acted"] is True


def test_a_sink_that_is_away_leaves_the_last_known_count(stage: Stage) -> None:
    young(stage, 5)
    stage.source.load_at = lambda _: 24.0
    stage.tick()
    stage.sink.away = True
    shown = stage.tick()
    assert shown["decision"]["from_replicas"] == 3
    assert "sink" in stage.view.checks()


def test_observing_decides_and_does_not_act() -> None:
    stage = Stage(mode="observe")
    shown = stage.tick()
    assert shown["decision"]["to_replicas"] != 3
    assert stage.sink.asked == []
    for _ in range(3):
        stage.tick()
    assert len({d["reason"] for d in stage.view.decisions(None, limit=50)}) <= 2
    stage.close()


def test_switched_off_it_only_remembers_the_load() -> None:
    stage = Stage(mode="off")
    shown = stage.tick()
    assert shown["decision"] is None
    assert shown["forecast"]["reason"] == "the scaler is switched off"
    assert stage.book.load.known > 1_000
    stage.close()


def test_without_a_sink_the_ready_replicas_are_those_that_are_there() -> None:
    stage = Stage(sink=NoSink())
    shown = stage.tick()
    assert shown["decision"]["from_replicas"] == 3
    assert shown["decision"]["acted"] is False
    assert shown["replicas"]["ready"] == 3
    stage.close()


def test_without_a_sink_the_ready_replicas_stay_while_nobody_counts_them() -> None:
    stage = Stage(sink=NoSink())
    stage.source.since, stage.source.ready_replicas = NOW_STEP - 10, 9
    stage.source.load_at = lambda _: 72.0
    assert stage.tick()["decision"]["to_replicas"] == 9
    stage.source.away = True
    for _ in range(3):
        shown = stage.tick()
    assert (shown["decision"]["from_replicas"], shown["decision"]["to_replicas"]) == (9, 9)
    assert shown["replicas"]["ready"] == 9
    stage.source.away, stage.source.ready_replicas = False, 0
    assert stage.tick()["decision"]["from_replicas"] == 0
    stage.close()


def test_a_clock_that_jumps_back_does_not_stop_the_history(stage: Stage) -> None:
    stage.tick(after_s=86_400)
    stage.tick(after_s=-86_400)
    assert stage.book.load.last == NOW_STEP
    stage.tick(after_s=60)
    assert stage.book.load.last == NOW_STEP + 1


def test_a_clock_that_jumps_ahead_leaves_no_more_than_is_kept(stage: Stage) -> None:
    stage.tick()
    stage.tick(after_s=10 * 365 * 86_400)
    assert len(stage.book.load.values) == 2_000


class Pruned(FakeStore):
    """A store that forgets, as a database does."""

    def prune(self, workload: str, **given: int) -> None:
        super().prune(workload, **given)
        before = given["before"]
        self.loads = {step: row for step, row in self.loads.items() if step >= before}


@pytest.mark.parametrize("is_known_ahead", [True, False])
def test_a_clock_that_is_ahead_for_a_moment_leaves_no_gap_of_what_is_new(
    *, is_known_ahead: bool
) -> None:
    stage = Stage(store=Pruned())
    young(stage, 30)
    for _ in range(5):
        stage.tick(after_s=60)
    stage.written()
    now, kept = stage.clock.at, set(stage.store.loads)
    if not is_known_ahead:
        stage.source.load_at = lambda step: daily(step) if step < NOW_STEP + 1_000 else math.nan
    ahead_s = 30 * 86_400 - now.timestamp() % 3_600  # of a step at which the store is to forget
    stage.tick(after_s=ahead_s)
    stage.tick(after_s=60 - ahead_s)
    stage.written()
    assert set(stage.store.loads) >= kept
    for _ in range(5):
        stage.tick(after_s=60)
    step = stage.loop.timing.step(stage.clock.at)
    for name in ("load", "replicas", "reactive", "desired"):
        series = getattr(stage.book, name)
        assert series.last == step, name
        assert np.isfinite(series.between(step - 4, step)).all(), name
    for name in ("median", "upper"):
        assert step < getattr(stage.book, name).last <= step + stage.loop.timing.leads[-1]
    assert len(stage.view.series("worker", window_s=300)["desired"]) >= 5
    stage.written()
    stage.close()
    after = Stage(store=stage.store, clock=stage.clock)
    assert after.book.load.at(int(now.timestamp()) // 60) == daily(now.timestamp() / 60)
    after.tick(after_s=60)
    assert after.book.replicas.last == step + 1
    assert np.isfinite(after.book.replicas.between(step - 3, step + 1)).all()
    after.close()


def test_a_given_history_replaces_what_was_seen_and_is_learnt_from(stage: Stage) -> None:
    young(stage, 5)
    stage.tick()
    given = [daily(NOW_STEP - 1 - k) for k in reversed(range(6 * DAY))]
    stage.steering.backfill(
        "worker",
        step_s=60.0,
        end_s=(NOW_STEP - 1) * 60,
        values=given,
        actor="ann",
        reason="a move",
    )
    assert stage.book.load.known == 6 * DAY + 1
    assert "history was replaced" in stage.book.said.sentence  # type: ignore[union-attr]
    shown = stage.tick_until_forecast()
    assert shown["forecast"]["value"] == pytest.approx(daily(NOW_STEP + 5), rel=0.15)
    stage.written()
    assert stage.store.loads[NOW_STEP - 6 * DAY].load == pytest.approx(given[0])


@pytest.mark.parametrize(
    ("change", "error"),
    [
        pytest.param({"step_s": 45.0}, SeriesError, id="step-no-multiple"),
        pytest.param({"values": [1.0] * 2_001}, SeriesError, id="longer-than-is-kept"),
        pytest.param({"workload": "nobody"}, UnknownWorkloadError, id="unknown-workload"),
    ],
)
def test_a_history_that_cannot_be_used_changes_nothing(
    stage: Stage, change: dict[str, Any], error: type[Exception]
) -> None:
    stage.tick()
    before = stage.book.load
    given: dict[str, Any] = {"step_s": 60.0, "end_s": 600.0, "values": [1.0]} | change
    given |= {"actor": "ann", "reason": "a move"}
    with pytest.raises(error):
        stage.steering.backfill(given.pop("workload", "worker"), **given)
    assert stage.book.load is before
    assert stage.steering.changes("worker", limit=5) == []


def test_an_error_of_our_own_is_counted_and_the_next_tick_goes_on(stage: Stage) -> None:
    def broken(_: float) -> float:
        raise RuntimeError("a mistake")

    good, stage.source.load_at = stage.source.load_at, broken
    stage.tick()
    assert b'dependency="internal"} 1.0' in stage.metrics.exposition()
    stage.source.load_at = good
    assert stage.tick()["load"] is not None


def test_the_capacity_is_shown_with_why_it_is_believed(stage: Stage) -> None:
    shown = stage.tick()
    assert shown["capacity"] == 10.0
    assert shown["capacity_because"] == (
        "One replica serves 10 slots (10 to 10), as configured: nothing of it is measured."
    )


def conditions(shown: dict[str, Any]) -> dict[str, str]:
    return {one["kind"]: one["sentence"] for one in shown["conditions"]}


def condition_metric(stage: Stage, kind: str) -> bool:
    series = f'{contract.CONDITION}{{condition="{kind}",workload="worker"}} 1.0'
    return series in stage.metrics.exposition().decode()


def test_after_a_release_what_spoke_against_the_capacity_of_the_last_one_is_void(
    stage: Stage,
) -> None:
    rules = CapacityRules(
        configured=10.0, minimum=5.0, maximum=10.0, objective=Objective(utilisation=0.8)
    )
    stage.targets.workloads = (replace(WORKLOAD, rules=rules),)
    stage.source.signalled = Signals(utilisation=0.5, release="v1")
    young(stage, 5)
    stage.tick()
    ledger = stage.book.ledger
    ledger.learning = replace(ledger.learning, strained=(True,) * 20)
    for release in ("v1", None):
        stage.source.signalled = Signals(utilisation=0.5, release=release)
        assert "capacity_doubted" in conditions(stage.tick(after_s=60))
    stage.source.signalled = Signals(utilisation=0.5, release="v2")
    assert "capacity_doubted" not in conditions(stage.tick(after_s=60))


def test_what_the_floor_costs_is_reckoned_by_the_capacity_that_is_decided_by(stage: Stage) -> None:
    rules = CapacityRules(
        configured=10.0, minimum=5.0, maximum=10.0, objective=Objective(utilisation=0.8)
    )
    stage.targets.workloads = (replace(WORKLOAD, rules=rules),)
    stage.source.load_at = lambda _: 60.0  # 6 replicas by what is given, 12 by what is learnt
    stage.source.signalled = Signals(utilisation=1.0)
    for _ in range(30):
        stage.tick(after_s=60)
    decided_by = stage.tick()["decision"]["details"]["capacity"]
    assert decided_by < 8
    book = stage.book
    steps = range(book.desired.first, book.load.last + 1)
    by_hand = floor_cost(
        load=np.array([book.load.at(step) for step in steps]),
        reactive=np.array([book.reactive.at(step) for step in steps]),
        desired=np.array([book.desired.at(step) for step in steps]),
        capacity=decided_by,
        step_s=60.0,
        startup_s=180.0,
    )
    cost = stage.view.cost("worker", window_s=1e9)
    assert (cost["known_s"], cost["short_s"]) == (by_hand.known_s, by_hand.short_s)
    assert cost["short_s"] > 0


def test_why_there_is_no_forecast_is_a_condition_until_there_is_one(stage: Stage) -> None:
    young(stage, 5)
    shown = stage.tick()
    assert conditions(shown)["no_forecast"] == shown["forecast"]["reason"]
    assert condition_metric(stage, "no_forecast")
    for _ in range(25):
        shown = stage.tick(after_s=60)
    assert shown["forecast"]["status"] == "ready"
    assert "no_forecast" not in conditions(shown)
    assert not condition_metric(stage, "no_forecast")


def test_a_floor_that_expires_without_metrics_is_said_until_they_are_back(stage: Stage) -> None:
    stage.tick()
    stage.tick_until_forecast()
    stage.source.away = True
    assert "floor_held" in conditions(stage.tick())
    shown = stage.tick(after_s=601)
    assert "the reactive path alone holds" in conditions(shown)["floor_expired"]
    assert "floor_held" not in conditions(shown)
    assert condition_metric(stage, "floor_expired")
    assert "floor_expired" in conditions(stage.tick())
    stage.source.away = False
    assert "floor_expired" not in conditions(stage.tick())
    assert not condition_metric(stage, "floor_expired")
