"""An application on a real database and a real Redis, reached without a socket; and a real one."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import FastAPI

from app import contract
from app.core.identifiers import new_id
from app.core.identity import Principal, Role
from app.core.settings import Settings, load
from app.core.tokens import AccessTokens
from app.main import create_app
from tests.ports import free_port

HOST = "127.0.0.1"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def signing_key() -> str:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
def environment(signing_key: str, tmp_path: Path) -> dict[str, str]:
    """A whole environment of the API whose dependencies are all away."""
    return {
        contract.DATABASE_URL: f"postgresql://app@{HOST}:{free_port()}/none",
        contract.REDIS_URL: f"redis://{HOST}:{free_port()}/0",
        contract.JWT_PRIVATE_KEY: signing_key,
        contract.DATA_DIR: str(tmp_path),
        contract.DEFAULT_ROLE: "operator",
        contract.CORS_ORIGINS: '["https://app.example.com"]',
        contract.SCALER_TOKEN: "a-token",
        contract.DRAIN_S: "5",
    }


@pytest.fixture
def settings(environment: dict[str, str], database_url: str, redis_url: str) -> Settings:
    return load(
        Settings,
        {**environment, contract.DATABASE_URL: database_url, contract.REDIS_URL: redis_url},
    )


@contextlib.asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that has started."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://api") as client,
    ):
        yield client


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with running(create_app(settings)) as found:
        yield found


@dataclass
class RunningApi:
    """``python -m app.main`` as a process of its own."""

    process: subprocess.Popen[str]
    port: int
    metrics_port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def probe(self, path: str) -> httpx.Response:
        return httpx.get(f"http://{HOST}:{self.metrics_port}{path}", timeout=5, trust_env=False)

    def answers(self, path: str, status: int) -> bool:
        try:
            return self.probe(path).status_code == status
        except httpx.HTTPError:
            return False

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@pytest.fixture
def start_api(tmp_path: Path) -> Iterator[Callable[..., RunningApi]]:
    """Starts the API with an environment; ends what it started."""
    started: list[RunningApi] = []

    def start(environment: dict[str, str], **changes: str) -> RunningApi:
        port, metrics_port = free_port(), free_port()
        log = tmp_path / f"api-{port}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "app.main"],
                env={
                    **os.environ,
                    **environment,
                    contract.HTTP_PORT: str(port),
                    contract.METRICS_PORT: str(metrics_port),
                    **changes,
                },
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
            )
        started.append(RunningApi(process, port, metrics_port, log))
        return started[-1]

    yield start
    for api in started:
        if api.process.poll() is None:
            api.process.send_signal(signal.SIGKILL)
        api.process.wait(10)


@pytest.fixture
def postgres_superuser(postgres: Any) -> str:
    """URL of a database without tables, as the superuser."""
    return str(postgres.admin_url("postgres"))


@pytest.fixture
def headers_of(settings: Settings) -> Callable[[str], dict[str, str]]:
    """Headers of a caller with a role; no user is needed, the token says it all."""
    pem = settings.jwt_private_key.get_secret_value()
    tokens = AccessTokens.from_pem(pem, ttl_s=60)

    def headers(role: str) -> dict[str, str]:
        caller = Principal(id=new_id(), role=Role(role))
        return {"Authorization": f"Bearer {tokens.issue(caller, now=datetime.now(UTC))}"}

    return headers
