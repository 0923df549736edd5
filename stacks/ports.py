"""Which ports a stack wants, and who else listens on them."""

from dataclasses import dataclass

import psutil

from infra.local.ports import ports_of
from infra.local.state import StackPaths
from infra.services.catalogue import catalogue
from infra.stack_settings import settings_of

__all__ = ["Clash", "clashes", "wanted_ports"]


@dataclass(frozen=True, kw_only=True)
class Clash:
    """A port of a service that a process of somebody else listens on."""

    port: int
    service: str
    owner: str


def wanted_ports(stack: str) -> dict[int, str]:
    """The service of each port, by the settings file of a stack.

    Raises:
        StackFileError: there are none.
        SettingsError: the settings are wrong.
    """
    settings = settings_of(stack)
    by_service = ports_of(catalogue(settings).services, base=settings.port_base)
    return {
        number: service
        for service, named in by_service.items()
        for group in named.values()
        for number in group
    }


def clashes(paths: StackPaths, wanted: dict[int, str]) -> list[Clash]:
    """Ports that are taken by a process that does not belong to the stack."""
    found = []
    for connection in psutil.net_connections(kind="tcp"):
        if connection.status != psutil.CONN_LISTEN or not connection.laddr:
            continue
        number = int(connection.laddr[1])
        if number in wanted and not _belongs(connection.pid, paths):
            owner = _owner(connection.pid)
            found.append(Clash(port=number, service=wanted[number], owner=owner))
    return found


def _belongs(pid: int | None, paths: StackPaths) -> bool:
    """Whether a process, or one it comes from, was started from the folders of the stack."""
    if pid is None:
        return False
    marks = (str(paths.folder), str(paths.run))
    try:
        process = psutil.Process(pid)
        for each in (process, *process.parents()):
            if any(mark in word for word in each.cmdline() for mark in marks):
                return True
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    return False


def _owner(pid: int | None) -> str:
    if pid is None:
        return "a process of another user"
    try:
        process = psutil.Process(pid)
        return f"process {pid} of {process.username()} ({' '.join(process.cmdline())[:120]})"
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return f"process {pid}"
