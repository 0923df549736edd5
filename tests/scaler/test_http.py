"""The JSON API and the management endpoints over real sockets."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from scaler import contract
from scaler.http import MAX_BODY_BYTES, api, management
from tests.scaler.fakes import NOW_STEP, START, Stage
from tests.scaler.serving import served

TOKEN = "a-token-of-the-tests"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
HISTORY = contract.WORKLOADS_PATH + "/worker/history"


class FakeAdvice:
    def recommendations(self, workload: str | None) -> list[dict[str, Any]]:
        known = [{"workload": "worker", "resource": "cpu"}, {"workload": "api", "resource": "cpu"}]
        return [one for one in known if workload in (None, one["workload"])]


@dataclass
class Running:
    api: httpx.Client
    management: httpx.Client
    stage: Stage


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    stage = Stage(mode="observe", min_history_s=1e6)
    apps = (
        api(stage.view, stage.steering, FakeAdvice(), token=TOKEN),
        management(stage.view, stage.metrics),
    )
    with (
        served(apps[0]) as address,
        served(apps[1]) as beside,
        httpx.Client(base_url=address) as one,
        httpx.Client(base_url=beside) as two,
    ):
        yield Running(api=one, management=two, stage=stage)
    stage.close()


def test_before_the_first_tick_it_is_alive_and_not_ready(running: Running) -> None:
    ticked, running.stage.loop.ticked_at = running.stage.loop.ticked_at, None
    assert running.management.get("/livez").status_code == 200
    assert running.management.get("/startupz").status_code == 503
    answer = running.management.get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (503, False)
    running.stage.loop.ticked_at = ticked


def test_a_loop_that_hangs_is_not_alive(running: Running) -> None:
    running.stage.tick()
    running.stage.loop.ticked_at = time.monotonic() - 1_000
    assert running.management.get("/livez").status_code == 503
    running.stage.tick()
    assert running.management.get("/livez").status_code == 200


def test_readiness_names_what_is_away(running: Running) -> None:
    running.stage.source.away = True
    running.stage.tick()
    answer = running.management.get("/readyz")
    assert answer.status_code == 503
    assert "connection refused" in answer.json()["checks"]["prometheus"]
    (check,) = running.api.get(contract.CHECKS_PATH).json()
    assert check == {"what": "prometheus", "why": answer.json()["checks"]["prometheus"]}
    running.stage.source.away = False
    running.stage.tick()
    assert running.api.get(contract.CHECKS_PATH).json() == []
    answer = running.management.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]) == (200, {})


def test_workloads_decisions_and_series_tell_one_story(running: Running) -> None:
    running.stage.tick()
    (workload,) = running.api.get(contract.WORKLOADS_PATH).json()
    assert workload["name"] == "worker"
    assert workload["replicas"] == {"desired": 3, "ready": 3, "minimum": 1, "maximum": 20}
    assert workload["forecast"]["status"] == "ready"
    (newest, *_) = running.api.get(contract.DECISIONS_PATH, params={"workload": "worker"}).json()
    assert newest["to_replicas"] == workload["decision"]["to_replicas"]
    path = contract.WORKLOADS_PATH + "/worker/series"
    series = running.api.get(path, params={"window_s": 600}).json()
    assert {"actual", "forecast", "lower", "upper", "replicas", "reactive"} < set(series)
    assert series["replicas"][-1][1] == 3
    assert len(series["actual"]) == pytest.approx(10, abs=1)


def test_metrics_have_the_names_of_the_contract(running: Running) -> None:
    running.stage.tick()
    text = running.management.get(contract.METRICS_PATH).text
    for name in (contract.LOAD, contract.DESIRED_REPLICAS, contract.DECISIONS_TOTAL):
        assert f"{name}{{" in text
    assert f'{contract.FORECAST_READY}{{reason="ready",workload="worker"}} 1.0' in text


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="none"),
        pytest.param({"Authorization": "Bearer wrong"}, id="wrong"),
        pytest.param({"Authorization": f"Basic {TOKEN}"}, id="other-scheme"),
    ],
)
def test_a_history_without_the_token_is_refused(running: Running, headers: dict[str, str]) -> None:
    body = {"step_s": 60, "end": START.timestamp(), "values": [1.0]}
    answer = running.api.put(HISTORY, json=body, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_history_is_taken(running: Running) -> None:
    now = running.stage.clock.now().timestamp()
    body = {"step_s": 120, "end": now, "values": [1.0, 3.0, 5.0]}
    assert running.api.put(HISTORY, json=body, headers=BEARER).status_code == 204
    series = running.stage.view.series("worker", window_s=600)
    assert [value for _, value in series["actual"]][-5:] == [1.0, 2.0, 3.0, 4.0, 5.0]
    (change, *_) = of(running, "changes").json()
    assert (change["change"], change["actor"]) == ("history", "somebody with the token")
    body |= {"actor": "ann", "reason": "a move"}
    assert running.api.put(HISTORY, json=body, headers=BEARER).status_code == 204
    (change, *_) = of(running, "changes").json()
    assert (change["change"], change["actor"]) == ("history", "ann")
    assert change["reason"] == f"a move (3 values up to {running.stage.clock.now().isoformat()})"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"step_s": 45}, "step_s", id="step-no-multiple"),
        pytest.param({"step_s": 0}, "step_s", id="no-step"),
        pytest.param({"values": [1, -2]}, "values[1]", id="negative"),
        pytest.param({"values": []}, "values", id="empty"),
        pytest.param({"values": ["x"]}, "values.0", id="no-number"),
        pytest.param({"values": [1.0] * 2_500}, "values", id="too-many"),
        pytest.param({"end": 9e12}, "end", id="in-the-future"),
        pytest.param({"more": 1}, "more", id="unknown-field"),
    ],
)
def test_a_wrong_history_is_refused_by_its_field(
    running: Running, change: dict[str, object], field: str
) -> None:
    body = {"step_s": 60, "end": START.timestamp(), "values": [1.0]} | change
    answer = running.api.put(HISTORY, json=body, headers=BEARER)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    (error, *_) = answer.json()["errors"]
    assert error["field"] == field
    assert error["found"]
    assert error["allowed"]


def test_a_body_above_the_limit_is_refused(running: Running) -> None:
    answer = running.api.put(HISTORY, content=b"1" * (MAX_BODY_BYTES + 1), headers=BEARER)
    assert answer.status_code == 413


def test_an_unknown_workload_is_named_with_those_that_are_known(running: Running) -> None:
    answer = running.api.get(contract.WORKLOADS_PATH + "/nobody/series")
    assert answer.status_code == 404
    assert answer.json()["errors"] == [
        {"field": "workload", "found": "nobody", "allowed": "worker"}
    ]
    assert running.api.get(contract.DECISIONS_PATH, params={"workload": "x"}).status_code == 404


def test_numbers_out_of_range_are_refused(running: Running) -> None:
    assert running.api.get(contract.DECISIONS_PATH, params={"limit": 0}).status_code == 422
    path = contract.WORKLOADS_PATH + "/worker/series"
    assert running.api.get(path, params={"window_s": "nan"}).status_code == 422


def test_recommendations_are_shown_for_all_or_for_one_workload(running: Running) -> None:
    everything = running.api.get(contract.RECOMMENDATIONS_PATH).json()
    assert [one["workload"] for one in everything] == ["worker", "api"]
    one = running.api.get(contract.RECOMMENDATIONS_PATH, params={"workload": "api"}).json()
    assert [entry["workload"] for entry in one] == ["api"]


async def test_without_usage_there_is_nothing_to_recommend(running: Running) -> None:
    app = api(running.stage.view, running.stage.steering, token=TOKEN)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://scaler") as client:
        assert (await client.get(contract.RECOMMENDATIONS_PATH)).json() == []


def of(running: Running, what: str, **params: Any) -> httpx.Response:
    return running.api.get(f"{contract.WORKLOADS_PATH}/worker/{what}", params=params)


def test_why_there_is_no_forecast_yet_is_said_with_how_much_is_missing() -> None:
    # On a stage of its own: that of the others has read its history by now, in any order of tests.
    stage = Stage(mode="observe", min_history_s=1e6)
    stage.source.since = NOW_STEP - 5
    stage.tick()
    app = api(stage.view, stage.steering, FakeAdvice(), token=TOKEN)
    with served(app) as address, httpx.Client(base_url=address) as client:
        body = of(Running(api=client, management=client, stage=stage), "forecast").json()
    assert (body["status"], body["why"], body["path"]) == ("none", "short_history", [])
    assert body["history"] == {"covered_s": stage.book.load.known * 60, "needed_s": 1e6}
    text = stage.metrics.exposition().decode()
    assert f'{contract.FORECAST_READY}{{reason="short_history",workload="worker"}} 0.0' in text
    stage.close()


def test_the_explanation_is_the_newest_decisions_own_sentence(running: Running) -> None:
    shown = running.stage.tick()
    body = of(running, "explanation").json()
    assert body["sentence"] == shown["decision"]["reason"]
    inputs = {given["name"]: given["value"] for given in body["inputs"]}
    assert inputs["load"] == shown["load"]
    assert inputs["reactive"] == shown["decision"]["details"]["reactive"]
    assert body["clamps"] == shown["decision"]["details"]["clamps"]


def test_a_decision_of_before_is_explained_by_its_time(running: Running) -> None:
    running.stage.tick()
    (newest, *_) = running.api.get(contract.DECISIONS_PATH).json()
    later = datetime.fromisoformat(newest["at"]) + timedelta(seconds=1)
    assert of(running, "explanation", at=later.isoformat()).json()["at"] == newest["at"]
    answer = of(running, "explanation", at="2020-01-01T00:00:00")
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["field"] == "at"


def test_what_if_decides_as_the_loop_would_and_changes_nothing(running: Running) -> None:
    running.stage.tick()
    before = running.api.get(contract.WORKLOADS_PATH).json()
    body = of(running, "what-if", load=100.0).json()
    assert body["decision"]["to_replicas"] == 13
    assert body["decision"]["acted"] is False
    assert of(running, "what-if", load=0, ready=1, current=1).json()["decision"]["to_replicas"] >= 1
    assert running.api.get(contract.WORKLOADS_PATH).json() == before
    asked, running.stage.source.load_at = running.stage.source.load_at, lambda _: 100.0
    assert running.stage.tick()["decision"]["to_replicas"] == 13
    running.stage.source.load_at = asked


@pytest.mark.parametrize(
    ("params", "field"),
    [
        pytest.param({}, "load", id="no-load"),
        pytest.param({"load": -1}, "load", id="negative"),
        pytest.param({"load": "nan"}, "load", id="not-a-number"),
        pytest.param({"load": "inf"}, "load", id="infinite"),
        pytest.param({"load": 1, "ready": -1}, "ready", id="negative-replicas"),
        pytest.param({"load": 1, "current": 1.5}, "current", id="half-a-replica"),
    ],
)
def test_a_load_that_is_none_is_refused(
    running: Running, params: dict[str, Any], field: str
) -> None:
    answer = of(running, "what-if", **params)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert field in answer.json()["detail"]


def test_what_the_floor_costs_is_told_in_a_sentence(running: Running) -> None:
    for _ in range(8):
        running.stage.tick()
    body = of(running, "cost", window_s=600).json()
    assert body["known_s"] >= 60
    assert body["extra_replica_hours"] >= 0
    assert body["sentence"].startswith("In ")


def test_no_model_is_kept_where_no_place_is_set(running: Running) -> None:
    for answer in (
        of(running, "models"),
        running.api.post(
            f"{contract.WORKLOADS_PATH}/worker/rollback", json={"actor": "ann"}, headers=BEARER
        ),
    ):
        assert answer.status_code == 409
        assert "no place for models is set" in answer.json()["detail"]


CHANGES = [
    pytest.param("PUT", "mode", {"mode": "observe", "actor": "ann"}, id="mode"),
    pytest.param("PUT", "freeze", {"for_s": 60, "actor": "ann", "reason": "x"}, id="freeze"),
    pytest.param("POST", "rollback", {"actor": "ann"}, id="rollback"),
]


@pytest.mark.parametrize(("method", "what", "body"), CHANGES)
def test_a_change_without_the_token_is_refused(
    running: Running, method: str, what: str, body: dict[str, Any]
) -> None:
    path = f"{contract.WORKLOADS_PATH}/worker/{what}"
    assert running.api.request(method, path, json=body).status_code == 401
    path = f"{contract.WORKLOADS_PATH}/nobody/{what}"
    answer = running.api.request(method, path, json=body, headers=BEARER)
    assert answer.status_code == 404


def test_a_workload_is_frozen_and_let_go_again(running: Running) -> None:
    path = f"{contract.WORKLOADS_PATH}/worker/freeze"
    body = {"for_s": 600, "actor": "ann", "reason": "a sale"}
    answer = running.api.put(path, json=body, headers=BEARER)
    assert answer.status_code == 200
    assert (answer.json()["freeze"]["by"], answer.json()["kept"]) == ("ann", True)
    (workload,) = running.api.get(contract.WORKLOADS_PATH).json()
    assert workload["control"]["freeze"]["reason"] == "a sale"
    assert running.api.delete(path, params={"actor": "bob"}).status_code == 401
    answer = running.api.delete(path, params={"actor": "bob"}, headers=BEARER)
    assert answer.json()["freeze"] is None
    changes = of(running, "changes", limit=2).json()
    assert [(c["change"], c["actor"]) for c in changes] == [("unfreeze", "bob"), ("freeze", "ann")]


@pytest.mark.parametrize(
    ("what", "body", "field"),
    [
        pytest.param("mode", {"mode": "on", "actor": "ann"}, "mode", id="no-mode"),
        pytest.param("mode", {"mode": "off"}, "actor", id="nobody"),
        pytest.param("freeze", {"for_s": 60, "actor": "ann"}, "reason", id="no-reason"),
        pytest.param(
            "freeze", {"for_s": -1, "actor": "ann", "reason": "x"}, "for_s", id="negative"
        ),
        pytest.param(
            "freeze", {"for_s": 1e9, "actor": "ann", "reason": "x"}, "for_s", id="for-ever"
        ),
        pytest.param(
            "freeze", {"for_s": 60, "actor": "ann", "reason": "deploy\0"}, "reason", id="nul"
        ),
        pytest.param("mode", {"mode": "off", "actor": "a\x1b[2J"}, "actor", id="escape"),
    ],
)
def test_a_wrong_change_is_refused_and_changes_nothing(
    running: Running, what: str, body: dict[str, Any], field: str
) -> None:
    before = of(running, "changes").json()
    path = f"{contract.WORKLOADS_PATH}/worker/{what}"
    answer = running.api.put(path, json=body, headers=BEARER)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert of(running, "changes").json() == before


def test_readiness_says_what_is_not_as_usual_beside_what_is_wrong(running: Running) -> None:
    running.stage.source.load_at, load_at = lambda _: float("nan"), running.stage.source.load_at
    running.stage.tick()
    answer = running.management.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["conditions"]["worker"]["no_metrics"] == "the load query has no value"
    running.stage.source.load_at = load_at
    running.stage.tick()
