"""The real engine over the life of a stack: up, preview, changed setting, refresh, destroy."""

import json
from collections.abc import Iterator

import psutil
import pytest

from tests.live import LivePlatform, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
]


@pytest.fixture
def own() -> Iterator[LivePlatform]:
    platform = LivePlatform.create("life")
    try:
        yield platform
    finally:
        platform.remove()


def test_up_preview_changed_setting_up_refresh_destroy(own: LivePlatform) -> None:
    own.up()
    own.wait_healthy()
    assert own.pulumi("preview", "--expect-no-changes").returncode == 0

    before = {name: replica.pid for name, replica in own.replicas().items()}
    own.configure(**{"autoserve:worker": {"leaseS": 4.0, "backoffS": 0.2, "maxReplicas": 5}})
    changed = own.autoserve("preview", "--json")
    assert changed.returncode == 2, changed.stderr
    touched = {each["resource"] for each in json.loads(changed.stdout)["differences"]}
    assert "worker" in touched
    assert not touched & {"postgres", "redis", "api", "edge", "prometheus"}

    done = own.pulumi("up", "--yes", "--skip-preview")
    assert done.returncode == 0, done.stdout + done.stderr
    after = {name: replica.pid for name, replica in own.replicas().items()}
    for name in ("postgres-0", "redis-0", "api-0", "api-1", "edge-0"):
        assert after[name] == before[name], f"{name} was restarted without need"

    assert own.pulumi("refresh", "--yes", "--expect-no-changes").returncode == 0
    assert own.pulumi("preview", "--expect-no-changes").returncode == 0

    processes = own.processes()
    destroyed = own.pulumi("destroy", "--yes")
    assert destroyed.returncode == 0, destroyed.stdout + destroyed.stderr
    until(
        lambda: not [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE],
        timeout_s=15,
        what="every process of the destroyed stack is gone",
    )
    assert own.paths.data("postgres").is_dir(), "destroy keeps what holds data"


def test_down_and_up_again_keep_the_data(own: LivePlatform) -> None:
    own.up()
    body = {"type": "load.synthetic", "parameters": {"seconds": 0.1, "mode": "wait"}}
    with own.client() as client:
        task = client.post("/tasks", json=body).json()
    down = own.autoserve("down", "--json")
    assert down.returncode == 0, down.stderr
    assert any("postgres" in folder for folder in json.loads(down.stdout)["data"])
    assert own.processes() == []
    own.up()
    with own.client() as client:
        assert client.get(f"/tasks/{task['id']}").json()["id"] == task["id"]
