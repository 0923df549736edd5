import time
from typing import Any

import httpx
import psycopg
import pytest

from app import contract
from app.core.settings import Settings
from app.main import create_app
from app.telemetry import metrics

V1 = contract.API_VERSION_PREFIX
EMAIL = "ada@example.com"
PASSWORD = "correct horse battery"
MOBILE = {"X-Client": "mobile"}


async def register(client: httpx.AsyncClient, **change: Any) -> httpx.Response:
    body = {"email": EMAIL, "password": PASSWORD, **change}
    return await client.post(f"{V1}/auth/register", json=body)


async def sign_in(
    client: httpx.AsyncClient, *, password: str = PASSWORD, email: str = EMAIL
) -> httpx.Response:
    body = {"email": email, "password": password}
    return await client.post(f"{V1}/auth/sign-in", json=body, headers=MOBILE)


async def refresh(client: httpx.AsyncClient, token: str | None) -> httpx.Response:
    body = {"refresh_token": token}
    return await client.post(f"{V1}/auth/refresh", json=body, headers=MOBILE)


async def me(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.get(f"{V1}/users/me", headers={"Authorization": f"Bearer {token}"})


def age(database_url: str, seconds: int) -> None:
    """Make every consumed token look as if it had been consumed so long ago."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "UPDATE refresh_tokens SET consumed_at = consumed_at - make_interval(secs => %s)",
            (seconds,),
        )


async def test_a_user_registers_and_signs_in(client: httpx.AsyncClient) -> None:
    before = metrics.REGISTRATIONS._value.get()
    registered = await register(client, name="Ada")
    assert registered.status_code == 201
    assert registered.json()["role"] == "operator"
    assert metrics.REGISTRATIONS._value.get() == before + 1
    tokens = (await sign_in(client)).json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 900)
    answer = await me(client, tokens["access_token"])
    assert (answer.json()["email"], answer.json()["name"]) == (EMAIL, "Ada")


async def test_an_address_is_taken_whatever_its_case(client: httpx.AsyncClient) -> None:
    assert (await register(client)).status_code == 201
    taken = await register(client, email="ADA@Example.com")
    assert (taken.status_code, taken.json()["title"]) == (409, "The e-mail address is taken")
    assert (await sign_in(client, email="Ada@EXAMPLE.com")).status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"email": "nobody"}, "body.email", id="no-address"),
        pytest.param({"password": "short"}, "body.password", id="short-password"),
        pytest.param({"password": "x" * 1000}, "body.password", id="long-password"),
        pytest.param({"name": "a\0"}, "body.name", id="nul-in-name"),
        pytest.param({"role": "admin"}, "body.role", id="a-role-of-ones-own"),
    ],
)
async def test_a_wrong_field_is_named(
    client: httpx.AsyncClient, change: dict[str, str], field: str
) -> None:
    answer = await register(client, **change)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    if field == "body.password":
        assert change["password"] not in answer.text


@pytest.mark.parametrize(
    ("email", "password"), [(EMAIL, "wrong password"), ("nobody@example.com", PASSWORD)]
)
async def test_wrong_credentials_are_refused_alike(
    client: httpx.AsyncClient, email: str, password: str
) -> None:
    await register(client)
    answer = await sign_in(client, email=email, password=password)
    assert (answer.status_code, answer.json()["title"]) == (401, "E-mail or password is wrong")


async def test_an_unknown_address_takes_as_long_as_a_known_one(client: httpx.AsyncClient) -> None:
    await register(client)
    await sign_in(client, email="nobody@example.com")  # the decoy is made at first use
    took = {}
    for email in (EMAIL, "nobody@example.com"):
        durations = []
        for _ in range(3):
            began = time.perf_counter()
            await sign_in(client, email=email, password="wrong password")
            durations.append(time.perf_counter() - began)
        took[email] = min(durations)
    assert took["nobody@example.com"] > 0.4 * took[EMAIL]


async def test_guessing_is_slowed_and_a_right_password_clears_the_count(
    client: httpx.AsyncClient,
) -> None:
    await register(client)
    for _ in range(9):
        assert (await sign_in(client, password="wrong")).status_code == 401
    assert (await sign_in(client)).status_code == 200
    for _ in range(10):
        assert (await sign_in(client, password="wrong")).status_code == 401
    slowed = await sign_in(client)
    assert slowed.status_code == 429
    assert 0 < int(slowed.headers["Retry-After"]) <= 60
    assert (await sign_in(client, email="other@example.com")).status_code == 401


async def test_a_refresh_token_gives_new_tokens_once(
    client: httpx.AsyncClient, database_url: str
) -> None:
    await register(client)
    first = (await sign_in(client)).json()["refresh_token"]
    second = (await refresh(client, first)).json()["refresh_token"]
    assert second != first
    assert (await refresh(client, second)).status_code == 200


async def test_a_lost_answer_can_be_asked_for_again_for_a_short_time(
    client: httpx.AsyncClient,
) -> None:
    await register(client)
    first = (await sign_in(client)).json()["refresh_token"]
    await refresh(client, first)
    again = await refresh(client, first)
    assert again.status_code == 200
    assert (await refresh(client, again.json()["refresh_token"])).status_code == 200


async def test_a_reused_token_ends_its_family_and_no_other(
    client: httpx.AsyncClient, database_url: str
) -> None:
    await register(client)
    other = (await sign_in(client)).json()["refresh_token"]
    first = (await sign_in(client)).json()["refresh_token"]
    second = (await refresh(client, first)).json()["refresh_token"]
    age(database_url, 60)
    reused = await refresh(client, first)
    assert (reused.status_code, reused.json()["title"]) == (
        401,
        "The refresh token was used before",
    )
    assert (await refresh(client, second)).status_code == 401
    assert (await refresh(client, other)).status_code == 200


@pytest.mark.parametrize("token", [None, "", "unknown", "🚲"])
async def test_what_is_no_refresh_token_is_refused(
    client: httpx.AsyncClient, token: str | None
) -> None:
    assert (await refresh(client, token)).status_code == 401


async def test_an_ended_token_is_refused(client: httpx.AsyncClient, database_url: str) -> None:
    await register(client)
    token = (await sign_in(client)).json()["refresh_token"]
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE refresh_tokens SET expires_at = now() - interval '1 second'")
    assert (await refresh(client, token)).status_code == 401


async def test_a_disabled_user_gets_no_more_tokens(
    client: httpx.AsyncClient, database_url: str
) -> None:
    await register(client)
    token = (await sign_in(client)).json()["refresh_token"]
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE users SET is_disabled = true")
    assert (await refresh(client, token)).status_code == 401
    assert (await sign_in(client)).status_code == 401


async def test_a_browser_gets_the_refresh_token_as_a_cookie_only(
    client: httpx.AsyncClient,
) -> None:
    await register(client)
    body = {"email": EMAIL, "password": PASSWORD}
    answer = await client.post(f"{V1}/auth/sign-in", json=body)
    assert answer.json()["refresh_token"] is None
    cookie = answer.headers["Set-Cookie"].lower()
    for part in ("autoserve_refresh=", "httponly", "samesite=strict", "path=/api/v1/auth"):
        assert part in cookie
    assert (await client.post(f"{V1}/auth/refresh")).status_code == 200
    assert (await client.post(f"{V1}/auth/sign-out")).status_code == 204
    assert "autoserve_refresh" not in client.cookies
    assert (await client.post(f"{V1}/auth/refresh")).status_code == 401


async def test_after_signing_out_the_token_is_refused(client: httpx.AsyncClient) -> None:
    await register(client)
    token = (await sign_in(client)).json()["refresh_token"]
    body = {"refresh_token": token}
    answer = await client.post(f"{V1}/auth/sign-out", json=body, headers=MOBILE)
    assert answer.status_code == 204
    assert (await refresh(client, token)).status_code == 401


async def test_tokens_and_passwords_are_kept_hashed(
    client: httpx.AsyncClient, database_url: str
) -> None:
    await register(client)
    token = (await sign_in(client)).json()["refresh_token"]
    with psycopg.connect(database_url) as connection:
        hashes = connection.execute("SELECT hash FROM refresh_tokens").fetchall()
        (password,) = connection.execute("SELECT password_hash FROM users").fetchall()
    assert token.encode() not in {row[0] for row in hashes}
    assert password[0].startswith("$argon2id$v=19$m=47104,t=1,p=1$")


async def test_without_redis_sign_in_works_and_the_limiter_says_so(
    environment: dict[str, str], settings: Settings
) -> None:
    away = settings.model_copy(
        update={"redis_url": type(settings.redis_url)(environment[contract.REDIS_URL])}
    )
    app = create_app(away)
    transport = httpx.ASGITransport(app=app)
    skipped = metrics.RATE_LIMITS_SKIPPED.labels("sign-in")
    before = skipped._value.get()
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://api") as client,
    ):
        assert (await register(client)).status_code == 201
        assert (await sign_in(client)).status_code == 200
    assert skipped._value.get() == before + 1


async def test_the_public_keys_are_published(client: httpx.AsyncClient) -> None:
    (key,) = (await client.get(f"{V1}/auth/keys")).json()["keys"]
    assert (key["kty"], key["crv"], key["alg"]) == ("OKP", "Ed25519", "EdDSA")
    assert "d" not in key
