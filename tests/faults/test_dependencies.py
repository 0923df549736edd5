"""Redis or PostgreSQL away: readiness fails, nothing crashes, recovery alone, no task lost."""

import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

import httpx
import psutil
import pytest

from infra.settings import Settings
from tests.live import LivePlatform, finished, until

pytestmark = pytest.mark.timeout(300)

AWAY_S = 8.0
Fault = Callable[[LivePlatform, str], AbstractContextManager[None]]
# Who must be ready only with the store there.
NEEDS = {"redis": ("relay-0", "worker-0"), "postgres": ("api-0", "relay-0", "worker-0")}


@contextmanager
def away(platform: LivePlatform, service: str) -> Iterator[None]:
    """The service is dead for as long as the block takes: its supervisor is held meanwhile."""
    supervisor = psutil.Process(platform.supervision.daemon.pid() or 0)
    pid = platform.replicas()[f"{service}-0"].pid
    assert pid is not None
    supervisor.send_signal(signal.SIGSTOP)
    try:
        psutil.Process(pid).kill()
        yield
    finally:
        supervisor.send_signal(signal.SIGCONT)


@contextmanager
def frozen(platform: LivePlatform, service: str) -> Iterator[None]:
    """The service takes connections and never answers."""
    pid = platform.replicas()[f"{service}-0"].pid
    assert pid is not None
    whole = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    for process in whole:
        process.suspend()
    try:
        yield
    finally:
        for process in whole:
            if process.is_running():
                process.resume()


class Submitter:
    """Submits tasks all the time in a thread and remembers those that were accepted."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.accepted: list[str] = []
        self.statuses: set[int | str] = set()

    def __enter__(self) -> "Submitter":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(60)

    def _run(self) -> None:
        parameters = {"seconds": 0.05, "mode": "wait"}
        while not self._end.wait(0.25):
            try:
                answer = self._client.post(
                    "/tasks", json={"type": "load.synthetic", "parameters": parameters}
                )
            except httpx.TransportError as exc:
                self.statuses.add(type(exc).__name__)
                continue
            self.statuses.add(answer.status_code)
            if answer.status_code == 202:
                self.accepted.append(answer.json()["id"])


def ready_problem(address: str) -> str | None:
    try:
        answer = httpx.get(f"http://{address}/readyz", timeout=10)
    except httpx.TransportError as exc:
        return str(exc)
    return None if answer.status_code == 200 else answer.text


def kept_pids(platform: LivePlatform, away: str) -> dict[str, int | None]:
    """Of the other services, by name, the replicas that the scaler never ends."""
    settings = Settings.load({})
    minima = {"api": settings.api.min_replicas, "worker": settings.worker.min_replicas}
    return {
        name: found.pid
        for name, found in platform.replicas().items()
        if found.service != away and found.replica < minima.get(found.service, found.replica + 1)
    }


def ended_by_themselves(log: str) -> set[str]:
    """Replicas that ended without being told to: those that the scaler ends are "stopped"."""
    return set(re.findall(r" exited: (\S+) ", log))


@pytest.mark.parametrize("fault", [away, frozen], ids=["dead", "frozen"])
@pytest.mark.parametrize("service", ["redis", "postgres"])
def test_without_a_store_readiness_fails_and_no_accepted_task_is_lost(
    healthy: LivePlatform, client: httpx.Client, service: str, fault: Fault
) -> None:
    before = kept_pids(healthy, service)
    log = healthy.supervision.daemon.log
    said_before = log.stat().st_size
    # Asked for now: a supervisor that is held answers nobody.
    addresses = {
        name: replica.addresses["metrics"]
        for name, replica in healthy.replicas().items()
        if name in NEEDS[service]
    }
    with Submitter(client) as submitter:
        time.sleep(1)
        with fault(healthy, service):
            began = time.monotonic()
            for name, address in addresses.items():
                until(
                    partial(ready_problem, address),
                    timeout_s=15,
                    what=f"{name} says that it is not ready",
                )
            time.sleep(max(0.0, AWAY_S - (time.monotonic() - began)))
        healthy.wait_healthy(45)
        time.sleep(1)
    assert submitter.accepted
    assert 500 not in submitter.statuses, "an outage is 503 with a reason, never a crash"
    for task_id in submitter.accepted:
        assert finished(client, task_id, timeout_s=90)["state"] == "succeeded"
    assert kept_pids(healthy, service) == before, "whatever lost its store stayed up"
    ended = ended_by_themselves(log.read_bytes()[said_before:].decode())
    assert ended == ({f"{service}-0"} if fault is away else set()), "the others stayed up"
