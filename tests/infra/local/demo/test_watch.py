"""What one look at the platform says."""

from typing import Any

import pytest

from infra.local.demo.watch import moment, observation_of

WORKLOAD: dict[str, Any] = {
    "name": "worker",
    "replicas": {"desired": 3, "ready": 2, "minimum": 1, "maximum": 8},
    "load": 4.5,
    "load_unit": "slots",
    "forecast": {
        "status": "ready",
        "reason": "",
        "at": 1.0,
        "value": 6.0,
        "upper": 8.0,
        "quantile": 0.95,
    },
    "decision": {"at": "2026-01-01T00:00:00Z", "reason": "Load rises."},
}


def test_an_observation_has_queue_load_forecast_and_replicas() -> None:
    seen = observation_of(WORKLOAD, {"queue_depth": [[1, 2.0], [2, 7.0]]}, [], at=5.0)
    assert (seen.queued, seen.load, seen.forecast) == (7.0, 4.5, 6.0)
    assert (seen.upper, seen.level) == (8.0, 0.95)
    assert (seen.ready, seen.desired, seen.minimum, seen.maximum) == (2, 3, 1, 8)
    assert seen.decision == "Load rises."
    assert seen.reactive is None


def test_an_observation_has_what_the_reactive_path_alone_would_be_at() -> None:
    decision = {"reason": "", "details": {"alone": 2}}
    seen = observation_of(WORKLOAD | {"decision": decision}, {"queue_depth": []}, [], at=5.0)
    assert seen.reactive == 2


def test_the_decision_is_the_one_that_the_replicas_follow_from() -> None:
    newest = {"reason": "3 replicas kept.", "from_replicas": 3, "to_replicas": 3}
    change = {"reason": "From 2 to 3 replicas.", "from_replicas": 2, "to_replicas": 3}
    older = {"reason": "From 1 to 3 replicas.", "from_replicas": 1, "to_replicas": 3}
    workload = WORKLOAD | {"decision": newest}
    seen = observation_of(workload, {"queue_depth": []}, [newest, change, older], at=5.0)
    assert seen.decision == "From 2 to 3 replicas."
    assert observation_of(workload, {}, [newest], at=5.0).decision == "3 replicas kept."


def test_without_a_forecast_the_reason_is_kept() -> None:
    forecast = {"status": "none", "reason": "history covers 1 h", "value": None}
    replicas = {"desired": None, "ready": None, "minimum": 1, "maximum": 8}
    bare = WORKLOAD | {"forecast": forecast, "decision": None, "load": None, "replicas": replicas}
    seen = observation_of(bare, {"queue_depth": []}, [], at=5.0)
    assert (seen.forecast, seen.load, seen.queued, seen.ready) == (None, None, None, 0)
    assert seen.why_none == "history covers 1 h"


@pytest.mark.parametrize("value", [1767225600, 1767225600.0, "2026-01-01T00:00:00+00:00"])
def test_times_are_read_as_numbers_or_text(value: object) -> None:
    assert moment(value) == 1767225600.0
