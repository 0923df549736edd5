"""The API: puts the features together, and runs them beside the management server.

One process per replica, one event loop for both servers. A dependency that is away is no reason
not to start: the replica is alive, not ready, and becomes ready when everything answers.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

import httpx
import uvloop
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.middleware import Middleware

from app.auth.endpoints import router as auth_router
from app.core import cache, logging, problems, references
from app.core.background import running
from app.core.correlation import HEADER
from app.core.database import Database
from app.core.deps import Resources
from app.core.management import ManagementApp
from app.core.middleware import ConcurrencyLimit, Correlated, NoNulInAddress, SecurityHeaders
from app.core.passwords import Passwords
from app.core.readiness import AsyncCheck, Readiness, watch
from app.core.serving import serve
from app.core.settings import Settings, SettingsError, load
from app.core.tokens import AccessTokens
from app.core.tracing import trace
from app.datasets.endpoints import router as datasets_router
from app.datasets.service import is_usable
from app.documentation import serve_documentation
from app.openapi import DOCS_PATH, SCHEMA_PATH, describe
from app.platform.endpoints import router as platform_router
from app.scaling.endpoints import router as scaling_router
from app.tasks import figures
from app.tasks.endpoints import router as tasks_router
from app.tasks.endpoints import types_router
from app.tasks.sockets import router as sockets_router
from app.telemetry import metrics
from app.telemetry.queue import QueueFigures, refresh
from app.telemetry.requests import RequestMetrics
from app.users.endpoints import router as users_router
from scaler import contract as scaler_contract

__all__ = ["create_app", "run"]

SERVICE = "api"
ROUTERS = (
    auth_router,
    users_router,
    datasets_router,
    types_router,
    tasks_router,
    sockets_router,
    scaling_router,
    platform_router,
)
REQUIRED = ("database", "redis")
PROMETHEUS_S = 3.0
SCALER_S = 5.0


def create_app(settings: Settings, *, readiness: Readiness | None = None) -> FastAPI:
    """The application; it opens its connections when it starts and not before."""
    ready = readiness or Readiness(required=REQUIRED, gauge=metrics.DEPENDENCY_UP)
    app = FastAPI(
        lifespan=_lifespan(settings, ready),
        middleware=_middleware(settings, ready),
        docs_url=None,  # served below
        swagger_ui_oauth2_redirect_url=None,
        openapi_url=SCHEMA_PATH,
        redoc_url=None,
        redirect_slashes=False,
    )
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router)
    describe(app)
    serve_documentation(app, DOCS_PATH)
    app.state.references = {references.DATASET: is_usable}
    endpoint = str(settings.otlp_endpoint) if settings.otlp_endpoint else None
    app.state.end_traces = trace(app, service=SERVICE, endpoint=endpoint)
    return app


def _middleware(settings: Settings, readiness: Readiness) -> list[Middleware]:
    refused = metrics.REQUESTS_REJECTED.labels("concurrency")
    return [
        Middleware(Correlated),
        Middleware(RequestMetrics),
        Middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_credentials=True,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-Client", HEADER],
            expose_headers=[HEADER, "Retry-After"],
        ),
        Middleware(SecurityHeaders, except_below=DOCS_PATH),
        Middleware(
            ConcurrencyLimit,
            limit=settings.max_concurrent_requests,
            on_refused=refused.inc,
            is_draining=lambda: readiness.is_draining,
        ),
        Middleware(NoNulInAddress),
        Middleware(problems.UnexpectedErrors),
    ]


def _lifespan(
    settings: Settings, readiness: Readiness
) -> Callable[[FastAPI], contextlib.AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        end_traces: Callable[[], None] = app.state.end_traces
        async with _opened(settings) as resources:
            app.state.resources = resources
            async with running(*_loops(resources, readiness)):
                yield
            await asyncio.to_thread(end_traces)

    return lifespan


@contextlib.asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Resources]:
    async with contextlib.AsyncExitStack() as stack:
        database = Database(
            settings.database_url.get_secret_value(), pool_size=settings.database_pool_size
        )
        stack.push_async_callback(database.close)
        redis = cache.connect(settings.redis_url.get_secret_value())
        stack.push_async_callback(redis.aclose)
        passwords = Passwords()
        stack.callback(passwords.close)
        clients: dict[str, httpx.AsyncClient | None] = {}
        for name, url, timeout_s in (
            ("prometheus", settings.prometheus_url, PROMETHEUS_S),
            ("scaler", settings.scaler_url, SCALER_S),
        ):
            clients[name] = None
            if url is not None:
                client = httpx.AsyncClient(base_url=str(url), timeout=timeout_s, trust_env=False)
                clients[name] = await stack.enter_async_context(client)
        yield Resources(
            settings=settings,
            database=database,
            redis=redis,
            tokens=AccessTokens.from_pem(
                settings.jwt_private_key.get_secret_value(), ttl_s=settings.jwt_access_ttl_s
            ),
            passwords=passwords,
            **clients,
        )


def _loops(resources: Resources, readiness: Readiness) -> Iterator[Coroutine[Any, Any, None]]:
    """What runs beside the requests."""
    checks: dict[str, AsyncCheck] = {
        "database": resources.database.problem,
        "redis": lambda: cache.problem(resources.redis),
    }
    for name, client, path in (
        ("prometheus", resources.prometheus, "/-/ready"),
        ("scaler", resources.scaler, scaler_contract.WORKLOADS_PATH),
    ):
        if client is not None:
            checks[name] = _answers(client, path)
    for name, check in checks.items():
        yield watch(readiness, name, check)

    async def read() -> QueueFigures:
        async with resources.database.transaction() as session:
            return await figures.read(session)

    yield refresh(metrics.QUEUE, read, interval_s=resources.settings.refresh_s)


def _answers(client: httpx.AsyncClient, path: str) -> AsyncCheck:
    async def check() -> str | None:
        try:
            answer = await client.get(path)
        except httpx.HTTPError as exc:
            return f"it does not answer: {exc or type(exc).__name__}"
        return f"it answers {answer.status_code}" if answer.is_server_error else None

    return check


async def run(settings: Settings) -> bool:
    """Serve until SIGTERM or SIGINT; whether one of them ended it."""
    readiness = Readiness(required=REQUIRED, gauge=metrics.DEPENDENCY_UP)
    return await serve(
        create_app(settings, readiness=readiness),
        ManagementApp(readiness=readiness, registry=metrics.REGISTRY),
        readiness,
        host=settings.host,
        port=settings.http_port,
        management_port=settings.metrics_port,
        drain_s=settings.drain_s,
    )


def main() -> None:
    try:
        settings = load(Settings)
    except SettingsError as exc:
        for problem in exc.problems:
            sys.stderr.write(f"{problem}\n")
        sys.exit(1)
    logging.configure(service=SERVICE, level=settings.log_level)
    if not uvloop.run(run(settings)):
        sys.exit(1)


if __name__ == "__main__":
    main()
