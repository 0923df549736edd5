import asyncio
import time

import httpx
import pytest
from prometheus_client import CollectorRegistry

from app.core.background import running
from app.core.management import ManagementServer
from app.core.readiness import STALE_S, Readiness, dependency_gauge, watch


def readiness(registry: CollectorRegistry) -> Readiness:
    return Readiness(required=("database",), gauge=dependency_gauge(registry))


def test_a_replica_is_ready_when_it_has_started_and_its_dependencies_answer() -> None:
    ready = readiness(CollectorRegistry())
    assert ready.missing() == {
        "database": "not checked yet",
        "startup": "the service has not started yet",
    }
    ready.started()
    ready.record("database", None)
    assert ready.probe("/readyz") == (200, {"ready": True, "checks": {}})


def test_what_is_missing_is_named() -> None:
    ready = readiness(CollectorRegistry())
    ready.started()
    ready.record("database", "connection refused")
    checks = {"database": "connection refused"}
    assert ready.probe("/readyz") == (503, {"ready": False, "checks": checks})
    assert ready.probe("/livez") == (200, {"alive": True})


def test_an_answer_that_is_too_old_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    ready = readiness(CollectorRegistry())
    ready.started()
    ready.record("database", None)
    later = time.monotonic() + STALE_S + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert ready.missing() == {"database": "no answer for 9 s"}
    ready.record("database", None)
    assert ready.missing() == {}


def test_an_optional_dependency_is_measured_and_not_required() -> None:
    registry = CollectorRegistry()
    ready = readiness(registry)
    ready.started()
    ready.record("database", None)
    ready.record("scaler", "away")
    assert ready.missing() == {}
    labels = {"dependency": "scaler"}
    assert registry.get_sample_value("autoserve_dependency_up", labels) == 0


def test_a_draining_replica_is_alive_and_not_ready() -> None:
    ready = readiness(CollectorRegistry())
    ready.started()
    ready.record("database", None)
    ready.drain()
    assert ready.missing() == {"drain": "the service is ending"}


async def test_a_watch_outlives_a_check_that_raises() -> None:
    ready = readiness(CollectorRegistry())
    asked, answered = 0, asyncio.Event()

    async def check() -> str | None:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise RuntimeError("surprise")
        if asked == 3:
            answered.set()
        return None

    ready.started()
    async with running(watch(ready, "database", check, interval_s=0.01)), asyncio.timeout(5):
        await answered.wait()
    assert ready.missing() == {}


def test_the_threaded_server_gives_probes_and_metrics() -> None:
    registry = CollectorRegistry()
    ready = readiness(registry)
    problem: str | None = "away"
    with ManagementServer(
        host="127.0.0.1",
        port=0,
        readiness=ready,
        registry=registry,
        checks={"database": lambda: problem},
        interval_s=0.02,
    ) as server:
        ready.started()
        with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", trust_env=False) as client:
            assert client.get("/readyz").status_code == 503
            assert client.get("/livez").status_code == 200
            assert client.get("/nothing").status_code == 404
            problem = None
            while client.get("/readyz").status_code != 200:
                pass
            assert 'dependency_up{dependency="database"} 1.0' in client.get("/metrics").text
