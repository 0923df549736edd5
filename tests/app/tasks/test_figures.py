"""The figures of the queue, as metrics and scaler see them."""

from typing import Any

import httpx
import psycopg
import pytest

from app import contract
from app.core.database import Database
from app.tasks import figures
from app.telemetry.queue import QueueFigures
from tests.app.accounts import account

V1 = contract.API_VERSION_PREFIX


async def read(database_url: str) -> QueueFigures:
    database = Database(database_url, pool_size=1)
    try:
        async with database.transaction() as session:
            return await figures.read(session)
    finally:
        await database.close()


async def test_an_empty_queue_has_every_state_at_zero(database_url: str) -> None:
    found = await read(database_url)
    assert found.in_state == dict.fromkeys(
        ("queued", "running", "succeeded", "failed", "cancelled"), 0
    )
    assert (found.completions, found.oldest_wait_s) == ({}, 0.0)


async def test_tasks_are_counted_by_state_and_the_oldest_that_waits_is_known(
    client: httpx.AsyncClient, database_url: str
) -> None:
    headers = await account(client, database_url, "ada")
    tasks: list[Any] = []
    for _ in range(4):
        body = {"type": "load.synthetic"}
        tasks.append((await client.post(f"{V1}/tasks", json=body, headers=headers)).json())
    await client.post(f"{V1}/tasks/{tasks[0]['id']}/cancel", headers=headers)
    with psycopg.connect(database_url, autocommit=True) as connection:
        for statement, id in (
            ("UPDATE tasks SET state = 'running' WHERE id = %s", tasks[1]["id"]),
            ("UPDATE tasks SET queued_at = now() - interval '40 s' WHERE id = %s", tasks[2]["id"]),
            # A retry that is not yet due.
            ("UPDATE tasks SET queued_at = now() + interval '9 s' WHERE id = %s", tasks[3]["id"]),
        ):
            connection.execute(statement.encode(), (id,))
    found = await read(database_url)
    assert found.in_state == {
        "queued": 2,
        "running": 1,
        "succeeded": 0,
        "failed": 0,
        "cancelled": 1,
    }
    assert found.completions == {("load.synthetic", "cancelled"): 1}
    assert found.oldest_wait_s == pytest.approx(40, abs=5)
