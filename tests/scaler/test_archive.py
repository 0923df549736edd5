"""What waits for the database is bounded, and what the loop cannot go on without is never lost."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import structlog

from scaler.archive import Archive
from scaler.health import Dependency
from scaler.metrics import Metrics
from scaler.records import Control, DecisionRow, LoadRow, Unusable
from tests.scaler.fakes import FakeClock, FakeStore, Stage

MOST = 20


@pytest.fixture
def logs() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as found:
        yield found


def made(store: FakeStore, **given: int) -> Archive:
    metrics = Metrics()
    dependency = Dependency(
        "database", metrics=metrics, clock=FakeClock(), first_pause_s=60.0, longest_pause_s=60.0
    )
    return Archive(store, dependency, metrics, **given)


def ticks(stage: Stage, count: int) -> None:
    """Each with its turn for the archive."""
    for _ in range(count):
        stage.tick(after_s=60)
        if stage.archive._running:
            stage.archive._running.result(5)


def off(stage: Stage) -> Control:
    """What another process writes down."""
    return Control(
        at=stage.clock.at,
        workload="worker",
        change="mode",
        actor="bob",
        reason="an incident",
        mode="off",
        configured="enforce",
    )


def test_a_start_without_the_database_is_made_up_for_however_long_it_was_away() -> None:
    before = Stage()
    ticks(before, 5)
    before.close()
    before.store.away = True
    stage = Stage(store=before.store, clock=before.clock, most_waiting=MOST)
    ticks(stage, 2 * MOST)
    assert len(stage.archive._waiting) == MOST
    assert stage.loop.controls.frozen("worker", stage.clock.at) is not None
    stage.store.away = False
    ticks(stage, 2)
    assert stage.loop.controls.frozen("worker", stage.clock.at) is None
    assert stage.loop.factors.is_read
    assert stage.loop._roster.to_restore == set()
    stage.store.keep(off(stage))
    ticks(stage, 2)
    assert stage.loop.controls.mode("worker") == "off"
    stage.close()


def test_a_database_that_was_away_for_long_loses_no_change_and_is_heard_again(
    logs: list[Any],
) -> None:
    stage = Stage(most_waiting=MOST)
    ticks(stage, 3)
    stage.store.away = True
    changed = stage.steering.set_mode("worker", "observe", actor="ann", reason="an incident")
    assert changed["kept"] is False
    ticks(stage, 2 * MOST)
    stage.store.away = False
    ticks(stage, 2)
    assert [row.actor for row in stage.store.control_rows] == ["ann"]
    stage.store.keep(off(stage))
    ticks(stage, 2)
    assert stage.loop.controls.mode("worker") == "off"
    lost = [line for line in logs if line["event"].startswith("history lost")]
    assert len(lost) == 2
    assert lost[1]["writes"] >= MOST
    stage.close()


def test_controls_that_could_not_be_read_once_are_read_again() -> None:
    class Damaged(FakeStore):
        reads = 0

        def controls(self) -> Sequence[Control]:
            self.reads += 1
            if self.reads in (2, 3):
                raise KeyError("mode")
            return super().controls()

    stage = Stage(store=Damaged())
    ticks(stage, 3)
    stage.store.keep(off(stage))
    ticks(stage, 2)
    assert stage.loop.controls.mode("worker") == "off"
    stage.close()


@pytest.mark.parametrize("error", [Unusable("database", "refused", "no NUL"), ValueError("no NUL")])
def test_a_write_that_is_refused_holds_up_no_other(error: Exception, logs: list[Any]) -> None:
    class Refusing(FakeStore):
        def write(self, rows: Sequence[LoadRow], decisions: Sequence[DecisionRow]) -> None:
            if rows[0].step == 1:
                raise error
            super().write(rows, decisions)

    store = Refusing()
    archive = made(store)
    for step in (1, 2):
        row = LoadRow(workload="worker", step_ms=60_000, step=step, load=4.0)
        archive.add_rows([row], ())
    archive.close(timeout_s=5.0)
    assert list(store.loads) == [2]
    assert archive.dependency.problem is None
    assert 'failures_total{dependency="internal"} 1.0' in archive._metrics.exposition().decode()
    assert any("dropped" in line["event"] for line in logs)


def test_what_must_not_be_lost_and_keep_its_order_does_both() -> None:
    store, written = FakeStore(), list[str]()
    archive = made(store, most_waiting=3)
    archive.add(lambda _: written.append("before"))
    archive.add(lambda _: written.append("given"), key="given", in_order=True)
    for number in range(2):
        archive.add(lambda _, number=number: written.append(f"after {number}"))  # type: ignore[misc]
    archive.kick()
    archive._running.result(5)  # type: ignore[union-attr]
    assert written == ["given", "after 0", "after 1"]
    archive.add(lambda _: written.append("again"), key="given", in_order=True)
    for number in range(2, 6):
        archive.add(lambda _, number=number: written.append(f"after {number}"))  # type: ignore[misc]
    archive.close(timeout_s=5.0)
    assert written[3:] == ["again", "after 3", "after 4", "after 5"]


def test_a_given_history_is_kept_however_long_the_database_was_away() -> None:
    stage = Stage(most_waiting=MOST)
    ticks(stage, 3)
    stage.store.away = True
    step = stage.loop.timing.step(stage.clock.at)
    stage.steering.backfill(
        "worker", step_s=60.0, end_s=step * 60.0, values=[7.0] * 500, actor="ann", reason=""
    )
    ticks(stage, 2 * MOST)
    stage.store.away = False
    ticks(stage, 2)
    assert all(stage.store.loads[one].load == 7.0 for one in range(step - 499, step + 1))
    assert stage.store.loads[step + 2 * MOST].load != 7.0
    stage.close()


def test_of_one_key_the_newest_is_written_and_before_what_may_be_lost() -> None:
    written: list[str] = []
    archive = made(FakeStore())
    archive.add(lambda _: written.append("row"))
    archive.add(lambda _: written.append("old"), key="one")
    archive.add(lambda _: written.append("new"), key="one")
    archive.add(lambda _: written.append("other"), key="another")
    archive.close(timeout_s=5.0)
    assert written == ["new", "other", "row"]
