"""The engine killed in the middle of `up`, and `up` while another `up` runs."""

import signal
import time
from collections.abc import Iterator
from contextlib import suppress

import psutil
import pytest

from tests.live import LivePlatform, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
]


@pytest.fixture
def changed(healthy: LivePlatform) -> Iterator[LivePlatform]:
    """The shared platform with a setting that restarts the services of ours at the next `up`."""
    healthy.configure(**{"autoserve:logLevel": "debug"})
    yield healthy
    healthy.configure()
    healthy.up()
    healthy.wait_healthy()


def engine_below(pid: int) -> psutil.Process | None:
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if child.name() == "pulumi":
                    return child
    return None


def locks(platform: LivePlatform) -> list[str]:
    folder = platform.state / "pulumi" / ".pulumi" / "locks"
    return [str(path) for path in folder.rglob("*.json")]


def test_an_engine_killed_in_the_middle_of_up_is_cleared_up_by_the_next(
    changed: LivePlatform,
) -> None:
    first = changed.start("up")
    until(lambda: locks(changed), timeout_s=60, what="the engine holds its lock")
    time.sleep(3)
    engine = until(lambda: engine_below(first.pid), timeout_s=10, what="the engine runs")
    engine.send_signal(signal.SIGKILL)
    first.communicate(timeout=120)
    assert first.returncode != 0

    second = changed.autoserve("up")
    assert second.returncode == 0, second.stdout + second.stderr
    assert "cleared the lock of a dead engine" in second.stdout + second.stderr
    changed.wait_healthy()
    assert changed.autoserve("preview").returncode == 0
    names = [replica.name for replica in changed.replicas().values()]
    assert len(names) == len(set(names))


def test_up_while_another_up_runs_names_who_is_at_work_and_changes_nothing(
    changed: LivePlatform,
) -> None:
    first = changed.start("up")
    try:
        until(lambda: locks(changed), timeout_s=60, what="the engine holds its lock")
        engine = engine_below(first.pid)
        second = changed.autoserve("up")
    finally:
        output, _ = first.communicate(timeout=240)
    assert first.returncode == 0, output
    assert engine is not None
    assert second.returncode == 1
    assert str(engine.pid) in second.stderr
    assert "locked" in second.stderr
    changed.wait_healthy()
