from datetime import UTC, datetime, timedelta

import structlog

from scaler import contract
from scaler.conditions import Conditions, Kind
from scaler.metrics import Metrics

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def exported(metrics: Metrics, kind: Kind) -> bool:
    name = f'{contract.CONDITION}{{condition="{kind}",workload="worker"}} 1.0'
    return name in metrics.exposition().decode()


def test_a_condition_is_said_once_in_three_places_and_once_when_it_is_over() -> None:
    metrics = Metrics()
    conditions = Conditions(metrics)
    with structlog.testing.capture_logs() as logs:
        for seconds in (0, 15):
            now = NOW + timedelta(seconds=seconds)
            conditions.tell("worker", {Kind.NO_METRICS: f"away, asked {seconds}"}, now=now)
    (condition,) = conditions.of("worker")
    assert (condition.since, condition.sentence) == (NOW, "away, asked 15")
    assert exported(metrics, Kind.NO_METRICS)
    assert [(log["event"], log["condition"], log["detail"]) for log in logs] == [
        ("condition", "no_metrics", "away, asked 0")
    ]
    with structlog.testing.capture_logs() as logs:
        conditions.tell("worker", {}, now=NOW)
    assert conditions.of("worker") == ()
    assert not exported(metrics, Kind.NO_METRICS)
    assert [log["event"] for log in logs] == ["condition over"]


def test_one_condition_that_ends_leaves_the_others() -> None:
    metrics = Metrics()
    conditions = Conditions(metrics)
    both = {Kind.FROZEN: "by hand", Kind.AT_MAXIMUM: "maximum 20 instead of 21"}
    conditions.tell("worker", both, now=NOW)
    conditions.tell("worker", {Kind.FROZEN: "by hand"}, now=NOW + timedelta(minutes=1))
    assert [(c.kind, c.since) for c in conditions.of("worker")] == [(Kind.FROZEN, NOW)]
    assert exported(metrics, Kind.FROZEN)
    assert not exported(metrics, Kind.AT_MAXIMUM)


def test_a_workload_that_is_gone_leaves_nothing_behind() -> None:
    metrics = Metrics()
    conditions = Conditions(metrics)
    conditions.tell("worker", {Kind.FROZEN: "by hand"}, now=NOW)
    conditions.forget("worker")
    conditions.forget("worker")
    assert conditions.of("worker") == ()
    assert not exported(metrics, Kind.FROZEN)
