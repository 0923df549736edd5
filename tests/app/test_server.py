"""The API as a process of its own, over real sockets."""

import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from app import contract
from tests.app.fakes import fake_service

V1 = contract.API_VERSION_PREFIX
Start = Callable[..., Any]
WAIT_S = 20.0


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {WAIT_S:.0f} s: {what}")
        time.sleep(0.05)


@pytest.fixture
def whole(environment: dict[str, str], database_url: str, redis_url: str) -> dict[str, str]:
    return {**environment, contract.DATABASE_URL: database_url, contract.REDIS_URL: redis_url}


def test_without_its_dependencies_a_replica_lives_and_says_what_is_missing(
    start_api: Start, environment: dict[str, str]
) -> None:
    api = start_api(environment)
    until(lambda: api.answers("/startupz", 200), "started")
    assert api.probe("/livez").status_code == 200
    until(lambda: "not checked" not in api.probe("/readyz").text, "checked")
    ready = api.probe("/readyz")
    assert ready.status_code == 503
    assert set(ready.json()["checks"]) == {"database", "redis"}
    answer = httpx.post(
        f"{api.url}{V1}/auth/sign-in", json={"email": "a@example.com", "password": "x"}
    )
    assert (answer.status_code, answer.json()["title"]) == (503, "A dependency is away")
    assert 'autoserve_dependency_up{dependency="database"} 0.0' in api.probe("/metrics").text


def test_a_replica_recovers_when_redis_and_postgresql_come_back(
    start_api: Start, whole: dict[str, str], postgres: Any, redis_server: Any
) -> None:
    api = start_api(whole)
    until(lambda: api.answers("/readyz", 200), "ready")
    for server, name in ((redis_server, "redis"), (postgres, "database")):
        server.stop()
        try:
            until(lambda: api.answers("/readyz", 503), f"not ready without {name}")
            assert list(api.probe("/readyz").json()["checks"]) == [name]
        finally:
            server.start()
        until(lambda: api.answers("/readyz", 200), f"ready with {name} again")
    assert api.process.poll() is None


def test_requests_are_counted_by_route_and_logged_with_their_id(
    start_api: Start, whole: dict[str, str]
) -> None:
    api = start_api(whole)
    until(lambda: api.answers("/readyz", 200), "ready")
    with httpx.Client(base_url=api.url, trust_env=False) as client:
        headers = {"X-Request-ID": "order-66"}
        wrong = client.patch(f"{V1}/users/17", json={}, headers=headers)
        assert (wrong.status_code, wrong.json()["correlation_id"]) == (401, "order-66")
        assert client.get("/nothing").status_code == 404
        not_allowed = client.put(f"{V1}/users/me")
        assert not_allowed.status_code == 405
        assert "GET" in not_allowed.headers["Allow"]
        assert client.get(f"{V1}/users/me", params={"x": "\0"}).status_code == 400
        assert client.post(f"{V1}/auth/sign-in", content=b"{").status_code == 422
        assert client.get(contract.API_PREFIX + "/openapi.json").status_code == 200
        assert "swagger" in client.get(contract.API_PREFIX + "/docs").text
        preflight = client.options(
            f"{V1}/users/me",
            headers={"Origin": "https://app.example.com", "Access-Control-Request-Method": "GET"},
        )
        assert preflight.headers["Access-Control-Allow-Origin"] == "https://app.example.com"
        for answer in (wrong, not_allowed):
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
    metrics = api.probe("/metrics").text
    assert f'method="PATCH",route="{V1}/users/{{id}}",status="401"' in metrics
    assert 'method="GET",route="unmatched",status="404"' in metrics
    assert "autoserve_tasks{" in metrics
    lines = [line for line in api.lines() if line["correlation_id"] == "order-66"]
    assert [(line["event"], line["status"], line["service"]) for line in lines] == [
        ("request", 401, "api")
    ]


def test_an_ending_replica_finishes_what_is_under_way(
    start_api: Start, whole: dict[str, str], headers_of: Callable[[str], dict[str, str]]
) -> None:
    with fake_service() as scaler, ThreadPoolExecutor() as pool:
        scaler.delay_s["/v1/decisions"] = 2.0
        scaler.answers = {"/v1/decisions": (200, []), "/v1/workloads": (200, [])}
        api = start_api({**whole, contract.SCALER_URL: scaler.url})
        until(lambda: api.answers("/readyz", 200), "ready")
        address = f"{api.url}{V1}/scaling/decisions"
        slow = pool.submit(httpx.get, address, headers=headers_of("viewer"), timeout=10)
        until(lambda: any(a.path == "/v1/decisions" for a in scaler.asked), "under way")
        api.process.send_signal(signal.SIGTERM)
        until(lambda: api.answers("/readyz", 503), "draining")
        assert api.probe("/readyz").json()["checks"] == {"drain": "the service is ending"}
        assert slow.result().status_code == 200
        assert api.process.wait(10) == 0


def test_with_a_collector_requests_are_traced_and_partial_matches_still_405(
    start_api: Start, whole: dict[str, str]
) -> None:
    with fake_service() as collector:
        collector.answers["/v1/traces"] = (200, "")
        api = start_api({**whole, contract.OTLP_ENDPOINT: collector.url})
        until(lambda: api.answers("/readyz", 200), "ready")
        assert httpx.put(f"{api.url}{V1}/users/me").status_code == 405
        assert httpx.get(f"{api.url}{V1}/users/me").status_code == 401
        api.process.send_signal(signal.SIGTERM)
        assert api.process.wait(15) == 0
        sent = b"".join(a.body for a in collector.asked)
        assert b"/api/v1/users/me" in sent


@pytest.mark.parametrize("which", ["port", "metrics_port"])
def test_a_port_in_use_stops_the_start_and_is_named(
    start_api: Start, whole: dict[str, str], which: str
) -> None:
    first = start_api(whole)
    until(lambda: first.answers("/startupz", 200), "started")
    variable = {"port": contract.HTTP_PORT, "metrics_port": contract.METRICS_PORT}[which]
    second = start_api(whole, **{variable: str(getattr(first, which))})
    assert second.process.wait(WAIT_S) != 0
    assert str(getattr(first, which)) in second.log.read_text()


def test_a_wrong_setting_stops_the_start_in_one_line(
    start_api: Start, environment: dict[str, str]
) -> None:
    api = start_api({**environment, contract.DEFAULT_ROLE: "king"})
    assert api.process.wait(WAIT_S) == 1
    (line,) = api.log.read_text().splitlines()
    assert line.startswith("AUTOSERVE_DEFAULT_ROLE is 'king'; allowed: ")
