"""The JSON API and the management endpoints over real sockets."""

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from scaler import contract
from scaler.http import MAX_BODY_BYTES, api, management
from tests.scaler.fakes import START, Stage

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


def serve(app: FastAPI) -> tuple[uvicorn.Server, threading.Thread, str]:
    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", 0, log_config=None, ws="none"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    return server, thread, f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    stage = Stage(mode="observe", min_history_s=1e6)
    served = [
        serve(api(stage.view, stage.steering, FakeAdvice(), token=TOKEN)),
        serve(management(stage.view, stage.metrics)),
    ]
    with httpx.Client(base_url=served[0][2]) as one, httpx.Client(base_url=served[1][2]) as two:
        yield Running(api=one, management=two, stage=stage)
    for server, thread, _ in served:
        server.should_exit = True
        thread.join(10)
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
    running.stage.source.away = False
    running.stage.tick()
    assert running.management.get("/readyz").json() == {"ready": True, "checks": {}}


def test_workloads_decisions_and_series_tell_one_story(running: Running) -> None:
    running.stage.tick()
    (workload,) = running.api.get(contract.WORKLOADS_PATH).json()
    assert workload["name"] == "worker"
    assert workload["replicas"] == {"desired": 3, "ready": 3, "minimum": 1, "maximum": 20}
    assert workload["forecast"]["status"] == "none"
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
    assert f'{contract.FORECAST_READY}{{reason="short_history",workload="worker"}} 0.0' in text


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
