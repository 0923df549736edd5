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
    {listen}, {clients}       the address to listen on, and the network that clients come from
    {replica}                 number of the replica, from 0
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from pydantic import SecretStr

from infra.scaling import ScalingSettings
from infra.settings import Resources

__all__ = [
    "Access",
    "CapacitySignals",
    "Dependency",
    "External",
    "Job",
    "Placeholder",
    "Port",
    "Preparation",
    "Probe",
    "Scaling",
    "Secret",
    "SecretKind",
    "Service",
    "Signal",
    "State",
    "Tier",
    "placeholders",
]

PLACEHOLDER = re.compile(
    r"\{(port|address|host|number|secret|dir|user|replica|listen|clients)(?::([a-z0-9.-]+))?\}"
)


NONROOT = 65_532  # the user of distroless images, which ours are built on


class Placeholder(NamedTuple):
    """One placeholder of a template: its kind, and what it names ("" for ``{replica}``)."""

    kind: str
    name: str


class Tier(StrEnum):
    """Which namespace of a cluster a service lives in."""

    SERVICES = "services"
    DATA = "data"
    OBSERVABILITY = "observability"


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
class Preparation:
    """A command that runs before the first start, to its end; ``creates`` is there once it did."""

    command: tuple[str, ...]
    creates: str


@dataclass(frozen=True, kw_only=True)
class Dependency:
    """An edge of the network: the service may open connections to that port, and to no other."""

    service: str
    port: str


@dataclass(frozen=True, kw_only=True)
class Access:
    """What the service may do at the Kubernetes API, within the namespaces of some tiers.

    Attributes:
        names: of the objects; empty only where a verb cannot be narrowed to names.
        tiers: none for what is of the whole cluster, such as its nodes.
    """

    group: str
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    names: tuple[str, ...] = ()
    tiers: tuple[Tier, ...] = (Tier.SERVICES,)


@dataclass(frozen=True, kw_only=True)
class Signal:
    """A further reason to add replicas, beside the load.

    Attributes:
        query: PromQL, one value or none; none is no reason.
        threshold: the value at which the replicas are just enough, > 0.
        per_replica: the value is shared by the replicas (a queue); else it is the same for all and
            is brought down by more of them (a delay).
    """

    name: str
    query: str
    threshold: float
    per_replica: bool = False


@dataclass(frozen=True, kw_only=True)
class CapacitySignals:
    """What the capacity of a replica is learnt from; "" and 0 are off.

    Attributes:
        utilisation_query: PromQL, share in use of what the ready replicas have, in [0, 1].
        utilisation_objective: at most, in (0, 1].
        latency_query, queue_wait_query: PromQL, seconds.
        latency_objective_s, queue_wait_objective_s: at most, seconds.
        minimum, maximum: bounds of what is learnt; 0 for a third and three times the capacity.
        release_query: PromQL, one series whose labels change with a release.
    """

    utilisation_query: str = ""
    utilisation_objective: float = 0.9
    latency_query: str = ""
    latency_objective_s: float = 0.0
    queue_wait_query: str = ""
    queue_wait_objective_s: float = 0.0
    minimum: float = 0.0
    maximum: float = 0.0
    release_query: str = ""


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """Bounds of the replicas, and the signal they follow when there is one.

    Attributes:
        minimum, maximum: replicas, 1 <= minimum <= maximum.
        load_query: PromQL that gives the load in ``load_unit``; "" where nothing scales it.
        ready_query: PromQL that gives the ready replicas.
        capacity: load one ready replica sustains, in ``load_unit``, > 0; holds until another one is
            learnt from `capacity_signals`.
        target: share of the capacity to run at, in (0, 1].
        quantile: level of the forecast that becomes the floor of the replicas, in (0, 1); ``None``
            for what the costs in ``limits`` make it.
        limits: how fast and how far the replicas may move.
        signals: further reasons to add replicas, in a cluster.
        cpu_percent, memory_percent: of the request, in a cluster; 0 where it says nothing.
    """

    minimum: int = 1
    maximum: int = 1
    load_query: str = ""
    load_unit: str = ""
    ready_query: str = ""
    capacity: float = 1.0
    target: float = 0.8
    quantile: float | None = None
    limits: ScalingSettings = field(default_factory=ScalingSettings)
    signals: tuple[Signal, ...] = ()
    cpu_percent: int = 0
    memory_percent: int = 0
    capacity_signals: CapacitySignals = CapacitySignals()


@dataclass(frozen=True, kw_only=True)
class Service:
    """One long-running service.

    Attributes:
        command: argument list; its first item is a program's name, or ``python``.
        environment: templates by variable.
        files: configuration by file name below ``{dir:etc}``.
        preparation: what makes an empty ``{dir:data}`` usable.
        probe: readiness; ``liveness`` and ``startup`` are paths on the same port, or "".
        metrics: name of the port that Prometheus scrapes, "" for none.
        publishes: the port whose ready replicas the edge forwards to, "" for none.
        route: prefix of the paths that the edge forwards there.
        stop_signal: asks for a graceful end; ``drain_s`` later the replica is killed.
        reload_signal: makes the process read its files again; "" means a restart instead.
        source: top-level packages whose change restarts the service.
        image: name in the table of images, for a cluster.
        account: number of the user that the image runs as, never 0.
        resources: of one replica, in a cluster.
        volume_gib: size of the volume behind ``{dir:data}``; 0 where a replica keeps nothing.
        access: to the Kubernetes API; without any, its pods get no token.
        answers_unready: whether it is asked while it is not ready, because it is then, when a store
            of its own is away, that people need it.
    """

    name: str
    title: str
    command: tuple[str, ...]
    ports: tuple[Port, ...]
    probe: Probe
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    preparation: Preparation | None = None
    liveness: str = ""
    startup: str = ""
    metrics: str = ""
    publishes: str = ""
    route: str = ""
    dependencies: tuple[Dependency, ...] = ()
    scaling: Scaling = Scaling()
    state: State = State.NONE
    stop_signal: str = "TERM"
    reload_signal: str = ""
    drain_s: float = 10.0
    source: tuple[str, ...] = ()
    tier: Tier = Tier.SERVICES
    image: str = ""
    account: int = NONROOT
    resources: Resources = field(default_factory=Resources)
    volume_gib: int = 0
    access: tuple[Access, ...] = ()
    answers_unready: bool = False


@dataclass(frozen=True, kw_only=True)
class External:
    """A service that is given, outside of the stack.

    Attributes:
        ports: its port numbers, by the name that the replaced service's port has.
        cidrs: networks it is reached in.
    """

    name: str
    host: str
    ports: Mapping[str, int]
    cidrs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Job:
    """A command that runs to its end, and again whenever its inputs change, or by a schedule.

    Attributes:
        needs: services that must be ready, and jobs that must be done, before it.
        before: services that start only when it is done.
        schedule: when it runs, in the five fields of cron, in UTC; "" for once. In a cluster only,
            and nothing waits for it.
        access: to the Kubernetes API; without any, its pods get no token.
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
    image: str = ""
    account: int = NONROOT
    resources: Resources = field(default_factory=Resources)
    schedule: str = ""
    access: tuple[Access, ...] = ()


class SecretKind(StrEnum):
    PASSWORD = "password"  # noqa: S105 - the name of a kind
    ED25519 = "ed25519-pem"


@dataclass(frozen=True, kw_only=True)
class Secret:
    """A value generated once per stack, or given by a setting, and never shown."""

    name: str
    kind: SecretKind = SecretKind.PASSWORD
    given: SecretStr | None = None


def placeholders(template: str) -> Iterator[Placeholder]:
    """The placeholders of a template, in order."""
    for match in PLACEHOLDER.finditer(template):
        yield Placeholder(match.group(1), match.group(2) or "")
