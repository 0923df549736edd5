"""What the tests of the scaler share: one thread for the models, a clock, stand-ins by hand."""

import http.server
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import psycopg
import pytest
from psycopg import sql
from threadpoolctl import threadpool_limits

from scaler import contract
from scaler.migrate import migrate


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As in service; and tests that run side by side must not fight for cores."""
    with threadpool_limits(limits=1):
        yield


Answer = Callable[[str, dict[str, str]], tuple[int, Any]]


@dataclass
class FakePrometheus:
    """A real HTTP server that answers queries by a function of path and parameters."""

    answer: Answer = lambda _path, _parameters: (200, vector())
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    url: str = ""


def vector(*values: str) -> dict[str, Any]:
    result = [{"metric": {}, "value": [time.time(), value]} for value in values]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


def matrix(*rows: list[tuple[float, str]]) -> dict[str, Any]:
    result = [{"metric": {}, "values": row} for row in rows]
    return {"status": "success", "data": {"resultType": "matrix", "result": result}}


@pytest.fixture
def fake_prometheus() -> Iterator[FakePrometheus]:
    fake = FakePrometheus()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            parameters = {name: values[0] for name, values in parse_qs(body).items()}
            fake.asked.append((self.path, parameters))
            status, content = fake.answer(self.path, parameters)
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def scaler_database_url(postgres: Any) -> str:
    """A migrated database of the scaler alone, with its role and schema."""
    name = f"scaler_{uuid.uuid4().hex[:8]}"
    role = sql.Identifier(contract.DATABASE_ROLE)
    with psycopg.connect(postgres.admin_url("postgres"), autocommit=True) as admin:
        found = admin.execute(
            "SELECT 1 FROM pg_roles WHERE rolname = %s", (contract.DATABASE_ROLE,)
        )
        if found.fetchone() is None:
            admin.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    with psycopg.connect(postgres.admin_url(name), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE SCHEMA {} AUTHORIZATION {}").format(role, role))
    url = f"postgresql://{contract.DATABASE_ROLE}@127.0.0.1:{postgres.port}/{name}"
    migrate(url)
    return url
