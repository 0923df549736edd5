"""The agent of the `local` stack: `python -m infra.local.agent`.

What kubelet and the endpoints controller are to a cluster. Once a second it asks every replica
whether it is ready, tells the edge (graceful reload) and Prometheus (file_sd), and finishes what a
change of the replica count has begun. It serves the scale subresource on a unix socket, whose mode
is its access control, and its own metrics and probes on a port.

Not promised: that a replica gets no request in the moment it dies; the edge tries the next one.
"""

import json
import os
import pwd
import signal
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from infra.local import contract
from infra.local.endpoints import Target, targets, upstreams
from infra.local.spec import paths_of
from infra.local.supervision import (
    BusyError,
    OutOfBoundsError,
    Service,
    Supervision,
    SupervisionError,
    UnknownServiceError,
)
from infra.local.supervisord import SupervisorDownError
from infra.local.usage import UsageCollector

__all__ = ["Agent", "AgentSettings", "main"]

PROBES_AT_ONCE = 8
BODY_LIMIT = 4096  # bytes; the only body is one number


@dataclass(frozen=True, kw_only=True)
class AgentSettings:
    """From the environment variables that `infra.local.contract` names."""

    stack_dir: Path
    socket: Path
    socket_user: str
    metrics_port: int
    upstreams_file: Path
    upstreams: tuple[str, ...]
    edge: str
    targets_file: Path
    interval_s: float = 1.0

    @classmethod
    def of(cls, env: Mapping[str, str]) -> "AgentSettings":
        return cls(
            stack_dir=Path(env[contract.STACK_DIR]),
            socket=Path(env[contract.SOCKET]),
            socket_user=env.get(contract.SOCKET_USER, ""),
            metrics_port=int(env[contract.METRICS_PORT]),
            upstreams_file=Path(env[contract.UPSTREAMS_FILE]),
            upstreams=tuple(json.loads(env.get(contract.UPSTREAMS, "[]"))),
            edge=env.get(contract.EDGE_PROCESS, ""),
            targets_file=Path(env[contract.TARGETS_FILE]),
            interval_s=float(env.get(contract.INTERVAL_S, "1")),
        )


@dataclass
class Metrics:
    """The agent's own metrics."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        labels, registry = ["workload"], self.registry
        self.desired = Gauge(
            contract.REPLICAS_DESIRED, "Replicas wanted.", labels, registry=registry
        )
        self.ready = Gauge(contract.REPLICAS_READY, "Replicas ready.", labels, registry=registry)
        self.starts = Counter(
            contract.REPLICA_STARTS_TOTAL.removesuffix("_total"),
            "Starts of a replica, the first one included.",
            ["workload", "replica"],
            registry=registry,
        )
        self._seen: dict[tuple[str, int], int] = {}
        self.usage = UsageCollector()
        registry.register(self.usage)

    def count_starts(self, service: str, replica: int, starts: int) -> None:
        before = self._seen.get((service, replica), 0)
        if starts > before:
            self.starts.labels(service, str(replica)).inc(starts - before)
        self._seen[service, replica] = starts


class Agent:
    """Looks at all replicas again and again. `look` is called from one thread only."""

    def __init__(self, supervision: Supervision, settings: AgentSettings) -> None:
        self._supervision, self._settings = supervision, settings
        self.metrics = Metrics()
        self.ready: dict[str, int] = {}
        self.has_looked = threading.Event()
        self._forwarded: set[str] = set()
        self._probes = ThreadPoolExecutor(PROBES_AT_ONCE)

    def look(self) -> None:
        """One round: probe, tell the edge and Prometheus, settle."""
        services = self._supervision.services()
        looked = [replica for service in services for replica in service.replicas if replica.is_up]
        problems = list(self._probes.map(self._supervision.problem_of, looked))
        ready = {
            replica.name
            for replica, problem in zip(looked, problems, strict=True)
            if problem is None
        }
        self._count(services, ready)
        before = self._forwarded
        self._tell_edge(services, ready)
        self._tell_prometheus(services)
        for service in services:
            if service.is_settled:
                continue
            leaving = {r.name for r in service.replicas if r.replica >= service.desired}
            self._supervision.settle(service.spec.name, keep_serving=bool(leaving & before))
        self.has_looked.set()

    def _count(self, services: list[Service], ready: set[str]) -> None:
        self.ready = {
            service.spec.name: sum(
                replica.name in ready and replica.replica < service.desired
                for replica in service.replicas
            )
            for service in services
        }
        self.metrics.usage.follow(services)
        for service in services:
            name = service.spec.name
            self.metrics.desired.labels(name).set(service.desired)
            self.metrics.ready.labels(name).set(self.ready[name])
            for replica in service.replicas:
                self.metrics.count_starts(name, replica.replica, replica.starts)

    def _tell_edge(self, services: list[Service], ready: set[str]) -> None:
        servers: dict[str, list[str]] = {name: [] for name in self._settings.upstreams}
        forwarded: set[str] = set()
        for service in services:
            record = self._supervision.records.read(service.spec.name)
            serving = record.serving if record else ()
            for upstream, port in service.spec.publishes.items():
                for replica in service.replicas:
                    if replica.name in ready and replica.replica in serving:
                        servers.setdefault(upstream, []).append(replica.addresses[port])
                        forwarded.add(replica.name)
        if _write_if_changed(self._settings.upstreams_file, upstreams(servers)):
            with suppress(SupervisionError):  # no edge yet: it reads the file when it starts
                self._supervision.signal(self._settings.edge, "HUP")
        self._supervision.publish_endpoints(sorted(forwarded))
        self._forwarded = forwarded

    def _tell_prometheus(self, services: list[Service]) -> None:
        found = [
            Target(
                service=service.spec.name,
                replica=replica.replica,
                address=replica.addresses[service.spec.metrics],
                path=service.spec.metrics_path,
                release=service.spec.version,
            )
            for service in services
            if service.spec.metrics
            for replica in service.replicas
            if replica.replica < service.desired
        ]
        _write_if_changed(self._settings.targets_file, targets(found))

    def workload(self, name: str) -> dict[str, Any]:
        """The scale subresource of one service.

        Raises:
            UnknownServiceError: nothing that can be scaled has that name.
        """
        service = self._supervision.read(name)
        if service is None or service.spec.replicas.maximum < 2:
            raise UnknownServiceError(name, [item["name"] for item in self.workloads()])
        return self._described(service)

    def workloads(self) -> list[dict[str, Any]]:
        return [
            self._described(service)
            for service in self._supervision.services()
            if service.spec.replicas.maximum > 1
        ]

    def scale(self, name: str, count: int) -> dict[str, Any]:
        self.workload(name)
        before = self._supervision.scale(name, count)
        _log("scaled", workload=name, before=before, after=count)
        return self.workload(name)

    def _described(self, service: Service) -> dict[str, Any]:
        bounds = service.spec.replicas
        return {
            "name": service.spec.name,
            "replicas": {
                "desired": service.desired,
                "ready": self.ready.get(service.spec.name, 0),
                "minimum": bounds.minimum,
                "maximum": bounds.maximum,
            },
        }


class _Handler(BaseHTTPRequestHandler):
    """What both servers share: JSON answers, no log line per request."""

    agent: Agent
    protocol_version = "HTTP/1.1"
    timeout = 10

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not logged: the scaler and Prometheus ask all the time."""

    def address_string(self) -> str:
        return "local"

    def answer(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def document(self, value: Any, status: int = 200) -> None:
        self.answer(status, json.dumps(value).encode())

    def problem(
        self, status: int, title: str, detail: str, *, found: Any = None, allowed: str = ""
    ) -> None:
        errors = [{"field": "replicas", "found": found, "allowed": allowed}] if allowed else []
        document = {"title": title, "status": status, "detail": detail, "errors": errors}
        self.answer(status, json.dumps(document).encode(), "application/problem+json")


class ScaleHandler(_Handler):
    """The scale subresource, on the unix socket."""

    def do_GET(self) -> None:
        if self.path == contract.WORKLOADS_PATH:
            self.document(self.agent.workloads())
            return
        self._of_workload(self.agent.workload)

    def do_PUT(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > BODY_LIMIT:
            self.close_connection = True
            self.problem(413, "Too large", f"found {length} bytes, allowed: {BODY_LIMIT}")
            return
        count = _count_in(self.rfile.read(length))
        if count is None:
            self.problem(
                422, "Not a count", "the body is no count", found=None, allowed='{"replicas": n}'
            )
            return
        self._of_workload(lambda name: self.agent.scale(name, count))

    def _of_workload(self, act: Callable[[str], dict[str, Any]]) -> None:
        prefix, suffix = f"{contract.WORKLOADS_PATH}/", contract.SCALE_SUFFIX
        if not (self.path.startswith(prefix) and self.path.endswith(suffix)):
            self.problem(404, "Not found", f"no {self.path}")
            return
        try:
            self.document(act(self.path.removeprefix(prefix).removesuffix(suffix)))
        except UnknownServiceError as error:
            self.problem(404, "Unknown workload", str(error))
        except OutOfBoundsError as error:
            allowed = f"{error.minimum} to {error.maximum}"
            self.problem(422, "Out of bounds", str(error), found=error.found, allowed=allowed)
        except (BusyError, SupervisorDownError) as error:
            self.problem(409, "Busy", str(error))


class ProbeHandler(_Handler):
    """Metrics and probes, on the metrics port."""

    def do_GET(self) -> None:
        if self.path == contract.METRICS_PATH:
            text = generate_latest(self.agent.metrics.registry)
            self.answer(200, text, "text/plain; version=0.0.4; charset=utf-8")
        elif self.path == contract.LIVENESS_PATH:
            self.document({"live": True})
        elif self.path == contract.READINESS_PATH:
            is_ready = self.agent.has_looked.is_set()
            self.document({"ready": is_ready}, 200 if is_ready else 503)
        else:
            self.problem(404, "Not found", f"no {self.path}")


class _UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class _TcpServer(ThreadingHTTPServer):
    daemon_threads = True


def main() -> None:
    """Run until SIGTERM."""
    settings = AgentSettings.of(os.environ)
    agent = Agent(Supervision(paths_of(settings.stack_dir)), settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    handlers = {
        kind: type(kind.__name__, (kind,), {"agent": agent})
        for kind in (ScaleHandler, ProbeHandler)
    }
    probes = _TcpServer(("127.0.0.1", settings.metrics_port), handlers[ProbeHandler])
    scale = _unix_server(settings, handlers[ScaleHandler])
    for server in (probes, scale):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    while not stop.is_set():
        started = time.monotonic()
        try:
            agent.look()
        except Exception as error:  # noqa: BLE001 - top of the loop: says it and goes on
            _log("look failed", error=f"{type(error).__name__}: {error}")
        stop.wait(max(0.1, settings.interval_s - (time.monotonic() - started)))
    settings.socket.unlink(missing_ok=True)


def _unix_server(settings: AgentSettings, handler: type[BaseHTTPRequestHandler]) -> _UnixServer:
    settings.socket.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        server = _UnixServer(str(settings.socket), handler)
    finally:
        os.umask(before)
    if settings.socket_user and os.geteuid() == 0:
        account = pwd.getpwnam(settings.socket_user)
        os.chown(settings.socket, account.pw_uid, account.pw_gid)
    return server


def _count_in(body: bytes) -> int | None:
    """The count of a request, None where it has none."""
    try:
        count = json.loads(body)["replicas"]
    except (ValueError, KeyError, TypeError):
        return None
    return count if isinstance(count, int) and not isinstance(count, bool) else None


def _write_if_changed(path: Path, text: str) -> bool:
    """Replace a file whole; False when it says that already."""
    with suppress(OSError):
        if path.read_text() == text:
            return False
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text)
    fresh.chmod(0o644)
    fresh.replace(path)
    return True


def _log(event: str, **facts: Any) -> None:
    line = {"event": event, "service": "agent", "level": "info", **facts}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
