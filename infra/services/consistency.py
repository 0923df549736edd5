"""Whether the descriptions of a catalogue fit together; looked at before any resource is declared.

Whoever adds a service gets every slip at once, each with the place, what was found and what is
allowed.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from infra.services.catalogue import Catalogue
from infra.services.description import Job, Service, placeholders

__all__ = ["CatalogueError", "check"]

LABEL = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
LONGEST_NAME = 40  # of the 63 of a label: controllers append hashes to make their pods' names
CRON_FIELDS = 5
FOLDERS = ("data", "shared", "scratch", "run", "etc", "web", "credentials")

Ports = Mapping[str, frozenset[str]]


class CatalogueError(ValueError):
    """Descriptions that contradict each other; ``problems`` has a line for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def check(catalogue: Catalogue) -> None:
    """Refuse a catalogue that cannot become a platform.

    Raises:
        CatalogueError: an unknown name, a clash, a cycle, a name that is too long.
    """
    ports: dict[str, frozenset[str]] = {
        service.name: frozenset(port.name for port in service.ports)
        for service in catalogue.services
    } | {external.name: frozenset(external.ports) for external in catalogue.externals}
    problems = [*_names(catalogue.items)]
    for service in catalogue.services:
        problems += _own_ports(service)
        problems += _bounds(service)
    secrets = frozenset(secret.name for secret in catalogue.secrets)
    for item in catalogue.items:
        problems += _dependencies(item, ports)
        problems += _placeholders(item, ports, secrets)
    problems += _order(catalogue, ports)
    problems += _schedules(catalogue.jobs)
    problems += _cycle(catalogue.services)
    problems += _routes(catalogue.services)
    if problems:
        raise CatalogueError(problems)


def _names(items: Iterable[Service | Job]) -> Iterator[str]:
    for name, count in Counter(item.name for item in items).items():
        if count > 1:
            yield f"{name}: {count} services or jobs have this name; allowed: one"
        if len(name) > LONGEST_NAME:
            yield f"{name}: the name has {len(name)} characters; allowed: at most {LONGEST_NAME}"
        if not LABEL.fullmatch(name):
            yield f"{name}: allowed in a name: a-z, 0-9 and -, a letter first, no - last"


def _own_ports(service: Service) -> Iterator[str]:
    for what, counts in (
        ("name", Counter(port.name for port in service.ports)),
        ("number", Counter(str(port.number) for port in service.ports)),
    ):
        clashes = [value for value, count in counts.items() if count > 1]
        for value in clashes:
            yield f"{service.name}: two ports have the {what} {value}; allowed: one"
    names = {port.name for port in service.ports}
    for field, name in (
        ("probe", service.probe.port),
        ("metrics", service.metrics),
        ("publishes", service.publishes),
    ):
        if name and name not in names:
            yield f"{service.name}: {field} names the port {name}; allowed: {_list(names)}"


def _bounds(service: Service) -> Iterator[str]:
    scaling = service.scaling
    if not 1 <= scaling.minimum <= scaling.maximum:
        yield (
            f"{service.name}: replicas from {scaling.minimum} to {scaling.maximum}; "
            "allowed: at least 1, and the minimum not above the maximum"
        )


def _dependencies(item: Service | Job, ports: Ports) -> Iterator[str]:
    for edge in item.dependencies:
        if edge.service not in ports:
            yield (
                f"{item.name}: depends on {edge.service}, which is no service; "
                f"allowed: {_list(ports)}"
            )
        elif edge.port not in ports[edge.service]:
            yield (
                f"{item.name}: depends on port {edge.port} of {edge.service}; "
                f"allowed: {_list(ports[edge.service])}"
            )


def _placeholders(item: Service | Job, ports: Ports, secrets: frozenset[str]) -> Iterator[str]:
    own = ports.get(item.name, frozenset()) if isinstance(item, Service) else frozenset[str]()
    declared = {f"{edge.service}.{edge.port}" for edge in item.dependencies}
    allowed = {
        "port": own,
        "address": declared,
        "number": declared,
        "host": {edge.service for edge in item.dependencies},
        "secret": secrets,
        "dir": frozenset(FOLDERS),
    }
    for text in (*item.command, *item.environment.values(), *item.files.values()):
        for kind, name in placeholders(text):
            if kind in allowed and name not in allowed[kind]:
                yield f"{item.name}: {{{kind}:{name}}} is unknown; allowed: {_list(allowed[kind])}"
    for text in item.command:
        if any(kind == "secret" for kind, _ in placeholders(text)):
            yield f"{item.name}: a secret stands in the command; allowed: environment and files"


def _order(catalogue: Catalogue, ports: Ports) -> Iterator[str]:
    known = ports.keys() | {job.name for job in catalogue.jobs}
    for job in catalogue.jobs:
        for name in (*job.needs, *job.before):
            if name not in known:
                yield f"{job.name}: waits for or precedes {name}; allowed: {_list(known)}"


def _schedules(jobs: Iterable[Job]) -> Iterator[str]:
    scheduled = {job.name for job in jobs if job.schedule}
    for job in jobs:
        if job.schedule and len(job.schedule.split()) != CRON_FIELDS:
            yield f"{job.name}: schedule {job.schedule!r}; allowed: the five fields of cron"
        waits = {*job.needs, *job.before} if job.schedule else scheduled & {*job.needs}
        if waits:
            yield f"{job.name}: {_list(waits)} before or after a schedule; allowed: nothing"


def _cycle(services: Iterable[Service]) -> Iterator[str]:
    """The first cycle of dependencies; services in one could not be brought up one by one."""
    graph = {s.name: [edge.service for edge in s.dependencies] for s in services}
    done: set[str] = set()

    def walk(name: str, path: tuple[str, ...]) -> tuple[str, ...]:
        if name in path:
            return (*path[path.index(name) :], name)
        if name in done:
            return ()
        for target in graph.get(name, ()):
            if found := walk(target, (*path, name)):
                return found
        done.add(name)
        return ()

    for name in graph:
        if found := walk(name, ()):
            yield f"{found[0]}: its dependencies form a cycle: {' -> '.join(found)}; allowed: none"
            return


def _routes(services: Iterable[Service]) -> Iterator[str]:
    for route, count in Counter(s.route for s in services if s.route).items():
        if count > 1:
            yield f"{route}: {count} services publish on this path; allowed: one"


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"
