"""Of several processes one acts and records; targets come and go; what is held is let go again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from scaler import contract
from scaler.conditions import Kind
from scaler.records import LoadRow
from tests.scaler.fakes import NOW_STEP, WORKLOAD, FakeStore, Stage

FLOOR = f'{contract.FLOOR_REPLICAS}{{workload="worker"}}'


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    made.source.since = NOW_STEP - 5  # too young for a fit, which takes its time
    yield made
    made.close()


def exported(stage: Stage, name: str = FLOOR) -> float | None:
    for line in stage.metrics.exposition().decode().splitlines():
        if line.startswith(name + " "):
            return float(line.rpartition(" ")[2])
    return None


def test_who_is_not_the_writer_observes_and_records_no_decision(stage: Stage) -> None:
    stage.writer.is_writer = False
    shown = stage.tick()
    stage.written()
    assert shown["decision"]["to_replicas"] == 7
    assert (stage.sink.asked, stage.sink.held, stage.store.kept) == ([], [], [])
    assert stage.announcer.said == []
    assert exported(stage) is None
    assert exported(stage, contract.WRITER) == 0
    assert exported(stage, f'{contract.DESIRED_REPLICAS}{{workload="worker"}}') == 7


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (None, "another process acts; this one observes"),
        ("the lease cannot be read", "the lease cannot be read"),
    ],
)
def test_who_is_not_the_writer_says_why(stage: Stage, problem: str | None, said: str) -> None:
    stage.writer.is_writer, stage.writer.problem = False, problem
    stage.tick()
    found = {each.kind: each.sentence for each in stage.loop.conditions.of("worker")}
    assert found[Kind.NOT_THE_WRITER] == said


def test_whoever_becomes_the_writer_acts_at_its_next_tick(stage: Stage) -> None:
    stage.writer.is_writer = False
    stage.tick()
    stage.writer.is_writer = True
    stage.tick()
    stage.written()
    assert stage.sink.asked == [7]
    assert len(stage.store.kept) == 1
    assert exported(stage, contract.WRITER) == 1


def test_a_rollout_holds_the_replicas_until_it_is_over(stage: Stage) -> None:
    stage.sink.desired, stage.sink.rollout = 9, "a rollout is in progress"
    stage.tick()
    (hold,) = stage.sink.held
    assert hold is not None
    assert hold.replicas == 9
    assert hold.until == stage.clock.now() + timedelta(seconds=WORKLOAD.policy.floor_ttl_s)
    assert exported(stage) == 9
    stage.sink.rollout = None
    stage.tick()
    assert stage.sink.held[-1] is None
    assert exported(stage) == 0
    reasons = [reason for _, reason, _ in stage.announcer.said]
    assert reasons == [
        "FloorRaised",
        "NoForecast",
        "RolloutHoldsScaleIn",
        "FloorLowered",
        "RolloutOver",
    ]


def test_a_floor_that_is_exported_is_gone_with_the_right_to_say_it(stage: Stage) -> None:
    stage.sink.desired, stage.sink.rollout = 9, "a rollout is in progress"
    stage.tick()
    assert exported(stage) == 9
    stage.writer.is_writer = False
    assert exported(stage) is None


def test_an_exported_floor_does_not_outlive_its_time(stage: Stage) -> None:
    stage.metrics.held("worker", 9, for_s=0.0)
    assert exported(stage) == 0


@pytest.mark.parametrize("mode", ["off", "observe"])
def test_only_enforce_holds_and_exports_a_floor(mode: str) -> None:
    stage = Stage(mode=mode)
    stage.source.since = NOW_STEP - 5
    stage.sink.desired, stage.sink.rollout = 9, "a rollout is in progress"
    stage.tick()
    assert stage.sink.held == [None]  # what an earlier mode left is let go
    assert stage.sink.asked == []
    assert exported(stage) == 0
    stage.close()


@pytest.mark.parametrize(
    ("mine", "whole", "least"),
    [
        ("enforce", "observe", "observe"),
        ("off", "enforce", "off"),
        ("observe", "enforce", "observe"),
    ],
)
def test_a_workloads_own_mode_allows_no_more_than_the_scalers_at_first(
    mine: str, whole: str, least: str
) -> None:
    stage = Stage(mode=whole)
    shop = replace(WORKLOAD, policy=replace(WORKLOAD.policy, workload="shop"), mode=mine)
    stage.targets.workloads = (shop,)
    stage.tick()
    assert stage.loop.mode_of(stage.loop.books["shop"]) == least
    stage.close()


def test_a_graceful_end_lets_go_of_everything(stage: Stage) -> None:
    stage.sink.desired, stage.sink.rollout = 9, "a rollout is in progress"
    stage.tick()
    stage.loop.let_go()
    assert stage.sink.held[-1] is None
    assert exported(stage) == 0


def test_what_cannot_be_scaled_is_counted(stage: Stage) -> None:
    stage.tick()
    assert exported(stage, contract.TARGETS_LEFT_ALONE) == 0
    stage.targets.left_alone = ("HorizontalPodAutoscaler shop/web: metadata.annotations: ...",)
    stage.tick()
    assert exported(stage, contract.TARGETS_LEFT_ALONE) == 1


def test_targets_come_and_go(stage: Stage) -> None:
    shop = replace(WORKLOAD, policy=replace(WORKLOAD.policy, workload="shop"), mode="observe")
    stage.tick()
    stage.targets.workloads = (shop,)
    stage.tick()
    assert set(stage.loop.books) == {"worker", "shop"}
    assert exported(stage, f'{contract.LOAD}{{workload="shop"}}') is not None

    changed = replace(shop, policy=replace(shop.policy, capacity=3.0))
    stage.targets.workloads = (changed,)
    kept = stage.loop.books["shop"]
    stage.tick()
    assert stage.loop.books["shop"] is kept
    assert kept.workload is changed

    stage.targets.workloads = (replace(changed, load_query="another"),)
    stage.tick()
    assert stage.loop.books["shop"] is not kept  # the load of something else

    stage.targets.workloads, stage.targets.away = (), True
    stage.tick()
    assert set(stage.loop.books) == {"worker", "shop"}  # who cannot look forgets nothing

    stage.targets.away = False
    stage.tick()
    assert set(stage.loop.books) == {"worker"}
    assert 'workload="shop"' not in stage.metrics.exposition().decode()


def test_a_replica_that_finds_the_first_minutes_of_another_reads_the_load_of_before() -> None:
    loads = {
        step: LoadRow(workload="worker", step_ms=60_000, step=step, load=7.0)
        for step in range(NOW_STEP - 10, NOW_STEP)
    }
    stage = Stage(store=FakeStore(loads=loads))
    stage.source.since = NOW_STEP - 50  # all that Prometheus has; too young for a fit
    stage.tick()
    stage.tick()
    assert stage.book.load.known == 51
    assert stage.book.load.at(NOW_STEP - 5) == 7.0  # what is kept stays as it is
    read = len(stage.source.ranges)
    stage.tick()
    assert len(stage.source.ranges) == read
    stage.close()
