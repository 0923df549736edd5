"""The provider of the local stack under the real engine."""

import json
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from infra.local.launch import holders_of, start_time
from infra.local.state import state_paths, tree_root
from infra.local.supervision import Supervision
from stacks.operation import Outcome
from tests.conftest import wait_until
from tests.infra.local.conftest import SERVER
from tests.ports import free_port
from tests.stacks.conftest import STACK, Project

UP = ("--yes", "--skip-preview")
PROGRAM = """\
import json, sys
import pulumi
from infra.local.resources import *

settings = json.loads(open({settings!r}).read())
local = LocalProvider("local", state_dir={folder!r}, ports=dict.fromkeys(settings["ports"], "web"))
options = pulumi.ResourceOptions(provider=local)
password = Secret("password", SecretArgs(keeper=settings.get("keeper", "")), options)
key = Secret("key", SecretArgs(kind="ed25519-pem"), options)
job = Job("init", JobArgs(
    command=["sh", "-c", settings.get("job", "echo $PASSWORD > {{data}}/made")],
    secret_environment={{"PASSWORD": password.value}},
    directories=["{{data}}"],
    creates="{{data}}/made",
), options)
web = Process("web", ProcessArgs(
    command=[{python!r}, "-S", "-c", {server!r}, "{{port:http}}"],
    environment=settings.get("environment", {{}}),
    secret_environment={{"PASSWORD": password.value, **settings.get("secrets", {{}})}},
    ports={{"http": settings["ports"]}},
    readiness=Readiness(port="http", path="/", deadline_s=15, interval_s=0.05),
    replicas=Replicas(minimum=1, maximum=3, initial=settings.get("initial", 2)),
), pulumi.ResourceOptions(provider=local, depends_on=[job]))
pulumi.export("addresses", web.addresses)
pulumi.export("running", web.running)
pulumi.export("password", password.value)
"""


class Stack:
    """A stack of one web server, its settings in a file."""

    def __init__(self, project: Project, supervision: Supervision, settings: Path) -> None:
        self.project, self.supervision, self._settings = project, supervision, settings
        self.ports = [free_port() for _ in range(3)]

    def operate(self, verb: str, *arguments: str, **settings: object) -> Outcome:
        self._settings.write_text(json.dumps({"ports": self.ports, **settings}))
        return self.project.operate(verb, *arguments)

    def pids(self) -> list[int]:
        service = self.supervision.read("web")
        return [r.pid for r in service.replicas if r.pid] if service else []

    def said(self, outcome: Outcome) -> str:
        return "\n".join([*outcome.errors, *self.project.shown])


@pytest.fixture
def stack(
    project: Callable[[str], Project], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stack]:
    root = Path(tempfile.mkdtemp(prefix="as-"))  # pytest's folders are too deep for unix sockets
    monkeypatch.setenv("AUTOSERVE_STATE_DIR", str(root))
    monkeypatch.setenv("PYTHONPATH", str(tree_root()))
    paths = state_paths().stack("t")
    settings = tmp_path / "settings.json"
    made = project(
        PROGRAM.format(
            settings=str(settings), folder=str(paths.folder), python=sys.executable, server=SERVER
        )
    )
    manifest = made.folder / "Pulumi.yaml"
    plugin = tree_root() / "infra" / "local" / "plugin"
    manifest.write_text(
        manifest.read_text()
        + f"plugins:\n  providers:\n    - name: autoserve-local\n      path: {plugin}\n"
    )
    yield Stack(made, Supervision(paths), settings)
    Supervision(paths).daemon.stop()
    shutil.rmtree(root)


def has_drift(stack: Stack) -> bool:
    """What a refresh, run for show only, would write into the state."""
    return not stack.operate("refresh", "--preview-only", "--expect-no-changes").succeeded


def test_a_second_up_changes_nothing_and_no_secret_is_in_plain_text(stack: Stack) -> None:
    done = stack.operate("up", *UP, environment={"COLOUR": "blue"})
    assert done.succeeded, done.errors
    assert done.outputs["running"] == 2
    before = stack.pids()
    again = stack.operate("up", *UP, environment={"COLOUR": "blue"})
    assert (again.succeeded, again.changes) == (True, {})
    assert stack.pids() == before
    password = (stack.supervision.paths.data("init") / "made").read_text().strip()
    assert len(password) == 32
    state = next(Path(os.environ["AUTOSERVE_STATE_DIR"]).rglob("small/local.json")).read_text()
    assert "blue" in state
    assert password not in state
    assert "PRIVATE KEY" not in state
    assert password not in "".join(stack.project.shown)


def test_only_a_new_keeper_makes_a_new_secret(stack: Stack) -> None:
    stack.operate("up", *UP)
    first = stack.supervision.environment_of("web")["PASSWORD"]
    stack.operate("up", *UP, keeper="2026-11")
    second = stack.supervision.environment_of("web")["PASSWORD"]
    assert second != first
    stack.operate("up", *UP, keeper="2026-11", environment={"COLOUR": "blue"})
    assert stack.supervision.environment_of("web")["PASSWORD"] == second


def test_a_count_set_at_run_time_is_no_drift_but_a_dead_supervisor_is_and_up_heals_it(
    stack: Stack,
) -> None:
    stack.operate("up", *UP)
    stack.supervision.scale("web", 3)
    stack.supervision.wait_ready("web")
    before = stack.pids()
    assert not has_drift(stack)
    assert stack.operate("up", *UP).changes == {}
    assert stack.pids() == before
    daemon = stack.supervision.daemon.pid()
    assert daemon is not None
    os.kill(daemon, signal.SIGKILL)
    assert has_drift(stack)
    healed = stack.operate("up", *UP)
    assert [item.resource for item in healed.differences] == ["web"]
    assert len(stack.pids()) == 3


def test_a_process_that_fails_says_why_and_leaves_nothing_that_the_next_up_trips_over(
    stack: Stack,
) -> None:
    with socket.create_server(("127.0.0.1", stack.ports[1])):
        failed = stack.operate("up", *UP)
    assert not failed.succeeded
    assert f"port {stack.ports[1]} (web) is in use by" in stack.said(failed)
    assert stack.supervision.names() == []
    failed = stack.operate("up", *UP, secrets={"FAIL_WITH": "secret reason"})
    assert not failed.succeeded
    (error,) = [text for text in failed.errors if "web-0" in text]
    assert "the last lines of its log" in error
    assert "[secret]" in error
    assert "secret reason" not in stack.said(failed)
    assert "Traceback" not in stack.said(failed)
    assert stack.supervision.daemon.pid() is None
    assert stack.operate("up", *UP).succeeded


def test_what_a_killed_engine_left_is_taken_up_and_destroyed_but_for_its_data(
    stack: Stack,
) -> None:
    stack.operate("preview")
    engine = stack.project.start("up", "--stack", STACK, *UP)
    try:
        wait_until(lambda: bool(stack.supervision.names()), timeout_s=30, what="web is being made")
        provider = [child.pid for child in psutil.Process(engine.pid).children(recursive=True)]
    finally:
        engine.kill()
        engine.communicate()
    wait_until(
        lambda: not any(start_time(pid) for pid in provider), timeout_s=10, what="provider ended"
    )
    stack.project.run("cancel", "--stack", STACK, "--yes")
    again = stack.operate("up", *UP, "--refresh")
    assert again.succeeded, again.errors
    before = stack.pids()
    locks = [stack.supervision.records.lock_file("web", number) for number in range(2)]
    assert [holders_of(lock) for lock in locks] == [[pid] for pid in before]
    assert stack.operate("destroy", *UP).succeeded
    assert not any(start_time(pid) for pid in before)
    assert stack.supervision.daemon.pid() is None
    assert (stack.supervision.paths.data("init") / "made").exists()
