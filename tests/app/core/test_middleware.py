import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from app.core import problems
from app.core.correlation import correlation_id
from app.core.middleware import ConcurrencyLimit, Correlated, NoNulInAddress


class Fixture:
    def __init__(self) -> None:
        self.refused = 0
        self.is_draining = False
        self.release = asyncio.Event()
        self.entered = 0
        self.is_full = asyncio.Event()


@pytest.fixture
def state() -> Fixture:
    return Fixture()


@pytest.fixture
async def client(state: Fixture) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()

    def count() -> None:
        state.refused += 1

    app.add_middleware(problems.UnexpectedErrors)
    app.add_middleware(NoNulInAddress)
    app.add_middleware(
        ConcurrencyLimit,
        limit=2,
        wait_s=0.05,
        on_refused=count,
        is_draining=lambda: state.is_draining,
    )
    app.add_middleware(Correlated)
    problems.install(app)

    @app.get("/slow")
    async def slow() -> str | None:
        state.entered += 1
        if state.entered == 2:
            state.is_full.set()
        await state.release.wait()
        return correlation_id()

    @app.get("/quick")
    async def quick() -> str | None:
        return correlation_id()

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("a secret of the inside")

    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as found:
        yield found


async def test_a_request_above_the_limit_is_refused_after_a_short_wait(
    client: httpx.AsyncClient, state: Fixture
) -> None:
    busy = [asyncio.create_task(client.get("/slow")) for _ in range(2)]
    await state.is_full.wait()
    refused = await client.get("/quick")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert refused.json()["correlation_id"] == refused.headers["X-Request-ID"]
    assert state.refused == 1
    state.release.set()
    assert [answer.status_code for answer in await asyncio.gather(*busy)] == [200, 200]
    assert (await client.get("/quick")).status_code == 200


async def test_a_request_that_finds_a_place_in_time_is_served(
    client: httpx.AsyncClient, state: Fixture
) -> None:
    busy = [asyncio.create_task(client.get("/slow")) for _ in range(3)]
    await state.is_full.wait()
    state.release.set()
    assert {answer.status_code for answer in await asyncio.gather(*busy)} == {200}


async def test_the_id_of_a_client_is_kept(client: httpx.AsyncClient) -> None:
    answer = await client.get("/quick", headers={"X-Request-ID": "order-66"})
    assert (answer.json(), answer.headers["X-Request-ID"]) == ("order-66", "order-66")


@pytest.mark.parametrize("offered", ["", "a b", "x" * 200, 'a"b'])
async def test_an_id_that_could_harm_a_log_is_replaced(
    client: httpx.AsyncClient, offered: str
) -> None:
    answer = await client.get("/quick", headers={"X-Request-ID": offered})
    assert answer.headers["X-Request-ID"] != offered
    assert len(answer.headers["X-Request-ID"]) == 32


async def test_an_unexpected_error_is_a_problem_that_tells_nothing(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/broken")
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "secret" not in answer.text


async def test_a_draining_replica_asks_its_clients_to_connect_elsewhere(
    client: httpx.AsyncClient, state: Fixture
) -> None:
    state.is_draining = True
    assert (await client.get("/quick")).headers["Connection"] == "close"


@pytest.mark.parametrize("address", ["/quick?x=%00", "/qu%00ick"])
async def test_a_nul_in_the_address_is_refused(client: httpx.AsyncClient, address: str) -> None:
    assert (await client.get(address)).status_code == 400
