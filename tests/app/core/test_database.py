import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest
from sqlalchemy import text

from app.core.database import Database
from app.core.errors import Conflict, DatabaseAway, DatabaseBusy, InvalidValue

EMAIL = "ada@example.com"
ADD = text(
    "INSERT INTO users (id, email, name, role, password_hash, is_disabled)"
    " VALUES (gen_random_uuid(), :email, '', 'viewer', 'x', false)"
)


class Reused(Conflict):
    keeps_writes = True


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    found = Database(database_url, pool_size=2, pool_wait_s=0.1)
    yield found
    await found.close()


async def add_and_raise(database: Database, error: Exception) -> None:
    async with database.transaction() as session:
        await session.execute(ADD, {"email": EMAIL})
        raise error


def users(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM users").fetchone()
    assert row is not None
    return int(row[0])


async def test_work_is_committed_at_the_end(database: Database, database_url: str) -> None:
    async with database.transaction() as session:
        await session.execute(ADD, {"email": EMAIL})
        assert users(database_url) == 0
    assert users(database_url) == 1


@pytest.mark.parametrize("error", [Conflict("no"), RuntimeError("no")])
async def test_an_error_undoes_the_work(
    database: Database, database_url: str, error: Exception
) -> None:
    with pytest.raises(type(error)):
        await add_and_raise(database, error)
    assert users(database_url) == 0


async def test_an_error_that_keeps_its_writes_does(database: Database, database_url: str) -> None:
    with pytest.raises(Reused):
        await add_and_raise(database, Reused("kept"))
    assert users(database_url) == 1


async def test_an_empty_pool_is_said_after_a_bounded_wait(database: Database) -> None:
    async with database.transaction() as one, database.transaction() as two:
        await one.execute(text("SELECT 1"))
        await two.execute(text("SELECT 1"))
        with pytest.raises(DatabaseBusy):
            async with database.transaction() as three:
                await three.execute(text("SELECT 1"))


async def test_a_session_that_asks_nothing_holds_no_connection(database: Database) -> None:
    async with database.transaction(), database.transaction(), database.transaction() as third:
        await third.execute(text("SELECT 1"))


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("SELECT CAST(:v AS text)", id="nul"),
        pytest.param("SELECT CAST(:v AS uuid)", id="no-uuid"),
    ],
)
async def test_a_value_that_cannot_be_kept_is_no_error_of_ours(
    database: Database, statement: str
) -> None:
    with pytest.raises(InvalidValue):
        async with database.transaction() as session:
            await session.execute(text(statement), {"v": "a\0b"})


async def test_a_number_above_64_bits_is_no_error_of_ours(database: Database) -> None:
    with pytest.raises(InvalidValue):
        async with database.transaction() as session:
            await session.execute(text("SELECT CAST(:v AS bigint)"), {"v": 2**70})


async def test_a_database_that_is_away_is_said_in_words() -> None:
    database = Database("postgresql://app@127.0.0.1:1/none", pool_size=1)
    assert "does not answer" in str(await database.problem())
    with pytest.raises(DatabaseAway):
        async with database.transaction() as session:
            await session.execute(text("SELECT 1"))
    await database.close()


async def test_connections_closed_by_the_server_are_replaced(
    database: Database, postgres_superuser: str
) -> None:
    assert await database.problem() is None
    with psycopg.connect(postgres_superuser, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'"
        )
    await asyncio.sleep(0.05)
    assert await database.problem() is None


async def test_a_database_without_tables_is_not_ready(postgres_superuser: str) -> None:
    database = Database(postgres_superuser, pool_size=1)
    assert "app.migrate" in str(await database.problem())
    await database.close()
