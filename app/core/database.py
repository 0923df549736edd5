"""PostgreSQL: the declarative base, a bounded pool, and one transaction per request.

``Session`` is the dependency of an endpoint. Its transaction is committed after the endpoint
returned and before the answer is sent (scope "function"), so that a client that has an answer finds
what it says. The connection is taken when the first statement runs and not earlier; a request that
never asks the database holds none.

Fails closed: where PostgreSQL is away or the pool is empty for POOL_WAIT_S, the request ends with
503.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import asyncpg
from fastapi import Depends
from sqlalchemy import Engine, MetaData, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase
from starlette.requests import HTTPConnection

from app.core.errors import AutoServeError, DatabaseAway, DatabaseBusy, InvalidValue

__all__ = ["Base", "Database", "Session", "sync_engine", "sync_url"]

POOL_WAIT_S = 3.0
CONNECT_S = 3.0
STATEMENT_S = 30.0  # longest a statement of a request may take
DATA_EXCEPTION = "22"  # class of SQLSTATE: a value that PostgreSQL cannot hold (NUL, too large)


class Base(DeclarativeBase):
    """Base of every table; constraints have names, so that a migration can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Database:
    """The pool of one process. Lives as long as the application; belongs to one event loop."""

    def __init__(self, url: str, *, pool_size: int, pool_wait_s: float = POOL_WAIT_S) -> None:
        self._pool_wait_s = pool_wait_s
        self._url = make_url(url).set(drivername="postgresql")
        self.engine: AsyncEngine = create_async_engine(
            self._url.set(drivername="postgresql+asyncpg"),
            async_creator=self._connect,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=pool_wait_s,
            # A connection that PostgreSQL closed (restart) is found here and not by a client.
            pool_pre_ping=True,
        )
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose work is committed at the end, and undone by an error.

        Raises:
            DatabaseAway: PostgreSQL does not answer.
            DatabaseBusy: no connection came free in time.
            InvalidValue: a value that PostgreSQL cannot hold.
        """
        async with self._sessions() as session:
            try:
                try:
                    yield session
                except AutoServeError as exc:
                    if exc.keeps_writes:
                        await session.commit()
                    raise
                await session.commit()
            except PoolTimeout as exc:
                raise DatabaseBusy(self._pool_wait_s) from exc
            except DBAPIError as exc:
                raise _translated(exc) from exc

    async def problem(self) -> str | None:
        """What keeps the database from serving, in words, or None."""
        try:
            async with self.transaction() as session:
                found = await session.scalar(text("SELECT to_regclass('alembic_version')::text"))
        except AutoServeError as exc:
            return exc.detail
        return None if found else "the database has no tables yet (python -m app.migrate)"

    async def close(self) -> None:
        await self.engine.dispose()

    async def _connect(self) -> Any:
        try:
            return await asyncpg.connect(
                dsn=self._url.render_as_string(hide_password=False),
                timeout=CONNECT_S,
                command_timeout=STATEMENT_S,
                server_settings={"application_name": "autoserve"},
            )
        except (OSError, TimeoutError, asyncpg.PostgresError) as exc:
            raise DatabaseAway(str(exc) or type(exc).__name__) from exc


def sync_url(url: str) -> URL:
    """The same database for psycopg (migrations, worker, relay)."""
    return make_url(url).set(drivername="postgresql+psycopg")


def sync_engine(url: str, *, pool_size: int) -> Engine:
    """A pool for synchronous processes, with the bounds of the asynchronous one."""
    return create_engine(
        sync_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_WAIT_S,
        pool_pre_ping=True,
        connect_args={"connect_timeout": int(CONNECT_S), "application_name": "autoserve"},
    )


async def _session(connection: HTTPConnection) -> AsyncIterator[AsyncSession]:
    database: Database = connection.app.state.resources.database
    async with database.transaction() as session:
        yield session


Session = Annotated[AsyncSession, Depends(_session, scope="function")]


def _translated(exc: DBAPIError) -> Exception:
    state = getattr(exc.orig, "sqlstate", None) or ""
    # asyncpg refuses a number above 64 bits itself, without a SQLSTATE of the server.
    refused_by_driver = isinstance(getattr(exc.orig, "__cause__", None), asyncpg.DataError)
    if state.startswith(DATA_EXCEPTION) or refused_by_driver:
        return InvalidValue("A value holds characters or a number that cannot be kept")
    away = exc.connection_invalidated or isinstance(exc, OperationalError | InterfaceError)
    return DatabaseAway("the connection was lost") if away else exc
