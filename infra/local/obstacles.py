"""What would keep a stack from coming up on this machine, found before anything is changed."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from infra.local.launch import holders_of
from infra.local.state import StackPaths
from infra.local.supervisord import Supervisord

__all__ = ["PortOwner", "folder_problem", "foreign_owners", "port_problems"]

NEEDED_BYTES = 200 * 2**20  # databases refuse to start, or stop in the middle, with less


@dataclass(frozen=True, kw_only=True)
class PortOwner:
    """Who listens on a port; ``pid`` is None where the system does not tell."""

    port: int
    pid: int | None
    command: str

    def __str__(self) -> str:
        if self.pid is None:
            return "a process of another user"
        return f"{self.command} (pid {self.pid})"


def folder_problem(folder: Path) -> str | None:
    """Why the stack's folder cannot be used, None when it can. Leaves nothing behind."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir():
        return f"found {existing}, which is no folder, allowed: a folder that can be written"
    try:
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(b"\0" * 4096)
    except OSError as error:
        return f"{existing} cannot be written ({error.strerror}), allowed: a folder that can"
    free = shutil.disk_usage(existing).free
    if free < NEEDED_BYTES:
        needed, found = NEEDED_BYTES // 2**20, free // 2**20
        return f"{existing} is nearly full: found {found} MiB free, allowed: at least {needed} MiB"
    return None


def port_problems(ports: Mapping[int, str], paths: StackPaths) -> list[str]:
    """One sentence for each port that a process which is not the stack's own listens on."""
    owners = foreign_owners(set(ports), paths)
    return [
        f"port {owner.port} ({ports[owner.port]}) is in use by {owner}: end that process, or "
        "choose another portBase"
        for owner in owners
    ]


def foreign_owners(ports: set[int], paths: StackPaths) -> list[PortOwner]:
    """Who listens on one of the ports and is not supervised by this stack."""
    listening: dict[int, int | None] = {}
    for connection in psutil.net_connections(kind="tcp"):
        if connection.status != psutil.CONN_LISTEN or not connection.laddr:
            continue
        if (port := connection.laddr.port) in ports:
            listening.setdefault(port, connection.pid)
    if not listening:
        return []
    own = _own_processes(paths)
    return [
        PortOwner(port=port, pid=pid, command=_command(pid))
        for port, pid in sorted(listening.items())
        if pid is None or (pid not in own and not _is_in_session(pid, paths))
    ]


def _own_processes(paths: StackPaths) -> set[int]:
    """Processes that hold a replica's lock: supervised, or ended by the next start."""
    locks = (paths.run / "supervision" / "locks").glob("*.lock")
    return {pid for lock in locks for pid in holders_of(lock)}


def _is_in_session(pid: int, paths: StackPaths) -> bool:
    supervisor = Supervisord(paths).recorded_pid()
    try:
        return supervisor is not None and os.getsid(pid) == supervisor
    except OSError:
        return False


def _command(pid: int | None) -> str:
    try:
        process = psutil.Process(pid) if pid is not None else None
        words = process.cmdline() if process else []
    except psutil.Error:
        return "a process that just ended"
    # Arguments may hold what is nobody's business; the program and the first one tell enough.
    return " ".join(words[:2])[:120] or "a process"
