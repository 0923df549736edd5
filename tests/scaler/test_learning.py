"""Forecasters come from the store or a fit, are compared, kept, and taken back."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import structlog

from scaler import learning
from scaler.adapters.model_folder import FolderShelf
from scaler.adapters.model_store import ModelStore
from scaler.conditions import Kind
from scaler.core.forecaster import LoadForecaster
from scaler.core.promotion import Promotion
from scaler.core.retraining import Health
from scaler.records import ModelError, Unavailable
from tests.scaler.fakes import DAY, NOW_STEP, TIMING, Stage

SERVES = Promotion(
    serves=True, steps=40, against_persistence=-0.5, against_champion=None, sentence="it serves"
)
KEPT = Promotion(
    serves=False,
    steps=40,
    against_persistence=-0.5,
    against_champion=0.1,
    sentence="the new forecaster is 10.0% worse than the one in service",
)


@pytest.fixture
def models(tmp_path: Path) -> ModelStore:
    return ModelStore(FolderShelf(tmp_path / "models"))


def staged(**given: Any) -> Stage:
    """A stage whose history is long enough for a season, and no longer than a quick fit needs."""
    made = Stage(**given)
    made.source.since = NOW_STEP - 3 * DAY
    return made


@pytest.fixture
def stage(models: ModelStore) -> Iterator[Stage]:
    made = staged(models=models)
    yield made
    made.close()


def restarted(stage: Stage) -> Stage:
    stage.written()
    return staged(clock=stage.clock, store=stage.store, sink=stage.sink, models=stage.models)


def ticked_until(
    stage: Stage, holds: Callable[[], bool], *, after_s: float = 0, within_s: float = 60
) -> None:
    """Tick in real time, which what runs beside the loop needs."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline
        stage.tick(after_s=after_s)
        time.sleep(0.01)


def kinds(stage: Stage) -> set[str]:
    return {found["kind"] for found in stage.view.workloads()[0]["conditions"]}


def fitted_again(stage: Stage) -> None:
    """Let the next fit be due now, and wait for its end."""
    before = stage.book.health.fitted_at
    stage.book.health = Health()
    deadline = time.monotonic() + 60
    stage.tick(after_s=60)
    while stage.book.health.fitted_at is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
        stage.tick(after_s=0)
    assert stage.book.health.fitted_at != before


def fits(stage: Stage) -> float:
    for line in stage.metrics.exposition().decode().splitlines():
        if line.startswith('autoserve_scaler_fit_seconds_count{workload="worker"}'):
            return float(line.rpartition(" ")[2])
    return 0.0


def test_a_restart_serves_the_kept_forecaster_without_a_fit(stage: Stage) -> None:
    before = stage.tick_until_forecast()
    assert before["model"] is not None
    again = restarted(stage)
    shown = again.tick_until_forecast()
    assert shown["model"] == before["model"]
    assert shown["forecast"]["value"] == pytest.approx(before["forecast"]["value"], rel=0.05)
    assert fits(again) == 0
    again.close()


def test_a_fit_is_for_the_horizon_that_replicas_were_measured_to_need(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.tick_until_forecast()
    monkeypatch.setattr(learning, "promotion", lambda *_args, **_named: SERVES)
    assert stage.book.model is not None
    before = stage.book.model.horizon
    stage.sink.time_to_ready_s = 10.0
    stage.tick(after_s=60)
    assert stage.book.track is not None
    assert stage.book.track.horizon == 2 < before
    explained = stage.view.explanation("worker", at=None)
    assert explained["interval"]["horizon_s"] == 120.0
    assert "the forecast within 120 s" in explained["sentence"]
    fitted_again(stage)
    assert stage.book.model.horizon == stage.book.track.horizon


def test_a_first_fit_from_a_young_history_silences_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "promotion", lambda *_args, **_named: SERVES)
    stage = Stage()
    stage.source.since = NOW_STEP - 75  # too little to hold back what a whole path is judged by
    stage.tick_until_forecast()
    assert stage.tick(after_s=60)["forecast"]["status"] == "ready"
    stage.close()


def test_without_a_store_a_restart_fits_at_once() -> None:
    stage = staged()
    stage.tick_until_forecast()
    stage.written()
    again = staged(clock=stage.clock, store=stage.store)
    again.tick_until_forecast()
    assert fits(again) == 1
    again.close()
    stage.close()


def test_a_corrupt_file_is_said_and_another_is_fitted(stage: Stage, tmp_path: Path) -> None:
    stage.tick_until_forecast()
    (file,) = (tmp_path / "models" / "worker").glob("*.skops")
    file.write_bytes(file.read_bytes()[:-100])
    stage.written()
    with structlog.testing.capture_logs() as logs:
        again = staged(clock=stage.clock, store=stage.store, models=stage.models)
        deadline = time.monotonic() + 60
        while Kind.MODEL_REFUSED not in kinds(again):
            assert time.monotonic() < deadline
            decision = again.tick(after_s=0)["decision"]
            assert decision["to_replicas"] >= decision["details"]["reactive"]
            time.sleep(0.01)
    assert any(log.get("condition") == Kind.MODEL_REFUSED for log in logs)
    assert b'dependency="model"} 1.0' in again.metrics.exposition()
    again.tick_until_forecast()
    assert fits(again) == 1
    again.tick(after_s=0)
    assert Kind.MODEL_REFUSED not in kinds(again)
    again.close()


def test_a_folder_that_cannot_be_used_is_said_and_the_fit_serves(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    stage = staged(models=ModelStore(FolderShelf(tmp_path / "models")))
    shown = stage.tick_until_forecast()
    assert shown["model"] is None
    assert "models" in stage.view.checks()
    assert b'autoserve_dependency_up{dependency="models"} 0.0' in stage.metrics.exposition()
    stage.close()


def test_a_forecaster_of_other_lead_times_is_refused(stage: Stage, models: ModelStore) -> None:
    stage.tick_until_forecast()
    (kept,) = models.versions("worker")
    stranger = LoadForecaster(leads=(1, 2))
    models.save("worker", stranger, kept.about)
    again = restarted(stage)
    ticked_until(again, lambda: Kind.MODEL_REFUSED in kinds(again))
    again.close()


def test_a_new_forecaster_that_is_worse_does_not_serve(
    stage: Stage, models: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stage.tick_until_forecast()
    model = stage.book.model
    monkeypatch.setattr(learning, "promotion", lambda *_, **__: KEPT)
    fitted_again(stage)
    shown = stage.view.workloads()[0]
    assert stage.book.model is model
    assert shown["model"] == before["model"]
    assert len(models.versions("worker")) == 1
    assert Kind.NOT_PROMOTED in kinds(stage)
    assert stage.book.health.in_vain == 1
    monkeypatch.setattr(learning, "promotion", lambda *_, **__: SERVES)
    fitted_again(stage)
    assert stage.book.model is not model
    assert stage.book.health.in_vain == 0
    assert len(models.versions("worker")) == 2
    stage.tick(after_s=0)
    assert Kind.NOT_PROMOTED not in kinds(stage)


def serves_for_two_periods(stage: Stage, version: str) -> None:
    """Nothing but a version serves, and nothing is fitted, for longer than fits are apart."""
    before = fits(stage)
    for _ in range(2 * int(TIMING.refit_s // 60)):
        assert stage.tick(after_s=60)["model"] == version
        assert not stage.loop.learner._fitting.is_under_way("worker")
    assert Kind.MODEL_PINNED in kinds(stage)
    assert fits(stage) == before


def test_what_was_rolled_back_to_serves_also_over_a_restart_until_it_is_let_go_of(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = stage.tick_until_forecast()["model"]
    monkeypatch.setattr(learning, "promotion", lambda *_, **__: SERVES)
    fitted_again(stage)
    second = stage.view.workloads()[0]["model"]
    assert second != first
    back = stage.loop.learner.rollback(stage.book)
    assert back.version == first
    serves_for_two_periods(stage, first)
    again = restarted(stage)
    again.tick_until_forecast()
    serves_for_two_periods(again, first)
    assert again.models is not None
    assert again.models.versions("worker")[0].version == second
    again.loop.learner.unpin(again.book)
    ticked_until(again, lambda: fits(again) != 0)
    assert again.book.version not in (first, second)
    again.tick(after_s=0)
    assert Kind.MODEL_PINNED not in kinds(again)
    again.close()


def test_a_pinned_forecaster_that_cannot_be_used_blocks_nothing(
    stage: Stage, models: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = stage.tick_until_forecast()["model"]
    monkeypatch.setattr(learning, "promotion", lambda *_, **__: SERVES)
    fitted_again(stage)
    stage.loop.learner.rollback(stage.book)
    (tmp_path / "models" / "worker" / f"{first}.skops").write_bytes(b"damaged")
    again = restarted(stage)
    again.clock.forward(2 * TIMING.refit_s)
    ticked_until(again, lambda: fits(again) != 0)
    # Said until the roll-back is ended.
    ticked_until(again, lambda: Kind.MODEL_REFUSED in kinds(again))
    assert Kind.MODEL_PINNED not in again.book.notes
    assert (models.pinned("worker"), len(models.versions("worker"))) == (first, 3)
    assert again.book.version == models.versions("worker")[0].version
    again.loop.learner.unpin(again.book)
    ticked_until(again, lambda: Kind.MODEL_REFUSED not in kinds(again))
    again.close()


def test_a_pin_that_could_not_be_read_at_the_start_is_not_lost(
    stage: Stage, models: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = stage.tick_until_forecast()["model"]
    monkeypatch.setattr(learning, "promotion", lambda *_, **__: SERVES)
    fitted_again(stage)
    stage.loop.learner.rollback(stage.book)

    def away(*_: object, **__: object) -> None:
        raise Unavailable("models", "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(models, "load", away)
        again = restarted(stage)
        again.tick_until_forecast()
    assert (fits(again), again.book.version) == (1, models.versions("worker")[0].version)
    until_served(again, first)
    assert Kind.MODEL_PINNED in kinds(again)
    assert fits(again) == 1
    again.close()


def until_served(stage: Stage, version: str) -> None:
    ticked_until(stage, lambda: stage.book.version == version, after_s=60)


def test_who_takes_over_serves_what_was_kept_and_rolled_back_to_elsewhere(
    stage: Stage, models: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = stage.tick_until_forecast()["model"]
    monkeypatch.setattr(learning, "promotion", lambda *_, **__: SERVES)
    other = restarted(stage)
    other.writer.is_writer = False
    other.tick_until_forecast()
    fitted_again(other)  # it observes: what it fits is its own, and kept nowhere
    assert other.book.version is None
    fitted_again(stage)
    second = stage.view.workloads()[0]["model"]
    assert [kept.version for kept in models.versions("worker")] == [second, first]
    stage.loop.learner.rollback(stage.book)
    before = fits(other)
    other.writer.is_writer = True
    until_served(other, first)
    assert fits(other) == before
    serves_for_two_periods(other, first)
    other.close()


def test_who_takes_over_goes_on_with_what_is_newer_than_all_that_is_kept(
    stage: Stage, models: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.tick_until_forecast()
    monkeypatch.setattr(learning, "promotion", lambda *_, **__: SERVES)
    other = restarted(stage)
    other.writer.is_writer = False
    other.tick_until_forecast()
    other.clock.forward(600)
    fitted_again(other)
    own = other.book.model
    other.writer.is_writer = True
    other.tick(after_s=60)
    ticked_until(other, lambda: "worker" in other.loop.learner._answered, within_s=20)
    assert other.book.model is own
    assert other.book.version is None
    back = other.loop.learner.rollback(other.book)  # what serves is kept nowhere
    assert back.version == models.versions("worker")[0].version == other.book.version
    other.close()


def test_a_pin_that_ends_while_the_store_is_asked_does_not_come_back(
    stage: Stage, models: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = stage.tick_until_forecast()["model"]
    monkeypatch.setattr(learning, "promotion", lambda *_, **__: SERVES)
    fitted_again(stage)
    second = stage.view.workloads()[0]["model"]
    stage.loop.learner.rollback(stage.book, first)
    asked, go_on, pinned = Event(), Event(), models.pinned

    def slowly(workload: str) -> str | None:
        found = pinned(workload)
        asked.set()
        go_on.wait(20)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(models, "pinned", slowly)
        stage.loop.learner.ask_again()
        stage.tick(after_s=0)
        assert asked.wait(20)
    stage.loop.learner.unpin(stage.book)
    go_on.set()
    until_served(stage, second)
    assert Kind.MODEL_PINNED not in kinds(stage)


def test_a_fit_that_is_being_kept_does_not_take_a_pin_away(
    stage: Stage, models: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = stage.tick_until_forecast()["model"]
    monkeypatch.setattr(learning, "promotion", lambda *_, **__: SERVES)
    fitted_again(stage)
    keeps, go_on, save = Event(), Event(), models.save

    def slowly(*given: Any) -> str:
        keeps.set()
        go_on.wait(20)
        return save(*given)

    monkeypatch.setattr(models, "save", slowly)
    stage.book.health = Health()
    stage.tick(after_s=60)
    assert keeps.wait(60)
    back = Thread(target=lambda: stage.loop.learner.rollback(stage.book))
    back.start()
    back.join(0.2)  # it waits for what is being kept
    go_on.set()
    back.join(20)
    serves_for_two_periods(stage, first)
    assert models.pinned("worker") == first


def test_a_forecaster_of_another_load_is_neither_taken_up_nor_kept_nor_served(
    stage: Stage, models: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = stage.tick_until_forecast()["model"]
    monkeypatch.setattr(learning, "promotion", lambda *_, **__: SERVES)
    fits_again, go_on, fit = Event(), Event(), LoadForecaster.fit

    def slowly(*given: Any, **named: Any) -> Any:
        fits_again.set()
        go_on.wait(20)
        return fit(*given, **named)

    monkeypatch.setattr(LoadForecaster, "fit", slowly)
    stage.book.health = Health()
    stage.tick(after_s=60)
    assert fits_again.wait(60)
    stage.targets.workloads = (replace(stage.book.workload, load_query="another"),)
    stage.tick(after_s=0)
    stage.book = stage.loop.books["worker"]
    go_on.set()
    ticked_until(stage, lambda: Kind.MODEL_REFUSED in stage.book.notes)
    assert stage.book.notes[Kind.MODEL_REFUSED].endswith(f"{first}: it learnt another load, 'load'")
    assert stage.book.model is None
    second = stage.tick_until_forecast()["model"]
    assert [kept.about.load_query for kept in models.versions("worker")] == ["another", "load"]
    with pytest.raises(ModelError, match="it learnt another load"):
        stage.loop.learner.rollback(stage.book, first)
    assert stage.book.version == second


def test_a_version_that_does_not_fit_leaves_the_pin_of_before(
    stage: Stage, models: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = stage.tick_until_forecast()["model"]
    (kept,) = models.versions("worker")
    stranger = models.save("worker", LoadForecaster(leads=(1, 2)), kept.about)
    monkeypatch.setattr(learning, "promotion", lambda *_, **__: SERVES)
    fitted_again(stage)
    stage.loop.learner.rollback(stage.book, first)
    with pytest.raises(ModelError, match="steps ahead"):
        stage.loop.learner.rollback(stage.book, stranger)
    assert models.pinned("worker") == stage.book.version == first


def test_letting_go_of_a_pin_serves_the_newest_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = stage.tick_until_forecast()["model"]
    monkeypatch.setattr(learning, "promotion", lambda *_, **__: SERVES)
    fitted_again(stage)
    second = stage.view.workloads()[0]["model"]
    stage.loop.learner.rollback(stage.book, first)
    stage.loop.learner.unpin(stage.book)
    ticked_until(stage, lambda: stage.book.version == second)
    assert Kind.MODEL_PINNED not in kinds(stage)


def test_a_roll_back_before_the_history_is_restored_keeps_it_from_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = stage.tick_until_forecast()["model"]
    monkeypatch.setattr(learning, "promotion", lambda *_, **__: SERVES)
    fitted_again(stage)
    stage.written()
    stage.store.away = True
    again = staged(clock=stage.clock, store=stage.store, models=stage.models)
    again.tick(after_s=0)
    again.loop.learner.rollback(again.book)
    stage.store.away = False
    again.tick(after_s=15)
    again.written()
    assert again.loop._roster.to_restore == set()
    assert {row.decision.at for row in stage.store.kept} <= {
        row.decision.at for row in again.book.decisions
    }
    assert again.book.version == first
    again.close()


def test_what_cannot_be_rolled_back_to_changes_nothing(stage: Stage) -> None:
    stage.tick_until_forecast()
    model = stage.book.model
    with pytest.raises(ModelError, match="no older version"):
        stage.loop.learner.rollback(stage.book)
    assert stage.book.model is model


def test_without_a_folder_there_is_nothing_to_go_back_to() -> None:
    stage = Stage()
    with pytest.raises(ModelError, match="no place for models is set"):
        stage.loop.learner.rollback(stage.book)
    with pytest.raises(ModelError, match="no place for models is set"):
        stage.loop.learner.versions("worker")
    stage.close()


def test_a_fit_that_fails_is_said_and_the_one_in_service_goes_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.tick_until_forecast()
    model = stage.book.model

    def broken(*_: object, **__: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(LoadForecaster, "fit", broken)
        fitted_again(stage)
    assert Kind.FIT_FAILED in kinds(stage)
    assert b'dependency="fit"} 1.0' in stage.metrics.exposition()
    assert stage.book.model is model
    assert stage.tick(after_s=60)["forecast"]["status"] == "ready"


def test_a_release_a_drift_or_lost_coverage_asks_for_a_fit(stage: Stage) -> None:
    stage.tick_until_forecast()
    health = stage.book.health
    stage.book.health = replace(health, is_covered=(False,) * 100)
    stage.clock.forward(11 * 60)
    with structlog.testing.capture_logs() as logs:
        stage.tick(after_s=0)
        deadline = time.monotonic() + 60
        while stage.book.health.fitted_at == health.fitted_at:
            assert time.monotonic() < deadline
            stage.tick(after_s=0)
            time.sleep(0.02)
    (fitted,) = [log for log in logs if log["event"] == "fitted"]
    assert fitted["because"].startswith("coverage lost: ")


def because_of(what: str, stage: Stage, *, until_fitted: bool) -> list[str]:
    """Why fits were made from here on, as far as that begins so; waits for the first of all."""
    with structlog.testing.capture_logs() as logs:
        deadline = time.monotonic() + (60 if until_fitted else 1)
        while time.monotonic() < deadline:
            stage.tick(after_s=0)
            time.sleep(0.02)
            if any(log["event"] == "fitted" for log in logs):
                break
    reasons = [log["because"] for log in logs if log["event"] == "fitted"]
    assert bool(reasons) or not until_fitted
    return [each for each in reasons if each.startswith(what)]


def test_a_measured_lead_time_asks_for_a_fit_and_once_only(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.tick_until_forecast()
    monkeypatch.setattr(learning, "promotion", lambda *_, **__: KEPT)
    assert stage.book.health.horizon == 5
    stage.sink.time_to_ready_s = 10.0
    stage.clock.forward(11 * 60)
    found = because_of("replicas are asked for", stage, until_fitted=True)
    assert found == ["replicas are asked for 2 steps ahead and no longer 5"]
    assert stage.book.health.horizon == 2  # though it did not serve
    stage.clock.forward(25 * 60)
    assert because_of("replicas are asked for", stage, until_fitted=False) == []


def test_a_release_asks_for_a_fit_and_once_only(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.tick_until_forecast()
    monkeypatch.setattr(learning, "promotion", lambda *_, **__: KEPT)
    stage.book.health = replace(stage.book.health, release="v1")
    stage.book.release = "v2"
    stage.clock.forward(11 * 60)
    found = because_of("release ", stage, until_fitted=True)
    assert found == ["release v2 came after the last fit"]
    assert stage.book.health.release == "v2"  # though it did not serve
    stage.clock.forward(25 * 60)
    assert because_of("release ", stage, until_fitted=False) == []


def test_a_lead_time_that_was_learnt_already_asks_for_nothing(stage: Stage) -> None:
    """As after a restart: the configured horizon holds until the first measurement."""
    stage.tick_until_forecast()
    assert stage.book.track is not None
    assert stage.book.track.horizon == 5
    stage.book.health = replace(stage.book.health, horizon=2)
    stage.clock.forward(11 * 60)
    stage.tick(after_s=0)
    stage.sink.time_to_ready_s = 10.0
    assert because_of("replicas are asked for", stage, until_fitted=False) == []
    assert stage.book.track.horizon == 2
