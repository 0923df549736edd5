"""``kill -9`` of every process: back within 10 s, never twice."""

import signal
from collections import Counter
from contextlib import suppress

import httpx
import psutil
import pytest

from tests.live import LivePlatform, finished, until

pytestmark = pytest.mark.timeout(300)

BACK_S = 10.0
SERVICES = ("postgres", "redis", "prometheus", "api", "worker", "relay", "scaler", "edge", "agent")


def doubled(platform: LivePlatform) -> list[str]:
    """What runs more than once: supervisors, and launched replicas by what they were told to be."""
    running: Counter[str] = Counter()
    for replica in platform.replicas().values():
        if replica.pid is not None:
            running[replica.name] += 1
    for process in platform.processes():
        with suppress(psutil.NoSuchProcess):
            if "supervisor.supervisord" in process.cmdline():
                running["supervisord"] += 1
    strangers = strangers_on_ports(platform)
    return [name for name, count in running.items() if count > 1] + strangers


def strangers_on_ports(platform: LivePlatform) -> list[str]:
    """Ports of the stack on which a process listens that its supervisor does not run."""
    supervisor = platform.supervision.daemon.pid()
    found = []
    for port, pids in platform.listeners().items():
        for pid in pids:
            with suppress(psutil.NoSuchProcess):
                process = psutil.Process(pid)
                if supervisor not in {parent.pid for parent in process.parents()}:
                    found.append(f"port {port}: {process}")
    return found


def is_back(platform: LivePlatform, name: str, *, instead_of: int | None) -> bool:
    replica = platform.replicas()[name]
    is_new = replica.pid not in {None, instead_of}
    return is_new and platform.supervision.problem_of(replica) is None


@pytest.mark.parametrize("service", SERVICES)
def test_a_killed_process_is_back_and_ready_in_time_and_never_doubled(
    healthy: LivePlatform, service: str
) -> None:
    name = f"{service}-0"
    before = healthy.replicas()[name]
    assert before.pid is not None
    psutil.Process(before.pid).kill()
    until(
        lambda: is_back(healthy, name, instead_of=before.pid),
        timeout_s=BACK_S,
        what=f"{name} has a new process that is ready",
    )
    healthy.wait_healthy(30)  # whoever uses it finds it again by itself
    assert doubled(healthy) == []


def test_children_of_a_killed_worker_do_not_outlive_it(healthy: LivePlatform) -> None:
    before = healthy.replicas()["worker-0"]
    assert before.pid is not None
    worker = psutil.Process(before.pid)
    children = worker.children(recursive=True)
    assert children, "the worker has a pool"
    worker.kill()
    until(
        lambda: not [child for child in children if child.is_running()],
        timeout_s=BACK_S,
        what="the pool of the killed worker is gone",
    )
    healthy.wait_healthy(BACK_S)


def test_a_task_whose_worker_is_killed_is_done_by_another(
    healthy: LivePlatform, client: httpx.Client
) -> None:
    task = client.post(
        "/tasks", json={"type": "load.synthetic", "parameters": {"seconds": 4, "mode": "wait"}}
    ).json()
    until(
        lambda: client.get(f"/tasks/{task['id']}").json()["state"] == "running",
        timeout_s=15,
        what="the task runs",
    )
    for name, replica in healthy.replicas().items():
        if name.startswith("worker-") and replica.pid is not None:
            psutil.Process(replica.pid).kill()
    done = finished(client, task["id"], timeout_s=60)
    assert done["state"] == "succeeded", done
    assert done["attempts"] >= 2


def test_a_killed_supervisor_leaves_nothing_doubled_and_up_heals(healthy: LivePlatform) -> None:
    pid = healthy.supervision.daemon.pid()
    assert pid is not None
    before = {p.pid for p in healthy.processes()}
    psutil.Process(pid).send_signal(signal.SIGKILL)
    until(lambda: not psutil.pid_exists(pid), timeout_s=5, what="the supervisor is gone")
    report = healthy.up()
    healthy.wait_healthy(BACK_S)
    assert healthy.supervision.daemon.pid() not in {None, pid}
    assert doubled(healthy) == []
    left = [p for p in before if psutil.pid_exists(p)]
    running = {replica.pid for replica in healthy.replicas().values()}
    assert not set(left) - running, "what the dead supervisor ran has ended or was adopted"
    assert report["succeeded"]
    assert healthy.autoserve("preview").returncode == 0
