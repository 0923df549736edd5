"""Tasks in a real database, and worker and relay as real processes."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psutil
import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from sqlalchemy import Engine

from app import contract as app_contract
from app.core.database import sync_engine
from app.core.identifiers import new_id
from worker import contract

HOST = "127.0.0.1"
ROOT = Path(__file__).resolve().parents[2]
LEASE_S = 2.0


@dataclass
class TaskTable:
    """Submits and reads tasks as the API does, without it."""

    url: str
    owner_id: UUID = field(default_factory=new_id)

    def __post_init__(self) -> None:
        self.sql(
            "INSERT INTO users (id, email, name, role, password_hash, is_disabled)"
            " VALUES (%s, %s, '', 'operator', '', false)",
            self.owner_id,
            f"{self.owner_id}@example.com",
        )

    def sql(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        with psycopg.connect(self.url, autocommit=True, row_factory=dict_row) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def submit(self, type: str = "load.synthetic", **parameters: Any) -> UUID:
        """A queued task with its outbox entry."""
        task_id = new_id()
        with psycopg.connect(self.url) as connection:
            connection.execute(
                "INSERT INTO tasks (id, owner_id, type, parameters, request_digest, state,"
                " progress, cancel_requested, attempts, fencing_token)"
                " VALUES (%s, %s, %s, %s, '', 'queued', 0, false, 0, 1)",
                (task_id, self.owner_id, type, Jsonb(parameters)),
            )
            connection.execute(
                "INSERT INTO outbox (task_id, fencing_token) VALUES (%s, 1)", (task_id,)
            )
            connection.execute("SELECT pg_notify('autoserve_outbox', '')")
        return task_id

    def read(self, task_id: UUID) -> dict[str, Any]:
        (row,) = self.sql("SELECT * FROM tasks WHERE id = %s", task_id)
        return row

    def count(self, state: str) -> int:
        (row,) = self.sql("SELECT count(*) AS n FROM tasks WHERE state = %s", state)
        return int(row["n"])

    def effects(self, task_id: UUID) -> int:
        (row,) = self.sql("SELECT count(*) AS n FROM applied WHERE task_id = %s", task_id)
        return int(row["n"])

    def completions(self) -> dict[tuple[str, str], int]:
        rows = self.sql("SELECT type, outcome, count FROM task_completions")
        return {(row["type"], row["outcome"]): row["count"] for row in rows}

    def wait_for(self, task_id: UUID, state: str, *, timeout_s: float = 20.0) -> dict[str, Any]:
        deadline = time.monotonic() + timeout_s
        while (task := self.read(task_id))["state"] != state:
            if time.monotonic() > deadline:
                pytest.fail(f"after {timeout_s:g} s not {state}: {task}")
            time.sleep(0.05)
        return task


@pytest.fixture
def tasks(database_url: str) -> TaskTable:
    return TaskTable(database_url)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = sync_engine(database_url, pool_size=20)
    yield engine
    engine.dispose()


@dataclass
class Service:
    """``python -m worker.main`` or ``worker.relay`` as a process of its own."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"http://{HOST}:{self.port}{path}", timeout=5, trust_env=False)

    @property
    def is_ready(self) -> bool:
        try:
            return self.get(app_contract.READINESS_PATH).status_code == 200
        except httpx.HTTPError:
            return False

    def wait_until_ready(self, *, ready: bool = True, timeout_s: float = 25.0) -> None:
        deadline = time.monotonic() + timeout_s
        while self.is_ready != ready:
            if time.monotonic() > deadline:
                pytest.fail(f"after {timeout_s:g} s not ready={ready}:\n{self.tail()}")
            time.sleep(0.05)

    def metric(self, name: str, **labels: str) -> float:
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        for line in self.get(app_contract.METRICS_PATH).text.splitlines():
            if line.split("{")[0].split(" ")[0] == name and all(w in line for w in wanted):
                return float(line.rsplit(" ", 1)[1])
        return 0.0

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def lines(self) -> list[dict[str, Any]]:
        lines = self.log.read_text().splitlines()
        # Celery itself prints a line without JSON when it ends.
        return [json.loads(line) for line in lines if line.startswith("{")]

    def tail(self) -> str:
        return "\n".join(self.log.read_text().splitlines()[-30:])

    def stop(self, number: int = signal.SIGTERM, *, timeout_s: float = 20.0) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout_s)

    def kill(self) -> None:
        if self.process.poll() is None:
            children = self.children()
            self.process.kill()
            self.process.wait(10)
            psutil.wait_procs(children, timeout=10)


StartService = Callable[..., Service]


@pytest.fixture
def start_service(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[StartService]:
    """Starts ``worker.main`` or ``worker.relay`` for one test."""
    with starting(database_url, redis_url, tmp_path) as start:
        yield start


@contextlib.contextmanager
def starting(database_url: str, redis_url: str, folder: Path) -> Iterator[StartService]:
    """Starts services with short times; kills what is left at the end."""
    started: list[Service] = []

    def start(module: str, **environment: str) -> Service:
        port = _free_port()
        log = folder / f"{module}-{port}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", module],
                env={
                    **os.environ,
                    app_contract.DATABASE_URL: database_url,
                    app_contract.REDIS_URL: redis_url,
                    app_contract.METRICS_PORT: str(port),
                    app_contract.DATA_DIR: str(folder / "data"),
                    app_contract.DRAIN_S: "5",
                    contract.SCRATCH_DIR: str(folder / f"scratch-{uuid4().hex[:6]}"),
                    contract.LEASE_S: str(LEASE_S),
                    contract.BACKOFF_S: "0.2",
                    contract.RELAY_INTERVAL_S: "0.5",
                    contract.CONCURRENCY: "2",
                    **environment,
                },
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        started.append(Service(process, port, log))
        return started[-1]

    try:
        yield start
    finally:
        for service in started:
            with contextlib.suppress(psutil.NoSuchProcess):
                service.kill()


def _free_port() -> int:
    import socket  # noqa: PLC0415

    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Pair:
    relay: Service
    worker: Service
    data_dir: Path


@pytest.fixture(scope="module")
def running_pair(
    migrated_database: str, redis_server: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    """A relay and a worker for all tests of a module that kill neither."""
    folder = tmp_path_factory.mktemp("services")
    with starting(migrated_database, redis_server.url, folder) as start:
        pair = Pair(start("worker.relay"), start("worker.main"), folder / "data")
        pair.relay.wait_until_ready()
        pair.worker.wait_until_ready()
        yield pair


@pytest.fixture
def pair(running_pair: Pair, database_url: str, redis_url: str) -> Pair:
    return running_pair


@pytest.fixture
def relay(start_service: StartService) -> Service:
    return start_service("worker.relay")


@pytest.fixture
def worker(start_service: StartService, relay: Service) -> Service:
    service = start_service("worker.main")
    service.wait_until_ready()
    relay.wait_until_ready()
    return service
