import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from pydantic import AnyHttpUrl

from app import contract
from app.core.settings import Settings
from app.main import create_app
from tests.app.accounts import account
from tests.app.fakes import Asked, FakeService, fake_service

V1 = contract.API_VERSION_PREFIX
Headers = Callable[[str], dict[str, str]]

DECISION = {
    "at": "2026-11-23T10:00:00+00:00",
    "workload": "worker",
    "from_replicas": 2,
    "to_replicas": 3,
    "mode": "enforce",
    "acted": True,
    "reason": "11.2 slots are forecast and 3 replicas carry them",
    "details": {
        "reactive": 2,
        "floor": 3,
        "load": 7.5,
        "forecast": 11.2,
        "quantile": 0.9,
        "clamp": None,
        "cooldown": None,
    },
}
WORKLOAD = {
    "name": "worker",
    "mode": "enforce",
    "replicas": {"desired": 3, "ready": 2, "minimum": 1, "maximum": 8},
    "load": 7.5,
    "load_unit": "slots",
    "capacity": 4.0,
    "capacity_lower": 3.5,
    "capacity_upper": 4.0,
    "capacity_because": "One replica serves 4 slots (4 to 4), as configured.",
    "forecast": {
        "status": "none",
        "reason": "12 of 60 minutes of history are there",
        "at": None,
        "value": None,
        "upper": None,
        "quantile": 0.9,
        "skill": None,
    },
    "decision": DECISION,
}
CHECK = {"what": "prometheus", "why": "prometheus does not answer since 10:00:00 UTC"}
SERIES = {"actual": [[1.0, 2.0]], "forecast": [], "upper": [], "replicas": [[1.0, 2.0]]}
FORECAST = {
    "workload": "worker",
    "load_unit": "slots",
    "status": "ready",
    "value": 8.0,
    "upper": 11.2,
    "path": [{"at": 60.0, "ahead_s": 60.0, "lower": None, "median": 8.0, "upper": 11.2}],
    "history": {"covered_s": 7200.0, "needed_s": 3600.0},
}
EXPLANATION = {
    "workload": "worker",
    "at": "2026-11-23T10:00:00+00:00",
    "sentence": DECISION["reason"],
    "inputs": [{"name": "load", "value": 7.5, "unit": "slots"}],
    "interval": {"peak": 11.2, "quantile": 0.9},
    "absence": None,
    "clamps": [{"name": "maximum", "from": 9, "to": 8, "why": "maximum 8 instead of 9"}],
    "decision": DECISION,
}
COST = {
    "workload": "worker",
    "window_s": 60.0,
    "mode": "enforce",
    "known_s": 60.0,
    "replica_hours": 0.05,
    "reactive_replica_hours": 0.04,
    "extra_replica_hours": 0.01,
    "short_s": 0.0,
    "reactive_short_s": 60.0,
    "avoided_short_s": 60.0,
    "sentence": "In 60 s the floor asked for 0.01 replica-hours above the reactive count.",
}
ANOMALY = {
    "at": 120.0,
    "since": 60.0,
    "kind": "spike",
    "direction": "up",
    "score": 0.9,
    "observed": 70.0,
    "expected": None,
    "explanation": "70 slots where 40 were expected",
}
RECOMMENDATION = {
    "workload": "worker",
    "container": "worker",
    "resource": "cpu",
    "unit": "cores",
    "target": 0.4,
    "sentence": "0.4 cores carry 95 % of the usage",
}
MODEL = {
    "version": "20261125T180000Z-3",
    "created_at": "2026-11-23T10:00:00+00:00",
    "is_serving": True,
    "is_pinned": False,
    "data_from": 60.0,
    "data_to": 6000.0,
    "features": ["lag 1"],
    "scores": {"skill": 0.4},
    "reason": "the schedule",
}
CHANGE = {
    "at": "2026-11-23T10:00:00+00:00",
    "workload": "worker",
    "change": "mode",
    "actor": "ops@example.com",
    "reason": "a test",
    "mode": "observe",
    "frozen_until": None,
}
CONTROL = {
    "mode": "observe",
    "configured": "enforce",
    "changed_at": "2026-11-23T10:00:00+00:00",
    "changed_by": "ops@example.com",
    "reason": "a test",
    "freeze": None,
    "kept": True,
}
FACTOR = {
    "name": "temperature",
    "kind": "series",
    "workloads": ["worker"],
    "is_planned": False,
    "count": 1,
    "first": 60.0,
    "last": 60.0,
    "registered_at": "2026-11-23T10:00:00+00:00",
    "registered_by": "ops@example.com",
}
CALENDAR = FACTOR | {"name": "sales", "kind": "events", "is_planned": True}
VALUE = {"at": 60.0, "value": None, "known_at": None}
EVENT = {"name": "sale", "start": 60.0, "end": 120.0, "weight": 2.0}
HISTORY = {"step_s": 60, "end": 1_795_500_000, "values": [1, 2.5, 3]}


@pytest.fixture
def scaler() -> Iterator[FakeService]:
    with fake_service() as fake:
        fake.answers = {
            "/v1/workloads": (200, [WORKLOAD]),
            "/v1/checks": (200, [CHECK]),
            "/v1/workloads/worker/series": (200, SERIES),
            "/v1/workloads/worker/forecast": (200, FORECAST),
            "/v1/workloads/worker/explanation": (200, EXPLANATION),
            "/v1/workloads/worker/what-if": (200, EXPLANATION),
            "/v1/workloads/worker/cost": (200, COST),
            "/v1/workloads/worker/anomalies": (200, [ANOMALY]),
            "/v1/workloads/worker/models": (200, [MODEL]),
            "/v1/workloads/worker/changes": (200, [CHANGE]),
            "/v1/recommendations": (200, [RECOMMENDATION]),
            "/v1/decisions": (200, [DECISION]),
            "/v1/workloads/worker/history": (204, ""),
            "/v1/workloads/worker/mode": (200, CONTROL),
            "/v1/workloads/worker/freeze": (200, CONTROL),
            "/v1/workloads/worker/rollback": (200, MODEL),
            "/v1/series": (200, [FACTOR]),
            "/v1/series/temperature": (200, FACTOR | {"entries": [VALUE]}),
            "/v1/events": (200, [CALENDAR]),
            "/v1/events/sales": (200, CALENDAR | {"entries": [EVENT]}),
        }
        yield fake


@pytest.fixture
async def client(settings: Settings, scaler: FakeService) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings.model_copy(update={"scaler_url": AnyHttpUrl(scaler.url)}))
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://api") as found,
    ):
        yield found


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/scaling/workloads", [WORKLOAD]),
        ("/scaling/checks", [CHECK]),
        ("/scaling/workloads/worker/series", SERIES),
        ("/scaling/workloads/worker/forecast", FORECAST),
        ("/scaling/workloads/worker/explanation", EXPLANATION),
        ("/scaling/workloads/worker/what-if?load=7.5", EXPLANATION),
        ("/scaling/workloads/worker/cost?window_s=60", COST),
        ("/scaling/workloads/worker/anomalies", [ANOMALY]),
        ("/scaling/workloads/worker/models", [MODEL]),
        ("/scaling/workloads/worker/changes", [CHANGE]),
        ("/scaling/recommendations", [RECOMMENDATION]),
        ("/scaling/decisions?workload=worker", [DECISION]),
        ("/scaling/series", [FACTOR]),
        ("/scaling/series/temperature", FACTOR | {"entries": [VALUE]}),
        ("/scaling/events", [CALENDAR]),
        ("/scaling/events/sales", CALENDAR | {"entries": [EVENT]}),
    ],
)
async def test_what_the_scaler_says_is_passed_on(
    client: httpx.AsyncClient, headers_of: Headers, path: str, body: Any
) -> None:
    answer = await client.get(V1 + path, headers=headers_of("viewer"))
    assert answer.status_code == 200, answer.text
    assert without_defaults(answer.json(), body) == json.loads(
        json.dumps(body).replace("10:00:00+00:00", "10:00:00Z")
    )


def without_defaults(found: Any, body: Any) -> Any:
    """What was found, without the fields that the scaler did not give."""
    if isinstance(body, dict):
        return {name: without_defaults(found[name], value) for name, value in body.items()}
    if isinstance(body, list):
        return [without_defaults(*pair) for pair in zip(found, body, strict=True)]
    return found


async def test_the_window_and_the_limit_are_passed_on(
    client: httpx.AsyncClient, headers_of: Headers, scaler: FakeService
) -> None:
    headers = headers_of("viewer")
    await client.get(f"{V1}/scaling/workloads/worker/series?window_s=60", headers=headers)
    await client.get(f"{V1}/scaling/decisions?limit=7", headers=headers)
    queries = {asked.path: asked.query for asked in scaler.asked if asked.query}
    assert queries == {
        "/v1/workloads/worker/series": {"window_s": ["60"]},
        "/v1/decisions": {"limit": ["7"]},
    }


async def test_an_operator_gives_the_history_with_our_token(
    client: httpx.AsyncClient, headers_of: Headers, scaler: FakeService
) -> None:
    path = f"{V1}/scaling/workloads/worker/history"
    assert (await client.put(path, json=HISTORY, headers=headers_of("viewer"))).status_code == 403
    answer = await client.put(path, json=HISTORY, headers=headers_of("operator"))
    assert answer.status_code == 204, answer.text
    (asked,) = [asked for asked in scaler.asked if asked.method == "PUT"]
    assert asked.headers["authorization"] == "Bearer a-token"
    sent = json.loads(asked.body)
    assert sent.pop("actor").startswith("user ")  # the token's user is in no table of this test
    assert sent == HISTORY


async def test_a_refused_history_is_passed_on_with_its_fields(
    client: httpx.AsyncClient, headers_of: Headers, scaler: FakeService
) -> None:
    error = {"field": "values", "found": "[]", "allowed": "at least 1"}
    body = {"detail": "values is []", "errors": [error]}
    scaler.answers["/v1/workloads/worker/history"] = (422, body)
    answer = await client.put(
        f"{V1}/scaling/workloads/worker/history", json=HISTORY, headers=headers_of("operator")
    )
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{**error, "field": "body.values"}]


CHANGES = [
    pytest.param("PUT", "mode", {"mode": "observe", "reason": "a test"}, id="mode"),
    pytest.param("PUT", "freeze", {"for_s": 60.0, "reason": "a test"}, id="freeze"),
    pytest.param("POST", "rollback", {"version": None, "reason": "a test"}, id="rollback"),
]


@pytest.mark.parametrize(("method", "what", "body"), CHANGES)
async def test_a_change_is_passed_on_with_who_made_it(
    *,
    client: httpx.AsyncClient,
    headers_of: Headers,
    scaler: FakeService,
    method: str,
    what: str,
    body: dict[str, Any],
) -> None:
    path = f"{V1}/scaling/workloads/worker/{what}"
    refused = await client.request(method, path, json=body, headers=headers_of("viewer"))
    assert (refused.status_code, scaler_changes(scaler)) == (403, [])
    answer = await client.request(method, path, json=body, headers=headers_of("operator"))
    assert answer.status_code == 200, answer.text
    (asked,) = scaler_changes(scaler)
    assert asked.headers["authorization"] == "Bearer a-token"
    sent = json.loads(asked.body)
    assert sent.pop("actor").startswith("user ")  # the token's user is in no table of this test
    assert sent == body


def scaler_changes(scaler: FakeService) -> list[Asked]:
    return [asked for asked in scaler.asked if asked.method != "GET"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param(
            "series/temperature",
            {"values": [VALUE], "workloads": ["worker"], "planned": True},
            id="series",
        ),
        pytest.param("events/sales", {"events": [EVENT], "workloads": []}, id="events"),
    ],
)
async def test_an_operator_registers_and_removes_what_moves_loads(
    client: httpx.AsyncClient,
    headers_of: Headers,
    scaler: FakeService,
    path: str,
    body: dict[str, Any],
) -> None:
    url = f"{V1}/scaling/{path}"
    viewer = headers_of("viewer")
    assert (await client.put(url, json=body, headers=viewer)).status_code == 403
    assert (await client.delete(url, headers=viewer)).status_code == 403
    assert scaler_changes(scaler) == []
    answer = await client.put(url, json=body, headers=headers_of("operator"))
    assert answer.status_code == 200, answer.text
    scaler.answers[f"/v1/{path}"] = (204, "")
    assert (await client.delete(url, headers=headers_of("operator"))).status_code == 204
    put, delete = scaler_changes(scaler)
    sent = json.loads(put.body)
    assert sent.pop("actor").startswith("user ")
    assert sent == body
    assert delete.query["actor"][0].startswith("user ")
    assert {asked.headers["authorization"] for asked in (put, delete)} == {"Bearer a-token"}


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        pytest.param("series/No", {"values": [VALUE]}, "path.name", id="no-name"),
        pytest.param("series/x", {"values": []}, "body.values", id="empty"),
        pytest.param("events/x", {"events": [EVENT | {"weight": 0}]}, "weight", id="no-weight"),
        pytest.param("events/x", {"events": [EVENT | {"end": -1}]}, "end", id="before-1970"),
    ],
)
async def test_a_wrong_registration_is_refused_before_it_is_sent(
    client: httpx.AsyncClient, headers_of: Headers, path: str, body: dict[str, Any], field: str
) -> None:
    url = f"{V1}/scaling/{path}"
    answer = await client.put(url, json=body, headers=headers_of("operator"))
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"].endswith(field)


async def test_an_unknown_series_and_an_unknown_target_are_told_apart(
    client: httpx.AsyncClient, headers_of: Headers, scaler: FakeService
) -> None:
    error = {"field": "series", "found": "x", "allowed": "temperature"}
    refusal = {"detail": "series 'x' is not registered", "errors": [error]}
    scaler.answers["/v1/series/x"] = (404, refusal)
    answer = await client.get(f"{V1}/scaling/series/x", headers=headers_of("viewer"))
    assert (answer.status_code, answer.json()["detail"]) == (404, refusal["detail"])
    error = {"field": "workload", "found": "nobody", "allowed": "worker"}
    scaler.answers["/v1/series/x"] = (404, {"detail": "no", "errors": [error]})
    answer = await client.put(
        f"{V1}/scaling/series/x", json={"values": [VALUE]}, headers=headers_of("operator")
    )
    assert answer.status_code == 404
    assert "'nobody'" in answer.json()["detail"]


async def test_the_record_names_a_user_by_e_mail(
    client: httpx.AsyncClient, scaler: FakeService, database_url: str
) -> None:
    headers = await account(client, database_url, "ops")
    path = f"{V1}/scaling/workloads/worker/mode"
    answer = await client.put(path, json={"mode": "off"}, headers=headers)
    assert answer.status_code == 200, answer.text
    (asked,) = scaler_changes(scaler)
    expected = {"mode": "off", "actor": "ops@example.com", "reason": "no reason given"}
    assert json.loads(asked.body) == expected


async def test_a_freeze_is_ended_with_who_ended_it(
    client: httpx.AsyncClient, headers_of: Headers, scaler: FakeService
) -> None:
    path = f"{V1}/scaling/workloads/worker/freeze?reason=it+is+over"
    assert (await client.delete(path, headers=headers_of("viewer"))).status_code == 403
    assert (await client.delete(path, headers=headers_of("operator"))).status_code == 200
    (asked,) = scaler_changes(scaler)
    assert asked.query["reason"] == ["it is over"]
    assert asked.query["actor"][0].startswith("user ")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        pytest.param("what-if", "query.load", id="no-load"),
        pytest.param("what-if?load=-1", "query.load", id="negative"),
        pytest.param("what-if?load=nan", "query.load", id="not-a-number"),
        pytest.param("what-if?load=1&ready=-1", "query.ready", id="negative-replicas"),
        pytest.param("cost?window_s=0", "query.window_s", id="no-window"),
        pytest.param("explanation?at=yesterday", "query.at", id="no-time"),
    ],
)
async def test_a_wrong_question_is_refused_before_it_is_asked(
    client: httpx.AsyncClient, headers_of: Headers, scaler: FakeService, path: str, field: str
) -> None:
    answer = await client.get(f"{V1}/scaling/workloads/worker/{path}", headers=headers_of("viewer"))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert {asked.path for asked in scaler.asked} <= {"/v1/workloads"}  # is asked by the probe


@pytest.mark.parametrize(
    ("what", "body", "field"),
    [
        pytest.param("mode", {"mode": "on"}, "body.mode", id="no-mode"),
        pytest.param("freeze", {"for_s": 0, "reason": "x"}, "body.for_s", id="no-time"),
        pytest.param("freeze", {"for_s": 1e9, "reason": "x"}, "body.for_s", id="for-ever"),
        pytest.param("freeze", {"for_s": 60}, "body.reason", id="no-reason"),
        pytest.param("freeze", {"for_s": 60, "reason": "a\0b"}, "body.reason", id="nul"),
        pytest.param("mode", {"mode": "off", "more": 1}, "body.more", id="unknown-field"),
    ],
)
async def test_a_wrong_change_is_refused_before_it_is_made(
    *,
    client: httpx.AsyncClient,
    headers_of: Headers,
    scaler: FakeService,
    what: str,
    body: dict[str, Any],
    field: str,
) -> None:
    answer = await client.put(
        f"{V1}/scaling/workloads/worker/{what}", json=body, headers=headers_of("operator")
    )
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert scaler_changes(scaler) == []


@pytest.mark.parametrize(
    ("upstream", "field", "status", "title"),
    [
        pytest.param(404, "workload", 404, "No such workload", id="workload"),
        pytest.param(404, "at", 404, "The scaler knows no such thing", id="time"),
        pytest.param(409, "version", 409, "The model cannot serve", id="model"),
        pytest.param(409, "replica", 409, "Another replica of the scaler acts", id="replica"),
        pytest.param(422, "for_s", 422, "The scaler does not take this", id="value"),
    ],
)
async def test_what_the_scaler_refuses_is_said_in_its_words(
    *,
    client: httpx.AsyncClient,
    headers_of: Headers,
    scaler: FakeService,
    upstream: int,
    field: str,
    status: int,
    title: str,
) -> None:
    errors = [{"field": field, "found": "x", "allowed": "y"}]
    body = {"detail": "it is not so", "errors": errors}
    scaler.answers["/v1/workloads/worker/explanation"] = (upstream, body)
    path = f"{V1}/scaling/workloads/worker/explanation"
    answer = await client.get(path, headers=headers_of("viewer"))
    assert (answer.status_code, answer.json()["title"][:30]) == (status, title[:30])


async def test_an_unknown_workload_is_404(client: httpx.AsyncClient, headers_of: Headers) -> None:
    answer = await client.get(
        f"{V1}/scaling/workloads/no%2Fthing/series", headers=headers_of("viewer")
    )
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("upstream", "status", "title"),
    [
        pytest.param((503, {}), 503, "The scaler is away", id="not-ready"),
        pytest.param((500, {}), 502, "The scaler's answer is not understood", id="broken"),
        pytest.param((200, "<html>"), 502, "The scaler's answer is not understood", id="no-json"),
        pytest.param((200, [{}]), 502, "The scaler's answer is not understood", id="other-shape"),
    ],
)
async def test_a_scaler_that_fails_is_named(
    *,
    client: httpx.AsyncClient,
    headers_of: Headers,
    scaler: FakeService,
    upstream: tuple[int, Any],
    status: int,
    title: str,
) -> None:
    scaler.answers["/v1/workloads"] = upstream
    answer = await client.get(f"{V1}/scaling/workloads", headers=headers_of("viewer"))
    assert (answer.status_code, answer.json()["title"]) == (status, title)


@pytest.mark.parametrize("url", [None, AnyHttpUrl("http://127.0.0.1:1")])
async def test_a_scaler_that_is_away_is_503_with_a_time_to_come_back(
    settings: Settings, headers_of: Headers, url: AnyHttpUrl | None
) -> None:
    app = create_app(settings.model_copy(update={"scaler_url": url}))
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://api") as client,
    ):
        answer = await client.get(f"{V1}/scaling/decisions", headers=headers_of("viewer"))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.json()["title"] == "The scaler is away"
