"""Whose lock it is, and whether its owner still lives."""

import json
import os
import socket
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from stacks.locks import StackLockedError, clear_dead, clear_unfinished, locks_of

NO_PROCESS = 2**22 + 1  # above the largest id that Linux gives


def lay_lock(
    backend: Path, pid: int, *, host: str | None = None, since: float | None = None
) -> Path:
    folder = backend / ".pulumi" / "locks" / "organization" / "autoserve" / "local"
    folder.mkdir(parents=True, exist_ok=True)
    taken = datetime.now(UTC) if since is None else datetime.fromtimestamp(since, UTC)
    file = folder / "b2c3.json"
    # Go writes nanoseconds.
    timestamp = taken.strftime("%Y-%m-%dT%H:%M:%S.123456789Z")
    said = {"pid": pid, "username": "ada", "hostname": host or socket.gethostname()}
    file.write_text(json.dumps(said | {"timestamp": timestamp}))
    file.with_name("b2c3.json.attrs").write_text("{}")
    return file


def test_the_lock_of_a_dead_process_is_cleared(tmp_path: Path) -> None:
    file = lay_lock(tmp_path, NO_PROCESS)
    (lock,) = clear_dead(tmp_path, "autoserve", "local")
    assert lock.pid == NO_PROCESS
    assert list(file.parent.iterdir()) == []


def test_a_process_that_only_has_the_same_id_does_not_hold_the_lock(tmp_path: Path) -> None:
    before_this_process = psutil.Process().create_time() - 60
    lay_lock(tmp_path, os.getpid(), since=before_this_process)
    assert len(clear_dead(tmp_path, "autoserve", "local")) == 1


def test_a_living_owner_is_named_with_its_command(tmp_path: Path) -> None:
    file = lay_lock(tmp_path, os.getpid())
    with pytest.raises(StackLockedError, match=f"process {os.getpid()} of ada@.*python") as caught:
        clear_dead(tmp_path, "autoserve", "local")
    assert "Wait for it to end" in str(caught.value)
    assert file.exists()


def test_the_lock_of_another_machine_is_never_cleared(tmp_path: Path) -> None:
    file = lay_lock(tmp_path, NO_PROCESS, host="elsewhere")
    with pytest.raises(StackLockedError, match="pulumi cancel --yes --stack local"):
        clear_dead(tmp_path, "autoserve", "local")
    assert file.exists()


def test_a_lock_that_is_being_written_or_let_go_is_passed_over(tmp_path: Path) -> None:
    lay_lock(tmp_path, 1).write_text('{"pid": 1')
    assert locks_of(tmp_path, "autoserve", "local") == []


def test_what_was_not_finished_is_given_a_moment_and_then_removed(tmp_path: Path) -> None:
    finished = lay_lock(tmp_path, os.getpid())
    unfinished = finished.with_name("b2c4.json.18eb736b1e121dc2.tmp")
    unfinished.touch()
    begun = time.monotonic()
    assert clear_unfinished(tmp_path, "autoserve", "local") == [unfinished]
    assert time.monotonic() - begun > 0.5
    assert not unfinished.exists()
    assert finished.exists()


def test_a_lock_that_is_finished_meanwhile_is_not_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished = lay_lock(tmp_path, os.getpid())
    unfinished = finished.with_name("b2c4.json.18eb736b1e121dc2.tmp")
    unfinished.touch()
    monkeypatch.setattr(time, "sleep", lambda _: unfinished.rename(finished))
    assert clear_unfinished(tmp_path, "autoserve", "local") == []
    assert finished.exists()
