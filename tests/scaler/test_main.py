"""The scaler as a process, with a real database and a Prometheus that answers by hand."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from scaler import contract
from scaler.commands import scaler
from tests.ports import free_port
from tests.scaler.conftest import FakePrometheus, matrix, vector
from tests.scaler.test_settings import GOOD

ROOT = Path(__file__).parents[2]


def free_ports() -> tuple[int, int]:
    return free_port(), free_port()


def eventually(url: str, status: int) -> httpx.Response:
    deadline = time.monotonic() + 90
    while True:
        try:
            answer = httpx.get(url)
            if answer.status_code == status:
                return answer
            found = f"{answer.status_code} {answer.text}"
        except httpx.TransportError as error:
            found = str(error)
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


@pytest.fixture
def environment(fake_prometheus: FakePrometheus) -> dict[str, str]:
    def answer(path: str, parameters: dict[str, str]) -> tuple[int, object]:
        if path.endswith("query_range"):
            return 200, matrix([(float(parameters["end"]), "3")])
        return 200, vector("3")

    fake_prometheus.answer = answer
    http, metrics = free_ports()
    return (
        os.environ
        | GOOD
        | {
            contract.HTTP_PORT: str(http),
            contract.METRICS_PORT: str(metrics),
            contract.PROMETHEUS_URL: fake_prometheus.url,
            contract.TICK_S: "0.2",
            "PYTHONPATH": str(ROOT),
        }
    )


def start(environment: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "scaler.main"]
    return subprocess.Popen(
        command,
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_it_becomes_ready_serves_and_ends_when_asked(
    environment: dict[str, str], scaler_database_url: str
) -> None:
    process = start(environment | {contract.DATABASE_URL: scaler_database_url})
    try:
        eventually(f"http://127.0.0.1:{environment[contract.METRICS_PORT]}/readyz", 200)
        base = f"http://127.0.0.1:{environment[contract.HTTP_PORT]}"
        (workload,) = httpx.get(base + contract.WORKLOADS_PATH).json()
        assert workload["load"] == 3.0
        # Of outcomes at first, of history once a fit was thought of: that depends on the machine.
        assert workload["forecast"]["reason"].endswith(" needed")
    finally:
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    lines = [json.loads(line) for line in out.splitlines()]
    assert {"event", "level", "timestamp", "service", "correlation_id"} <= set(lines[0])


def test_it_fits_forecasters_and_keeps_them(
    environment: dict[str, str],
    fake_prometheus: FakePrometheus,
    scaler_database_url: str,
    tmp_path: Path,
) -> None:
    def answer(path: str, given: dict[str, str]) -> tuple[int, object]:
        if not path.endswith("query_range"):
            return 200, vector("3")
        steps = range(int(float(given["start"])), int(float(given["end"])) + 1)
        return 200, matrix([(float(at), str(50 + at % 60)) for at in steps])

    fake_prometheus.answer = answer
    # A day of a minute, so that there is much to learn from at once.
    paces = {"STEP_S": "1", "SEASON_S": "420", "MIN_HISTORY_S": "240", "MAX_HISTORY_S": "600"}
    spans = {"HORIZON_S": "12", "STARTUP_S": "5", "STABILIZATION_S": "10", "FLOOR_TTL_S": "20"}
    process = start(
        environment
        | {getattr(contract, name): value for name, value in (paces | spans).items()}
        | {contract.DATABASE_URL: scaler_database_url, contract.MODELS: str(tmp_path / "models")}
    )
    try:
        eventually(f"http://127.0.0.1:{environment[contract.METRICS_PORT]}/readyz", 200)
        path = f"http://127.0.0.1:{environment[contract.HTTP_PORT]}{contract.WORKLOADS_PATH}"
        deadline = time.monotonic() + 120
        while not (workload := httpx.get(path).json()[0])["model"]:
            assert time.monotonic() < deadline, workload
            assert "fit_failed" not in {each["kind"] for each in workload["conditions"]}
            time.sleep(0.2)
        assert [kept["version"] for kept in httpx.get(f"{path}/worker/models").json()] == [
            workload["model"]
        ]
    finally:
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "fit failed" not in out


def test_it_recommends_resources_where_usage_is_measured(
    environment: dict[str, str], fake_prometheus: FakePrometheus, scaler_database_url: str
) -> None:
    usage = vector("0.5")
    usage["data"]["result"][0]["metric"] = {"service": "api", "replica": "0"}
    others = fake_prometheus.answer
    fake_prometheus.answer = lambda path, given: (
        (200, usage) if given["query"] in {"cpu", "memory"} else others(path, given)
    )
    measured = {contract.USAGE_CPU_QUERY: "cpu", contract.USAGE_MEMORY_QUERY: "memory"}
    url = {contract.DATABASE_URL: scaler_database_url}
    process = start(environment | url | measured)
    try:
        metrics = f"http://127.0.0.1:{environment[contract.METRICS_PORT]}"
        eventually(f"{metrics}/readyz", 200)
        base = f"http://127.0.0.1:{environment[contract.HTTP_PORT]}"
        advice = base + contract.RECOMMENDATIONS_PATH
        deadline = time.monotonic() + 30
        while not (found := httpx.get(advice, params={"workload": "api"}).json()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert [(one["resource"], one["target"]) for one in found] == [
            ("cpu", 0.587),
            ("memory", 250 * 2**20),
        ]
        assert contract.RECOMMENDED_CPU in httpx.get(f"{metrics}/metrics").text
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 0


def test_a_mode_that_was_changed_by_a_command_outlives_a_restart(
    environment: dict[str, str], scaler_database_url: str
) -> None:
    url = {contract.DATABASE_URL: scaler_database_url}
    environment = environment | url | {contract.MODE: "enforce"}
    metrics = f"http://127.0.0.1:{environment[contract.METRICS_PORT]}"
    for words, said in (
        (["mode", "worker", "off", "--reason", "an incident"], "worker: mode off; changed "),
        (["mode", "worker"], "(command line): an incident"),
    ):
        process = start(environment)
        try:
            eventually(f"{metrics}/readyz", 200)
            result = CliRunner().invoke(scaler, words, env=environment)
            assert (result.exit_code, said in result.output) == (0, True), result.output
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)


def test_without_its_database_it_starts_decides_and_says_so(environment: dict[str, str]) -> None:
    url = "postgresql://scaler:hidden-password@127.0.0.1:9/autoserve"
    process = start(environment | {contract.DATABASE_URL: url})
    try:
        port = environment[contract.METRICS_PORT]
        eventually(f"http://127.0.0.1:{port}/startupz", 200)
        answer = eventually(f"http://127.0.0.1:{port}/readyz", 503)
        assert set(answer.json()["checks"]) == {"database"}
        assert "hidden" not in answer.text
    finally:
        process.send_signal(signal.SIGTERM)
        out, error = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "hidden" not in out + error


def test_a_request_that_is_never_finished_does_not_hold_up_the_end(
    environment: dict[str, str],
) -> None:
    process = start(environment | {contract.DATABASE_URL: "postgresql://scaler@127.0.0.1:9/none"})
    try:
        eventually(f"http://127.0.0.1:{environment[contract.METRICS_PORT]}/startupz", 200)
        with socket.create_connection(("127.0.0.1", int(environment[contract.HTTP_PORT]))) as half:
            head = "PUT /v1/workloads/worker/mode HTTP/1.1\r\nHost: scaler\r\n"
            half.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
            time.sleep(0.5)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=15)
    finally:
        process.kill()
    assert process.returncode == 0


def test_a_wrong_setting_ends_the_start_in_one_line(environment: dict[str, str]) -> None:
    process = start(environment | {contract.MODE: "maybe"})
    _, error = process.communicate(timeout=20)
    assert process.returncode == 1
    assert error.startswith("scaler: SCALER_MODE: found 'maybe'")
    assert len(error.splitlines()) == 1


def test_a_port_in_use_ends_the_start_in_one_line(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = start(environment | {contract.METRICS_PORT: port})
        _, error = process.communicate(timeout=20)
    assert process.returncode == 1
    assert error == f"scaler: SCALER_METRICS_PORT: found {port}, Address already in use\n"


def test_a_fit_that_still_runs_does_not_make_its_end_an_abort() -> None:
    program = """
import sys
import threading
import numpy
from scaler.fitting import Fitting
from scaler.main import leave

words, began = numpy.array(["a", "b"] * 10_000), threading.Event()

def job():
    while True:
        began.set()
        numpy.unique(words)

fitting = Fitting()
fitting.start("worker", job)
assert began.wait(10)
fitting.close()
print("the last line")
leave(3)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, "the last line\n", "")
