"""The engine's locks on a stack: who holds one, and whether that process still lives.

A killed engine leaves its lock behind, which names its process, machine and time. A lock of a
process that is gone from this machine is cleared; of another machine's, nothing can be known from
here.
"""

import contextlib
import json
import socket
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil

__all__ = ["Lock", "StackLockedError", "clear_dead", "clear_unfinished", "locks_of"]

CLOCK_SLACK_S = 2.0
WRITING_S = 1.0  # an engine that lives writes and renames a lock, 150 bytes, in well under this


@dataclass(frozen=True, kw_only=True)
class Lock:
    """One lock file, and what it says."""

    file: Path
    pid: int
    user: str
    host: str
    since: datetime

    def holder(self) -> str | None:
        """The command that holds it, if it lives on this machine."""
        if self.host != socket.gethostname():
            return None
        try:
            process = psutil.Process(self.pid)
            # A process that began after the lock was taken has only been given the same id.
            if process.create_time() > self.since.timestamp() + CLOCK_SLACK_S:
                return None
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            return " ".join(process.cmdline()) or process.name()
        except psutil.NoSuchProcess:
            return None
        except psutil.AccessDenied:
            return "a command of another user"

    @property
    def is_dead(self) -> bool:
        return self.host == socket.gethostname() and self.holder() is None

    def __str__(self) -> str:
        return (
            f"process {self.pid} of {self.user}@{self.host} since {self.since:%Y-%m-%d %H:%M:%S %Z}"
        )


class StackLockedError(Exception):
    """Somebody else works on the stack."""

    def __init__(self, stack: str, lock: Lock) -> None:
        holder = lock.holder()
        mend = (
            "Wait for it to end."
            if holder
            else f"If it is gone there, run `pulumi cancel --yes --stack {stack}`."
        )
        shown = f" ({holder})" if holder else ""
        super().__init__(f"stack {stack} is locked by {lock}{shown}. {mend}")
        self.stack, self.lock = stack, lock


def locks_of(backend: Path, project: str, stack: str) -> list[Lock]:
    """The locks that are on a stack of a file backend."""
    found = []
    for file in sorted(_folder(backend, project, stack).glob("*.json")):
        try:
            said = json.loads(file.read_text())
            since = datetime.fromisoformat(said["timestamp"])
        except (OSError, ValueError, KeyError):  # let go, or half written, at this very moment
            continue
        found.append(
            Lock(
                file=file,
                pid=said["pid"],
                user=said["username"],
                host=said["hostname"],
                since=since,
            )
        )
    return found


def clear_dead(backend: Path, project: str, stack: str) -> list[Lock]:
    """Remove locks whose owner is dead; they come back for the caller to tell about.

    Raises:
        StackLockedError: one is held by a process that lives, or by another machine.
    """
    found = locks_of(backend, project, stack)
    for lock in found:
        if not lock.is_dead:
            raise StackLockedError(stack, lock)
    for lock in found:
        lock.file.unlink(missing_ok=True)
        lock.file.with_name(lock.file.name + ".attrs").unlink(missing_ok=True)
    return found


def clear_unfinished(backend: Path, project: str, stack: str) -> list[Path]:
    """Remove locks that an engine was killed in writing; they come back for the caller to tell.

    A lock is written beside its place and renamed. What was not renamed locks nothing, but the
    engine reads it as a lock and ends with an error of its JSON.
    """
    removed = []
    for file in sorted(_folder(backend, project, stack).glob("*.json.*.tmp")):
        with contextlib.suppress(FileNotFoundError):  # it was renamed: its engine lives
            age_s = time.time() - file.stat().st_mtime
            time.sleep(min(max(WRITING_S - age_s, 0), WRITING_S))
            file.unlink()
            removed.append(file)
    return removed


def _folder(backend: Path, project: str, stack: str) -> Path:
    return backend / ".pulumi" / "locks" / "organization" / project / stack
