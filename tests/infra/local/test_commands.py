"""``autoserve status``, ``logs``, ``scale`` and the part of ``doctor`` about processes."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner, Result

from infra.local import launch
from infra.local.checks import processes
from infra.local.commands import logs, scale, status
from infra.local.logs import log_file
from infra.local.spec import ProcessSpec
from infra.local.supervision import Supervision
from tests.conftest import wait_until
from tests.infra.local.conftest import SpecMaker


@pytest.fixture(autouse=True)
def state(supervision: Supervision, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOSERVE_STATE_DIR", str(supervision.paths.clone.root))


def run(command: object, *arguments: str) -> Result:
    return CliRunner().invoke(command, [*arguments, "--stack", "t"])  # type: ignore[arg-type]  # a command


def test_status_of_nothing_says_how_to_start_it() -> None:
    done = run(status)
    assert "autoserve up --stack t" in done.output
    assert done.exit_code == 2


def test_status_lists_every_replica(supervision: Supervision, web: SpecMaker) -> None:
    supervision.apply(web())
    done = run(status, "--json")
    replicas = json.loads(done.output)["replicas"]
    assert [(r["service"], r["replica"], r["ready"]) for r in replicas] == [
        ("web", 0, True),
        ("web", 1, True),
    ]
    assert done.exit_code == 0
    assert run(status).output.count("yes") == 2


def test_status_says_what_is_not_ready_and_why(supervision: Supervision, web: SpecMaker) -> None:
    supervision.apply(web(initial=1))
    (supervision.paths.folder / "scratch" / "web-0" / "broken").touch()
    done = run(status)
    assert "no: / answers 503" in done.output
    assert done.exit_code == 2


def test_logs_are_read_by_service_and_replica(supervision: Supervision) -> None:
    for name in ("one", "two"):
        spec = ProcessSpec(name=name, command=("sh", "-c", f"echo I am {name}; exec sleep 600"))
        supervision.apply(spec)
    assert "one-0 | I am one" in run(logs, "one").output
    assert "I am two" not in run(logs, "one").output
    assert run(logs, "--lines", "1").output == "one-0 | I am one\ntwo-0 | I am two\n"
    line = json.loads(run(logs, "two", "--lines", "1", "--json").output)
    assert line == {"service": "two", "replica": 0, "line": "I am two"}


def test_unknown_logs_are_refused_with_those_there_are(supervision: Supervision) -> None:
    supervision.apply(ProcessSpec(name="one", command=("sleep", "600")))
    done = run(logs, "on")
    assert done.exit_code == 1
    assert "there are logs of: one" in done.output
    assert "--replica: found 3, allowed: 0" in run(logs, "one", "--replica", "3").output


def test_logs_are_followed_across_a_rotation(supervision: Supervision) -> None:
    supervision.paths.prepare()
    log = log_file(supervision.paths, "one", 0)
    log.write_text("before\n")
    code = "from infra.local.commands import logs; logs()"
    command = [sys.executable, "-u", "-c", code, "one", "-f", "--stack", "t", "--lines", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        assert following.stdout.readline() == "one-0 | before\n"
        time.sleep(0.5)
        with log.open("a") as file:
            file.write("after\n")
        assert following.stdout.readline() == "one-0 | after\n"
        log.rename(log.with_suffix(".log.1"))
        log.write_text("rotated\n")
        assert following.stdout.readline() == "one-0 | rotated\n"
        following.kill()


def test_scale_sets_the_count_and_shows_it(supervision: Supervision, web: SpecMaker) -> None:
    supervision.apply(web(initial=1))
    assert run(scale, "web", "3").output == "web: 1 -> 3 replicas\n"
    assert run(scale).output == "web: 3 replicas, allowed: 1 to 3\n"
    supervision.wait_ready("web")
    run(scale, "web", "1")
    service = supervision.read("web")
    assert service is not None
    assert len(service.replicas) == 1


def test_scale_refuses_what_the_bounds_do_not_allow(
    supervision: Supervision, web: SpecMaker
) -> None:
    supervision.apply(web(initial=1))
    done = run(scale, "web", "9")
    assert done.exit_code == 1
    assert "web: found 9 replicas, allowed: 1 to 3" in done.output
    assert "known: web" in run(scale, "wob", "1").output


def test_doctor_finds_nothing_where_all_is_well(supervision: Supervision, web: SpecMaker) -> None:
    assert list(processes(supervision.paths)) == []
    supervision.apply(web(initial=1))
    assert list(processes(supervision.paths)) == []


def test_doctor_names_a_dead_supervisor_and_the_mend(
    supervision: Supervision, web: SpecMaker
) -> None:
    supervision.apply(web(initial=1))
    daemon = supervision.daemon.pid()
    assert daemon is not None
    os.kill(daemon, signal.SIGKILL)
    wait_until(lambda: supervision.daemon.recorded_pid() is None, timeout_s=5, what="it is dead")
    found = next(processes(supervision.paths))
    assert found.what == "the supervisor is dead; it should run web"
    assert found.mend == "autoserve up --stack t"


def test_doctor_shows_what_a_given_up_process_said(
    supervision: Supervision, web: SpecMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.local.replicas.START_ATTEMPTS", 0)
    supervision.apply(web(initial=1))
    secret = {"FAIL_WITH": "hidden-value-of-a-test"}
    supervision.records.write_replica(web(initial=1, environment=secret), 0)
    service = supervision.read("web")
    assert service is not None
    assert service.replicas[0].pid is not None
    os.kill(service.replicas[0].pid, signal.SIGKILL)
    wait_until(
        lambda: any("given up" in found.what for found in processes(supervision.paths)),
        timeout_s=20,
        what="given up",
    )
    assert supervision.drift_of(web(initial=1)) == ["web-0 was given up by the supervisor"]


def test_doctor_names_processes_that_were_left_behind(supervision: Supervision) -> None:
    supervision.paths.prepare()
    supervision.records.prepare()
    lock = supervision.records.lock_file("gone", 0)
    with lock.open("w") as held:
        left = subprocess.Popen(["sleep", "600"], pass_fds=[held.fileno()])
    try:
        (found,) = processes(supervision.paths)
        assert found.what == f"gone-0 left processes behind: {left.pid}"
        assert found.mend == f"kill {left.pid}"
    finally:
        left.kill()
        left.wait()
    assert launch.holders_of(lock) == []
