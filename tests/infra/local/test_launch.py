"""The launcher: one holder of a replica's lock at a time, and an end with its parent."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from infra.local import launch
from tests.conftest import wait_until

Launch = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Launch]:
    """Starts a command as replica 0 of one service, by the launcher."""
    started: list[subprocess.Popen[bytes]] = []
    pid_file = tmp_path / "parent.pid"
    pid_file.write_text(str(os.getpid()))

    def run(
        *command: str, stop_signal: str = "TERM", **environment: str
    ) -> "subprocess.Popen[bytes]":
        spec = {
            "service": "s",
            "replica": 0,
            "command": command,
            "environment": environment,
            "working_directory": str(tmp_path),
            "user": None,
            "stop_signal": stop_signal,
            "stop_grace_s": 1.0,
            "digest": "d",
        }
        (tmp_path / "spec.json").write_text(json.dumps(spec))
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", launch.__file__]
            + [str(tmp_path / name) for name in ("spec.json", "s-0.lock", "parent.pid")],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def runs(process: "subprocess.Popen[bytes]", program: str) -> bool:
    try:
        return Path(psutil.Process(process.pid).cmdline()[0]).name == program
    except (psutil.Error, IndexError):
        return False


def test_the_program_takes_the_launcher_s_place_and_holds_the_lock(
    start: Launch, tmp_path: Path
) -> None:
    process = start("sleep", "600")
    wait_until(lambda: runs(process, "sleep"), timeout_s=5, what="sleep")
    assert launch.holders_of(tmp_path / "s-0.lock") == [process.pid]
    assert launch.read_record(tmp_path / "s-0.lock")["pid"] == process.pid


def test_a_second_start_ends_the_first_one(start: Launch, tmp_path: Path) -> None:
    first = start("sleep", "600")
    wait_until(lambda: runs(first, "sleep"), timeout_s=5, what="sleep")
    second = start("sleep", "600")
    assert first.wait(5) == -signal.SIGTERM
    wait_until(lambda: runs(second, "sleep"), timeout_s=5, what="the second sleep")
    assert launch.holders_of(tmp_path / "s-0.lock") == [second.pid]
    assert launch.read_record(tmp_path / "s-0.lock")["starts"] == 2


def test_a_holder_that_does_not_listen_is_killed(start: Launch) -> None:
    first = start("sh", "-c", "trap '' TERM; touch ready; while :; do sleep 1; done")
    wait_until(lambda: runs(first, "sh"), timeout_s=5, what="sh")
    second = start("sleep", "600")
    first.wait(8)
    wait_until(lambda: runs(second, "sleep"), timeout_s=5, what="sleep")


def test_a_record_of_a_pid_that_was_given_to_somebody_else_harms_nobody(
    start: Launch, tmp_path: Path
) -> None:
    record = {"pid": os.getpid(), "start": 1, "session": 1, "digest": "", "starts": 1, "at": 0}
    launch.record_file(tmp_path / "s-0.lock").write_text(json.dumps(record))
    process = start("sleep", "600")
    wait_until(lambda: runs(process, "sleep"), timeout_s=5, what="sleep")


def test_it_does_not_start_when_its_supervisor_is_another_one(
    start: Launch, tmp_path: Path
) -> None:
    (tmp_path / "parent.pid").write_text("1")
    assert start("sleep", "600").wait(5) == launch.LOST_PARENT


def test_a_program_that_is_missing_is_named(start: Launch) -> None:
    assert start("no-such-program").wait(5) == 1


def test_it_starts_in_a_few_hundredths_of_a_second(start: Launch) -> None:
    process = start("true")
    assert process.wait(2) == 0


def test_a_zombie_has_no_start_time() -> None:
    process = subprocess.Popen(["true"])
    wait_until(lambda: launch.start_time(process.pid) == 0, timeout_s=5, what="a zombie")
    process.wait()
