import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from pydantic import AnyHttpUrl

from app import contract
from app.core.settings import Settings
from app.main import create_app
from tests.app.fakes import FakeService, fake_service

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
SERIES = {"actual": [[1.0, 2.0]], "forecast": [], "upper": [], "replicas": [[1.0, 2.0]]}
HISTORY = {"step_s": 60, "end": 1_795_500_000, "values": [1, 2.5, 3]}


@pytest.fixture
def scaler() -> Iterator[FakeService]:
    with fake_service() as fake:
        fake.answers = {
            "/v1/workloads": (200, [WORKLOAD]),
            "/v1/workloads/worker/series": (200, SERIES),
            "/v1/decisions": (200, [DECISION]),
            "/v1/workloads/worker/history": (204, ""),
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
        ("/scaling/workloads/worker/series", SERIES),
        ("/scaling/decisions?workload=worker", [DECISION]),
    ],
)
async def test_what_the_scaler_says_is_passed_on(
    client: httpx.AsyncClient, headers_of: Headers, path: str, body: Any
) -> None:
    answer = await client.get(V1 + path, headers=headers_of("viewer"))
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert json.dumps(found).replace("10:00:00Z", "10:00:00+00:00") == json.dumps(body)


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
    assert json.loads(asked.body) == HISTORY


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
