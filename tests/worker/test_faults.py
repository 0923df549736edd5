"""Worker and relay as real processes, and what is killed, stopped or missing around them."""

import signal
import time
from typing import Any

import psutil
import pytest

from app import contract as app_contract
from worker import contract


def test_a_task_above_the_time_limit_fails_and_says_so(
    tasks: Any, relay: Any, start_service: Any
) -> None:
    start_service("worker.main", **{contract.TASK_TIME_LIMIT_S: "1"})
    task_id = tasks.submit(seconds=60)
    task = tasks.wait_for(task_id, "failed")
    assert task["error"] == "it ran longer than 1 s"
    assert task["attempts"] == 1


def test_a_task_whose_process_is_killed_runs_again_and_counts_once(
    tasks: Any, relay: Any, worker: Any
) -> None:
    task_id = tasks.submit(seconds=2.0)
    task = tasks.wait_for(task_id, "running")
    child = int(task["runner"].split("/")[1])
    psutil.Process(child).kill()
    _until(lambda: tasks.read(task_id)["attempts"] == 2, "the second run has begun")
    task = tasks.wait_for(task_id, "succeeded")
    assert task["attempts"] == 2
    assert tasks.effects(task_id) == 1
    assert tasks.completions() == {("load.synthetic", "succeeded"): 1}


def test_tasks_of_a_killed_worker_run_again_elsewhere_and_count_once(
    tasks: Any, relay: Any, worker: Any, start_service: Any
) -> None:
    ids = [tasks.submit(seconds=1.5) for _ in range(6)]
    tasks.wait_for(ids[1], "running")
    children = worker.children()
    worker.process.kill()
    worker.process.wait(10)
    assert psutil.wait_procs(children, timeout=5)[1] == []  # no orphan goes on
    start_service("worker.main")
    for task_id in ids:
        tasks.wait_for(task_id, "succeeded", timeout_s=30)
        assert tasks.effects(task_id) == 1
    assert tasks.completions() == {("load.synthetic", "succeeded"): 6}
    assert max(tasks.read(task_id)["attempts"] for task_id in ids) == 2


def test_nothing_is_lost_when_redis_restarts_empty(
    tasks: Any, relay: Any, worker: Any, redis_server: Any
) -> None:
    ids = [tasks.submit(seconds=0.5) for _ in range(8)]
    tasks.wait_for(ids[0], "running")
    redis_server.stop()
    while_away = tasks.submit(seconds=0.1)
    relay.wait_until_ready(ready=False)
    worker.wait_until_ready(ready=False)
    assert worker.process.poll() is None
    assert relay.process.poll() is None
    redis_server.start()
    relay.wait_until_ready()
    worker.wait_until_ready()
    for task_id in (*ids, while_away):
        tasks.wait_for(task_id, "succeeded", timeout_s=30)
        assert tasks.effects(task_id) == 1


def test_nothing_is_lost_when_postgresql_restarts(
    tasks: Any, relay: Any, worker: Any, postgres: Any
) -> None:
    ids = [tasks.submit(seconds=1.0) for _ in range(4)]
    tasks.wait_for(ids[0], "running")
    postgres.stop()
    try:
        relay.wait_until_ready(ready=False)
        worker.wait_until_ready(ready=False)
    finally:
        postgres.start()
    relay.wait_until_ready()
    worker.wait_until_ready()
    for task_id in ids:
        tasks.wait_for(task_id, "succeeded", timeout_s=30)
        assert tasks.effects(task_id) == 1


def test_a_worker_that_ends_lets_its_tasks_end(tasks: Any, relay: Any, worker: Any) -> None:
    task_id = tasks.submit(seconds=2.0)
    tasks.wait_for(task_id, "running")
    assert worker.stop(signal.SIGTERM) == 0
    task = tasks.read(task_id)
    assert (task["state"], task["attempts"]) == ("succeeded", 1)


def test_a_worker_does_not_wait_for_its_tasks_above_its_drain_time(
    tasks: Any, relay: Any, start_service: Any
) -> None:
    worker = start_service("worker.main", **{app_contract.DRAIN_S: "1"})
    task_id = tasks.submit(seconds=60)
    tasks.wait_for(task_id, "running")
    begun = time.monotonic()
    assert worker.stop(signal.SIGTERM) == 0
    assert time.monotonic() - begun < 6
    # Its lease was ended, so that the relay does not wait for it to run out.
    _until(lambda: tasks.read(task_id)["fencing_token"] == 2, "the task is queued again", 3)


@pytest.mark.parametrize("module", ["worker.main", "worker.relay"])
def test_a_service_starts_without_its_dependencies_and_says_what_is_missing(
    start_service: Any, module: str
) -> None:
    nowhere = "127.0.0.1:1"
    service = start_service(
        module,
        **{
            app_contract.DATABASE_URL: f"postgresql://app@{nowhere}/none",
            app_contract.REDIS_URL: f"redis://{nowhere}/0",
        },
    )
    _until(lambda: _checks(service).keys() >= {"database", "redis"}, "readiness names both")
    assert "does not answer" in _checks(service)["database"]
    assert service.get(app_contract.LIVENESS_PATH).status_code == 200
    assert service.stop(signal.SIGTERM) == 0


def test_a_wrong_setting_stops_the_start_and_is_named(start_service: Any) -> None:
    service = start_service("worker.main", **{contract.CONCURRENCY: "many"})
    assert service.process.wait(20) == 1
    assert contract.CONCURRENCY in service.log.read_text()
    assert "1 to 32" in service.log.read_text()


def _checks(service: Any) -> dict[str, str]:
    try:
        body = service.get(app_contract.READINESS_PATH).json()
    except OSError:
        return {}
    except Exception:  # noqa: BLE001 - not listening yet
        return {}
    checks: dict[str, str] = body["checks"]
    return checks


def _until(condition: Any, what: str, timeout_s: float = 15.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"after {timeout_s:g} s not: {what}")
        time.sleep(0.05)
