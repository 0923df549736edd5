"""Services are kept running, are never doubled, and change without being down."""

import http.client
import os
import signal
import stat
import threading
import time
from pathlib import Path

import psutil
import pytest

from infra.local.launch import holders_of, start_time
from infra.local.logs import log_file
from infra.local.spec import ProcessSpec, ReplicaBounds
from infra.local.supervision import (
    BusyError,
    CancelledError,
    NotReadyError,
    OutOfBoundsError,
    Supervision,
    UnknownServiceError,
)
from tests.conftest import wait_until
from tests.infra.local.conftest import SpecMaker

SECRET = "hidden-value-of-a-test"


def pids(supervision: Supervision, name: str = "web") -> list[int | None]:
    service = supervision.read(name)
    assert service is not None
    return [replica.pid for replica in service.replicas]


def answer(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/")
        return int(connection.getresponse().read())
    finally:
        connection.close()


def settle(supervision: Supervision) -> None:
    wait_until(lambda: supervision.settle("web"), timeout_s=15, what="settled")


def test_an_applied_service_answers_on_the_port_of_each_replica(
    supervision: Supervision, web: SpecMaker
) -> None:
    spec = web()
    supervision.apply(spec)
    assert [answer(port) for port in spec.ports["http"][:2]] == pids(supervision)
    assert supervision.drift_of(spec) == []


def test_applying_the_same_again_leaves_every_replica_alone(
    supervision: Supervision, web: SpecMaker
) -> None:
    supervision.apply(web())
    before = pids(supervision)
    supervision.apply(web())
    assert pids(supervision) == before


def test_a_killed_replica_is_back_within_ten_seconds_and_not_doubled(
    supervision: Supervision, web: SpecMaker
) -> None:
    spec = web(initial=1)
    supervision.apply(spec)
    (killed,) = pids(supervision)
    assert killed is not None
    began = time.monotonic()
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: pids(supervision) not in ([killed], [None]), timeout_s=10, what="restarted")
    supervision.wait_ready("web", 10)
    assert time.monotonic() - began < 10
    assert holders_of(supervision.records.lock_file("web", 0)) == pids(supervision)


def test_nothing_outlives_a_killed_supervisor_and_the_next_apply_heals(
    supervision: Supervision, web: SpecMaker
) -> None:
    spec = web()
    supervision.apply(spec)
    before, daemon = pids(supervision), supervision.daemon.pid()
    assert daemon is not None
    os.kill(daemon, signal.SIGKILL)
    wait_until(
        lambda: not any(start_time(pid) for pid in before if pid),
        timeout_s=5,
        what="processes ended with their supervisor",
    )
    assert len(supervision.drift_of(spec)) == 2
    supervision.apply(spec)
    assert supervision.drift_of(spec) == []
    assert not set(pids(supervision)) & set(before)


def test_scaling_up_starts_one_and_leaves_the_others_running(
    supervision: Supervision, web: SpecMaker
) -> None:
    supervision.apply(web())
    before = pids(supervision)
    assert supervision.scale("web", 3) == 2
    supervision.wait_ready("web")
    assert pids(supervision)[:2] == before
    assert len(pids(supervision)) == 3


def test_scaling_down_ends_the_last_replicas_only(supervision: Supervision, web: SpecMaker) -> None:
    supervision.apply(web(initial=3))
    before = pids(supervision)
    supervision.scale("web", 1)
    settle(supervision)
    assert pids(supervision) == before[:1]


def test_a_replica_that_is_wanted_again_while_it_ends_comes_back(
    supervision: Supervision, web: SpecMaker
) -> None:
    supervision.apply(web())
    supervision.scale("web", 1)
    supervision.scale("web", 2)
    settle(supervision)
    supervision.wait_ready("web")
    assert len(pids(supervision)) == 2


def test_a_count_set_at_run_time_survives_the_next_apply(
    supervision: Supervision, web: SpecMaker
) -> None:
    supervision.apply(web())
    supervision.scale("web", 3)
    supervision.wait_ready("web")
    before = pids(supervision)
    assert supervision.drift_of(web()) == []
    supervision.apply(web())
    assert pids(supervision) == before


def test_new_bounds_clamp_the_count(supervision: Supervision, web: SpecMaker) -> None:
    supervision.apply(web(initial=1))
    tighter = web(initial=2, minimum=2)
    assert supervision.drift_of(tighter) == ["web has 1 replicas, allowed: 2 to 3"]
    supervision.apply(tighter)
    assert len(pids(supervision)) == 2


@pytest.mark.parametrize("count", [0, 4, -1])
def test_a_count_out_of_bounds_is_refused(
    supervision: Supervision, web: SpecMaker, count: int
) -> None:
    supervision.apply(web(initial=1))
    with pytest.raises(OutOfBoundsError, match=f"found {count} replicas, allowed: 1 to 3"):
        supervision.scale("web", count)


def test_an_unknown_service_is_named_with_those_there_are(
    supervision: Supervision, web: SpecMaker
) -> None:
    supervision.apply(web(initial=1))
    with pytest.raises(UnknownServiceError, match="no service 'wab'; known: web"):
        supervision.scale("wab", 1)


def test_a_service_that_is_being_changed_is_busy(supervision: Supervision, web: SpecMaker) -> None:
    supervision.apply(web(initial=1))
    with supervision.records.exclusive("web"), pytest.raises(BusyError):
        supervision.scale("web", 2, patience_s=0.1)


def test_a_changed_environment_is_rolled_out_without_a_gap(
    supervision: Supervision, web: SpecMaker
) -> None:
    spec = web()
    supervision.apply(spec)
    before, gaps, is_done = pids(supervision), [], threading.Event()

    def watch() -> None:
        while not is_done.is_set():
            up = []
            for port in spec.ports["http"][:2]:
                try:
                    up.append(answer(port))
                except (OSError, http.client.HTTPException, ValueError):
                    continue  # that one is just being replaced
            if not up:
                gaps.append(time.monotonic())

    watcher = threading.Thread(target=watch)
    watcher.start()
    supervision.apply(web(environment={"COLOUR": "blue"}))
    is_done.set()
    watcher.join()
    assert not gaps
    assert not set(pids(supervision)) & set(before)


def test_a_new_version_that_fails_leaves_the_other_replica_serving(
    supervision: Supervision, web: SpecMaker
) -> None:
    spec = web()
    supervision.apply(spec)
    with pytest.raises(NotReadyError):
        supervision.apply(web(environment={"FAIL_WITH": "broken version"}))
    service = supervision.read("web")
    assert service is not None
    assert supervision.problem_of(service.replicas[1]) is None
    supervision.apply(spec)
    assert supervision.drift_of(spec) == []


def test_a_service_that_fails_at_create_says_why_without_secrets_and_leaves_nothing(
    supervision: Supervision, web: SpecMaker
) -> None:
    spec = web(initial=1, secret_environment={"FAIL_WITH": SECRET})
    with pytest.raises(NotReadyError) as caught:
        supervision.apply(spec)
    assert "[secret]" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert supervision.names() == []
    assert supervision.daemon.pid() is None
    supervision.apply(web(initial=1))


def test_a_service_that_never_gets_ready_is_told_from_one_that_ends(
    supervision: Supervision, web: SpecMaker, tmp_path: Path
) -> None:
    tmp_path.joinpath("broken").touch()
    spec = web(initial=1, working_directory=str(tmp_path))
    with pytest.raises(NotReadyError, match="/ answers 503"):
        supervision.apply(
            ProcessSpec.from_json(
                spec.to_json() | {"readiness": {"port": "http", "path": "/", "deadline_s": 1}}
            )
        )


def test_waiting_ends_when_it_is_cancelled(
    supervision: Supervision, web: SpecMaker, tmp_path: Path
) -> None:
    tmp_path.joinpath("broken").touch()
    threading.Timer(0.5, supervision.cancelled.set).start()
    with pytest.raises(CancelledError):
        supervision.apply(web(initial=1, working_directory=str(tmp_path)))


def test_secrets_stand_in_files_of_mode_600_only(supervision: Supervision, web: SpecMaker) -> None:
    supervision.apply(web(initial=1, secret_environment={"TOKEN": SECRET}))
    (pid,) = pids(supervision)
    assert SECRET not in " ".join(psutil.Process(pid).cmdline())
    assert psutil.Process(pid).environ()["TOKEN"] == SECRET
    holding = [
        path
        for path in supervision.paths.clone.root.rglob("*")
        if path.is_file() and SECRET in path.read_text(errors="replace")
    ]
    assert {path.parent.name for path in holding} == {"specs", "services"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in holding} == {0o600}


def test_nothing_of_the_caller_s_environment_reaches_a_service(
    supervision: Supervision, web: SpecMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", SECRET)
    supervision.apply(web(initial=1))
    (pid,) = pids(supervision)
    daemon = supervision.daemon.pid()
    assert daemon is not None
    assert SECRET not in psutil.Process(pid).environ().values()
    assert SECRET not in psutil.Process(daemon).environ().values()


def test_children_of_a_killed_replica_are_ended_before_it_starts_again(
    supervision: Supervision,
) -> None:
    spec = ProcessSpec(
        name="parent",
        command=("sh", "-c", "sleep 600 & echo $! > child; exec sleep 601"),
        replicas=ReplicaBounds(),
        stop_grace_s=1,
    )
    supervision.apply(spec)
    service = supervision.read("parent")
    assert service is not None
    main = service.replicas[0].pid
    assert main is not None
    folder = supervision.paths.folder / "scratch" / "parent-0"
    child = int(folder.joinpath("child").read_text())
    os.kill(main, signal.SIGKILL)
    wait_until(lambda: start_time(child) == 0, timeout_s=10, what="the child ended")
    wait_until(
        lambda: pids(supervision, "parent") not in ([main], [None]), timeout_s=10, what="restarted"
    )


def test_a_process_that_ignores_its_stop_signal_is_killed_when_the_grace_is_over(
    supervision: Supervision,
) -> None:
    spec = ProcessSpec(
        name="deaf", command=("sh", "-c", "trap '' TERM; while :; do sleep 1; done"), stop_grace_s=1
    )
    supervision.apply(spec)
    (pid,) = pids(supervision, "deaf")
    assert pid is not None
    supervision.remove("deaf")
    assert start_time(pid) == 0


def test_changed_files_reload_where_the_service_can_and_restart_where_not(
    supervision: Supervision, web: SpecMaker
) -> None:
    command = ("sh", "-c", "trap 'echo reloaded' HUP; while :; do sleep 0.1; done")
    first = ProcessSpec(name="web", command=command, files={"a": "1"}, reload_signal="HUP")
    supervision.apply(first)
    before = pids(supervision)
    second = ProcessSpec(name="web", command=command, files={"a": "2"}, reload_signal="HUP")
    supervision.apply(second)
    log = log_file(supervision.paths, "web", 0)
    wait_until(lambda: "reloaded" in log.read_text(), timeout_s=5, what="reloaded")
    assert pids(supervision) == before
    supervision.apply(ProcessSpec(name="web", command=command, files={"a": "3"}))
    assert pids(supervision) != before


def test_a_file_that_somebody_edited_is_drift(supervision: Supervision, web: SpecMaker) -> None:
    spec = web(initial=1, files={"web.conf": "answer 42\n"})
    supervision.apply(spec)
    edited = supervision.paths.etc("web") / "web.conf"
    edited.write_text("answer 41\n")
    assert supervision.drift_of(spec) == ["file web.conf of web is missing or was changed"]
    supervision.apply(spec)
    assert edited.read_text() == "answer 42\n"


def test_a_replica_started_from_another_spec_is_drift(
    supervision: Supervision, web: SpecMaker
) -> None:
    supervision.apply(web(initial=1))
    drift = supervision.drift_of(web(initial=1, environment={"COLOUR": "red"}))
    assert drift == ["web-0 runs with another command or environment"]


def test_removing_a_service_keeps_its_data_and_logs(
    supervision: Supervision, web: SpecMaker
) -> None:
    supervision.apply(web(initial=1, directories=("{data}",)))
    kept = supervision.paths.data("web") / "kept"
    kept.write_text("of value")
    supervision.remove("web")
    assert kept.exists()
    assert log_file(supervision.paths, "web", 0).exists()
    assert supervision.names() == []
    supervision.remove("web")


def test_services_applied_at_once_share_one_supervisor(
    supervision: Supervision, web: SpecMaker
) -> None:
    specs = [ProcessSpec(name=f"s{number}", command=("sleep", "600")) for number in range(4)]
    threads = [threading.Thread(target=supervision.apply, args=(spec,)) for spec in specs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [supervision.drift_of(spec) for spec in specs] == [[], [], [], []]
    log = supervision.daemon.log.read_text()
    assert log.count("supervisord started") == 1


def test_a_log_is_rotated(supervision: Supervision, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.local.replicas.LOG_BYTES", 15_000)
    # With pauses, for the supervisor looks at a log's size once for all that it reads at once.
    text = "for i in 1 2 3 4 5 6 7 8; do seq 1 4000; sleep 0.2; done; exec sleep 600"
    supervision.apply(ProcessSpec(name="loud", command=("sh", "-c", text)))
    log = log_file(supervision.paths, "loud", 0)
    wait_until(lambda: log.with_suffix(".log.3").exists(), timeout_s=10, what="rotated")
    assert not log.with_suffix(".log.4").exists()
    assert log.stat().st_size < 60_000
