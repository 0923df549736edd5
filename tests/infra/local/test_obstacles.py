"""Obstacles of a machine are named before anything is changed."""

import os
import socket
from collections import namedtuple
from pathlib import Path

import pytest

from infra.local.obstacles import folder_problem, port_problems
from infra.local.state import StackPaths
from infra.local.supervision import Supervision
from tests.infra.local.conftest import SpecMaker

Usage = namedtuple("Usage", "total used free")


def test_a_port_in_use_is_named_with_what_it_is_for_and_its_owner(paths: StackPaths) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (problem,) = port_problems({port: "edge"}, paths)
    assert problem.startswith(f"port {port} (edge) is in use by ")
    assert f"(pid {os.getpid()})" in problem


def test_a_free_port_is_no_problem(paths: StackPaths) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert port_problems({port: "edge"}, paths) == []


def test_ports_of_the_stack_s_own_processes_are_no_problem(
    supervision: Supervision, web: SpecMaker
) -> None:
    spec = web(initial=1)
    supervision.apply(spec)
    ports = dict.fromkeys(spec.ports["http"], "web")
    assert port_problems(ports, supervision.paths) == []


def test_a_folder_that_does_not_exist_yet_is_judged_by_its_parent(tmp_path: Path) -> None:
    assert folder_problem(tmp_path / "new" / "deeper") is None
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "no folder" in str(folder_problem(tmp_path / "file" / "stack"))


def test_a_folder_that_cannot_be_written_is_named() -> None:
    assert "cannot be written" in str(folder_problem(Path("/proc/autoserve")))


def test_a_full_folder_is_named_with_what_is_free_and_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _path: Usage(2**30, 2**30, 5 * 2**20))
    problem = str(folder_problem(tmp_path))
    assert "found 5 MiB free, allowed: at least 200 MiB" in problem
