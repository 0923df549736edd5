"""Programs run by the real engine with the Python language host that goes with it."""

import json
import os
import signal
import time
from collections.abc import Callable
from typing import TypeVar

import psutil
import pytest

from stacks import preflight
from stacks.locks import clear_dead, locks_of
from tests.stacks.conftest import NAME, STACK, Project

Found = TypeVar("Found")

EXPORTS = """
import pulumi
print("said by the program")
pulumi.export("addresses", {"web": "http://127.0.0.1:1"})
pulumi.export("password", pulumi.Output.secret("s3cret"))
"""
FAILS = """
import pulumi
def settings():
    raise ValueError("portBase is 99999")
pulumi.export("x", 1)
settings()
"""
LATE = "import pulumi\npulumi.Output.from_input(1).apply(lambda one: one / 0)\n"
SLEEPS = "import time\nprint('sleeps', flush=True)\ntime.sleep(60)\n"


@pytest.mark.parametrize("words", ["up --yes --skip-preview", "up --yes"])
def test_a_stack_goes_up_shows_no_changes_refreshes_and_goes_down(
    project: Callable[[str], Project], words: str
) -> None:
    small = project(EXPORTS)
    verb, *arguments = words.split()
    up = small.operate(verb, *arguments)
    assert up.succeeded, up.errors
    assert up.outputs["addresses"] == {"web": "http://127.0.0.1:1"}
    assert "said by the program" in small.shown
    assert "s3cret" not in small.state_file.read_text()
    small.run("preview", "--stack", STACK, "--expect-no-changes")
    for verb in ("refresh", "destroy"):
        assert small.operate(verb, "--yes").succeeded


def test_an_exception_of_the_program_is_shown_from_its_own_first_line(
    project: Callable[[str], Project],
) -> None:
    small = project(FAILS)
    outcome = small.operate("up", "--yes", "--skip-preview")
    assert not outcome.succeeded
    (error,) = outcome.errors
    assert "ValueError: portBase is 99999" in error
    assert "in settings" in error
    assert "language_host.py" not in error
    small.program(EXPORTS)
    assert small.operate("up", "--yes", "--skip-preview").succeeded


def test_an_exception_in_an_apply_fails_the_operation(project: Callable[[str], Project]) -> None:
    outcome = project(LATE).operate("up", "--yes", "--skip-preview")
    assert not outcome.succeeded
    assert "ZeroDivisionError" in outcome.errors[0]


@pytest.mark.parametrize(
    ("program", "error"),
    [
        pytest.param("import sys; sys.exit(3)", "Program ended with exit code 3", id="exit"),
        pytest.param("def f(", "SyntaxError", id="syntax"),
        pytest.param("import pulumi; raise pulumi.RunError('too many')", "too many", id="wanted"),
    ],
)
def test_other_ends_of_a_program_are_named(
    project: Callable[[str], Project], program: str, error: str
) -> None:
    outcome = project(program).operate("preview")
    assert not outcome.succeeded
    assert error in outcome.errors[0]


def test_a_killed_engine_leaves_no_process_and_a_lock_that_is_cleared(
    project: Callable[[str], Project],
) -> None:
    small = project(SLEEPS)
    engine = small.start("up", "--stack", STACK, "--yes", "--skip-preview")
    try:
        hosts = wait_for(lambda: psutil.Process(engine.pid).children(recursive=True))
        wait_for(lambda: locks_of(small.paths.pulumi, NAME, STACK))
    finally:
        os.kill(engine.pid, signal.SIGKILL)
        engine.communicate()
    assert psutil.wait_procs(hosts, timeout=10)[1] == []
    (cleared,) = clear_dead(small.paths.pulumi, NAME, STACK)
    assert cleared.pid == engine.pid
    small.program(EXPORTS)
    assert small.operate("up", "--yes", "--skip-preview").succeeded


def test_what_a_killed_engine_was_working_on_is_healed_by_a_refresh(
    project: Callable[[str], Project],
) -> None:
    small = project(EXPORTS)
    assert small.operate("up", "--yes", "--skip-preview").succeeded
    state = json.loads(small.state_file.read_text())
    stack = state["checkpoint"]["latest"]["resources"][0]
    begun = {"urn": stack["urn"] + "-x", "type": "a:b:C", "custom": True}
    operations = [{"resource": begun, "type": "creating"}]
    state["checkpoint"]["latest"]["pending_operations"] = operations
    small.state_file.write_text(json.dumps(state))
    assert preflight.pending_operations(small.state_file) == ["small-local-x"]
    outcome = small.operate("refresh", "--yes", "--clear-pending-creates", "--skip-preview")
    assert outcome.succeeded, outcome.errors
    assert preflight.pending_operations(small.state_file) == []


def wait_for(found: Callable[[], list[Found]], seconds: float = 15) -> list[Found]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := found():
            return value
        time.sleep(0.05)
    raise AssertionError("waited in vain")
