"""Tasks over HTTP: submitted once, listed page by page, cancelled."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import psycopg
import pytest

from app import contract
from app.main import create_app
from app.tasks.models import TaskState
from tests.app.accounts import account
from tests.app.conftest import running

V1 = contract.API_VERSION_PREFIX
WORK = {"type": "load.synthetic", "parameters": {"seconds": 1.5, "mode": "wait"}}


@pytest.fixture
async def ada(client: httpx.AsyncClient, database_url: str) -> dict[str, str]:
    return await account(client, database_url, "ada")


async def submit(
    client: httpx.AsyncClient, headers: dict[str, str], body: Any = WORK, key: str | None = None
) -> httpx.Response:
    more = {} if key is None else {"Idempotency-Key": key}
    return await client.post(f"{V1}/tasks", json=body, headers=headers | more)


def rows(database_url: str, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode(), values)
        return cursor.fetchall() if cursor.description else []


async def test_the_task_types_are_listed_with_their_parameters(
    client: httpx.AsyncClient, ada: dict[str, str]
) -> None:
    found = (await client.get(f"{V1}/task-types", headers=ada)).json()
    assert [kind["type"] for kind in found] == ["dataset.profile", "load.synthetic", "model.train"]
    dataset_id = found[0]["parameters"]["properties"]["dataset_id"]
    assert (dataset_id["format"], dataset_id["x-reference"]) == ("uuid", "dataset")


async def test_a_submitted_task_waits_with_its_outbox_entry(
    client: httpx.AsyncClient, ada: dict[str, str], database_url: str
) -> None:
    answer = await submit(client, ada)
    assert answer.status_code == 202, answer.text
    task = answer.json()
    assert (task["state"], task["progress"], task["attempts"]) == ("queued", 0, 0)
    assert task["parameters"] == WORK["parameters"]
    assert rows(database_url, "SELECT task_id::text, fencing_token FROM outbox") == [
        (task["id"], 1)
    ]
    assert (await client.get(f"{V1}/tasks/{task['id']}", headers=ada)).json() == task


async def test_parameters_left_out_take_their_defaults(
    client: httpx.AsyncClient, ada: dict[str, str]
) -> None:
    answer = await submit(client, ada, {"type": "load.synthetic"})
    assert answer.json()["parameters"] == {"seconds": 1.0, "mode": "wait"}


@pytest.mark.parametrize(
    ("body", "field", "allowed"),
    [
        pytest.param(
            {"type": "load.synthetic", "parameters": {"seconds": -1}},
            "body.parameters.seconds",
            "greater than or equal to 0",
            id="out-of-range",
        ),
        pytest.param(
            {"type": "load.synthetic", "parameters": {"second": 1}},
            "body.parameters.second",
            "one of the parameters seconds, mode",
            id="unknown-parameter",
        ),
        pytest.param(
            {"type": "dataset.profile", "parameters": {}},
            "body.parameters.dataset_id",
            "required",
            id="missing-parameter",
        ),
        pytest.param(
            {
                "type": "dataset.profile",
                "parameters": {"dataset_id": "01a2082d-bf52-76cd-8e50-92b49d66bfe0"},
            },
            "body.parameters.dataset_id",
            "the id of a dataset that you may use",
            id="unknown-dataset",
        ),
        pytest.param(
            {"type": "load.sythetic", "parameters": {}},
            "body.type",
            "one of dataset.profile, load.synthetic, model.train",
            id="unknown-type",
        ),
    ],
)
async def test_a_wrong_submission_names_the_field_what_was_found_and_what_is_allowed(
    client: httpx.AsyncClient,
    ada: dict[str, str],
    database_url: str,
    *,
    body: Any,
    field: str,
    allowed: str,
) -> None:
    answer = await submit(client, ada, body)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert allowed in error["allowed"]
    assert rows(database_url, "SELECT 1 FROM tasks") == []


async def test_the_dataset_of_somebody_else_cannot_be_used(
    client: httpx.AsyncClient, ada: dict[str, str], database_url: str
) -> None:
    bob = await account(client, database_url, "bob")
    upload = await client.post(
        f"{V1}/datasets", params={"name": "x"}, content=b"a\n1\n", headers=bob
    )
    body = {"type": "dataset.profile", "parameters": {"dataset_id": upload.json()["id"]}}
    assert (await submit(client, ada, body)).status_code == 422
    assert (await submit(client, bob, body)).status_code == 202


async def test_the_same_key_and_body_give_the_same_task(
    client: httpx.AsyncClient, ada: dict[str, str], database_url: str
) -> None:
    answers = await asyncio.gather(*(submit(client, ada, key="order-17") for _ in range(5)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert rows(database_url, "SELECT count(*) FROM outbox") == [(1,)]


async def test_the_same_key_with_another_body_is_a_conflict(
    client: httpx.AsyncClient, ada: dict[str, str]
) -> None:
    await submit(client, ada, key="order-17")
    other = {"type": "load.synthetic", "parameters": {"seconds": 2}}
    answer = await submit(client, ada, other, key="order-17")
    assert answer.status_code == 409
    assert "order-17" in answer.json()["detail"]


async def test_a_key_belongs_to_its_owner(
    client: httpx.AsyncClient, ada: dict[str, str], database_url: str
) -> None:
    bob = await account(client, database_url, "bob")
    first = await submit(client, ada, key="order-17")
    second = await submit(client, bob, key="order-17")
    assert first.json()["id"] != second.json()["id"]


async def test_a_viewer_may_look_but_not_submit_or_cancel(
    client: httpx.AsyncClient, ada: dict[str, str], database_url: str
) -> None:
    task = (await submit(client, ada)).json()
    viewer = await account(client, database_url, "ada", role="viewer")
    assert (await client.get(f"{V1}/tasks/{task['id']}", headers=viewer)).status_code == 200
    assert (await submit(client, viewer)).status_code == 403
    answer = await client.post(f"{V1}/tasks/{task['id']}/cancel", headers=viewer)
    assert answer.status_code == 403


async def test_tasks_are_listed_newest_first_and_page_by_page(
    client: httpx.AsyncClient, ada: dict[str, str]
) -> None:
    made = [(await submit(client, ada)).json()["id"] for _ in range(5)]
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        query = {"limit": "2", **cursor}
        page = (await client.get(f"{V1}/tasks", params=query, headers=ada)).json()
        seen += [task["id"] for task in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert sorted(seen, reverse=True) == seen
    assert set(seen) == set(made)


async def test_the_list_is_narrowed_by_state_and_type(
    client: httpx.AsyncClient, ada: dict[str, str]
) -> None:
    first = (await submit(client, ada)).json()
    second = (await submit(client, ada)).json()
    await client.post(f"{V1}/tasks/{first['id']}/cancel", headers=ada)

    async def ids(**query: str) -> list[str]:
        page = (await client.get(f"{V1}/tasks", params=query, headers=ada)).json()
        return [task["id"] for task in page["items"]]

    assert await ids(state="cancelled") == [first["id"]]
    assert await ids(state="queued", type="load.synthetic") == [second["id"]]
    assert await ids(type="model.train") == []


@pytest.mark.parametrize("cursor", ["x", "!!", "AAAA", "ü"])
async def test_a_cursor_that_is_none_is_refused(
    client: httpx.AsyncClient, ada: dict[str, str], cursor: str
) -> None:
    answer = await client.get(f"{V1}/tasks", params={"cursor": cursor}, headers=ada)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "query.cursor"


async def test_the_list_leaves_results_out_and_the_task_has_it(
    client: httpx.AsyncClient, ada: dict[str, str], database_url: str
) -> None:
    task = (await submit(client, ada)).json()
    rows(database_url, "UPDATE tasks SET result = '{\"rows\": 3}', state = 'succeeded'")
    (listed,) = (await client.get(f"{V1}/tasks", headers=ada)).json()["items"]
    assert listed["result"] is None
    read = (await client.get(f"{V1}/tasks/{task['id']}", headers=ada)).json()
    assert read["result"] == {"rows": 3}


async def test_the_tasks_of_others_do_not_exist_except_for_an_admin(
    client: httpx.AsyncClient, ada: dict[str, str], database_url: str
) -> None:
    task = (await submit(client, ada)).json()
    bob = await account(client, database_url, "bob")
    assert (await client.get(f"{V1}/tasks/{task['id']}", headers=bob)).status_code == 404
    answer = await client.post(f"{V1}/tasks/{task['id']}/cancel", headers=bob)
    assert answer.status_code == 404
    assert (await client.get(f"{V1}/tasks", headers=bob)).json()["items"] == []
    admin = await account(client, database_url, "bob", role="admin")
    assert (await client.get(f"{V1}/tasks", headers=admin)).json()["items"] != []


async def test_a_queued_task_is_cancelled_at_once_and_counted(
    client: httpx.AsyncClient, ada: dict[str, str], database_url: str
) -> None:
    task = (await submit(client, ada)).json()
    answer = await client.post(f"{V1}/tasks/{task['id']}/cancel", headers=ada)
    assert answer.status_code == 202
    assert answer.json()["state"] == "cancelled"
    assert answer.json()["finished_at"] is not None
    again = await client.post(f"{V1}/tasks/{task['id']}/cancel", headers=ada)
    assert again.status_code == 202
    counts = rows(database_url, "SELECT type, outcome, count FROM task_completions")
    assert counts == [("load.synthetic", "cancelled", 1)]


async def test_a_running_task_is_asked_to_end(
    client: httpx.AsyncClient, ada: dict[str, str], database_url: str
) -> None:
    task = (await submit(client, ada)).json()
    rows(database_url, "UPDATE tasks SET state = 'running'")
    answer = await client.post(f"{V1}/tasks/{task['id']}/cancel", headers=ada)
    assert (answer.json()["state"], answer.json()["message"]) == ("running", "cancelling")
    assert rows(database_url, "SELECT cancel_requested FROM tasks") == [(True,)]


@pytest.mark.parametrize("state", [TaskState.SUCCEEDED, TaskState.FAILED])
async def test_a_finished_task_cannot_be_cancelled(
    client: httpx.AsyncClient, ada: dict[str, str], database_url: str, state: TaskState
) -> None:
    task = (await submit(client, ada)).json()
    rows(database_url, "UPDATE tasks SET state = %s", state.value)
    answer = await client.post(f"{V1}/tasks/{task['id']}/cancel", headers=ada)
    assert answer.status_code == 409
    assert state.value in answer.json()["detail"]


@pytest.fixture
async def client_without_redis(
    settings: Any, redis_server: Any
) -> AsyncIterator[httpx.AsyncClient]:
    async with running(create_app(settings)) as found:
        redis_server.stop()
        try:
            yield found
        finally:
            redis_server.start()


async def test_without_redis_a_task_is_accepted_and_kept(
    client_without_redis: httpx.AsyncClient, database_url: str
) -> None:
    ada = await account(client_without_redis, database_url, "ada")
    assert (await submit(client_without_redis, ada)).status_code == 202
    assert rows(database_url, "SELECT count(*) FROM outbox") == [(1,)]
