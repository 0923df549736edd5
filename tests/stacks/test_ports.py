"""Ports that somebody else listens on are named with their owner."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.state import StackPaths, StatePaths
from infra.stack_settings import StackMissingError
from stacks.ports import clashes, wanted_ports

LISTENS = """
import socket, sys
listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
sys.stdin.read()
"""


@pytest.fixture
def paths(tmp_path: Path) -> StackPaths:
    return StatePaths(root=tmp_path / "state").stack("local")


@pytest.fixture
def listener(paths: StackPaths) -> Iterator[int]:
    """A process with the stack's folder on its command line, as its services have."""
    command = [sys.executable, "-c", LISTENS, str(paths.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.communicate()


def test_a_foreign_process_on_a_wanted_port_is_named(paths: StackPaths) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (clash,) = clashes(paths, {port: "edge"})
    assert (clash.port, clash.service) == (port, "edge")
    assert f"process {os.getpid()}" in clash.owner


def test_a_process_of_the_stack_is_no_clash(paths: StackPaths, listener: int) -> None:
    assert clashes(paths, {listener: "edge"}) == []


def test_ports_follow_from_the_settings_of_the_stack() -> None:
    assert len(set(wanted_ports("local").values())) > 5


def test_a_stack_without_settings_wants_no_ports_that_could_be_told() -> None:
    with pytest.raises(StackMissingError, match="'a-stack-without-settings'"):
        wanted_ports("a-stack-without-settings")
