"""Start, stop and look at one replica, by the supervisor's program of the same name."""

import re
import shlex
import signal
import sys
import time
import xmlrpc.client
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local import launch, readiness
from infra.local.logs import LOG_BACKUPS, LOG_BYTES, log_file
from infra.local.records import Record, Records
from infra.local.spec import ProcessSpec, ReplicaSpec, replica_name
from infra.local.state import StackPaths
from infra.local.supervisord import Supervisord, SupervisorDownError, write_private

__all__ = ["DOWN", "Replica", "Replicas"]

START_ATTEMPTS = 10  # the supervisor waits one second longer after each: given up after about 55 s
STEADY_S = 5  # a program that ends sooner counts as not started; seen with a second's delay
UP_S = 1.0  # ready after so long, where the service has no readiness probe
DOWN = "DOWN"  # state of a replica that the supervisor does not know

PROGRAM = """\
[program:{name}]
command={command}
autostart=false
autorestart=true
startsecs={steady_s}
startretries={attempts}
stopsignal={stop_signal}
stopwaitsecs={grace_s}
killasgroup=true
redirect_stderr=true
stdout_logfile={log}
stdout_logfile_maxbytes={log_bytes}
stdout_logfile_backups={log_backups}
"""


@dataclass(frozen=True, kw_only=True)
class Replica:
    """What is true of a replica now.

    Attributes:
        state: the supervisor's word: RUNNING, STARTING, BACKOFF, STOPPING, STOPPED, EXITED, FATAL
            (given up); `DOWN` when it has no such replica.
        starts: times it was started since its service was made.
        is_launched: the program itself runs, no longer the launcher of an earlier one.
        is_current: it was started from the spec that is on record.
        addresses: host:port by port name.
    """

    service: str
    replica: int
    state: str
    pid: int | None
    uptime_s: float
    starts: int
    is_launched: bool
    is_current: bool
    addresses: Mapping[str, str]

    @property
    def name(self) -> str:
        return replica_name(self.service, self.replica)

    @property
    def is_up(self) -> bool:
        return self.state in {"RUNNING", "STARTING"}


class Replicas:
    """The replicas of one stack. Callers hold the service's lock when they change something."""

    def __init__(self, paths: StackPaths, daemon: Supervisord, records: Records) -> None:
        self._paths, self._daemon, self._records = paths, daemon, records
        self._digests: dict[tuple[str, int], tuple[ProcessSpec, str]] = {}

    def processes(self) -> dict[str, dict[str, Any]]:
        """The supervisor's own list, by replica name; empty when it does not run."""
        with suppress(SupervisorDownError), self._daemon.server() as server:
            return {found["name"]: found for found in server.getAllProcessInfo()}
        return {}

    def look(self, record: Record, replica: int, processes: Mapping[str, Any]) -> Replica:
        """One replica, as the list of processes and its own record tell."""
        name = record.spec.name
        found = processes.get(replica_name(name, replica))
        started = launch.read_record(self._records.lock_file(name, replica))
        pid = int(found["pid"]) if found and found["pid"] else None
        is_launched = pid is not None and started.get("pid") == pid
        return Replica(
            service=name,
            replica=replica,
            state=found["statename"] if found else DOWN,
            pid=pid,
            uptime_s=max(0.0, time.time() - started["at"]) if pid and started else 0.0,
            starts=int(started.get("starts", 0)),
            is_launched=is_launched,
            is_current=is_launched and started["digest"] == self._digest(record.spec, replica),
            addresses={
                port: f"{readiness.HOST}:{number}"
                for port, number in self._records.ports(name, replica).items()
            },
        )

    def known(self, service: str, processes: Mapping[str, Any]) -> list[int]:
        """Numbers of the service's replicas that the supervisor has or that are on disk."""
        pattern = re.compile(rf"{re.escape(service)}-(\d+)")
        files = (path.stem for path in self._daemon.programs.glob(f"{service}-*.conf"))
        matches = (pattern.fullmatch(name) for name in {*processes, *files})
        return sorted(int(match.group(1)) for match in matches if match)

    def start(self, record: Record, replica: int) -> None:
        """Start a replica that does not run, from the spec on record."""
        name = replica_name(record.spec.name, replica)
        self._records.write_replica(record.spec, replica)
        write_private(self._daemon.programs / f"{name}.conf", self._program(record, replica))
        with self._daemon.server() as server:
            server.reloadConfig()
            with suppress(xmlrpc.client.Fault):
                server.addProcessGroup(name)
            # An attempt that fails at once is tried again by the supervisor; who waits sees it.
            with suppress(xmlrpc.client.Fault):
                server.startProcess(name, False)

    def ask_to_stop(self, service: str, replica: int) -> None:
        """Send the stop signal; the supervisor kills it when the grace is over."""
        with self._daemon.server() as server, suppress(xmlrpc.client.Fault):
            server.stopProcess(replica_name(service, replica), False)

    def stop(self, service: str, replica: int) -> None:
        """Stop a replica and make the supervisor forget it; returns when nothing of it runs."""
        name = replica_name(service, replica)
        (self._daemon.programs / f"{name}.conf").unlink(missing_ok=True)
        with suppress(SupervisorDownError):
            self.ask_to_stop(service, replica)
            while not self.forget_stopped(service, replica):
                time.sleep(0.05)
        lock = self._records.lock_file(service, replica)
        launch.end_leftovers(lock, stop=signal.SIGTERM, grace_s=launch.ORPHAN_GRACE_S)

    def forget_stopped(self, service: str, replica: int) -> bool:
        """Make the supervisor forget a replica; False while it still runs."""
        name = replica_name(service, replica)
        (self._daemon.programs / f"{name}.conf").unlink(missing_ok=True)
        with self._daemon.server() as server:
            server.reloadConfig()
            try:
                server.removeProcessGroup(name)
            except xmlrpc.client.Fault as fault:
                return "BAD_NAME" in fault.faultString  # already forgotten
        return True

    def clean(self, service: str, replica: int) -> None:
        """Remove what only a running replica needs."""
        self._records.spec_file(service, replica).unlink(missing_ok=True)
        lock = self._records.lock_file(service, replica)
        for path in (lock, launch.record_file(lock)):
            path.unlink(missing_ok=True)

    def send(self, service: str, replica: int, number: str) -> None:
        """Send a signal, named without SIG, where the replica runs."""
        with self._daemon.server() as server, suppress(xmlrpc.client.Fault):
            server.signalProcess(replica_name(service, replica), number)

    def problem(self, record: Record, found: Replica) -> str | None:
        """Why a replica is not ready, None when it is."""
        if not found.is_up:
            return f"it is {found.state.lower()}"
        if not found.is_launched:
            return "it is starting"
        if (wanted := record.spec.readiness) is None:
            return None if found.uptime_s > UP_S else "it is starting"
        port = self._records.ports(found.service, found.replica).get(wanted.port)
        return readiness.problem_of(port, wanted.path) if port else "it has no such port"

    def _digest(self, spec: ProcessSpec, replica: int) -> str:
        """The digest a replica should have started with; "" for one that has no port."""
        known = self._digests.get((spec.name, replica))
        if known is None or known[0] is not spec:
            in_range = all(replica < len(group) for group in spec.ports.values())
            fresh = ReplicaSpec.of(spec, replica, self._paths).digest(spec) if in_range else ""
            known = self._digests[spec.name, replica] = (spec, fresh)
        return known[1]

    def _program(self, record: Record, replica: int) -> str:
        spec = record.spec
        lock = self._records.lock_file(spec.name, replica)
        command = [
            sys.executable,
            "-I",
            "-S",
            str(Path(launch.__file__)),
            str(self._records.spec_file(spec.name, replica)),
            str(lock),
            str(self._daemon.pid_file),
        ]
        name = replica_name(spec.name, replica)
        values = {
            "name": name,
            "command": shlex.join(command),
            "steady_s": STEADY_S,
            "attempts": START_ATTEMPTS,
            "stop_signal": spec.stop_signal,
            "grace_s": max(1, round(spec.stop_grace_s)),
            "log": log_file(self._paths, spec.name, replica),
            "log_bytes": LOG_BYTES,
            "log_backups": LOG_BACKUPS,
        }
        return PROGRAM.format(
            **{key: str(value).replace("%", "%%") for key, value in values.items()}
        )
