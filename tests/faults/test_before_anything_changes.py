"""Bad input that must stop before anything changes: settings, ports, the state folder."""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live import LivePlatform

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize(
    ("key", "value", "messages"),
    [
        pytest.param("autoserve:portbase", 9000, ["autoserve:portbase: unknown"], id="unknown"),
        pytest.param(
            "autoserve:worker",
            {"replicas": 2},
            ["autoserve:worker.replicas: unknown", "maxReplicas"],
            id="unknown-in-a-group",
        ),
        pytest.param(
            "autoserve:logLevel", "loud", ["autoserve:logLevel: found 'loud'", "'debug'"], id="name"
        ),
        pytest.param(
            "autoserve:timeFactor", "fast", ["autoserve:timeFactor: found 'fast'"], id="type"
        ),
        pytest.param(
            "autoserve:worker",
            {"maxReplicas": 99},
            ["autoserve:worker.maxReplicas: found 99", "16"],
            id="range",
        ),
    ],
)
def test_a_wrong_setting_stops_up_with_its_key_and_changes_nothing(
    healthy: LivePlatform, key: str, value: object, messages: list[str]
) -> None:
    before = {name: replica.pid for name, replica in healthy.replicas().items()}
    healthy.configure(**{key: value})
    try:
        done = healthy.autoserve("up")
    finally:
        healthy.configure()
    assert done.returncode == 1
    for message in messages:
        assert message in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert {name: replica.pid for name, replica in healthy.replicas().items()} == before


def test_a_port_in_use_is_named_with_its_owner_before_anything_starts(
    absent: LivePlatform,
) -> None:
    with socket.create_server(("127.0.0.1", absent.base)):
        done = absent.autoserve("up")
    assert done.returncode == 1
    assert str(absent.base) in done.stderr
    assert "edge" in done.stderr
    assert str(os.getpid()) in done.stderr
    assert absent.processes() == []


def test_a_read_only_state_folder_is_named(absent: LivePlatform) -> None:
    # The kernel's own folder refuses even root.
    done = subprocess.run(
        absent.command("up"),
        env=absent.environment | {"AUTOSERVE_STATE_DIR": "/sys/autoserve"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "/sys/autoserve" in done.stderr
    assert "Traceback" not in done.stderr


@contextmanager
def small_disk(folder: Path, *, mib: int) -> Iterator[None]:
    """A file system of a few MiB, where this user may mount one."""
    options = f"size={mib}m,mode=0755"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"this user may not mount: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_state_folder_without_room_is_named_with_what_is_needed(absent: LivePlatform) -> None:
    with small_disk(absent.state, mib=20):
        done = absent.autoserve("up")
        assert done.returncode == 1
        assert "MB free" in done.stderr
        assert "200 MB are needed" in done.stderr
        assert absent.processes() == []
