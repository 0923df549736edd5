"""What ``autoserve doctor`` looks for among the processes of a stack."""

from collections.abc import Iterator

from infra.findings import Finding
from infra.local.launch import holders_of
from infra.local.logs import last_lines, log_file, redacted
from infra.local.replicas import Replica
from infra.local.state import StackPaths
from infra.local.supervision import Service, Supervision

__all__ = ["processes"]


def processes(paths: StackPaths) -> Iterator[Finding]:
    """Everything that runs and should not, and the other way round."""
    supervision = Supervision(paths)
    up = f"autoserve up --stack {paths.name}"
    services = supervision.services()
    yield from _supervisor(supervision, services, up)
    yield from _left_over(supervision, services, up)
    for service in services:
        for replica in service.replicas:
            if replica.state == "FATAL":
                yield _given_up(supervision, service, replica, up)
            elif supervision.daemon.pid() and (problem := supervision.problem_of(replica)):
                yield Finding(
                    what=f"{replica.name} is not ready: {problem}",
                    mend=f"autoserve logs {replica.service} --replica {replica.replica}",
                )


def _supervisor(supervision: Supervision, services: list[Service], up: str) -> Iterator[Finding]:
    daemon = supervision.daemon
    if daemon.pid() is not None:
        return
    if (pid := daemon.recorded_pid()) is not None:
        yield Finding(
            what=f"the supervisor (pid {pid}) does not answer on {daemon.socket}",
            mend=f"{up} (ends it and starts another)",
        )
    elif services:
        names = ", ".join(service.spec.name for service in services)
        yield Finding(what=f"the supervisor is dead; it should run {names}", mend=up)
    elif daemon.socket.exists():
        yield Finding(
            what=f"{daemon.socket} is left over from a dead supervisor",
            mend=f"rm {daemon.socket}",
        )


def _left_over(supervision: Supervision, services: list[Service], up: str) -> Iterator[Finding]:
    """Processes of replicas that the supervisor does not run."""
    running = {replica.name for service in services for replica in service.replicas if replica.pid}
    for lock in sorted((supervision.records.folder / "locks").glob("*.lock")):
        if lock.stem in running or lock.stem.endswith(".job"):
            continue
        if pids := holders_of(lock):
            numbers = " ".join(map(str, pids))
            known = {replica.name for service in services for replica in service.replicas}
            mend = f"{up} (ends them first)" if lock.stem in known else f"kill {numbers}"
            yield Finding(what=f"{lock.stem} left processes behind: {numbers}", mend=mend)


def _given_up(supervision: Supervision, service: Service, replica: Replica, up: str) -> Finding:
    lines = last_lines(log_file(supervision.paths, replica.service, replica.replica), lines=5)
    secrets = service.spec.secrets()
    said = "\n".join(f"      {redacted(line, secrets)}" for line in lines)
    return Finding(
        what=f"{replica.name} was given up after {replica.starts} starts; it said last\n{said}",
        mend=f"{up} (after mending what it says)",
    )
