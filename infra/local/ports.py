"""Which port each replica of each service listens on, on one machine.

All follow from one setting, the base. A service keeps its ports when bounds of replicas change:
what scales gets a block of `MAX_REPLICAS` ports, the rest one each.
"""

from collections.abc import Iterable

from infra.services.description import Service
from infra.settings import MAX_REPLICAS

__all__ = ["Ports", "ports_of", "span"]

Ports = dict[str, tuple[int, ...]]  # by port name: the port of replica 0, 1, ...

SINGLES = 32  # room for the services of one replica; the edge is the first of them


def ports_of(services: Iterable[Service], *, base: int) -> dict[str, Ports]:
    """The ports of all services, by service name.

    Args:
        services: in a fixed order; the first port of the first service is ``base`` itself.
        base: first port.
    """
    single, block = base, base + SINGLES
    result: dict[str, Ports] = {}
    for service in services:
        ports: Ports = {}
        for port in service.ports:
            if service.scaling.load_query:
                ports[port.name] = tuple(range(block, block + MAX_REPLICAS))
                block += MAX_REPLICAS
            else:
                ports[port.name] = (single,)
                single += 1
        result[service.name] = ports
    return result


def span(ports: dict[str, Ports]) -> range:
    """The smallest range that holds every port."""
    numbers = [number for named in ports.values() for group in named.values() for number in group]
    return range(min(numbers), max(numbers) + 1)
