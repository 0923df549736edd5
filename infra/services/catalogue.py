"""All services, jobs and secrets of the platform, each after what it depends on."""

from dataclasses import dataclass

from infra.services import api, database, edge, postgres, prometheus, redis, scaler, worker
from infra.services.description import Job, Secret, SecretKind, Service
from infra.settings import Settings

__all__ = ["Catalogue", "catalogue"]


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    services: tuple[Service, ...]
    jobs: tuple[Job, ...]
    secrets: tuple[Secret, ...]


def catalogue(settings: Settings) -> Catalogue:
    rest_api = api.api(settings)
    task_worker = worker.worker(settings)
    return Catalogue(
        services=(
            postgres.postgres(settings),
            redis.redis(settings),
            prometheus.prometheus(settings),
            scaler.scaler(settings, scaled=(rest_api, task_worker)),
            rest_api,
            worker.relay(settings),
            task_worker,
            edge.edge(),
        ),
        jobs=database.jobs(),
        secrets=(
            Secret(name=redis.PASSWORD),
            Secret(name=api.DATABASE_PASSWORD),
            Secret(name=scaler.DATABASE_PASSWORD),
            Secret(name=api.SCALER_TOKEN),
            Secret(name=api.JWT_KEY, kind=SecretKind.ED25519),
        ),
    )
