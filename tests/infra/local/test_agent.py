"""The agent: upstreams and targets follow the replicas, counts are set within their bounds."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from infra.local import contract
from infra.local.endpoints import Target, targets, upstreams
from infra.local.spec import ProcessSpec
from infra.local.supervision import Supervision
from tests.conftest import wait_until
from tests.infra.local.conftest import SpecMaker
from tests.ports import free_port


def test_an_upstream_without_ready_replicas_refuses_at_once() -> None:
    assert "server 127.0.0.1:9 down;" in upstreams({"api": []})


def test_targets_carry_the_service_the_replica_and_the_release() -> None:
    document = json.loads(
        targets(
            [
                Target(service="api", replica=1, address="127.0.0.1:9", path="/metrics"),
                Target(
                    service="api",
                    replica=2,
                    address="127.0.0.1:8",
                    path="/metrics",
                    release="app=1",
                ),
            ]
        )
    )
    assert document == [
        {
            "targets": ["127.0.0.1:9"],
            "labels": {"service": "api", "replica": "1", "__metrics_path__": "/metrics"},
        },
        {
            "targets": ["127.0.0.1:8"],
            "labels": {
                "service": "api",
                "replica": "2",
                "__metrics_path__": "/metrics",
                "release": "app=1",
            },
        },
    ]


@dataclass(frozen=True, kw_only=True)
class RunningAgent:
    process: "subprocess.Popen[bytes]"
    socket: Path
    metrics_port: int
    upstreams_file: Path
    targets_file: Path

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("agent", timeout=5)
        connection.sock = socket.socket(socket.AF_UNIX)
        try:
            connection.sock.connect(str(self.socket))
            connection.request(method, path, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.metrics_port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def is_ready(self) -> bool:
        try:
            return self.get(contract.READINESS_PATH)[0] == 200
        except OSError:
            return False

    def forwards_to(self, *ports: int) -> bool:
        text = self.upstreams_file.read_text()
        return all(f"127.0.0.1:{port} " in text for port in ports) and text.count(
            "max_fails"
        ) == len(ports)


@pytest.fixture
def agent(supervision: Supervision) -> Iterator[RunningAgent]:
    paths = supervision.paths
    paths.prepare()
    supervision.records.prepare()
    port = free_port()
    running = RunningAgent(
        process=subprocess.Popen(
            [sys.executable, "-m", "infra.local.agent"],
            env={
                **os.environ,
                contract.STACK_DIR: str(paths.folder),
                contract.SOCKET: str(paths.run / "agent.sock"),
                contract.METRICS_PORT: str(port),
                contract.UPSTREAMS_FILE: str(paths.etc("edge") / "upstreams.conf"),
                contract.UPSTREAMS: '["web"]',
                contract.EDGE_PROCESS: "edge",
                contract.TARGETS_FILE: str(paths.etc("prometheus") / "targets.json"),
                contract.INTERVAL_S: "0.1",
            },
        ),
        socket=paths.run / "agent.sock",
        metrics_port=port,
        upstreams_file=paths.etc("edge") / "upstreams.conf",
        targets_file=paths.etc("prometheus") / "targets.json",
    )
    try:
        wait_until(running.is_ready, timeout_s=15, what="the agent is ready")
        yield running
    finally:
        running.process.terminate()
        assert running.process.wait(10) == 0


def scale_path(name: str) -> str:
    return f"{contract.WORKLOADS_PATH}/{name}{contract.SCALE_SUFFIX}"


def published(web: SpecMaker, **fields: object) -> ProcessSpec:
    return web(publishes={"web": "http"}, metrics="http", **fields)


def test_a_ready_replica_is_forwarded_to_and_scraped(
    agent: RunningAgent, supervision: Supervision, web: SpecMaker
) -> None:
    assert agent.forwards_to()
    spec = published(web)
    supervision.apply(spec)
    ports = spec.ports["http"][:2]
    wait_until(lambda: agent.forwards_to(*ports), timeout_s=5, what="both forwarded")
    found = json.loads(agent.targets_file.read_text())
    assert [item["targets"] for item in found] == [[f"127.0.0.1:{port}"] for port in ports]


def test_a_replica_that_is_not_ready_gets_no_requests_but_is_still_scraped(
    agent: RunningAgent, supervision: Supervision, web: SpecMaker
) -> None:
    supervision.apply(published(web, initial=1))
    port = published(web).ports["http"][0]
    wait_until(lambda: agent.forwards_to(port), timeout_s=5, what="forwarded")
    (supervision.paths.folder / "scratch" / "web-0" / "broken").touch()
    wait_until(agent.forwards_to, timeout_s=5, what="no longer forwarded")
    assert len(json.loads(agent.targets_file.read_text())) == 1


def test_the_edge_is_told_to_read_its_upstreams_again(
    agent: RunningAgent, supervision: Supervision, web: SpecMaker
) -> None:
    command = ("sh", "-c", "trap 'touch told' HUP; while :; do sleep 0.1; done")
    supervision.apply(ProcessSpec(name="edge", command=command))
    supervision.apply(published(web, initial=1))
    told = supervision.paths.folder / "scratch" / "edge-0" / "told"
    wait_until(told.exists, timeout_s=5, what="the edge is told")


def test_the_count_is_set_over_the_socket_and_the_replicas_follow(
    agent: RunningAgent, supervision: Supervision, web: SpecMaker
) -> None:
    spec = published(web, initial=1)
    supervision.apply(spec)
    status, found = agent.ask("PUT", scale_path("web"), {"replicas": 3})
    assert (status, found["replicas"]["desired"]) == (200, 3)

    def ready() -> Any:
        return agent.ask("GET", scale_path("web"))[1]["replicas"]["ready"]

    wait_until(lambda: ready() == 3, timeout_s=10, what="three ready")
    agent.ask("PUT", scale_path("web"), {"replicas": 1})
    wait_until(lambda: len(psutil_children(supervision)) == 1, timeout_s=10, what="one left")
    wait_until(lambda: agent.forwards_to(spec.ports["http"][0]), timeout_s=5, what="one forwarded")
    assert ready() == 1


def psutil_children(supervision: Supervision) -> list[psutil.Process]:
    pid = supervision.daemon.pid()
    return psutil.Process(pid).children() if pid else []


REFUSED = {
    "above": (scale_path("web"), {"replicas": 9}, 422, "1 to 3"),
    "below": (scale_path("web"), {"replicas": 0}, 422, "1 to 3"),
    "text": (scale_path("web"), {"replicas": "2"}, 422, "replicas"),
    "flag": (scale_path("web"), {"replicas": True}, 422, "replicas"),
    "no object": (scale_path("web"), [], 422, "replicas"),
    "unknown": (scale_path("nothing"), {"replicas": 1}, 404, "known: web"),
    "path": ("/v1/other", {"replicas": 1}, 404, "/v1/other"),
}


def test_wrong_requests_are_refused_with_what_is_allowed(
    agent: RunningAgent, supervision: Supervision, web: SpecMaker
) -> None:
    supervision.apply(published(web, initial=1))
    for case, (path, body, status, said) in REFUSED.items():
        answered, problem = agent.ask("PUT", path, body)
        assert answered == status, case
        assert said in json.dumps(problem), case


def test_desired_ready_and_starts_are_exported(
    agent: RunningAgent, supervision: Supervision, web: SpecMaker
) -> None:
    supervision.apply(published(web))

    def lines() -> list[str]:
        return agent.get(contract.METRICS_PATH)[1].splitlines()

    wanted = f'{contract.REPLICAS_READY}{{workload="web"}} 2.0'
    wait_until(lambda: wanted in lines(), timeout_s=5, what="two ready in the metrics")
    assert f'{contract.REPLICAS_DESIRED}{{workload="web"}} 2.0' in lines()
    assert f'{contract.REPLICA_STARTS_TOTAL}{{replica="0",workload="web"}} 1.0' in lines()


def test_only_its_user_may_open_the_socket(agent: RunningAgent) -> None:
    assert agent.socket.stat().st_mode & 0o777 == 0o600


def test_a_killed_supervisor_is_no_reason_to_end(
    agent: RunningAgent, supervision: Supervision, web: SpecMaker
) -> None:
    spec = published(web, initial=1)
    supervision.apply(spec)
    wait_until(lambda: agent.forwards_to(spec.ports["http"][0]), timeout_s=5, what="forwarded")
    daemon = supervision.daemon.pid()
    assert daemon is not None
    os.kill(daemon, signal.SIGKILL)
    wait_until(agent.forwards_to, timeout_s=5, what="no longer forwarded")
    supervision.apply(spec)
    wait_until(lambda: agent.forwards_to(spec.ports["http"][0]), timeout_s=5, what="forwarded")
