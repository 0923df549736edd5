"""The whole `local` program under Pulumi mocks: what it declares, before any engine runs."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.local.host import Host
from infra.local.state import StatePaths
from infra.program import build
from infra.rendering.recording import Recording, record
from infra.rendering.values import leaves, revealed
from infra.services.catalogue import catalogue
from infra.settings import Settings

DEFAULTS = Settings()
ROOT = Path(__file__).resolve().parents[2]
HOST = Host(
    tree=Path("/tree"),
    paths=StatePaths(root=Path("/state")).stack("local"),
    programs={
        name: f"/bin/{name}"
        for name in (
            "python",
            "postgres",
            "initdb",
            "psql",
            "redis-server",
            "nginx",
            "prometheus",
        )
    },
    data_user="autoserve",
    service_user="autoserve",
    versions={"app": "1", "worker": "1", "scaler": "1", "infra": "1"},
    web="1",
)


def declare(settings: Settings = DEFAULTS) -> Recording:
    return record(lambda: build(settings, host=HOST), stack="local")


@pytest.fixture(scope="module")
def declared() -> Recording:
    return declare()


def kind(recording: Recording, token: str) -> dict[str, dict[str, Any]]:
    return {
        each.name: dict(each.inputs)
        for each in recording.resources.values()
        if each.type.endswith(token)
    }


def test_every_service_becomes_a_process_and_every_job_a_job(declared: Recording) -> None:
    described = catalogue(Settings())
    assert set(kind(declared, ":Process")) == {s.name for s in described.services} | {"agent"}
    assert set(kind(declared, ":Job")) >= {job.name for job in described.jobs}
    assert set(kind(declared, ":Secret")) == {secret.name for secret in described.secrets}


def test_no_secret_stands_in_plain_text(declared: Recording) -> None:
    for each in declared.resources.values():
        for path, value in leaves(each.inputs):
            assert "made-up-" not in str(value), f"{each.name} shows a secret in {path}"


def test_secrets_reach_the_processes_that_need_them(declared: Recording) -> None:
    values = revealed(kind(declared, ":Process")["api"]["secret_environment"])
    assert "app:made-up-app-database-password@127.0.0.1:" in json.dumps(values)


def test_no_placeholder_is_left_but_those_of_a_replica(declared: Recording) -> None:
    for each in declared.resources.values():
        text = json.dumps(revealed(each.inputs))
        for left in ("{address:", "{secret:", "{host:", "{number:", "{user}", "{dir:data}"):
            assert left not in text, f"{each.name} keeps {left}"


def test_ports_are_unique_and_follow_the_base() -> None:
    declared = declare(Settings(port_base=9_000))
    numbers = [
        port
        for process in kind(declared, ":Process").values()
        for group in process["ports"].values()
        for port in group
    ]
    assert len(set(numbers)) == len(numbers)
    assert min(numbers) == 9_000
    assert kind(declared, ":Process")["edge"]["ports"] == {"http": [9_000]}


def test_bounds_of_the_replicas_come_from_the_settings() -> None:
    declared = declare(Settings.load({"autoserve:worker": '{"minReplicas": 2, "maxReplicas": 5}'}))
    bounds = kind(declared, ":Process")["worker"]["replicas"]
    assert bounds == {"minimum": 2, "maximum": 5, "initial": 2}


def test_the_program_runs_twice_in_one_process_with_the_same_result(declared: Recording) -> None:
    assert declare() == declared


def test_a_preview_declares_the_same_resources(declared: Recording) -> None:
    seen = record(lambda: build(DEFAULTS, host=HOST), stack="local", preview=True)
    assert set(seen.resources) == set(declared.resources)


def test_data_services_never_run_as_root(declared: Recording) -> None:
    for name in ("postgres", "redis", "prometheus", "edge"):
        assert kind(declared, ":Process")[name]["user"] == "autoserve"


def test_a_stack_on_this_machine_does_not_pay_for_the_sdks_of_a_cluster() -> None:
    """In a process of its own, since this one has imported everything."""
    program = (
        "import sys\n"
        "from tests.infra.test_program import declare\n"
        "declare()\n"
        "costly = {'pulumi_kubernetes', 'pulumi_random', 'pulumi_tls', 'kubernetes'}\n"
        "print(sorted(costly & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
