"""The whole `local` program under Pulumi mocks: what it declares, before any engine runs."""

import asyncio
import gc
import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import rpc

from infra.local.host import Host
from infra.local.state import StatePaths
from infra.program import build
from infra.services.catalogue import catalogue
from infra.settings import Settings

# The mock monitor's threads leave event loops open; one may be collected in the middle of a test.
pytestmark = pytest.mark.filterwarnings(
    "ignore:unclosed:ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)
DEFAULTS = Settings()
SECRET_VALUE = "known-only-to-the-mocks"


@dataclass
class Recorder(pulumi.runtime.Mocks):
    """Stands in for the engine: keeps every declaration, answers with its inputs."""

    declared: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, Any]:
        self.declared[args.name] = (args.typ, args.inputs)
        outputs = dict(args.inputs)
        if args.typ.endswith(":Secret"):
            outputs["value"] = SECRET_VALUE
        return f"{args.name}-id", outputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        raise AssertionError(f"the program calls {args.token}")


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


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    mocks = Recorder()
    pulumi.runtime.set_mocks(mocks, project="autoserve", stack="local", preview=False)
    yield mocks
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    asyncio.set_event_loop(None)
    # The mock monitor makes a loop in each of the executor's threads and never closes it.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def declare(recorder: Recorder, settings: Settings = DEFAULTS) -> Recorder:
    def program() -> None:
        build(settings, host=HOST)

    pulumi.runtime.test(program)()  # type: ignore[no-untyped-call]  # pulumi types no decorator
    return recorder


def kind(recorder: Recorder, token: str) -> dict[str, dict[str, Any]]:
    return {
        name: inputs for name, (typ, inputs) in recorder.declared.items() if typ.endswith(token)
    }


def test_every_service_becomes_a_process_and_every_job_a_job(recorder: Recorder) -> None:
    declare(recorder)
    described = catalogue(Settings())
    assert set(kind(recorder, ":Process")) == {s.name for s in described.services} | {"agent"}
    assert set(kind(recorder, ":Job")) >= {job.name for job in described.jobs}
    assert set(kind(recorder, ":Secret")) == {secret.name for secret in described.secrets}


def test_no_secret_stands_in_plain_text(recorder: Recorder) -> None:
    declare(recorder)
    for name, (_, inputs) in recorder.declared.items():
        for key, value in inputs.items():
            if rpc.is_rpc_secret(value):
                continue
            assert SECRET_VALUE not in json.dumps(value), f"{name}.{key} shows a secret"


def test_secrets_reach_the_processes_that_need_them(recorder: Recorder) -> None:
    declare(recorder)
    api = kind(recorder, ":Process")["api"]
    values = rpc.unwrap_rpc_secret(api["secret_environment"])
    assert f"app:{SECRET_VALUE}@127.0.0.1:" in json.dumps(values)


def test_no_placeholder_is_left_but_those_of_a_replica(recorder: Recorder) -> None:
    declare(recorder)
    for name, (_, inputs) in recorder.declared.items():
        text = json.dumps(inputs)
        for left in ("{address:", "{secret:", "{host:", "{number:", "{user}", "{dir:data}"):
            assert left not in text, f"{name} keeps {left}"


def test_ports_are_unique_and_follow_the_base(recorder: Recorder) -> None:
    declare(recorder, Settings(port_base=9_000))
    numbers = [
        port
        for process in kind(recorder, ":Process").values()
        for group in process["ports"].values()
        for port in group
    ]
    assert len(set(numbers)) == len(numbers)
    assert min(numbers) == 9_000
    assert kind(recorder, ":Process")["edge"]["ports"] == {"http": [9_000]}


def test_bounds_of_the_replicas_come_from_the_settings(recorder: Recorder) -> None:
    declare(recorder, Settings.load({"autoserve:worker": '{"minReplicas": 2, "maxReplicas": 5}'}))
    bounds = kind(recorder, ":Process")["worker"]["replicas"]
    assert bounds == {"minimum": 2, "maximum": 5, "initial": 2}


def test_the_program_runs_twice_in_one_process_with_the_same_result(recorder: Recorder) -> None:
    first = dict(declare(recorder).declared)
    recorder.declared.clear()
    assert declare(recorder).declared == first


def test_data_services_never_run_as_root(recorder: Recorder) -> None:
    declare(recorder)
    for name in ("postgres", "redis", "prometheus", "edge"):
        assert kind(recorder, ":Process")[name]["user"] == "autoserve"
