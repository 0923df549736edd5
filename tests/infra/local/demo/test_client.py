"""The client of the REST API, against answers made by hand."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import httpx
import pytest
from websockets.sync.server import ServerConnection, serve

from infra.local.demo.client import (
    ApiError,
    Client,
    Credentials,
    DemoError,
    UnavailableError,
    read_credentials,
)
from infra.local.demo.interrupt import InterruptedDemoError, Stop

SOMEBODY = Credentials(email="ada@example.com", password="correct horse")
PREFIX = "/api/v1"
Handler = Callable[[httpx.Request], httpx.Response]


class FakeApi:
    """Answers sign-in with a new token each time, and the rest as the test says."""

    def __init__(self, answer: Handler) -> None:
        self.answer = answer
        self.signed_in = 0
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.path == f"{PREFIX}/auth/sign-in":
            self.signed_in += 1
            return httpx.Response(200, json={"access_token": f"token-{self.signed_in}"})
        if request.headers.get("Authorization") != f"Bearer token-{self.signed_in}":
            return httpx.Response(401, json={"title": "Unauthorized"})
        return self.answer(request)


@contextmanager
def client_of(
    api: FakeApi, *, stop: Stop | None = None, patience_s: float = 30.0
) -> Iterator[Client]:
    client = Client(
        "http://127.0.0.1:1",
        SOMEBODY,
        stop=stop,
        patience_s=patience_s,
        transport=httpx.MockTransport(api),
    )
    try:
        yield client
    finally:
        client.close()


def test_the_client_signs_in_when_it_is_asked_to() -> None:
    api = FakeApi(lambda _request: httpx.Response(200, json={"id": 1}))
    with client_of(api) as client:
        assert client.get("/users/me") == {"id": 1}
        assert client.get("/users/me") == {"id": 1}
    assert api.signed_in == 1


def test_a_token_that_ended_is_replaced_once() -> None:
    api = FakeApi(lambda _request: httpx.Response(200, json={}))
    with client_of(api) as client:
        client.get("/users/me")
        api.signed_in += 1
        client.get("/users/me")
    assert api.signed_in == 3


def test_a_refused_password_is_an_error_and_no_loop() -> None:
    def refuse(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(401, json={"detail": "wrong e-mail address or password"})

    client = Client("http://127.0.0.1:1", SOMEBODY, transport=httpx.MockTransport(refuse))
    with pytest.raises(ApiError, match="wrong e-mail address or password"):
        client.get("/users/me")
    client.close()


@pytest.mark.parametrize("status", [429, 502, 503])
def test_a_busy_api_is_asked_again_with_the_same_idempotency_key(status: int) -> None:
    answers = [httpx.Response(status, headers={"Retry-After": "0"}), httpx.Response(202, json={})]
    api = FakeApi(lambda _request: answers.pop(0))
    with client_of(api) as client:
        client.post("/tasks", {})
    keys = {
        request.headers["Idempotency-Key"]
        for request in api.requests
        if request.url.path == f"{PREFIX}/tasks"
    }
    assert len(keys) == 1
    assert not answers


def test_patience_with_a_busy_api_ends() -> None:
    api = FakeApi(lambda _request: httpx.Response(503))
    with (
        client_of(api, patience_s=0.3) as client,
        pytest.raises(UnavailableError, match=r"GET /tasks: answer 503 for 0\.3 s"),
    ):
        client.get("/tasks")


def test_a_problem_is_told_with_its_fields() -> None:
    problem = {
        "title": "Unprocessable",
        "detail": "the parameters are not valid",
        "errors": [{"field": "seconds", "found": -1, "allowed": "0 to 600"}],
    }
    api = FakeApi(
        lambda _request: httpx.Response(
            422, json=problem, headers={"Content-Type": "application/problem+json"}
        )
    )
    with (
        client_of(api) as client,
        pytest.raises(ApiError, match=r"422 the parameters .*seconds: found -1, allowed 0 to 600"),
    ):
        client.submit("load.synthetic", {"seconds": -1})


def test_pages_of_tasks_are_joined() -> None:
    def page(request: httpx.Request) -> httpx.Response:
        if request.url.params.get("cursor") == "next":
            return httpx.Response(200, json={"items": [{"id": "c"}], "next_cursor": None})
        return httpx.Response(
            200, json={"items": [{"id": "a"}, {"id": "b"}], "next_cursor": "next"}
        )

    with client_of(FakeApi(page)) as client:
        assert [task["id"] for task in client.tasks(type="load.synthetic")] == ["a", "b", "c"]


def test_a_stream_is_opened_anew_for_each_try() -> None:
    bodies: list[bytes] = []
    answers = [httpx.Response(503), httpx.Response(201, json={"id": "d"})]

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(request.read())
        return answers.pop(0)

    with client_of(FakeApi(answer)) as client:
        client.sign_in()
        dataset = client.upload("x.csv", lambda: iter([b"a,b\n", b"1,2\n"]), size=8)
    assert dataset == {"id": "d"}
    assert bodies == [b"a,b\n1,2\n"] * 2


def test_without_a_websocket_a_task_is_followed_by_asking() -> None:
    states = ["queued", "running", "succeeded"]
    api = FakeApi(lambda _request: httpx.Response(200, json={"state": states.pop(0)}))
    with client_of(api) as client:
        assert [task["state"] for task in client.follow("t")] == ["queued", "running", "succeeded"]


def test_following_ends_when_the_demo_should() -> None:
    api = FakeApi(lambda _request: httpx.Response(200, json={"state": "running"}))
    stop = Stop()
    with client_of(api, stop=stop) as client:
        events = client.follow("t")
        next(events)
        stop.ask()
        with pytest.raises(InterruptedDemoError):
            next(events)


def test_a_task_is_followed_over_the_websocket_with_the_token_in_the_first_message() -> None:
    seen: list[str] = []

    def events(connection: ServerConnection) -> None:
        assert connection.request is not None
        seen.append(connection.request.path)
        seen.append(json.loads(connection.recv())["access_token"])
        for state in ("queued", "running", "succeeded"):
            connection.send(json.dumps({"task": {"id": "t", "state": state}}))

    with serve(events, "127.0.0.1", 0) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.socket.getsockname()[1]}"
        api = FakeApi(lambda _request: httpx.Response(500))
        client = Client(address, SOMEBODY, transport=httpx.MockTransport(api))
        client.sign_in()
        states = [task["state"] for task in client.follow("t")]
        client.close()
        server.shutdown()
        thread.join(10)
    assert states == ["queued", "running", "succeeded"]
    assert seen == [f"{PREFIX}/tasks/t/events", "token-1"]


def test_credentials_are_read_from_the_state_folder(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    path.write_text('{"email": "ada@example.com", "password": "correct horse"}')
    found = read_credentials(path)
    assert found == SOMEBODY
    assert "horse" not in repr(found)


@pytest.mark.parametrize("content", ["", "[]", '{"email": "a"}'])
def test_a_file_without_credentials_says_what_else_can_be_used(
    tmp_path: Path, content: str
) -> None:
    path = tmp_path / "credentials.json"
    path.write_text(content)
    with pytest.raises(DemoError, match="use --email and --password-file"):
        read_credentials(path)


def test_missing_credentials_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DemoError, match="bring the platform up first"):
        read_credentials(tmp_path / "absent.json")
