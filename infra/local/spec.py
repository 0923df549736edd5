"""What one supervised service is, as plain data, and what follows from it for each replica.

No I/O. The provider builds a `ProcessSpec` from a resource's inputs,
the supervision turns it into `ReplicaSpec`s, one file each, which the launcher reads.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from infra.local.state import StackPaths, StatePaths

__all__ = [
    "BadSpecError",
    "ProcessSpec",
    "ReadinessSpec",
    "ReplicaBounds",
    "ReplicaSpec",
    "paths_of",
    "placeholder_problems",
    "replica_name",
    "scratch_of",
]

PLACEHOLDER = re.compile(r"\{(?:dir:)?(port:[a-z0-9-]+|replica|data|etc|run|scratch)\}")
NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
SIGNALS = ("TERM", "INT", "QUIT", "HUP", "USR1", "USR2")


class BadSpecError(ValueError):
    """A service's description cannot be used; ``problems`` are (field, reason) pairs."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in problems))
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class ReadinessSpec:
    port: str
    path: str = ""
    deadline_s: float = 60.0
    interval_s: float = 0.2


@dataclass(frozen=True, kw_only=True)
class ReplicaBounds:
    minimum: int = 1
    maximum: int = 1
    initial: int = 1

    def clamp(self, count: int) -> int:
        return min(max(count, self.minimum), self.maximum)


@dataclass(frozen=True, kw_only=True)
class ProcessSpec:
    """A service; the fields are those of `infra.local.resources.ProcessArgs`, resolved."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    secret_environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    working_directory: str = ""
    user: str | None = None
    ports: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    secret_files: Mapping[str, str] = field(default_factory=dict, repr=False)
    directories: tuple[str, ...] = ()
    readiness: ReadinessSpec | None = None
    replicas: ReplicaBounds = ReplicaBounds()
    stop_signal: str = "TERM"
    stop_grace_s: float = 10.0
    reload_signal: str = ""
    version: str = ""
    publishes: Mapping[str, str] = field(default_factory=dict)
    metrics: str = ""
    metrics_path: str = "/metrics"

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """From what `to_json` gave, or from a resource's inputs."""
        values = {
            name: data[name] for name in cls.__dataclass_fields__ if data.get(name) is not None
        }
        values["command"] = tuple(values.get("command", ()))
        values["directories"] = tuple(values.get("directories", ()))
        ports = values.get("ports", {})
        values["ports"] = {
            name: tuple(int(port) for port in group) for name, group in ports.items()
        }
        if values.get("readiness"):
            values["readiness"] = ReadinessSpec(**values["readiness"])
        if values.get("replicas"):
            bounds = {name: int(count) for name, count in values["replicas"].items()}
            values["replicas"] = ReplicaBounds(**bounds)
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def problems(self) -> list[tuple[str, str]]:
        """(field, reason) of everything that cannot be used."""
        return [*self._scalar_problems(), *self._port_problems(), *placeholder_problems(self)]

    def secrets(self) -> list[str]:
        """Texts that no message may show, longest first."""
        values = [*self.secret_environment.values(), *self.secret_files.values()]
        lines = {line.strip() for value in values for line in [value, *value.splitlines()]}
        return sorted((line for line in lines if len(line) >= 4), key=len, reverse=True)

    def _scalar_problems(self) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        if not NAME.fullmatch(self.name):
            found.append(("name", f"found {self.name!r}, allowed: {NAME.pattern}"))
        if not self.command or not self.command[0]:
            found.append(("command", "found nothing, allowed: a program and its arguments"))
        bounds = self.replicas
        if not 0 <= bounds.minimum <= bounds.initial <= bounds.maximum:
            found.append(
                (
                    "replicas",
                    f"found minimum {bounds.minimum}, initial {bounds.initial}, maximum "
                    f"{bounds.maximum}, allowed: 0 <= minimum <= initial <= maximum",
                )
            )
        for name in ("stop_signal", "reload_signal"):
            value = getattr(self, name)
            if value not in SIGNALS and not (name == "reload_signal" and not value):
                found.append((name, f"found {value!r}, allowed: {', '.join(SIGNALS)}"))
        if self.stop_grace_s <= 0:
            found.append(("stop_grace_s", f"found {self.stop_grace_s:g}, allowed: above 0 s"))
        return found

    def _port_problems(self) -> list[tuple[str, str]]:
        found = []
        for name, group in self.ports.items():
            if len(group) < self.replicas.maximum:
                found.append(
                    (
                        f"ports.{name}",
                        f"found {len(group)} ports, allowed: one for each of the at most "
                        f"{self.replicas.maximum} replicas",
                    )
                )
            if bad := [port for port in group if not 1 <= port <= 65535]:
                found.append((f"ports.{name}", f"found {bad[0]}, allowed: 1 to 65535"))
        named = {"readiness.port": self.readiness.port if self.readiness else ""}
        named |= {"metrics": self.metrics}
        named |= {f"publishes.{upstream}": port for upstream, port in self.publishes.items()}
        for key, port in named.items():
            if port and port not in self.ports:
                found.append((key, f"found {port!r}, allowed: one of {sorted(self.ports)}"))
        return found


@dataclass(frozen=True, kw_only=True)
class ReplicaSpec:
    """One replica as the launcher starts it: every placeholder resolved."""

    service: str
    replica: int
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    working_directory: str
    user: str | None
    stop_signal: str
    stop_grace_s: float
    ports: Mapping[str, int]
    version: str

    @property
    def name(self) -> str:
        return replica_name(self.service, self.replica)

    @classmethod
    def of(cls, spec: ProcessSpec, replica: int, paths: StackPaths) -> "ReplicaSpec":
        resolve = resolver(spec, replica, paths)
        environment = {**spec.environment, **spec.secret_environment}
        return cls(
            service=spec.name,
            replica=replica,
            command=tuple(resolve(part) for part in spec.command),
            environment={name: resolve(value) for name, value in environment.items()},
            working_directory=resolve(spec.working_directory)
            or str(scratch_of(spec, replica, paths)),
            user=spec.user,
            stop_signal=spec.stop_signal,
            stop_grace_s=spec.stop_grace_s,
            ports={name: group[replica] for name, group in spec.ports.items()},
            version=spec.version,
        )

    def digest(self, spec: ProcessSpec) -> str:
        """Changes whenever the replica has to be started anew."""
        content = {**asdict(self), "files": None if spec.reload_signal else files_digest(spec)}
        return _digest(content)


def resolver(spec: ProcessSpec, replica: int, paths: StackPaths) -> Callable[[str], str]:
    """A function that fills in the placeholders of one replica."""
    known = {
        "replica": str(replica),
        "data": str(paths.data(spec.name)),
        "etc": str(paths.etc(spec.name)),
        "run": str(paths.run / spec.name),
        "scratch": str(scratch_of(spec, replica, paths)),
        **{f"port:{name}": str(group[replica]) for name, group in spec.ports.items()},
    }
    return lambda text: PLACEHOLDER.sub(lambda match: known[match.group(1)], text)


def scratch_of(spec: ProcessSpec, replica: int, paths: StackPaths) -> Path:
    return paths.folder / "scratch" / replica_name(spec.name, replica)


def replica_name(service: str, replica: int) -> str:
    """Name of the replica for the supervisor, its logs and its lock."""
    return f"{service}-{replica}"


def files_digest(spec: ProcessSpec) -> str:
    return _digest([dict(spec.files), dict(spec.secret_files)])


def paths_of(folder: str | Path) -> StackPaths:
    """The paths of the stack whose folder (`StackPaths.folder`) this is."""
    path = Path(folder)
    return StatePaths(root=path.parents[1]).stack(path.name)


def placeholder_problems(spec: ProcessSpec) -> list[tuple[str, str]]:
    """Ports that are not declared, and what differs per replica where all share a file."""
    found: list[tuple[str, str]] = []
    templates = {
        **{f"command[{i}]": part for i, part in enumerate(spec.command)},
        **{f"environment.{name}": value for name, value in spec.environment.items()},
        **{f"secret_environment.{name}": text for name, text in spec.secret_environment.items()},
        **{f"directories[{i}]": part for i, part in enumerate(spec.directories)},
        "working_directory": spec.working_directory,
    }
    files = {**spec.files, **spec.secret_files}
    templates |= {f"files.{name}": text for name, text in files.items()}
    for key, template in templates.items():
        for name in PLACEHOLDER.findall(template):
            port = name.removeprefix("port:")
            if port != name and port not in spec.ports:
                allowed = sorted(spec.ports) or "none, the process declares no ports"
                found.append((key, f"found {{{name}}}, allowed ports: {allowed}"))
            elif key.startswith("files.") and spec.replicas.maximum > 1 and _per_replica(name):
                reason = "allowed: nothing that differs per replica, all share the file"
                found.append((key, f"found {{{name}}}, {reason}"))
    return found


def _per_replica(name: str) -> bool:
    return name.startswith("port:") or name in {"replica", "scratch"}


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]
