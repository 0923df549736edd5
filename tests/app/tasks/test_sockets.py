"""Live progress over real WebSockets, with Redis and without."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from app import contract
from app.core.cache import connect as connect_redis
from app.core.settings import Settings
from app.main import create_app
from app.tasks.events import publish
from tests.app.accounts import account

V1 = contract.API_VERSION_PREFIX
ANSWER_S = 8.0


@dataclass
class Live:
    """The API on a real socket, a user with one task, and the means to change that task."""

    address: str
    headers: dict[str, str]
    task: dict[str, Any]
    settings: Settings

    @property
    def token(self) -> str:
        return self.headers["Authorization"].removeprefix("Bearer ")

    def open(self, path: str) -> Any:
        return connect(f"ws://{self.address}{V1}{path}", proxy=None)

    async def follow(self, path: str, token: str | None = None) -> ClientConnection:
        found: ClientConnection = await self.open(path)
        await found.send(json.dumps({"access_token": token or self.token}))
        return found

    def change(self, **values: Any) -> None:
        columns = ", ".join(f"{name} = %s" for name in values)
        with psycopg.connect(
            self.settings.database_url.get_secret_value(), autocommit=True
        ) as connection:
            statement = f"UPDATE tasks SET {columns} WHERE id = %s"  # noqa: S608 - own names
            connection.execute(statement.encode(), (*values.values(), self.task["id"]))

    async def announce(self) -> None:
        redis = connect_redis(self.settings.redis_url.get_secret_value())
        await publish(redis, UUID(self.task["id"]), UUID(self.task["owner_id"]))
        await redis.aclose()


@pytest.fixture
async def live(settings: Settings, database_url: str) -> AsyncIterator[Live]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(create_app(settings), log_config=None, ws="websockets-sansio")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:  # noqa: ASYNC110 - uvicorn has a flag only
            await asyncio.sleep(0.01)
        async with httpx.AsyncClient(base_url=f"http://{address}", trust_env=False) as client:
            headers = await account(client, database_url, "ada")
            body = {"type": "load.synthetic"}
            task = (await client.post(f"{V1}/tasks", json=body, headers=headers)).json()
        yield Live(address, headers, task, settings)
        server.should_exit = True
        await serving


async def snapshot(connection: ClientConnection) -> dict[str, Any]:
    text = await asyncio.wait_for(connection.recv(), ANSWER_S)
    task: dict[str, Any] = json.loads(text)["task"]
    return task


async def closed(connection: ClientConnection) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed) as end:
        await asyncio.wait_for(connection.recv(), ANSWER_S)
    assert end.value.rcvd is not None
    return end.value.rcvd.code, end.value.rcvd.reason


async def test_a_followed_task_is_shown_at_once_then_on_every_change_until_its_end(
    live: Live,
) -> None:
    connection = await live.follow(f"/tasks/{live.task['id']}/events")
    assert await snapshot(connection) == live.task
    live.change(state="running", progress=0.4)
    await live.announce()
    shown = await snapshot(connection)
    assert (shown["state"], shown["progress"]) == ("running", 0.4)
    live.change(state="succeeded", progress=1.0, result='{"rows": 3}')
    await live.announce()
    shown = await snapshot(connection)
    assert (shown["state"], shown["result"]) == ("succeeded", {"rows": 3})
    assert (await closed(connection))[0] == 1000


async def test_an_announcement_without_a_change_sends_nothing(live: Live) -> None:
    connection = await live.follow(f"/tasks/{live.task['id']}/events")
    await snapshot(connection)
    await live.announce()
    live.change(message="new")
    await live.announce()
    assert (await snapshot(connection))["message"] == "new"
    await connection.close()


async def test_all_own_tasks_are_followed_those_under_way_and_those_to_come(live: Live) -> None:
    connection = await live.follow("/tasks/events")
    assert (await snapshot(connection))["id"] == live.task["id"]
    async with httpx.AsyncClient(base_url=f"http://{live.address}", trust_env=False) as client:
        body = {"type": "load.synthetic"}
        answer = await client.post(f"{V1}/tasks", json=body, headers=live.headers)
    assert (await snapshot(connection))["id"] == answer.json()["id"]
    live.change(state="failed", error="it broke")
    await live.announce()
    shown = await snapshot(connection)
    assert (shown["id"], shown["error"]) == (live.task["id"], "it broke")
    await connection.close()


async def test_a_wrong_token_closes_with_4401(live: Live) -> None:
    connection = await live.follow("/tasks/events", token="x.y.z")
    assert (await closed(connection))[0] == 4401


async def test_something_else_than_a_token_closes_with_4401(live: Live) -> None:
    connection = await live.open("/tasks/events")
    await connection.send("hello")
    assert (await closed(connection))[0] == 4401


@pytest.mark.parametrize("whose", ["nobody's", "somebody else's"])
async def test_a_task_that_is_not_mine_closes_with_4404(
    live: Live, database_url: str, whose: str
) -> None:
    task_id, token = "01a2082d-bf52-76cd-8e50-92b49d66bfe0", live.token
    if whose == "somebody else's":
        async with httpx.AsyncClient(base_url=f"http://{live.address}", trust_env=False) as client:
            bob = await account(client, database_url, "bob")
        task_id, token = live.task["id"], bob["Authorization"].removeprefix("Bearer ")
    connection = await live.follow(f"/tasks/{task_id}/events", token=token)
    assert (await closed(connection))[0] == 4404


async def test_without_redis_the_database_is_looked_at(live: Live, redis_server: Any) -> None:
    connection = await live.follow(f"/tasks/{live.task['id']}/events")
    await snapshot(connection)
    redis_server.stop()
    try:
        live.change(state="running")
        assert (await snapshot(connection))["state"] == "running"
    finally:
        redis_server.start()
    live.change(progress=0.5)
    assert (await snapshot(connection))["progress"] == 0.5
    await connection.close()


async def test_a_change_that_nobody_announced_is_found(live: Live) -> None:
    connection = await live.follow(f"/tasks/{live.task['id']}/events")
    await snapshot(connection)
    live.change(state="cancelled")
    assert (await snapshot(connection))["state"] == "cancelled"


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    ttl_s = getattr(request, "param", settings.jwt_access_ttl_s)
    return settings.model_copy(update={"jwt_access_ttl_s": ttl_s})


@pytest.mark.parametrize("settings", [2], indirect=True)
async def test_a_socket_is_closed_when_a_token_would_have_ended(live: Live) -> None:
    connection = await live.follow(f"/tasks/{live.task['id']}/events")
    await snapshot(connection)
    code, reason = await closed(connection)
    assert code == 4401
    assert "sign in again" in reason
