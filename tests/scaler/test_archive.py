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


def made(store: FakeStore) -> Archive:
    metrics = Metrics()
    dependency = Dependency(
        "database", metrics=metrics, clock=FakeClock(), first_pause_s=60.0, longest_pause_s=60.0
    )
    return Archive(store, dependency, metrics)


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


def test_of_one_key_the_newest_is_written_and_before_what_may_be_lost() -> None:
    written: list[str] = []
    archive = made(FakeStore())
    archive.add(lambda _: written.append("row"))
    archive.add(lambda _: written.append("old"), key="one")
    archive.add(lambda _: written.append("new"), key="one")
    archive.add(lambda _: written.append("other"), key="another")
    archive.close(timeout_s=5.0)
    assert written == ["new", "other", "row"]
