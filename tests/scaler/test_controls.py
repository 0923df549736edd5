"""Modes and freezes, by workload: who speaks last is heard, also after a restart."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from scaler import contract
from scaler.controls import NOT_READ, Controls
from scaler.core.forecast import Why
from tests.scaler.fakes import START, FakeClock, FakeStore, Stage

HOUR = timedelta(hours=1)


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.close()


@pytest.fixture
def controls() -> Controls:
    made = Controls(clock=FakeClock())
    made.configure("worker", "enforce")
    made.read([])
    return made


def restarted(stage: Stage, **changes: object) -> Stage:
    stage.close()
    return Stage(clock=stage.clock, store=stage.store, **changes)  # type: ignore[arg-type]


def test_a_mode_is_that_of_the_settings_until_somebody_changes_it(controls: Controls) -> None:
    assert controls.mode("worker") == "enforce"
    controls.set_mode("worker", "observe", actor="ann", reason="a test")
    assert controls.mode("worker") == "observe"
    (change,) = controls.changes("worker")
    assert (change.actor, change.reason, change.configured) == ("ann", "a test", "enforce")


def test_a_mode_that_was_changed_outlives_a_restart(stage: Stage) -> None:
    stage.steering.set_mode("worker", "off", actor="ann", reason="an incident")
    again = restarted(stage)
    assert again.tick()["mode"] == "off"
    (change,) = again.steering.changes("worker", limit=5)
    assert (change["actor"], change["reason"]) == ("ann", "an incident")
    again.close()


def test_a_setting_that_is_changed_afterwards_is_heard_again(stage: Stage) -> None:
    stage.steering.set_mode("worker", "off", actor="ann", reason="an incident")
    again = restarted(stage, mode="observe")
    assert again.tick()["mode"] == "observe"
    by = [change["actor"] for change in again.steering.changes("worker", limit=5)]
    assert by == ["settings", "ann"]
    last = restarted(again, mode="observe")
    assert last.tick()["mode"] == "observe"
    last.close()


def test_two_processes_with_different_settings_do_not_contradict_each_other_for_ever() -> None:
    old, new = Controls(clock=FakeClock()), Controls(clock=FakeClock(at=START + HOUR))
    old.configure("worker", "enforce")
    kept = [old.set_mode("worker", "off", actor="ann", reason="")]
    old.read(kept)
    new.configure("worker", "observe")
    (follows,) = new.read(kept)
    assert old.read([follows]) == []
    assert old.mode("worker") == new.mode("worker") == "observe"


def test_a_change_at_another_process_is_taken_over_at_a_tick(stage: Stage) -> None:
    other = Controls(clock=FakeClock(at=START + HOUR))
    other.configure("worker", "enforce")
    stage.store.keep(other.set_mode("worker", "observe", actor="ann", reason="there"))
    stage.tick()
    stage.written()
    assert stage.tick()["mode"] == "observe"


def test_a_workload_that_is_found_later_has_the_mode_that_was_kept_for_it(
    controls: Controls,
) -> None:
    other = Controls(clock=FakeClock())
    other.configure("shop", "enforce")
    controls.read([other.set_mode("shop", "off", actor="ann", reason="")])
    assert controls.configure("shop", "enforce") is None
    assert controls.mode("shop") == "off"


def test_a_setting_that_is_changed_while_it_runs_is_heard(controls: Controls) -> None:
    change = controls.configure("worker", "observe")
    assert change is not None
    assert (change.actor, change.mode) == ("settings", "observe")
    assert controls.configure("worker", "observe") is None


def test_a_clock_that_jumps_back_does_not_hide_the_newest_change() -> None:
    clock = FakeClock()
    controls = Controls(clock=clock)
    controls.configure("worker", "enforce")
    first = controls.set_mode("worker", "off", actor="ann", reason="")
    clock.forward(-3_600)
    second = controls.set_mode("worker", "observe", actor="ann", reason="")
    assert second.at > first.at
    controls.read([first])
    assert controls.mode("worker") == "observe"


def test_a_freeze_ends_by_itself(controls: Controls) -> None:
    controls.freeze("worker", START + HOUR, actor="ann", reason="a sale")
    because = controls.frozen("worker", START)
    assert because == "frozen until 2026-11-01 01:00 UTC by ann (a sale)"
    assert controls.frozen("worker", START + HOUR) is None


def test_a_mode_that_is_changed_leaves_the_freeze_and_the_other_way_round(
    controls: Controls,
) -> None:
    controls.freeze("worker", START + HOUR, actor="ann", reason="a sale")
    controls.set_mode("worker", "observe", actor="bob", reason="")
    assert controls.of("worker").frozen_by == "ann"
    assert controls.unfreeze("worker", actor="bob", reason="").mode == "observe"
    assert controls.frozen("worker", START) is None


def test_frozen_nothing_is_scaled_in_and_the_forecast_asks_for_nothing(stage: Stage) -> None:
    stage.tick()
    stage.tick_until_forecast()
    stage.sink.desired, stage.sink.asked = 15, []
    stage.steering.freeze("worker", for_s=600, actor="ann", reason="a sale")
    shown = stage.tick()
    assert stage.sink.asked == []
    assert shown["decision"]["details"]["floor"] is None
    assert "by ann (a sale)" in shown["decision"]["reason"]
    assert shown["forecast"]["why"] == Why.FROZEN
    assert stage.sink.held[-1].replicas == 15
    stage.tick(after_s=601)
    assert stage.sink.asked
    assert stage.sink.asked[-1] < 15


def test_frozen_the_reactive_path_still_scales_out(stage: Stage) -> None:
    stage.steering.freeze("worker", for_s=600, actor="ann", reason="a sale")
    stage.source.load_at = lambda _: 100.0
    stage.tick()
    assert stage.sink.asked == [13]


def test_until_the_kept_changes_could_be_read_nothing_is_scaled_in() -> None:
    stage = Stage(store=FakeStore(away=True))
    stage.sink.desired = 15
    shown = stage.tick()
    assert NOT_READ in shown["decision"]["reason"]
    assert stage.sink.asked == []
    stage.store.away = False
    stage.tick()
    stage.written()
    stage.tick(after_s=301)
    assert stage.sink.asked[-1] < 15
    stage.close()


def test_a_change_counts_without_the_database_and_is_kept_later(stage: Stage) -> None:
    stage.store.away = True
    changed = stage.steering.set_mode("worker", "off", actor="ann", reason="an incident")
    assert (changed["mode"], changed["kept"]) == ("off", False)
    assert stage.tick()["mode"] == "off"
    stage.store.away = False
    stage.tick()
    stage.written()
    assert [row.mode for row in stage.store.control_rows] == ["off"]


def test_switched_off_its_last_count_is_no_longer_exported(stage: Stage) -> None:
    stage.tick()
    series = f'{contract.DESIRED_REPLICAS}{{workload="worker"}}'
    assert series in stage.metrics.exposition().decode()
    stage.steering.set_mode("worker", "off", actor="ann", reason="")
    stage.tick()
    text = stage.metrics.exposition().decode()
    assert series not in text
    assert f'{contract.MODE_NOW}{{mode="off",workload="worker"}} 1.0' in text
    assert f'{contract.MODE_NOW}{{mode="enforce",workload="worker"}} 0.0' in text
