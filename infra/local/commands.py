"""``autoserve status``, ``logs`` and ``scale``: what runs on this machine, without the engine."""

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import click
from rich.console import Console
from rich.table import Table

from infra.cli import DIFFERENCES, DONE, emit, fail, local_stack_options
from infra.local.logs import last_lines
from infra.local.replicas import Replica
from infra.local.state import StackPaths, state_paths
from infra.local.supervision import Service, Supervision, SupervisionError
from infra.local.supervisord import SupervisorError

__all__ = ["logs", "scale", "status"]

REPLICA_LOG = re.compile(r"(?P<service>[a-z][a-z0-9-]*?)(-(?P<replica>\d+))?\.log")
OWN = "supervisord"
FOLLOW_S = 0.2
SETTLE_S = 90.0  # longer than any service may take to end


@click.command()
@local_stack_options(instead="{kubectl} get pods -A -l app.kubernetes.io/part-of=autoserve")
def status(stack: str, *, as_json: bool) -> None:
    """What runs, and whether it is ready; exit code 2 when something is not."""
    supervision = Supervision(state_paths().stack(stack))
    rows = [_row(supervision, *pair) for pair in _replicas(supervision.services())]
    if as_json:
        emit({"stack": stack, "replicas": rows})
    elif rows:
        _print_table(rows)
    else:
        click.echo(f"nothing of stack {stack} runs here; `autoserve up --stack {stack}` starts it")
    sys.exit(DONE if rows and all(row["ready"] for row in rows) else DIFFERENCES)


@click.command()
@click.argument("service", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on as the logs grow, until Ctrl-C.")
@click.option("--replica", type=click.IntRange(min=0), help="Only that replica.")
@click.option(
    "--lines", type=click.IntRange(min=0), default=40, show_default=True, help="Of each log."
)
@local_stack_options(
    instead="{kubectl} -n {namespace} logs -f --prefix -l app.kubernetes.io/name=SERVICE"
)
def logs(
    service: str | None,
    stack: str,
    *,
    follow: bool,
    replica: int | None,
    lines: int,
    as_json: bool,
) -> None:
    """Read or follow the logs of all services and jobs, or of one."""
    files = _log_files(state_paths().stack(stack), service, replica)
    for file in files:
        for line in last_lines(file.path, lines=lines) if lines else ():
            _print_line(file, line, as_json=as_json)
    if follow:
        for file, line in _growing(files):
            _print_line(file, line, as_json=as_json)


@click.command()
@click.argument("workload", required=False)
@click.argument("replicas", required=False, type=int)
@local_stack_options(
    instead="its autoscaler decides ({kubectl} -n {namespace} get hpa), within minReplicas and "
    "maxReplicas of the settings"
)
def scale(workload: str | None, replicas: int | None, stack: str, *, as_json: bool) -> None:
    """Show the replicas of all workloads, or set those of one.

    The scaler, in mode enforce, decides again at its next tick.
    """
    supervision = Supervision(state_paths().stack(stack))
    before: int | None = None
    if workload is not None and replicas is None:
        raise click.UsageError("found a workload without a count, allowed: WORKLOAD REPLICAS")
    if workload is not None and replicas is not None:
        try:
            before = supervision.scale(workload, replicas)
            _settle(supervision, workload)
        except (SupervisionError, SupervisorError) as exc:
            raise fail(str(exc)) from exc
    shown = [
        _workload(service)
        for service in supervision.services()
        if service.spec.replicas.maximum > 1 or service.spec.name == workload
    ]
    if as_json:
        emit({"stack": stack, "workloads": shown})
    elif before is not None:
        click.echo(f"{workload}: {before} -> {replicas} replicas")
    else:
        for item in shown:
            bounds = f"{item['minimum']} to {item['maximum']}"
            click.echo(f"{item['name']}: {item['desired']} replicas, allowed: {bounds}")


def _replicas(services: list[Service]) -> Iterator[tuple[Service, Replica]]:
    for service in services:
        for replica in service.replicas:
            yield service, replica


def _row(supervision: Supervision, service: Service, replica: Replica) -> dict[str, Any]:
    is_leaving = replica.replica >= service.desired
    problem = "it is leaving" if is_leaving else supervision.problem_of(replica)
    return {
        "service": replica.service,
        "replica": replica.replica,
        "state": replica.state,
        "pid": replica.pid,
        "uptime_s": round(replica.uptime_s, 1),
        "ready": problem is None,
        "problem": problem,
        "restarts": max(0, replica.starts - 1),
        "addresses": dict(replica.addresses),
    }


def _print_table(rows: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False)
    for title in ("SERVICE", "REPLICA", "STATE", "READY", "PID", "UP", "RESTARTS", "ADDRESS"):
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(
            row["service"],
            str(row["replica"]),
            row["state"].lower(),
            "yes" if row["ready"] else f"no: {row['problem']}",
            str(row["pid"] or ""),
            _duration(row["uptime_s"]),
            str(row["restarts"]),
            " ".join(f"{port}={address}" for port, address in row["addresses"].items()),
        )
    # Into a pipe a row stays one line, for grep.
    console = Console() if sys.stdout.isatty() else Console(width=200)
    console.print(table, highlight=False)


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f}s"
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes}m"
    return f"{minutes // 60}h{minutes % 60:02d}m" if minutes < 1440 else f"{minutes // 1440}d"


@dataclass(frozen=True, kw_only=True)
class _Log:
    service: str
    replica: int | None
    path: Path

    @property
    def label(self) -> str:
        return self.path.stem


def _log_files(paths: StackPaths, service: str | None, replica: int | None) -> list[_Log]:
    found = []
    for path in sorted(paths.logs.glob("*.log")) if paths.logs.is_dir() else ():
        if match := REPLICA_LOG.fullmatch(path.name):
            number = int(match["replica"]) if match["replica"] else None
            found.append(_Log(service=match["service"], replica=number, path=path))
    names = sorted({log.service for log in found})
    if service is not None and service not in names:
        raise fail(f"no logs of {service!r}; there are logs of: {', '.join(names) or 'nothing'}")
    # The supervisor's own log is there for who asks for it by name.
    wanted = [log for log in found if (log.service == service if service else log.service != OWN)]
    if replica is None:
        return wanted
    numbers = sorted({log.replica for log in wanted if log.replica is not None})
    if replica not in numbers:
        allowed = ", ".join(map(str, numbers)) or "none"
        raise fail(f"--replica: found {replica}, allowed: {allowed}")
    return [log for log in wanted if log.replica == replica]


def _growing(files: list[_Log]) -> Iterator[tuple[_Log, str]]:
    """Whole lines as they are written; a rotated log is opened again."""
    opened: dict[Path, BinaryIO] = {}
    for log in files:
        opened[log.path] = log.path.open("rb")
        opened[log.path].seek(0, 2)
    rest: dict[Path, bytes] = {}
    while True:
        for log in files:
            *lines, rest[log.path] = (rest.get(log.path, b"") + opened[log.path].read()).split(
                b"\n"
            )
            for line in lines:
                yield log, line.decode(errors="replace")
            if _is_rotated(opened[log.path], log.path):
                opened[log.path].close()
                opened[log.path] = log.path.open("rb")
        time.sleep(FOLLOW_S)


def _is_rotated(file: BinaryIO, path: Path) -> bool:
    try:
        now = path.stat()
    except FileNotFoundError:
        return False
    return now.st_ino != os.fstat(file.fileno()).st_ino or now.st_size < file.tell()


def _print_line(log: _Log, line: str, *, as_json: bool) -> None:
    if as_json:
        item = {"service": log.service, "replica": log.replica, "line": line}
        click.echo(json.dumps(item))
    else:
        click.echo(f"{log.label} | {line}")


def _settle(supervision: Supervision, workload: str) -> None:
    """Wait until superfluous replicas are gone; the agent does the same, if it runs."""
    deadline = time.monotonic() + SETTLE_S
    while not supervision.settle(workload) and time.monotonic() < deadline:
        time.sleep(FOLLOW_S)


def _workload(service: Service) -> dict[str, Any]:
    bounds = service.spec.replicas
    return {
        "name": service.spec.name,
        "desired": service.desired,
        "minimum": bounds.minimum,
        "maximum": bounds.maximum,
    }
