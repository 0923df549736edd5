"""In which order a platform comes up: each item after the jobs and stores it cannot do without.

A service does not wait for other services: each says by its own readiness what it misses, and
heals when that comes.
"""

from collections.abc import Iterator

from infra.services import redis
from infra.services.catalogue import Catalogue
from infra.services.description import Job, Service

__all__ = ["in_order", "needs"]

# A store must answer before what keeps its work in it is started; PostgreSQL by way of the jobs.
STORES = frozenset({redis.NAME})


def needs(item: Service | Job, catalogue: Catalogue) -> frozenset[str]:
    """Names of the services that must be ready, and of the jobs that must be done, before it."""
    own = {service.name for service in catalogue.services}
    if isinstance(item, Job):
        return frozenset(item.needs) & (own | {job.name for job in catalogue.jobs})
    jobs = {job.name for job in catalogue.jobs if item.name in job.before}
    stores = STORES & {edge.service for edge in item.dependencies} & own
    return frozenset(jobs | stores)


def in_order(catalogue: Catalogue) -> Iterator[Service | Job]:
    """Every service and job, each after what it needs.

    Raises:
        ValueError: items wait for each other.
    """
    waiting, done = list(catalogue.items), set[str]()
    while waiting:
        item = next((item for item in waiting if needs(item, catalogue) <= done), None)
        if item is None:
            raise ValueError(f"wait for each other: {', '.join(item.name for item in waiting)}")
        waiting.remove(item)
        done.add(item.name)
        yield item
