"""What a service is, said once: plain data from which every stack derives its resources.

The ``local`` stack turns a `Service` into supervised processes, a cluster into Deployments,
Services and policies, and the dashboards read its objectives. Nothing here knows a stack, and
nothing that follows from a description is written twice.

Text fields (command, environment, files) are templates. A placeholder stands in braces; every
other brace is left alone, so that NGINX's own blocks need no escape:

    {port:http}               the own port of that name
    {address:postgres.sql}    host:port of another service; a declared dependency
    {host:postgres}           its host, {number:postgres.sql} its port number
    {secret:jwt-key}          a secret's value; whatever holds one is secret as a whole
    {dir:data}                a folder: data (the service's own, kept), shared (of all, kept),
                              scratch (a replica's own), run (sockets), etc (its files)
    {user}                    the system account the service runs as
    {replica}                 number of the replica, from 0
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

__all__ = [
    "Dependency",
    "Job",
    "Placeholder",
    "Port",
    "Probe",
    "Scaling",
    "Secret",
    "SecretKind",
    "Service",
    "State",
    "placeholders",
]

PLACEHOLDER = re.compile(
    r"\{(port|address|host|number|secret|dir|user|replica)(?::([a-z0-9.-]+))?\}"
)


class Placeholder(NamedTuple):
    """One placeholder of a template: its kind, and what it names ("" for ``{replica}``)."""

    kind: str
    name: str


class State(StrEnum):
    """What is lost when a service's folder is lost."""

    NONE = "none"
    CACHE = "cache"  # rebuilt by itself
    DATA = "data"  # kept by `down` and `destroy` unless told otherwise


@dataclass(frozen=True, kw_only=True)
class Port:
    """A port of the service. ``number`` is for a cluster; ``local`` gives each replica its own."""

    name: str
    number: int


@dataclass(frozen=True, kw_only=True)
class Probe:
    """How to ask whether a replica may get work: HTTP 200 on ``path``, or TCP where it is ""."""

    port: str
    path: str = ""
    deadline_s: float = 60.0


@dataclass(frozen=True, kw_only=True)
class Dependency:
    """An edge of the network: the service may open connections to that port, and to no other."""

    service: str
    port: str


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """Bounds of the replicas, and the signal they follow when there is one.

    Attributes:
        minimum, maximum: replicas, 1 <= minimum <= maximum.
        load_query: PromQL that gives the load in ``load_unit``; "" where nothing scales it.
        ready_query: PromQL that gives the ready replicas.
        capacity: load one ready replica sustains, in ``load_unit``, > 0.
        target: share of the capacity to run at, in (0, 1].
        quantile: level of the forecast that becomes the floor of the replicas, in (0, 1).
    """

    minimum: int = 1
    maximum: int = 1
    load_query: str = ""
    load_unit: str = ""
    ready_query: str = ""
    capacity: float = 1.0
    target: float = 0.8
    quantile: float = 0.95


@dataclass(frozen=True, kw_only=True)
class Service:
    """One long-running service.

    Attributes:
        command: argument list; its first item is a program's name, or ``python``.
        environment: templates by variable.
        files: configuration by file name below ``{dir:etc}``.
        probe: readiness; ``liveness`` and ``startup`` are paths on the same port, or "".
        metrics: name of the port that Prometheus scrapes, "" for none.
        publishes: the port whose ready replicas the edge forwards to, "" for none.
        stop_signal: asks for a graceful end; ``drain_s`` later the replica is killed.
        reload_signal: makes the process read its files again; "" means a restart instead.
        source: top-level packages whose change restarts the service.
    """

    name: str
    title: str
    command: tuple[str, ...]
    ports: tuple[Port, ...]
    probe: Probe
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    liveness: str = ""
    startup: str = ""
    metrics: str = ""
    publishes: str = ""
    dependencies: tuple[Dependency, ...] = ()
    scaling: Scaling = Scaling()
    state: State = State.NONE
    stop_signal: str = "TERM"
    reload_signal: str = ""
    drain_s: float = 10.0
    source: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Job:
    """A command that runs to its end, and again whenever its inputs change.

    Attributes:
        needs: services that must be ready, and jobs that must be done, before it.
        before: services that start only when it is done.
    """

    name: str
    title: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    dependencies: tuple[Dependency, ...] = ()
    needs: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    deadline_s: float = 60.0
    source: tuple[str, ...] = ()


class SecretKind(StrEnum):
    PASSWORD = "password"  # noqa: S105 - the name of a kind
    ED25519 = "ed25519-pem"


@dataclass(frozen=True, kw_only=True)
class Secret:
    """A value generated once per stack and never shown."""

    name: str
    kind: SecretKind = SecretKind.PASSWORD


def placeholders(template: str) -> Iterator[Placeholder]:
    """The placeholders of a template, in order."""
    for match in PLACEHOLDER.finditer(template):
        yield Placeholder(match.group(1), match.group(2) or "")
