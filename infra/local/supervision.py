"""Services of one stack, kept running: apply, scale, look at, remove.

The provider applies what the program declares; the agent and the commands scale and look. All may
act at the same time, in different processes: whoever changes a service holds its lock.

    SupervisionError
    +-- UnknownServiceError    no service of that name
    +-- OutOfBoundsError       a replica count its bounds do not allow
    +-- BusyError              somebody else is changing the service
    +-- NotReadyError          a replica did not become ready in time
    +-- CancelledError         whoever waited was told to stop
"""

import json
import os
import pwd
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from infra.local.logs import last_lines, log_file, log_size, redacted
from infra.local.records import Record, Records
from infra.local.replicas import DOWN, Replica, Replicas
from infra.local.spec import (
    ProcessSpec,
    ReplicaSpec,
    files_digest,
    replica_name,
    resolver,
    scratch_of,
)
from infra.local.state import RunUser, StackPaths, make_folder
from infra.local.supervisord import Supervisord, SupervisorDownError, write_private

__all__ = [
    "BusyError",
    "CancelledError",
    "NotReadyError",
    "OutOfBoundsError",
    "Service",
    "Supervision",
    "SupervisionError",
    "UnknownServiceError",
    "prepare_files",
    "prepare_folders",
    "user_named",
    "user_problem",
]

POLL_S = 0.1
FAILED_STARTS = 2  # a new replica that ended so often will not become ready by waiting
DRAIN_S = 3.0  # at most so long for the edge to stop forwarding to a replica


class SupervisionError(Exception):
    """Base of what the supervision refuses or fails to do."""


class UnknownServiceError(SupervisionError):
    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(f"no service {name!r}; known: {', '.join(known) or 'none'}")
        self.name, self.known = name, known


class OutOfBoundsError(SupervisionError):
    def __init__(self, name: str, found: int, minimum: int, maximum: int) -> None:
        super().__init__(f"{name}: found {found} replicas, allowed: {minimum} to {maximum}")
        self.name, self.found, self.minimum, self.maximum = name, found, minimum, maximum


class BusyError(SupervisionError):
    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is being changed by somebody else; try again in a moment")
        self.name = name


class CancelledError(SupervisionError):
    def __init__(self, replica: str) -> None:
        super().__init__(f"cancelled while waiting for {replica}")
        self.replica = replica


class NotReadyError(SupervisionError):
    """A replica did not become ready; the message ends with the last lines of its log."""

    def __init__(self, replica: str, waited_s: float, problem: str, log: list[str]) -> None:
        shown = "\n".join(f"  {line}" for line in log) or "  (nothing)"
        super().__init__(
            f"{replica} was not ready after {waited_s:.0f} s: {problem}\n"
            f"the last lines of its log:\n{shown}"
        )
        self.replica, self.problem, self.log = replica, problem, log


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service as it is now."""

    spec: ProcessSpec
    desired: int
    replicas: tuple[Replica, ...]

    @property
    def is_settled(self) -> bool:
        """Whether `Supervision.settle` has nothing to do: what is missing is not its to heal."""
        return len(self.replicas) == self.desired and not any(
            replica.state in {"STOPPED", "STOPPING", DOWN} for replica in self.replicas
        )


class Supervision:
    """All services of one stack. May be used from any thread and process."""

    def __init__(self, paths: StackPaths) -> None:
        self.paths = paths
        self.daemon = Supervisord(paths)
        self.records = Records(paths)
        self.replicas = Replicas(paths, self.daemon, self.records)
        self.cancelled = threading.Event()  # ends whatever waits for readiness
        self._endpoints = self.records.folder / "endpoints.json"

    def names(self) -> list[str]:
        return self.records.names()

    def read(self, name: str) -> Service | None:
        """The service, without waiting for anybody."""
        record = self.records.read(name)
        return None if record is None else self._look(record, self.replicas.processes())

    def services(self) -> list[Service]:
        """All services, without waiting for anybody."""
        processes = self.replicas.processes()
        return [self._look(record, processes) for record in self.records.all()]

    def problem_of(self, replica: Replica) -> str | None:
        """Why a replica is not ready; None when it is."""
        return self.replicas.problem(self._record(replica.service), replica)

    def environment_of(self, name: str) -> dict[str, str]:
        """What replica 0 of a service finds in its environment, secrets included."""
        record = self._record(name)
        return dict(ReplicaSpec.of(record.spec, 0, self.paths).environment)

    def drift_of(self, spec: ProcessSpec) -> list[str]:
        """How what runs differs from what it was told to be, one sentence each."""
        record = self.records.read(spec.name)
        if record is None:
            return [f"{spec.name} is not known to the supervisor"]
        found: list[str] = []
        bounds = spec.replicas
        if bounds.clamp(record.desired) != record.desired:
            allowed = f"{bounds.minimum} to {bounds.maximum}"
            found.append(f"{spec.name} has {record.desired} replicas, allowed: {allowed}")
        service = self._look(replace(record, spec=spec), self.replicas.processes())
        for replica in service.replicas:
            if replica.state == "FATAL":
                found.append(f"{replica.name} was given up by the supervisor")
            elif not replica.is_up:
                found.append(f"{replica.name} is {replica.state}")
            elif not replica.is_current:
                found.append(f"{replica.name} runs with another command or environment")
        return [*found, *self._changed_files(spec)]

    def apply(self, spec: ProcessSpec) -> None:
        """Make a service be what the spec says, and wait until it is ready.

        Replicas that are right are left alone. Running ones that are not are replaced one after the
        other, each ready before the next. A service that was not there before and does not become
        ready is removed again.

        Raises:
            NotReadyError: a replica did not become ready; those not yet replaced still run.
        """
        self.paths.prepare()
        self.records.prepare()
        with self.records.exclusive(spec.name):
            before = self.records.read(spec.name)
            try:
                # On record first: who removes the last service stops the supervisor.
                record = self._recorded(spec, before)
                self.daemon.ensure()
                self._converge(record)
            except BaseException:
                if before is None:
                    self._remove(spec.name)
                raise

    def scale(self, name: str, count: int, *, patience_s: float = 2.0) -> int:
        """Set how many replicas a service should have; returns the count before.

        New ones are started at once. Superfluous ones are stopped as soon as the edge forwards
        nothing more to them: by `settle`, which the agent calls again and again.

        Raises:
            UnknownServiceError, OutOfBoundsError, BusyError
        """
        bounds = self._record(name).spec.replicas
        if bounds.clamp(count) != count:
            raise OutOfBoundsError(name, count, bounds.minimum, bounds.maximum)
        try:
            with self.records.exclusive(name, timeout_s=patience_s):
                record = self._record(name)
                self.records.write(replace(record, desired=count))
        except TimeoutError as exc:
            raise BusyError(name) from exc
        self.settle(name)
        return record.desired

    def settle(self, name: str, *, keep_serving: bool = False) -> bool:
        """Start replicas that are missing and stop superfluous ones, without waiting for either.

        Args:
            name: the service.
            keep_serving: do not stop any yet; the edge was told only now.
        Returns:
            True when there is nothing left to do.
        """
        try:
            with self.records.exclusive(name, timeout_s=0):
                if (record := self.records.read(name)) is None:
                    return True
                return self._settle(record, keep_serving=keep_serving)
        except TimeoutError:
            return False
        except SupervisorDownError:
            return False

    def restart(self, name: str) -> None:
        """Replace every replica, one after the other, each ready before the next."""
        record = self._record(name)
        with self.records.exclusive(name):
            self.daemon.ensure()
            for replica in record.serving:
                self._replace(record, replica)

    def remove(self, name: str) -> None:
        """Stop a service and forget it; its data and logs stay."""
        self.records.prepare()
        with self.records.exclusive(name):
            self._remove(name)

    def wait_ready(self, name: str, deadline_s: float | None = None) -> None:
        """Wait until every replica of a service is ready.

        Raises:
            NotReadyError: one is not, ``deadline_s`` (default: as the service says) later.
        """
        record = self._record(name)
        self._wait_all(record, dict.fromkeys(record.serving, 0), deadline_s)

    def signal(self, name: str, number: str) -> None:
        """Send a signal, named without SIG, to every replica of a service."""
        for replica in self._record(name).serving:
            self.replicas.send(name, replica, number)

    def publish_endpoints(self, ready: list[str]) -> None:
        """Say which replicas the edge forwards to; only the agent does."""
        write_private(self._endpoints, json.dumps(ready))

    def _record(self, name: str) -> Record:
        record = self.records.read(name)
        if record is None:
            raise UnknownServiceError(name, self.names())
        return record

    def _look(self, record: Record, processes: dict[str, dict[str, object]]) -> Service:
        numbers = sorted(
            {*range(record.desired), *self.replicas.known(record.spec.name, processes)}
        )
        looked = tuple(self.replicas.look(record, i, processes) for i in numbers)
        return Service(spec=record.spec, desired=record.desired, replicas=looked)

    def _recorded(self, spec: ProcessSpec, before: Record | None) -> Record:
        """Write the new record and the service's files; returns the record."""
        desired = spec.replicas.clamp(before.desired) if before else spec.replicas.initial
        record = Record(spec=spec, desired=desired, files=before.files if before else "")
        prepare_files(spec, self.paths)
        self.records.write(record)
        return record

    def _converge(self, record: Record) -> None:
        spec = record.spec
        service = self._look(record, self.replicas.processes())
        for replica in service.replicas:
            if replica.replica >= record.desired:
                self._retire(record, replica.replica)
        wanted = [replica for replica in service.replicas if replica.replica < record.desired]
        absent = [replica.replica for replica in wanted if not replica.is_up]
        offsets = {replica.replica: 0 for replica in wanted if replica.is_up and replica.is_current}
        for number in absent:
            offsets[number] = log_size(self.paths, spec.name, number)
            self.replicas.stop(spec.name, number)
            prepare_folders(spec, number, self.paths)
            self.replicas.start(record, number)
        if record.files != files_digest(spec) and spec.reload_signal:
            for replica in wanted:
                if replica.is_current and replica.is_up:
                    self.replicas.send(spec.name, replica.replica, spec.reload_signal)
        self._wait_all(record, offsets, None)
        for replica in wanted:
            if replica.is_up and not replica.is_current:
                self._replace(record, replica.replica)
        self.records.write(record.with_files_read())

    def _replace(self, record: Record, replica: int) -> None:
        name = record.spec.name
        self._drain(record, replica)
        offset = log_size(self.paths, name, replica)
        self.replicas.stop(name, replica)
        prepare_folders(record.spec, replica, self.paths)
        self.replicas.start(record, replica)
        self.records.write(record)
        self._wait_all(record, {replica: offset}, None)

    def _retire(self, record: Record, replica: int) -> None:
        """Stop a superfluous replica for good."""
        self._await_edge(record, replica)
        self.replicas.stop(record.spec.name, replica)
        self.replicas.clean(record.spec.name, replica)
        shutil.rmtree(scratch_of(record.spec, replica, self.paths), ignore_errors=True)

    def _settle(self, record: Record, *, keep_serving: bool) -> bool:
        name = record.spec.name
        processes = self.replicas.processes()
        known = self.replicas.known(name, processes)
        is_settled = True
        for replica in (i for i in known if i >= record.desired):
            is_settled = False
            state = self.replicas.look(record, replica, processes).state
            if keep_serving or replica_name(name, replica) in self._forwarded():
                continue
            if state in {"RUNNING", "STARTING", "BACKOFF"}:
                self.replicas.ask_to_stop(name, replica)
            elif state != "STOPPING" and self.replicas.forget_stopped(name, replica):
                self._retire(record, replica)
        for replica in (i for i in range(record.desired) if i not in known):
            is_settled = False
            prepare_folders(record.spec, replica, self.paths)
            self.replicas.start(record, replica)
        return is_settled and not self._restart_stopped(record, processes)

    def _restart_stopped(self, record: Record, processes: dict[str, dict[str, object]]) -> bool:
        """Start replicas again that were asked to stop before they were wanted again."""
        again = False
        for replica in range(record.desired):
            state = self.replicas.look(record, replica, processes).state
            if state == "STOPPED":
                self.replicas.start(record, replica)
            again |= state in {"STOPPED", "STOPPING"}
        return again

    def _drain(self, record: Record, replica: int) -> None:
        """Have the edge forward nothing more to a replica that is about to be replaced."""
        if record.spec.publishes and record.desired > 1:
            self.records.write(replace(record, draining=(replica,)))
            self._await_edge(record, replica)

    def _await_edge(self, record: Record, replica: int) -> None:
        if not record.spec.publishes:
            return
        name = replica_name(record.spec.name, replica)
        deadline = time.monotonic() + DRAIN_S
        while time.monotonic() < deadline and name in self._forwarded():
            time.sleep(POLL_S)

    def _forwarded(self) -> list[str]:
        try:
            if time.time() - self._endpoints.stat().st_mtime > 2 * DRAIN_S:
                return []  # no agent writes it
            return list(json.loads(self._endpoints.read_text()))
        except (OSError, ValueError):
            return []

    def _remove(self, name: str) -> None:
        for replica in self.replicas.known(name, self.replicas.processes()):
            self.replicas.stop(name, replica)
        for path in self.records.folder.glob(f"locks/{name}-*.lock"):
            number = path.stem.removeprefix(f"{name}-")
            if number.isdigit():
                self.replicas.stop(name, int(number))
                self.replicas.clean(name, int(number))
        self.records.forget(name)
        for folder in (self.paths.etc(name), self.paths.run / name):
            shutil.rmtree(folder, ignore_errors=True)
        if not self.names():
            self.daemon.stop()

    def _wait_all(self, record: Record, offsets: dict[int, int], deadline_s: float | None) -> None:
        """Wait for several replicas at once; ``offsets``: where each one's log was at its start."""
        if not offsets:
            return
        with ThreadPoolExecutor(len(offsets)) as pool:
            waiting = [
                pool.submit(self._wait, record, replica, offset, deadline_s)
                for replica, offset in offsets.items()
            ]
            for result in waiting:
                result.result()

    def _wait(
        self, record: Record, replica: int, log_offset: int, deadline_s: float | None
    ) -> None:
        wanted = record.spec.readiness
        limit = deadline_s or (wanted.deadline_s if wanted else 30.0)
        pause_s = wanted.interval_s if wanted else POLL_S
        began = time.monotonic()
        starts_before: int | None = None
        while True:
            found = self.replicas.look(record, replica, self.replicas.processes())
            problem = self.replicas.problem(record, found)
            if problem is None and found.is_current:
                return
            starts_before = found.starts if starts_before is None else starts_before
            waited_s = time.monotonic() - began
            ended = found.state == "FATAL" or found.starts - starts_before >= FAILED_STARTS
            if ended or waited_s > limit:
                path = log_file(self.paths, record.spec.name, replica)
                secrets = record.spec.secrets()
                log = [redacted(line, secrets) for line in last_lines(path, since=log_offset)]
                problem = "it ends again and again" if ended else problem or "it is starting"
                raise NotReadyError(found.name, waited_s, redacted(problem, secrets), log)
            if self.cancelled.wait(pause_s):
                raise CancelledError(found.name)

    def _changed_files(self, spec: ProcessSpec) -> list[str]:
        resolve = resolver(spec, 0, self.paths)
        found = []
        for name, text in {**spec.files, **spec.secret_files}.items():
            path = self.paths.etc(spec.name) / name
            with suppress(OSError):
                if path.read_text() == resolve(text):
                    continue
            found.append(f"file {name} of {spec.name} is missing or was changed")
        return found


def prepare_files(spec: ProcessSpec, paths: StackPaths) -> None:
    """Write a service's files, and make its folders, owned by its user."""
    user = user_named(spec.user)
    etc = paths.etc(spec.name)
    make_folder(etc, mode=0o755, owner=user)
    make_folder(paths.run / spec.name, mode=0o700, owner=user)
    resolve = resolver(spec, 0, paths)
    for files, mode in ((spec.files, 0o644), (spec.secret_files, 0o600)):
        for name, text in files.items():
            path = etc / name
            if path.parent != etc:
                make_folder(path.parent, mode=0o755, owner=user)
            write_private(path, resolve(text), mode=mode, owner=user.uid)


def prepare_folders(spec: ProcessSpec, replica: int, paths: StackPaths) -> None:
    """Make the folders of one replica, owned by the service's user."""
    user = user_named(spec.user)
    make_folder(paths.folder / "scratch", mode=0o755)
    make_folder(scratch_of(spec, replica, paths), mode=0o700, owner=user)
    resolve = resolver(spec, replica, paths)
    for folder in spec.directories:
        path = Path(resolve(folder))
        if not path.exists():  # its program may have its own idea of the mode, as PostgreSQL has
            make_folder(path, mode=0o700, owner=user)


def user_named(name: str | None) -> RunUser:
    """A system account; None is whoever asks.

    Raises:
        KeyError: there is no such account.
    """
    entry = pwd.getpwnam(name) if name else pwd.getpwuid(os.geteuid())
    return RunUser(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def user_problem(name: str | None) -> str | None:
    """Why nothing can run as this account, None when it can."""
    try:
        user = user_named(name)
    except KeyError:
        return f"found {name!r}, allowed: a system account of this machine"
    if os.geteuid() not in {0, user.uid}:
        return f"found {name!r}, allowed: the own account, since only root can run as another"
    return None
