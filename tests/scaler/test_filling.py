"""The load of before is read beside the ticks, and never holds one up."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from scaler.core.series import Floats
from scaler.filling import STEPS_AT_ONCE, Filling, Part
from scaler.metrics import Metrics
from scaler.records import Unusable, Workload
from tests.scaler.fakes import NOW_STEP, WORKLOAD, FakeClock, FakeSource, Stage


def eventually(claim: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not claim():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def source() -> FakeSource:
    return FakeSource(clock=FakeClock(), load_at=float)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def filling(source: FakeSource, metrics: Metrics) -> Iterator[Filling]:
    made = Filling(source, metrics)
    yield made
    made.close()


class BetweenTicks(Executor):
    """Runs what it was given when it is told to."""

    def __init__(self) -> None:
        self._waiting: list[Callable[[], Any]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self._waiting.append(lambda: fn(*args, **kwargs))
        return Future()

    def run(self) -> None:
        while self._waiting:
            self._waiting.pop(0)()


def start(filling: Filling, first: int, last: int, *, workload: Workload = WORKLOAD) -> None:
    filling.start(workload, step_ms=60_000, first=first, last=last, generation=0)


def all_of(filling: Filling, workload: str = "worker") -> list[Part]:
    parts: list[Part] = []

    def is_done() -> bool:
        parts.extend(filling.taken(workload))
        return filling.progress(workload) is None

    eventually(is_done)
    return parts + filling.taken(workload)


def test_a_history_comes_in_parts_the_newest_first(filling: Filling) -> None:
    start(filling, 1, 2 * STEPS_AT_ONCE + 7)
    parts = all_of(filling)
    assert [(part.first, len(part.values)) for part in parts] == [
        (STEPS_AT_ONCE + 8, STEPS_AT_ONCE),
        (8, STEPS_AT_ONCE),
        (1, 7),
    ]
    assert parts[0].values[-1] == 2 * STEPS_AT_ONCE + 7


def test_workloads_take_turns(source: FakeSource, filling: Filling) -> None:
    gate = threading.Event()
    asked = []

    def load_at(step: float) -> float:
        gate.wait(10)
        return step

    source.load_at = load_at
    shop = replace(WORKLOAD, policy=replace(WORKLOAD.policy, workload="shop"))
    start(filling, 1, 2 * STEPS_AT_ONCE)
    start(filling, 1_000_001, 1_000_000 + 2 * STEPS_AT_ONCE, workload=shop)
    gate.set()
    all_of(filling)
    all_of(filling, "shop")
    asked = ["shop" if first > 1_000_000 else "worker" for first, _ in source.ranges]
    assert asked == ["worker", "shop", "worker", "shop"]


def test_while_prometheus_is_away_it_waits_and_goes_on_afterwards(
    source: FakeSource, filling: Filling
) -> None:
    source.away = True
    start(filling, 1, 10)
    time.sleep(0.1)
    assert filling.taken("worker") == []
    assert filling.progress("worker") == 0.0
    source.away = False
    assert len(all_of(filling)[0].values) == 10


@pytest.mark.parametrize("reason", ["refused", "several_series"])
def test_a_history_whose_query_is_at_fault_is_given_up(
    filling: Filling, source: FakeSource, reason: str
) -> None:
    def unusable(_: float) -> float:
        raise Unusable("prometheus", reason, "no such query")

    source.load_at = unusable
    start(filling, 1, 10)
    assert all_of(filling) == []


def test_a_history_that_took_too_long_is_asked_for_again(
    filling: Filling, source: FakeSource
) -> None:
    attempts = iter((True, False))

    def late_at_first(step: float) -> float:
        if step == 1 and next(attempts):
            raise Unusable("prometheus", "timeout", "query timed out", may_pass=True)
        return step

    source.load_at = late_at_first
    start(filling, 1, 10)
    assert [len(part.values) for part in all_of(filling)] == [10]


def test_after_a_mistake_of_ours_the_next_history_is_read(
    filling: Filling, source: FakeSource, metrics: Metrics
) -> None:
    def wrong(_: float) -> float:
        raise ValueError("wrong")

    source.load_at = wrong
    start(filling, 1, 10)
    assert all_of(filling) == []
    eventually(lambda: b'{dependency="internal"} 1.0' in metrics.exposition())
    source.load_at = float
    start(filling, 1, 10)
    assert [len(part.values) for part in all_of(filling)] == [10]


def test_another_request_takes_the_place_of_the_first(filling: Filling) -> None:
    start(filling, 1, 10)
    start(filling, 5, 6)
    eventually(lambda: filling.progress("worker") is None)
    assert [part.first for part in filling.taken("worker")] == [5]


def test_one_that_is_given_up_late_leaves_the_request_after_it(
    source: FakeSource, filling: Filling
) -> None:
    asked, gate = threading.Event(), threading.Event()

    def late(step: float) -> float:
        if step > 100:
            return step
        asked.set()
        gate.wait(30)
        raise Unusable("prometheus", "several_series", "2 series instead of one")

    source.load_at = late
    start(filling, 1, 10)
    assert asked.wait(10)
    start(filling, 101, 110)
    gate.set()
    assert [part.first for part in all_of(filling)] == [101]


def test_an_empty_database_is_filled_from_prometheus_beside_the_ticks() -> None:
    stage = Stage(mode="observe")
    stage.tick()
    assert stage.book.load.known == stage.loop.timing.keep_steps
    assert stage.source.ranges[0] == (NOW_STEP - 59, NOW_STEP)
    assert stage.source.ranges[1] == (NOW_STEP - 1_999, NOW_STEP - 60)
    stage.written()
    assert len(stage.store.loads) == stage.loop.timing.keep_steps
    stage.close()


def test_a_tick_does_not_wait_for_the_history() -> None:
    stage = Stage(mode="observe")
    gate = threading.Event()
    slow = FakeSource(clock=stage.clock)

    def late(step: float) -> float:
        gate.wait(30)
        return step

    slow.load_at = late
    stage.loop._observer._filling = filling = Filling(slow, stage.metrics)
    shown = stage.tick()
    assert stage.book.load.known == 60
    (condition,) = [c for c in shown["conditions"] if c["kind"] == "filling"]
    assert condition["sentence"] == "the history is being read from prometheus: 0 %"
    gate.set()
    eventually(lambda: stage.tick(after_s=0) is not None and stage.book.load.known == 2_000)
    assert all(c["kind"] != "filling" for c in stage.tick()["conditions"])
    filling.close()
    stage.close()


def test_what_is_known_is_not_overwritten_by_what_is_read_later() -> None:
    stage = Stage(mode="observe")
    stage.book.saw(100, np.array([1.0, np.nan, 3.0]), ready=None)
    news = stage.book.filled(98, np.array([7.0, np.nan, 7.0, 7.0, 7.0]))
    assert [step for step in range(97, 104) if news.at(step) == 7.0] == [98, 101]
    assert news.known == 2
    assert np.array_equal(stage.book.load.values, [7.0, np.nan, 1.0, 7.0, 3.0], equal_nan=True)
    stage.close()


def test_a_history_from_before_it_was_replaced_is_dropped() -> None:
    stage = Stage(mode="observe")
    stage.source.since = NOW_STEP - 30
    stage.tick()
    stage.book.generation += 1
    stage.loop._observer._filling.start(
        WORKLOAD, step_ms=60_000, first=NOW_STEP - 90, last=NOW_STEP - 80, generation=0
    )
    stage.source.since = 0
    before = stage.book.load.known
    stage.tick()
    assert stage.book.load.known == before
    stage.close()


def test_what_was_read_of_another_load_is_dropped() -> None:
    class TwoLoads(FakeSource):
        def history(self, workload: Workload, **given: int) -> Floats:
            self.load_at = lambda _: 7.0 if workload.load_query == "load" else 1.0
            return super().history(workload, **given)

    stage = Stage(mode="observe", min_history_s=1e12)
    between = BetweenTicks()
    source = TwoLoads(clock=stage.clock)
    stage.loop._observer._source = source
    stage.loop._filling = stage.loop._observer._filling = Filling(
        source, stage.metrics, executor=between
    )
    stage.tick()
    between.run()
    stage.targets.workloads = (replace(WORKLOAD, load_query="another"),)
    stage.tick()
    between.run()
    stage.tick()
    load = stage.loop.books["worker"].load
    assert (load.known, load.values.max()) == (stage.loop.timing.keep_steps, 1.0)
    stage.written()
    assert {row.load for row in stage.store.loads.values()} == {1.0}
    stage.close()


def test_prometheus_that_answers_nonsense_is_up_and_the_load_is_missing() -> None:
    stage = Stage()

    def partial(_: float) -> float:
        raise Unusable("prometheus", "partial", "only a part of load is known")

    stage.source.load_at = partial
    shown = stage.tick()
    assert stage.view.checks() == {}
    assert shown["load"] is None
    assert "only a part of load is known" in shown["decision"]["reason"]
    assert stage.sink.asked == []
    text = stage.metrics.exposition().decode()
    assert 'autoserve_scaler_unusable_answers_total{reason="partial",workload="worker"} 1.0' in text
    stage.close()
