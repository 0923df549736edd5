"""Users of a test, and the headers that they sign in with."""

import httpx
import psycopg

from app import contract

V1 = contract.API_VERSION_PREFIX
PASSWORD = "correct horse battery"


async def account(
    client: httpx.AsyncClient, database_url: str, name: str, *, role: str = "operator"
) -> dict[str, str]:
    """Headers of a new user; asked for again with another role, the user has that one."""
    body = {"email": f"{name}@example.com", "password": PASSWORD}
    answer = await client.post(f"{V1}/auth/register", json=body)
    assert answer.status_code in (201, 409), answer.text
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE users SET role = %s WHERE email = %s", (role, body["email"]))
    answer = await client.post(f"{V1}/auth/sign-in", json=body)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}
