import http.server
import json
import socketserver
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from scaler.adapters.local_agent import LocalAgent
from scaler.records import Replicas, Unavailable, Unusable


@dataclass
class FakeAgent:
    socket: str
    status: int = 200
    body: Any = field(
        default_factory=lambda: {
            "name": "worker",
            "replicas": {"desired": 2, "ready": 1, "minimum": 1, "maximum": 6},
        }
    )
    asked: list[tuple[str, str, Any]] = field(default_factory=list)


@pytest.fixture
def agent() -> Iterator[FakeAgent]:
    with tempfile.TemporaryDirectory(prefix="as-") as folder:
        fake = FakeAgent(str(Path(folder) / "agent.sock"))

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                fake.asked.append((self.command, self.path, body))
                data = fake.body if isinstance(fake.body, bytes) else json.dumps(fake.body).encode()
                self.send_response(fake.status)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_PUT = answer  # noqa: N815 - the names http.server calls

            def address_string(self) -> str:
                return "local"

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        server = socketserver.ThreadingUnixStreamServer(fake.socket, Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield fake
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@pytest.fixture
def sink(agent: FakeAgent) -> Iterator[LocalAgent]:
    made = LocalAgent(agent.socket, timeout_s=2.0)
    yield made
    made.close()


def test_the_scale_is_read_from_the_agent(agent: FakeAgent, sink: LocalAgent) -> None:
    assert sink.scale("worker") == Replicas(desired=2, ready=1, minimum=1, maximum=6)
    assert agent.asked == [("GET", "/v1/workloads/worker/scale", None)]


def test_a_count_is_put_to_the_agent(agent: FakeAgent, sink: LocalAgent) -> None:
    sink.apply("worker", 4)
    assert agent.asked == [("PUT", "/v1/workloads/worker/scale", {"replicas": 4})]


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        pytest.param(
            404, {"title": "Not Found", "detail": "no such workload"}, "no such", id="404"
        ),
        pytest.param(500, b"oops", "HTTP 500 oops", id="no-json"),
        pytest.param(200, {"replicas": 1}, "is no scale", id="a-field-is-missing"),
        pytest.param(200, b"nonsense", "no JSON", id="nonsense"),
    ],
)
def test_what_the_agent_refuses_is_said(
    agent: FakeAgent, sink: LocalAgent, status: int, body: Any, said: str
) -> None:
    agent.status, agent.body = status, body
    with pytest.raises(Unavailable, match=said):
        sink.scale("worker")


@pytest.mark.parametrize(
    ("status", "is_about_one"), [(404, True), (409, True), (500, True), (503, False), (429, False)]
)
def test_what_the_agent_refuses_of_one_workload_says_nothing_of_the_agent(
    agent: FakeAgent, sink: LocalAgent, status: int, is_about_one: bool
) -> None:
    agent.status = status
    with pytest.raises(Unavailable) as raised:
        sink.apply("worker", 4)
    assert isinstance(raised.value, Unusable) == is_about_one


# httpcore leaves a unix socket that it could not connect to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_no_socket_is_unavailable() -> None:
    sink = LocalAgent("/nonexistent/agent.sock", timeout_s=1.0)
    with pytest.raises(Unavailable, match="/nonexistent/agent"):
        sink.apply("worker", 1)
    sink.close()
