"""What is registered moves forecasts: kept, shown, learnt, and missed without stopping anything."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scaler import learning
from scaler.adapters.model_folder import FolderShelf
from scaler.adapters.model_store import ModelStore
from scaler.conditions import Kind
from scaler.core.anomaly import Anomaly
from scaler.core.covariates import NONE
from scaler.core.errors import SeriesError
from scaler.core.masking import for_training
from scaler.core.remembered import health_kept, health_restored
from scaler.core.retraining import Health
from scaler.core.series import Series
from scaler.records import EVENTS, SERIES, Unavailable, UnknownFactorError, UnknownWorkloadError
from tests.scaler.fakes import DAY, NOW_STEP, START, WORKLOAD, Stage
from tests.scaler.test_learning import SERVES, fits

NOW = START.timestamp()
OTHER = replace(WORKLOAD, policy=replace(WORKLOAD.policy, workload="api"))


def staged(**given: Any) -> Stage:
    made = Stage(**given)
    made.source.since = NOW_STEP - 3 * DAY
    return made


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = staged()
    yield made
    made.close()


def values(
    *, first: int = NOW_STEP - 300, count: int = 400, at: float = 1.0
) -> list[dict[str, Any]]:
    """One a minute, from the past into the future."""
    return [
        {"at": 60.0 * step, "value": at * (step % 7), "known_at": None}
        for step in range(first, first + count)
    ]


def sale(*, first: int = NOW_STEP - 100) -> dict[str, Any]:
    return {"name": "sale", "start": 60.0 * first, "end": 60.0 * (first + 20), "weight": 1.0}


def register(stage: Stage, name: str = "temperature", **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "values": values(),
        "workloads": (),
        "is_planned": False,
        "actor": "ann",
    }
    given |= changes
    return stage.registrar.register_series(name, given.pop("values"), **given)


def columns(stage: Stage, name: str = "worker") -> tuple[str, ...]:
    return stage.loop.factors.covariates(stage.loop.books[name].workload).column_names


def external(stage: Stage, name: str = "worker") -> dict[str, dict[str, Any]]:
    (shown,) = [one for one in stage.view.workloads() if one["name"] == name]
    return {one["name"]: one for one in shown["external"]["factors"]}


def conditions(stage: Stage) -> dict[str, str]:
    return {one["kind"]: one["sentence"] for one in stage.view.workloads()[0]["conditions"]}


def until(stage: Stage, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 90
    while not holds():
        assert time.monotonic() < deadline
        decision = stage.tick(after_s=0)["decision"]
        assert decision["to_replicas"] >= decision["details"]["reactive"]
        time.sleep(0.02)


def test_without_any_there_is_nothing_beside_the_load(stage: Stage) -> None:
    assert stage.loop.factors.covariates(WORKLOAD) is NONE
    shown = stage.tick()
    assert shown["external"] == {"timezone": "UTC", "country": None, "factors": []}


def test_a_value_of_the_future_is_known_from_its_registration_on(stage: Stage) -> None:
    register(stage)
    names = columns(stage)
    assert names == (
        "series temperature",
        "series temperature ahead",
        "change of series temperature",
    )
    (column,) = stage.loop.factors.covariates(WORKLOAD).columns
    ahead = column.foreseen(np.array([NOW_STEP - 5, NOW_STEP]), np.array([10, 5]))
    assert np.isnan(ahead[0])
    assert ahead[1] == (NOW_STEP + 5) % 7
    past = column.foreseen(np.array([NOW_STEP - 20]), np.array([5]))
    assert np.isnan(past).all()  # nobody says that it was known ahead


def test_a_replaced_series_keeps_since_when_a_value_was_known(stage: Stage) -> None:
    register(stage)
    stage.clock.forward(600)
    again = values()
    again[304]["value"] = 99.0  # what came was not what was foreseen
    register(stage, values=again)
    kept = {row["at"]: row for row in stage.registrar.factor(SERIES, "temperature")["entries"]}
    assert kept[60.0 * (NOW_STEP + 3)]["known_at"] == NOW
    assert kept[60.0 * (NOW_STEP + 4)]["known_at"] is None
    assert kept[60.0 * (NOW_STEP + 50)]["known_at"] == NOW


def test_what_came_since_is_no_other_past(stage: Stage) -> None:
    register(stage)
    before = stage.loop.factors.covariates(WORKLOAD).identity
    stage.clock.forward(600)
    longer = values(first=NOW_STEP - 200, count=500)
    register(stage, values=longer)
    assert stage.loop.factors.covariates(WORKLOAD).identity == before
    register(stage, values=values(first=NOW_STEP - 200, count=500, at=2.0))
    assert stage.loop.factors.covariates(WORKLOAD).identity != before


def test_a_calendar_may_grow_without_another_past(stage: Stage) -> None:
    def put(*events: dict[str, Any]) -> tuple[str, ...]:
        stage.clock.forward(60)
        stage.registrar.register_events("sales", events, workloads=(), actor="ann")
        return stage.loop.factors.covariates(WORKLOAD).identity

    before = put(sale())
    assert put(sale(first=NOW_STEP + 500), sale()) == before
    assert put(sale(first=NOW_STEP - 300), sale()) != before


@pytest.mark.parametrize(
    ("place", "change", "field"),
    [
        pytest.param(1, {"at": 60.0 * (NOW_STEP - 300)}, "values[1].at", id="twice"),
        pytest.param(2, {"at": 60.0 * (NOW_STEP - 310)}, "values[2].at", id="unordered"),
        pytest.param(3, {"known_at": NOW}, "values[3].known_at", id="known-afterwards"),
    ],
)
def test_a_wrong_series_is_refused_and_nothing_is_kept(
    stage: Stage, place: int, change: dict[str, Any], field: str
) -> None:
    given = values()
    given[place] |= change
    with pytest.raises(SeriesError) as caught:
        register(stage, values=given)
    assert caught.value.field == field
    assert stage.store.factors == {}
    assert columns(stage) == ()


def test_a_wrong_calendar_is_refused(stage: Stage) -> None:
    put = stage.registrar.register_events
    with pytest.raises(SeriesError, match=r"events\[1\]\.end"):
        put("x", [sale(), sale() | {"end": 0.0}], workloads=(), actor="ann")
    with pytest.raises(SeriesError, match="sale as in events"):
        put("x", [sale(), sale()], workloads=(), actor="ann")
    assert stage.store.factors == {}


def test_what_is_for_an_unknown_workload_is_refused(stage: Stage) -> None:
    with pytest.raises(UnknownWorkloadError, match="nobody"):
        register(stage, workloads=("nobody",))
    with pytest.raises(UnknownFactorError, match="known: none"):
        stage.registrar.unregister(SERIES, "temperature", actor="ann")


def test_no_registration_is_taken_that_would_be_lost(stage: Stage) -> None:
    register(stage, "kept")
    stage.store.away = True
    with pytest.raises(Unavailable):
        register(stage)
    with pytest.raises(Unavailable):
        stage.registrar.unregister(SERIES, "kept", actor="ann")
    assert [one["name"] for one in stage.registrar.factors(SERIES)] == ["kept"]


def test_two_targets_have_factors_of_their_own() -> None:
    berlin = replace(OTHER, timezone="Europe/Berlin", country="DE-BY")
    stage = staged(workloads=(WORKLOAD, berlin))
    register(stage, "all", is_planned=True)
    register(stage, "one", workloads=("api",))
    stage.registrar.register_events("sales", [sale()], workloads=("worker",), actor="ann")
    stage.tick()
    assert columns(stage) == (
        "events sales",
        "change of events sales",
        "series all",
        "change of series all",
    )
    assert set(external(stage, "api")) == {"holiday in DE-BY", "series all", "series one"}
    found = stage.loop.factors.covariates(berlin)
    assert found.zone == "Europe/Berlin"
    assert found.offsets[-1][1] == 3_600
    shared = stage.loop.factors.covariates(WORKLOAD).columns[1]
    assert found.columns[1] is shared  # made once for all
    stage.close()


def test_a_restart_and_another_process_know_what_is_registered(stage: Stage) -> None:
    register(stage)
    other = Stage(clock=stage.clock, store=stage.store)
    assert columns(other) == columns(stage)
    stage.registrar.register_events("sales", [sale()], workloads=(), actor="bob")
    stage.registrar.unregister(SERIES, "temperature", actor="bob")
    other.tick()
    other.written()
    assert columns(other) == ("events sales", "change of events sales")
    assert other.registrar.factors(EVENTS)[0]["registered_by"] == "bob"
    other.close()


def test_a_missing_series_is_said_and_stops_nothing(stage: Stage) -> None:
    register(stage, values=values(count=301))
    stage.tick()
    assert Kind.FACTOR_MISSING not in conditions(stage)
    stage.tick(after_s=600)
    said = conditions(stage)[Kind.FACTOR_MISSING]
    assert "series temperature is outdated: its last value is of 2026-11-01T00:00Z" in said
    assert external(stage)["series temperature"]["value"] is None
    line = 'autoserve_scaler_condition{condition="factor_missing",workload="worker"} 1.0'
    assert line.encode() in stage.metrics.exposition()
    assert stage.tick_until_forecast()["forecast"]["status"] == "ready"
    register(stage, values=values(count=400))
    stage.tick(after_s=0)
    assert Kind.FACTOR_MISSING not in conditions(stage)


def test_content_that_cannot_be_used_stops_no_forecast(stage: Stage) -> None:
    register(stage)
    key = SERIES, "temperature"
    broken = replace(stage.store.factors[key], at=stage.clock.now(), entries=({"nothing": 1},))
    stage.loop.factors.take(broken)
    shown = stage.tick_until_forecast()
    assert shown["forecast"]["status"] == "ready"


def test_a_change_leads_to_a_fit_and_the_model_serves_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "promotion", lambda *_, **__: SERVES)
    stage = staged(models=ModelStore(FolderShelf(tmp_path / "models")))
    stage.tick_until_forecast()
    first = stage.book.model
    register(stage, values=values(count=5_000), is_planned=True)
    assert not external(stage)["series temperature"]["is_used"]
    stage.tick(after_s=60)  # the fit has to wait for the least time between two
    assert stage.book.model is first
    assert stage.view.workloads()[0]["forecast"]["status"] == "ready"
    for _ in range(12):
        stage.tick(after_s=60)
    until(stage, lambda: stage.book.model is not first)
    assert external(stage)["series temperature"]["is_used"]
    assert "change of series temperature" in stage.book.model.features_  # type: ignore[union-attr]
    (newest, *_) = stage.view.models("worker")
    assert newest["reason"].startswith("external factors have changed: series temperature came")
    assert newest["features"][-1] == "change of series temperature"
    count = fits(stage)
    for _ in range(12):
        stage.tick(after_s=60)
    assert fits(stage) == count  # once, not for ever

    stage.written()
    again = staged(clock=stage.clock, store=stage.store, models=stage.models)
    again.tick_until_forecast()
    assert again.book.version == newest["version"]
    assert external(again)["series temperature"]["is_used"]
    assert fits(again) == 0

    again.registrar.unregister(SERIES, "temperature", actor="ann")
    shown = again.tick(after_s=60)
    assert shown["forecast"]["status"] == "ready"  # the model goes on with it missing
    assert external(again)["series temperature"]["problem"] == "it is registered no longer"
    for _ in range(12):
        again.tick(after_s=60)
    until(again, lambda: again.book.model.columns_ == ())  # type: ignore[union-attr]
    assert external(again) == {}
    again.close()
    stage.close()


def test_a_fit_in_vain_is_not_asked_for_again_by_the_same_change(stage: Stage) -> None:
    stage.tick_until_forecast()
    register(stage)
    stage.book.health = replace(
        stage.book.health, in_vain=1, factors=stage.loop.factors.covariates(WORKLOAD).identity
    )
    count = fits(stage)
    for _ in range(25):
        stage.tick(after_s=60)
    assert fits(stage) == count


@pytest.mark.parametrize("is_announced", [True, False])
def test_an_announced_event_is_learnt_though_it_looks_like_an_anomaly(
    monkeypatch: pytest.MonkeyPatch, *, is_announced: bool
) -> None:
    # The wave's first steep rise, which is unrest to who has seen nothing like it before.
    begin = NOW_STEP - 225
    masked: list[Anomaly] = []

    def spy(series: Series, anomalies: Iterable[Anomaly]) -> Series:
        masked.extend(anomalies)
        return for_training(series, masked)

    monkeypatch.setattr(learning, "for_training", spy)
    stage = staged()
    if is_announced:
        stage.registrar.register_events("sales", [sale(first=begin)], workloads=(), actor="ann")
    until(stage, lambda: stage.book.health.fitted_at is not None)

    def within(anomalies: Iterable[Anomaly]) -> list[Anomaly]:
        return [one for one in anomalies if begin <= one.at_step < begin + 20]

    assert within(stage.book.anomalies)
    assert bool(within(masked)) is not is_announced
    stage.close()


def test_a_zone_that_the_forecaster_was_not_fitted_with_waits_for_the_next_fit(
    stage: Stage,
) -> None:
    stage.tick_until_forecast()
    stage.targets.workloads = (replace(WORKLOAD, timezone="Europe/Berlin"),)
    stage.tick()
    factors, model = stage.loop.factors, stage.book.model
    assert factors.covariates(stage.book.workload).zone == "Europe/Berlin"
    assert factors.covariates(stage.book.workload, model=model) is NONE
    stage.book.health = replace(stage.book.health, fitted_at=stage.book.load.last - 20)
    until(stage, lambda: stage.book.model is not model or Kind.NOT_PROMOTED in conditions(stage))
    assert stage.book.health.factors == ("Europe/Berlin",)


def test_health_is_restored_with_what_was_tried() -> None:
    health = Health(fitted_at=5, factors=("Europe/Berlin", "series x"))
    assert health_restored(health_kept(health)) == health
    old = health_kept(Health(fitted_at=5))
    del old["factors"]
    assert health_restored(old).factors is None
