"""Start one replica: the command that the supervisor runs, for every replica of every service.

Reads the replica's spec (mode 600: secrets come this way, never by argv), takes the replica's lock
on a descriptor that the program inherits, drops to the service's user, asks the kernel for the stop
signal should the supervisor die, and becomes the program.

The lock is what keeps a replica from being doubled. It is held as long as any process of the
replica lives, children too. Found held, the holders are left over from a supervisor or a main
process that was killed: they are ended first, by what holds the lock file open and by the recorded
process group.

Not promised: that children which close all their descriptors and leave their process group are
found. Standard library only, and started with ``-I -S``: a start costs some 15 ms.
"""

import ctypes
import fcntl
import json
import os
import pwd
import signal
import sys
import time
from pathlib import Path
from typing import Any

__all__ = ["end_leftovers", "holders_of", "read_record", "record_file", "start_time"]

PR_SET_PDEATHSIG = 1  # linux/prctl.h
ORPHAN_GRACE_S = 2.0  # for children whose main process is dead: nobody waits for their answers
LOST_PARENT = 75  # EX_TEMPFAIL, sysexits.h


def main(arguments: list[str]) -> None:
    """``launch.py SPEC LOCK SUPERVISOR_PIDFILE``; does not return."""
    spec_file, lock_file, pid_file = arguments
    spec = json.loads(Path(spec_file).read_text())
    take_lock(lock_file, spec)
    record(Path(lock_file), spec)
    os.umask(0o027)
    become(spec["user"])
    die_with_parent(spec["stop_signal"], pid_file)
    environment = environment_for(spec)
    os.chdir(spec["working_directory"])
    for number in (
        signal.SIGPIPE,
        signal.SIGXFSZ,
    ):  # ignored by Python, and that would be inherited
        signal.signal(number, signal.SIG_DFL)
    command = spec["command"]
    print(f"start {spec['service']}-{spec['replica']}: {command[0]}", flush=True)  # noqa: T201 - the log
    try:
        os.execvpe(command[0], command, environment)  # noqa: S606 - a list, no shell
    except OSError as error:
        sys.exit(f"cannot start {command[0]}: {error.strerror}")


def take_lock(path: str, spec: dict[str, Any]) -> None:
    """Hold the replica's lock on a descriptor that the program inherits; end whoever held it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            number = getattr(signal, "SIG" + spec["stop_signal"])
            end_leftovers(Path(path), stop=number, grace_s=spec["stop_grace_s"])
        else:
            os.set_inheritable(descriptor, True)
            return


def record(lock: Path, spec: dict[str, Any]) -> None:
    """Write down who holds the lock, and how often the replica was started.

    Beside the lock, not into it: whoever has the lock's file open counts as part of the replica.
    """
    now = {
        "pid": os.getpid(),
        "start": start_time(os.getpid()),
        "session": os.getsid(0),
        "digest": spec["digest"],
        "starts": int(read_record(lock).get("starts", 0)) + 1,
        "at": time.time(),
    }
    path = record_file(lock)
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(now))
    temporary.replace(path)


def become(user: str | None) -> None:
    """Drop to the user, where it is another one."""
    if user is None or (entry := pwd.getpwnam(user)).pw_uid == os.geteuid():
        return
    os.initgroups(user, entry.pw_gid)
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def die_with_parent(stop_signal: str, pid_file: str) -> None:
    """Have the kernel send the stop signal when the supervisor dies.

    Set after the user was changed, which would clear it (prctl(2)); and as the supervisor may have
    died before it was set, the parent must still be the recorded supervisor.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    number = getattr(signal, "SIG" + stop_signal)
    if libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0) != 0:
        sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
    if Path(pid_file).read_text().strip() != str(os.getppid()):
        sys.exit(LOST_PARENT)


def environment_for(spec: dict[str, Any]) -> dict[str, str]:
    """The spec's own, over what every process needs; nothing else of the supervisor's."""
    entry = pwd.getpwuid(os.geteuid()) if _has_entry() else None
    base = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": entry.pw_dir if entry else "/",
        "USER": entry.pw_name if entry else str(os.geteuid()),
        "LANG": "C.UTF-8",
    }
    for name in ("TZ", "SSL_CERT_FILE"):
        if name in os.environ:
            base[name] = os.environ[name]
    return {**base, **spec["environment"]}


def end_leftovers(lock: Path, *, stop: int, grace_s: float) -> None:
    """End every process that still belongs to the replica, politely at first."""
    leader = read_record(lock)
    alive = bool(leader) and start_time(leader["pid"]) == leader["start"]
    deadline = time.monotonic() + (grace_s if alive else min(grace_s, ORPHAN_GRACE_S))
    # A living main process ends its own children in order; orphans are told one by one.
    _signal([leader["pid"]] if alive else holders_of(lock), stop)
    while (left := holders_of(lock)) and time.monotonic() < deadline:
        time.sleep(0.05)
    while left:
        _signal(left, signal.SIGKILL)
        time.sleep(0.05)
        left = holders_of(lock)


def holders_of(lock: Path) -> list[int]:
    """Processes of a replica: who has its lock open, or is in its recorded process group."""
    try:
        identity = lock.stat()
    except FileNotFoundError:
        return []
    leader = read_record(lock)
    return [
        pid
        for entry in os.listdir("/proc")
        if entry.isdigit()
        and (pid := int(entry)) != os.getpid()
        and (_in_group(pid, leader) or _has_open(pid, identity))
    ]


def read_record(lock: Path) -> dict[str, Any]:
    """What the last holder wrote: pid, start, session, digest, starts, at; or nothing."""
    try:
        found = json.loads(record_file(lock).read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def record_file(lock: Path) -> Path:
    return lock.with_suffix(".json")


def start_time(pid: int) -> int:
    """When a process was started, in clock ticks since boot; 0 when there is none, or a zombie.

    With the pid it names a process for good: pids are used again.
    """
    fields = _stat(pid)
    return int(fields[19]) if fields and fields[0] not in ("Z", "X") else 0


def _stat(pid: int) -> list[str]:
    """The fields of proc(5)'s stat from the third (state) on; empty when there is no process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _in_group(pid: int, leader: dict[str, Any]) -> bool:
    # Neither number can be given to others while a member lives: pid namespaces(7), kernel/pid.c.
    fields = _stat(pid) if leader else []
    return (
        bool(fields)
        and fields[0] not in ("Z", "X")
        and int(fields[2]) == leader["pid"]
        and int(fields[3]) == leader["session"]
        and int(fields[19]) >= leader["start"]
    )


def _has_open(pid: int, identity: os.stat_result) -> bool:
    folder = f"/proc/{pid}/fd"
    try:
        for name in os.listdir(folder):
            try:
                found = os.stat(f"{folder}/{name}")
            except OSError:
                continue
            if (found.st_dev, found.st_ino) == (identity.st_dev, identity.st_ino):
                return True
    except OSError:
        return False
    return False


def _signal(pids: list[int], number: int) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def _has_entry() -> bool:
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        return False
    return True


if __name__ == "__main__":
    main(sys.argv[1:])
