"""All services, jobs and secrets of the platform, each after what it depends on."""

from collections.abc import Iterator
from dataclasses import dataclass

from infra.services import api, database, edge, postgres, prometheus, redis, scaler, web, worker
from infra.services.description import External, Job, Secret, SecretKind, Service
from infra.settings import Settings

__all__ = ["Catalogue", "catalogue"]


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """What a stack consists of. ``externals`` take the place of services that are given."""

    services: tuple[Service, ...]
    jobs: tuple[Job, ...]
    secrets: tuple[Secret, ...]
    externals: tuple[External, ...] = ()

    @property
    def items(self) -> tuple[Service | Job, ...]:
        return (*self.services, *self.jobs)


def catalogue(settings: Settings) -> Catalogue:
    externals = tuple(_externals(settings))
    given = {external.name for external in externals}
    rest_api, task_worker = api.api(settings), worker.worker(settings)
    services = (
        postgres.postgres(settings),
        redis.redis(settings),
        prometheus.prometheus(settings),
        scaler.scaler(settings, scaled=(rest_api, task_worker)),
        rest_api,
        worker.relay(settings),
        task_worker,
        web.web(settings) if settings.cluster else edge.edge(rest_api),
    )
    return Catalogue(
        services=tuple(service for service in services if service.name not in given),
        jobs=(*database.jobs(settings), *scaler.jobs(settings, scaled=(rest_api, task_worker))),
        secrets=tuple(_secrets(settings)),
        externals=externals,
    )


def _externals(settings: Settings) -> Iterator[External]:
    if settings.cluster and (store := settings.cluster.postgres):
        yield External(
            name=postgres.NAME,
            host=store.host,
            ports={postgres.PORT: store.port},
            cidrs=store.cidrs,
        )
    if settings.cluster and (broker := settings.cluster.redis):
        yield External(
            name=redis.NAME, host=broker.host, ports={redis.PORT: broker.port}, cidrs=broker.cidrs
        )


def _secrets(settings: Settings) -> Iterator[Secret]:
    cluster = settings.cluster
    yield Secret(
        name=redis.PASSWORD, given=cluster.redis.password if cluster and cluster.redis else None
    )
    yield Secret(name=api.DATABASE_PASSWORD)
    yield Secret(name=scaler.DATABASE_PASSWORD)
    yield Secret(name=api.SCALER_TOKEN)
    yield Secret(name=api.JWT_KEY, kind=SecretKind.ED25519)
    if cluster:
        yield Secret(
            name=postgres.SUPERUSER_PASSWORD,
            given=cluster.postgres.password if cluster.postgres else None,
        )
        yield Secret(name=database.FIRST_USER_PASSWORD)
