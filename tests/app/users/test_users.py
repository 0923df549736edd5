from typing import Any

import httpx
import psycopg
import pytest

from app import contract

V1 = contract.API_VERSION_PREFIX
PASSWORD = "correct horse battery"


async def signed_in(client: httpx.AsyncClient, database_url: str, role: str) -> dict[str, str]:
    """Headers of a new user with a role."""
    email = f"{role}@example.com"
    body = {"email": email, "password": PASSWORD}
    assert (await client.post(f"{V1}/auth/register", json=body)).status_code == 201
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE users SET role = %s WHERE email = %s", (role, email))
    tokens = (await client.post(f"{V1}/auth/sign-in", json=body)).json()
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def listed(client: httpx.AsyncClient, headers: dict[str, str], **query: Any) -> Any:
    answer = await client.get(f"{V1}/users", headers=headers, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("role", ["viewer", "operator"])
async def test_users_are_for_administrators_only(
    client: httpx.AsyncClient, database_url: str, role: str
) -> None:
    headers = await signed_in(client, database_url, role)
    answer = await client.get(f"{V1}/users", headers=headers)
    assert answer.status_code == 403
    assert answer.json()["detail"] == f"Your role is {role}; needed: admin"


async def test_without_a_token_the_answer_says_what_is_missing(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{V1}/users/me")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


async def test_pages_follow_one_another(client: httpx.AsyncClient, database_url: str) -> None:
    admin = await signed_in(client, database_url, "admin")
    for role in ("viewer", "operator"):
        await signed_in(client, database_url, role)
    first = await listed(client, admin, limit=2)
    second = await listed(client, admin, limit=2, cursor=first["next_cursor"])
    emails = [user["email"] for user in first["items"] + second["items"]]
    assert emails == ["admin@example.com", "viewer@example.com", "operator@example.com"]
    assert second["next_cursor"] is None


async def test_an_administrator_changes_a_role(
    client: httpx.AsyncClient, database_url: str
) -> None:
    admin = await signed_in(client, database_url, "admin")
    await signed_in(client, database_url, "viewer")
    viewer = (await listed(client, admin))["items"][1]
    answer = await client.patch(
        f"{V1}/users/{viewer['id']}", headers=admin, json={"role": "operator"}
    )
    assert (answer.status_code, answer.json()["role"]) == (200, "operator")


@pytest.mark.parametrize("change", [{"role": "viewer"}, {"is_disabled": True}])
async def test_the_last_administrator_stays(
    client: httpx.AsyncClient, database_url: str, change: dict[str, Any]
) -> None:
    admin = await signed_in(client, database_url, "admin")
    (user,) = (await listed(client, admin))["items"]
    answer = await client.patch(f"{V1}/users/{user['id']}", headers=admin, json=change)
    assert (answer.status_code, answer.json()["title"]) == (409, "The last administrator stays")


@pytest.mark.parametrize(
    ("id", "status"),
    [("0198c1f2-6b1e-7c3a-9d41-0a8f5a3c7e10", 404), ("17", 422), ("a" * 5000, 422)],
)
async def test_an_unknown_user_is_no_error_of_ours(
    client: httpx.AsyncClient, database_url: str, id: str, status: int
) -> None:
    admin = await signed_in(client, database_url, "admin")
    answer = await client.patch(f"{V1}/users/{id}", headers=admin, json={"role": "viewer"})
    assert answer.status_code == status
