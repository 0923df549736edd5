"""The platform over real sockets, as a user of its API meets it."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from websockets.sync.client import connect

from tests.live import LivePlatform, finished

pytestmark = pytest.mark.timeout(300)

CSV = b"when,weather,rides\n" + b"".join(
    f"2026-01-{day:02d},{'rain' if day % 3 else 'sun'},{day * 2}\n".encode() for day in range(1, 29)
)


@pytest.fixture
def newcomer(healthy: LivePlatform) -> Iterator[httpx.Client]:
    """A client signed in as somebody who has just registered."""
    email, password = f"ada-{uuid4().hex[:8]}@example.com", "correct horse battery"
    answer = httpx.post(
        f"{healthy.address}/api/v1/auth/register", json={"email": email, "password": password}
    )
    assert answer.status_code == 201, answer.text
    with healthy.client(email, password) as client:
        yield client


def uploaded(client: httpx.Client, content: bytes, name: str = "rides.csv") -> httpx.Response:
    return client.post(
        "/datasets", params={"name": name}, content=content, headers={"Content-Type": "text/csv"}
    )


def test_after_up_every_address_answers(healthy: LivePlatform) -> None:
    done = healthy.autoserve("up", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["differences"] == []
    addresses = report["addresses"]
    assert addresses
    for name, address in addresses.items():
        answer = httpx.get(address, follow_redirects=True)
        assert answer.status_code == 200, f"{name} at {address}: {answer.status_code}"


def test_after_up_a_preview_finds_no_changes(healthy: LivePlatform) -> None:
    done = healthy.autoserve("preview", "--json")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert json.loads(done.stdout)["differences"] == []


def test_register_upload_submit_and_progress_over_the_websocket(
    healthy: LivePlatform, newcomer: httpx.Client
) -> None:
    dataset = uploaded(newcomer, CSV).raise_for_status().json()
    assert (dataset["rows"], dataset["columns"]) == (28, ["when", "weather", "rides"])
    answer = newcomer.post(
        "/tasks", json={"type": "dataset.profile", "parameters": {"dataset_id": dataset["id"]}}
    )
    assert answer.status_code == 202, answer.text
    seen = events(healthy, newcomer, answer.json()["id"])
    assert seen[-1]["state"] == "succeeded"
    progress = [task["progress"] for task in seen]
    assert progress == sorted(progress)
    columns = {column["name"]: column for column in seen[-1]["result"]["columns"]}
    assert columns["rides"]["type"] == "integer"
    assert columns["weather"]["distinct"] == 2


def events(platform: LivePlatform, client: httpx.Client, task_id: str) -> list[dict[str, Any]]:
    """Every message about a task until the server closes."""
    address = f"ws://127.0.0.1:{platform.base}/api/v1/tasks/{task_id}/events"
    token = client.headers["Authorization"].removeprefix("Bearer ")
    with connect(address, open_timeout=10, proxy=None) as feed:
        feed.send(json.dumps({"access_token": token}))
        seen = [json.loads(message)["task"] for message in feed]
    assert feed.close_code == 1000
    return seen


def test_the_progress_of_a_task_that_takes_time_is_seen_while_it_runs(
    healthy: LivePlatform,
    client: httpx.Client,
) -> None:
    task = client.post(
        "/tasks", json={"type": "load.synthetic", "parameters": {"seconds": 3, "mode": "wait"}}
    ).json()
    states = [(task["state"], task["progress"]) for task in events(healthy, client, task["id"])]
    assert ("succeeded", 1.0) in states
    assert len([state for state, progress in states if state == "running" and progress > 0]) >= 2


def test_a_model_is_trained_on_a_public_data_set(newcomer: httpx.Client, traces: Path) -> None:
    content = (traces / "bike_sharing_hourly.csv").read_bytes()
    dataset = uploaded(newcomer, content, "bike_sharing_hourly.csv").raise_for_status().json()
    assert dataset["rows"] == 17_544
    parameters = {"dataset_id": dataset["id"], "target": "users", "folds": 3}
    task = newcomer.post("/tasks", json={"type": "model.train", "parameters": parameters}).json()
    done = finished(newcomer, task["id"], timeout_s=150)
    assert done["state"] == "succeeded", done["error"]
    assert done["result"]["kind"] == "regression"


def test_a_cancelled_task_ends_and_frees_its_slot(
    healthy: LivePlatform, client: httpx.Client
) -> None:
    task = client.post(
        "/tasks", json={"type": "load.synthetic", "parameters": {"seconds": 600, "mode": "wait"}}
    ).json()
    time.sleep(1)
    assert client.post(f"/tasks/{task['id']}/cancel").status_code == 202
    assert finished(client, task["id"], timeout_s=20)["state"] == "cancelled"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"a,b\n1,2\n1,2,3\n", id="ragged"),
        pytest.param("größe,b\n1,ä\n".encode("latin-1"), id="wrongly-encoded"),
    ],
)
def test_what_is_no_csv_is_refused_with_what_was_found_and_is_allowed(
    healthy: LivePlatform, client: httpx.Client, content: bytes
) -> None:
    before = client.get("/datasets").json()
    answer = uploaded(client, content)
    assert 400 <= answer.status_code < 500
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    problem = answer.json()
    assert problem["errors"], problem
    assert all({"field", "found", "allowed"} <= error.keys() for error in problem["errors"])
    assert client.get("/datasets").json() == before


def test_an_upload_above_the_limit_is_refused_before_it_is_sent(healthy: LivePlatform) -> None:
    with healthy.client() as client:
        token = client.headers["Authorization"]
    head = (
        "POST /api/v1/datasets?name=big.csv HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{healthy.base}\r\n"
        f"Authorization: {token}\r\n"
        "Content-Type: text/csv\r\n"
        f"Content-Length: {1 << 42}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", healthy.base), timeout=10) as connection:
        connection.sendall(head.encode())
        answer = connection.recv(4096).decode()
    assert answer.startswith("HTTP/1.1 413")
    assert "application/problem+json" in answer


def test_the_web_dashboard_is_served_and_hides_nothing_behind_a_wrong_path(
    healthy: LivePlatform,
) -> None:
    start, deep = (httpx.get(f"{healthy.address}{path}") for path in ("/", "/tasks"))
    assert start.status_code == deep.status_code == 200
    assert "text/html" in start.headers["Content-Type"]
    assert httpx.get(f"{healthy.address}/assets/none.js").status_code == 404
    missing = httpx.get(f"{healthy.address}/api/v1/none")
    assert missing.status_code == 404
    assert missing.headers["Content-Type"].startswith("application/problem+json")
