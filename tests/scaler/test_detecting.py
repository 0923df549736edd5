"""Anomalies in the loop: what holds scaling in, what does not, and where it is said."""

import math
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from scaler.conditions import Kind
from scaler.core.anomaly import replayed
from tests.scaler.fakes import DAY
from tests.scaler.safety import Watch


def calm(step: float) -> float:
    """A day of minutes that moves little, and a little at random."""
    noise = math.sin(12.9898 * math.floor(step)) * 43758.5453 % 1
    return 90 + 10 * math.sin(2 * math.pi * step / 1440) + 3 * noise


@pytest.fixture
def watch() -> Iterator[Watch]:
    made = Watch.over(lambda step: 1.1 * calm(step))
    made.stage.source.load_at = calm
    made.tick()
    book = made.stage.book
    book.detector, found = replayed(book.load)
    assert found == ()
    yield made
    made.close()


@pytest.fixture
def logs() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as captured:
        yield captured


def test_a_dip_is_said_and_holds_the_replicas_for_a_while(watch: Watch, logs: list[Any]) -> None:
    watch.ticks(20)
    before = watch.decisions[-1].to_replicas
    watch.stage.source.load_at = lambda step: 0.1 * calm(step)
    decisions = watch.ticks(12)
    assert decisions[-1].to_replicas == before
    assert watch.says(Kind.ANOMALY, after=logs)
    assert any(log["event"] == "anomaly" and log["kind"] == "dip" for log in logs)
    metric = b'anomalies_total{direction="down",kind="dip",workload="worker"} 1.0'
    assert metric in watch.stage.metrics.exposition()
    assert watch.stage.view.anomalies("worker", window_s=3_600)[0]["kind"] == "dip"
    # What lasts is how the load is now.
    assert watch.ticks(40)[-1].to_replicas < before


def test_a_spike_never_holds_back_a_scale_out(watch: Watch, logs: list[Any]) -> None:
    watch.ticks(20)
    watch.stage.source.load_at = lambda _: 190.0
    decisions = watch.ticks(3)
    assert decisions[-1].to_replicas == 20
    assert any(log["event"] == "anomaly" and log["direction"] == "up" for log in logs)


def test_missing_steps_hold_the_replicas(watch: Watch, logs: list[Any]) -> None:
    watch.ticks(DAY / 4)
    before = watch.decisions[-1].to_replicas
    step = int(watch.stage.clock.at.timestamp()) // 60
    watch.stage.source.load_at = lambda at: float("nan") if at == int(at) and at > step else 8.0
    decisions = watch.ticks(8)
    assert {decision.load for decision in decisions} == {None, 8.0}
    assert decisions[-1].to_replicas == before
    assert watch.says(Kind.ANOMALY, after=logs)
    assert watch.says(Kind.MISSING_DATA, after=logs)


def test_after_a_clock_that_went_back_the_past_is_walked_again(watch: Watch) -> None:
    watch.ticks(3)
    watch.stage.clock.forward(-600)
    watch.tick()
    assert watch.stage.book.detector is None
