"""What a start reads, in which order, and what it does not wait for."""

import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from scaler.core.capacity import CapacityRules, Objective
from scaler.core.decision import Memory
from scaler.records import Signals, Stored
from tests.scaler.fakes import WORKLOAD, FakeStore, Stage
from tests.scaler.safety import Watch


def test_the_state_is_known_before_the_history_of_a_slow_store() -> None:
    watch = Watch.over(lambda _: 100.0)
    watch.ticks(10)
    before = watch.stage
    before.written()

    class Slow(FakeStore):
        def read(self, workload: str, **given: Any) -> Stored:
            time.sleep(0.05)
            return super().read(workload, **given)

    names = [f"w{number}" for number in range(30)]
    store = Slow(kept_states=dict.fromkeys(names, before.store.kept_states["worker"]))
    workloads = tuple(
        replace(before.book.workload, policy=replace(before.book.workload.policy, workload=name))
        for name in names
    )
    stage = Stage(clock=before.clock, store=store, min_history_s=1e12)
    stage.loop.timing = replace(stage.loop.timing, tick_s=0.3)
    stage.loop._restart._timing = stage.loop.timing
    stage.targets.workloads = workloads
    began = time.monotonic()
    stage.loop._roster.follow(workloads, on_gone=lambda _: None)
    stage.loop.restore()
    assert time.monotonic() - began < 1.0
    assert len(stage.loop._roster.to_restore) > 10
    books = [stage.loop.books[name] for name in names]
    assert all(book.memory.floor is not None for book in books)
    stage.written()
    assert stage.loop._roster.to_restore == set()
    stage.close()
    watch.close()


def test_a_state_is_taken_up_once() -> None:
    watch = Watch.over(lambda _: 100.0)
    watch.ticks(10)
    before = watch.stage
    before.written()
    after = Stage(clock=before.clock, store=before.store, min_history_s=1e12)
    assert after.book.ledger.untaught == before.book.ledger.untaught
    assert after.book.memory.floor is not None
    after.book.memory = Memory()
    after.loop.restore()
    assert after.book.memory == Memory()
    after.close()
    watch.close()


def test_a_store_that_comes_back_late_does_not_overwrite_what_was_decided_meanwhile() -> None:
    watch = Watch.over(lambda _: 100.0)
    watch.ticks(10)
    watch.stage.written()
    store = watch.stage.store
    store.away = True
    after = Watch.over(lambda _: None, clock=watch.stage.clock, sink=watch.stage.sink, store=store)
    decided = after.ticks(2)[-1]
    memory = after.stage.book.memory
    store.away = False
    after.stage.written()
    assert after.stage.book.memory == memory
    assert after.stage.loop._roster.to_remember == set()
    assert after.stage.book.decision == decided
    after.close()
    watch.close()


def test_what_was_kept_of_another_load_is_dropped_for_good() -> None:
    before = Stage(min_history_s=1e12)
    before.source.load_at = lambda _: 100.0
    for _ in range(5):
        before.tick(after_s=60)
    before.book.ledger.learning = replace(before.book.ledger.learning, level=0.85)
    before.tick(after_s=60)
    before.written()
    decisions = len(before.store.kept)
    known = before.book.load.last
    before.close()

    def restarted() -> Stage:
        stage = Stage(
            clock=before.clock,
            store=before.store,
            min_history_s=1e12,
            workloads=(replace(WORKLOAD, load_query="another"),),
        )
        stage.source.since = known + 1  # it is not known of before
        return stage

    for _ in range(2):
        after = restarted()
        assert (after.book.load.known, after.book.ledger.learning.level) == (0, 0.95)
        assert after.book.memory == Memory()
        assert len(after.book.decisions) == decisions
        assert not before.store.loads
        after.close()


def test_what_was_kept_before_the_query_was_kept_beside_it_is_taken_up() -> None:
    before = Stage(min_history_s=1e12)
    before.tick(after_s=60)
    before.written()
    before.store.kept_states["worker"].pop("load_query")
    after = Stage(clock=before.clock, store=before.store, min_history_s=1e12)
    assert after.book.load.known == before.book.load.known
    for stage in (before, after):
        stage.close()


def test_a_load_query_that_changes_at_run_time_leaves_nothing_of_before_for_a_restart() -> None:
    stage = Stage(min_history_s=1e12)
    stage.tick(after_s=60)
    stage.book.ledger.learning = replace(stage.book.ledger.learning, level=0.85)
    stage.tick(after_s=60)
    stage.written()
    stage.store.kept_states["worker"]["capacity"] = {"of": "before"}
    last = stage.book.newest
    stage.source.since = last + 1
    another = replace(WORKLOAD, load_query="another")
    stage.targets.workloads = (another,)
    stage.tick(after_s=0)
    stage.written()
    assert not stage.store.loads
    kept = stage.store.kept_states["worker"]
    assert (kept["load_query"], kept["capacity"], kept["learning"]["level"]) == (
        "another",
        {},
        0.95,
    )
    stage.close()


def test_the_capacity_of_another_load_is_learnt_anew() -> None:
    rules = CapacityRules(
        configured=10.0, minimum=5.0, maximum=10.0, objective=Objective(utilisation=0.8)
    )
    one = replace(WORKLOAD, rules=rules)
    stage = Stage(min_history_s=1e12, workloads=(one,))
    stage.source.load_at = lambda _: 60.0
    stage.source.signalled = Signals(utilisation=1.0)
    for _ in range(30):
        stage.tick(after_s=60)
    assert stage.loop.capacities.capacity("worker").value < 8
    stage.source.signalled = Signals()
    stage.targets.workloads = (replace(one, load_query="another"),)
    stage.tick(after_s=0)
    assert stage.loop.capacities.capacity("worker").source == "configured"


@pytest.mark.parametrize(
    "state",
    [
        {"waiting": 7},
        {"waiting": [None, {"at": "x"}]},
        {"memory": {"floor": {"load": 1}}, "learning": [1]},
        {"health": {"fitted_at": 1, "is_covered": "", "drift": {"bogus": 1.0}}},
        {"capacity": [1]},
        {"capacity": {"sums": "x"}},
        {"capacity": {"sums": [], "anchor": 10**400}},
        [1, 2],
        "?",
    ],
)
def test_a_state_that_cannot_be_read_begins_anew(state: Any) -> None:
    store = FakeStore(kept_states={"worker": state})
    stage = Stage(store=store)
    assert stage.loop._roster.to_restore == set()
    assert stage.tick()["decision"]["reason"]
    assert stage.book.memory.window
    stage.close()


def test_a_history_that_cannot_be_read_keeps_no_other_from_being_read() -> None:
    class Damaged(FakeStore):
        def read(self, workload: str, **given: Any) -> Stored:
            if workload == "worker":
                raise KeyError("sentence")
            return super().read(workload, **given)

    shop = replace(WORKLOAD, policy=replace(WORKLOAD.policy, workload="xshop"))
    stage = Stage(store=Damaged(), workloads=(WORKLOAD, shop))
    assert stage.loop._roster.to_restore == set()
    assert stage.tick()["decision"]["reason"]
    stage.close()


def test_what_is_kept_of_targets_that_are_gone_for_long_is_forgotten_now_and_then() -> None:
    stage = Stage()
    stage.tick()
    first = stage.loop.timing.step(stage.clock.at)
    for _ in range(5):
        stage.tick()
    assert stage.store.forgot == []
    days = 30 * 86_400.0
    stage.tick(after_s=days)  # the clock is wrong for a moment
    stage.tick(after_s=-days)
    stage.tick(after_s=3_600)
    stage.written()
    keep = stage.loop.timing.keep_steps
    steps = [before + keep - first for _, before in stage.store.forgot]
    assert len(steps) == 2
    assert max(steps) <= 2
    assert {present for present, _ in stage.store.forgot} == {("worker",)}
    stage.close()


def test_a_new_target_waits_for_no_store_that_does_not_answer() -> None:
    class Silent(FakeStore):
        asked: tuple[str, ...] = ()

        def _answer(self) -> None:
            if self.away:
                self.asked += (threading.current_thread().name,)
            super()._answer()

    store = Silent()
    stage = Stage(store=store)
    stage.tick()
    stage.written()
    stage.store.away = True
    stage.tick()
    while stage.archive.dependency.problem is None:
        time.sleep(0.01)
    shop = replace(WORKLOAD, policy=replace(WORKLOAD.policy, workload="shop"))
    stage.targets.workloads = (shop,)
    stage.tick()
    assert {name.partition("_")[0] for name in store.asked} == {"archive"}
    assert stage.loop.books["shop"].decision is not None
    stage.store.away = False
    stage.tick()
    stage.written()
    assert stage.loop._roster.to_restore == set()
    stage.close()
