"""The REST API."""

import json

from app import contract
from infra.services import postgres, redis
from infra.services.description import (
    CapacitySignals,
    Dependency,
    Port,
    Probe,
    Scaling,
    Service,
    Signal,
    State,
)
from infra.services.prometheus import release_query
from infra.settings import Settings

__all__ = [
    "CREDENTIALS",
    "DATABASE_PASSWORD",
    "DATABASE_URL",
    "JWT_KEY",
    "NAME",
    "SCALER_TOKEN",
    "api",
    "shared_environment",
]

NAME = "api"
CREDENTIALS = "{dir:credentials}/credentials.json"
JWT_KEY = "jwt-key"
SCALER_TOKEN = "scaler-token"  # noqa: S105 - the name of a secret
DATABASE_PASSWORD = "app-database-password"  # noqa: S105 - the name of a secret
DATABASE_URL = (
    f"postgresql://{contract.DATABASE_ROLE}:{{secret:{DATABASE_PASSWORD}}}"
    f"@{{address:{postgres.NAME}.{postgres.PORT}}}/{contract.DATABASE_NAME}"
)


def shared_environment(settings: Settings) -> dict[str, str]:
    """What the API, the worker and the relay all need."""
    return {
        contract.DATABASE_URL: DATABASE_URL,
        contract.REDIS_URL: redis.URL,
        contract.HTTP_HOST: "{listen}",
        contract.METRICS_PORT: "{port:metrics}",
        contract.DATA_DIR: "{dir:shared}",
        contract.LOG_LEVEL: settings.log_level,
    }


def api(settings: Settings) -> Service:
    values = settings.api
    # Long enough for four scrapes, so that a lost one leaves no hole in the rate.
    window_ms = round(4_000 * settings.data.scrape_interval_s / settings.time_factor)
    response_time = (
        "histogram_quantile(0.95, sum by (le) "
        f"(rate({contract.REQUEST_SECONDS}_bucket[{window_ms}ms])))"
    )
    # `autoserve user reset` runs with the API's environment and leaves the new password there.
    credentials = {contract.CREDENTIALS_FILE: CREDENTIALS} if not settings.cluster else {}
    return Service(
        name=NAME,
        title="REST API",
        command=("python", "-m", "app.main"),
        environment={
            **shared_environment(settings),
            contract.HTTP_PORT: "{port:http}",
            contract.COOKIE_SECURE: "true" if settings.cluster else "false",
            contract.DATABASE_POOL_SIZE: str(values.database_pool),
            contract.JWT_PRIVATE_KEY: f"{{secret:{JWT_KEY}}}",
            contract.JWT_ACCESS_TTL_S: str(values.access_ttl_s),
            contract.JWT_REFRESH_TTL_S: str(values.refresh_ttl_s),
            contract.CORS_ORIGINS: json.dumps(values.cors_origins),
            contract.DEFAULT_ROLE: values.default_role,
            contract.MAX_CONCURRENT_REQUESTS: str(values.max_concurrent_requests),
            contract.MAX_UPLOAD_BYTES: str(values.max_upload_mib * 2**20),
            contract.PROMETHEUS_URL: "http://{address:prometheus.http}",
            contract.SCALER_URL: "http://{address:scaler.http}",
            contract.SCALER_TOKEN: f"{{secret:{SCALER_TOKEN}}}",
            contract.REFRESH_S: f"{max(0.5, 5 / settings.time_factor):g}",
            contract.DRAIN_S: "10",
            **credentials,
        },
        ports=(Port(name="http", number=8000), Port(name="metrics", number=9000)),
        probe=Probe(port="metrics", path=contract.READINESS_PATH),
        liveness=contract.LIVENESS_PATH,
        startup=contract.STARTUP_PATH,
        metrics="metrics",
        publishes="http",
        route=contract.API_PREFIX,
        dependencies=(
            Dependency(service=postgres.NAME, port=postgres.PORT),
            Dependency(service=redis.NAME, port=redis.PORT),
            Dependency(service="prometheus", port="http"),
            Dependency(service="scaler", port="http"),
        ),
        scaling=Scaling(
            minimum=values.min_replicas,
            maximum=values.max_replicas,
            # A replica that has served nothing yet has no series: no load, which is known only
            # where a replica is scraped.
            load_query=(
                f"sum(rate({contract.REQUESTS_TOTAL}[{window_ms}ms]))"
                f' or 0 * max(up{{service="{NAME}"}} == 1)'
            ),
            load_unit="requests/s",
            ready_query=f'count(up{{service="{NAME}"}} == 1)',
            capacity=values.requests_per_replica,
            target=values.target,
            quantile=settings.scaler.quantile,
            limits=values.scaling,
            signals=(
                Signal(name="response-time", query=response_time, threshold=values.response_time_s),
            ),
            cpu_percent=80,
            memory_percent=85,
            capacity_signals=CapacitySignals(
                # One process whose event loop has one core; threads may use a little more.
                utilisation_query=(
                    f'avg(rate(process_cpu_seconds_total{{service="{NAME}"}}[{window_ms}ms]))'
                ),
                latency_query=response_time,
                latency_objective_s=values.response_time_s,
                release_query=release_query(NAME),
            ),
        ),
        state=State.DATA,
        drain_s=15,
        source=("app",),
        image="app",
        resources=settings.resources.api,
    )
