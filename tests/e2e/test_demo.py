"""``autoserve demo`` on a real platform: tasks finish, and replicas follow the load."""

import json
import signal
import time

import httpx
import psutil
import pytest

from tests.live import LivePlatform, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
]


def test_a_replay_raises_the_workers_and_lowers_them_again(healthy: LivePlatform) -> None:
    done = healthy.autoserve(
        "demo",
        *("--json", "--only", "replay", "--factor", "20", "--minutes", "2"),
        *("--peak-rate", "3", "--hold", "2", "--seed", "3"),
        timeout_s=420,
    )
    assert done.returncode == 0, done.stderr
    replay = json.loads(done.stdout)["replay"]
    assert replay["states"].get("succeeded", 0) == replay["submitted"] > 50
    assert replay["highest"] >= replay["lowest"] + 2, done.stderr
    assert replay["changes"] >= 2
    assert replay["last_reason"]
    assert replay["model"], replay["conditions"]
    workers = [name for name in healthy.replicas() if name.startswith("worker-")]
    assert len(workers) < replay["highest"], "the replicas came down again"
    assert healthy.autoserve("preview").returncode == 0, "the stack has its own settings again"


def test_the_work_of_a_demo_is_shown_and_told(healthy: LivePlatform) -> None:
    done = healthy.autoserve("demo", "--only", "work", timeout_s=240)
    assert done.returncode == 0, done.stderr
    for words in ("dataset.profile", "model.train", "missing values", "rides", healthy.address):
        assert words in done.stdout


def test_a_demo_that_is_ended_cancels_its_tasks_and_puts_the_profile_back(
    healthy: LivePlatform,
    client: httpx.Client,
) -> None:
    demo = healthy.start(
        *("demo", "--only", "replay", "--factor", "20", "--minutes", "5"),
        *("--peak-rate", "20", "--hold", "20", "--even"),
    )
    try:
        until(
            lambda: client.get("/tasks", params={"state": "queued"}).json()["items"],
            timeout_s=120,
            what="tasks wait in the queue",
            pause_s=1,
        )
        demo.send_signal(signal.SIGTERM)
        output, _ = demo.communicate(timeout=240)
    finally:
        if demo.poll() is None:
            psutil.Process(demo.pid).kill()
    assert demo.returncode == 1, output
    assert "queued tasks cancelled" in output
    time.sleep(1)
    assert not client.get("/tasks", params={"state": "queued"}).json()["items"]
    assert healthy.autoserve("preview").returncode == 0, "the stack has its own settings again"
