from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.core.errors import NotAuthenticated
from app.core.identity import Principal, Role
from app.core.tokens import ALGORITHM, AUDIENCE, ISSUER, TYPE, AccessTokens

NOW = datetime.now(UTC)
LIFE_S = 3_600  # as old as NOW may be by the time that a long run comes to these tests
CALLER = Principal(id=uuid4(), role=Role.OPERATOR)


@pytest.fixture(scope="module")
def tokens() -> AccessTokens:
    return AccessTokens(Ed25519PrivateKey.generate(), ttl_s=LIFE_S)


def forged(tokens: AccessTokens, *, header: dict[str, Any] | None = None, **claims: Any) -> str:
    whole = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(CALLER.id),
        "role": "admin",
        "jti": "1",
        "iat": NOW,
        "exp": NOW + timedelta(seconds=LIFE_S),
    }
    kept = {name: value for name, value in {**whole, **claims}.items() if value is not None}
    headers = {"typ": TYPE, "kid": tokens.key_id, **(header or {})}
    return jwt.encode(kept, tokens.key, algorithm=ALGORITHM, headers=headers)


def test_a_token_names_its_caller(tokens: AccessTokens) -> None:
    assert tokens.verify(tokens.issue(CALLER, now=NOW)) == CALLER


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"iss": "another"}, id="another-issuer"),
        pytest.param({"aud": "another"}, id="another-audience"),
        pytest.param({"exp": NOW - timedelta(hours=1)}, id="ended"),
        pytest.param({"exp": None}, id="without-an-end"),
        pytest.param({"jti": None}, id="without-an-id"),
        pytest.param({"sub": "not-a-uuid"}, id="no-user-id"),
        pytest.param({"role": "king"}, id="unknown-role"),
        pytest.param({"header": {"typ": "JWT"}}, id="another-type"),
        pytest.param({"header": {"kid": "another"}}, id="another-key-id"),
    ],
)
def test_a_token_that_is_wrong_in_one_thing_is_refused(
    tokens: AccessTokens, change: dict[str, Any]
) -> None:
    with pytest.raises(NotAuthenticated):
        tokens.verify(forged(tokens, **change))


def test_a_token_of_another_key_under_our_key_id_is_refused(tokens: AccessTokens) -> None:
    other = AccessTokens(Ed25519PrivateKey.generate(), ttl_s=LIFE_S)
    with pytest.raises(NotAuthenticated):
        tokens.verify(forged(other, header={"kid": tokens.key_id}))


@pytest.mark.parametrize("token", ["", "a.b.c", "é", "x" * 10_000])
def test_what_is_no_token_is_refused(tokens: AccessTokens, token: str) -> None:
    with pytest.raises(NotAuthenticated):
        tokens.verify(token)


def test_an_unsigned_token_is_refused(tokens: AccessTokens) -> None:
    headers = {"typ": TYPE, "kid": tokens.key_id}
    unsigned = jwt.encode({"sub": str(CALLER.id)}, "", algorithm="none", headers=headers)
    with pytest.raises(NotAuthenticated):
        tokens.verify(unsigned)


def test_the_published_key_checks_a_token(tokens: AccessTokens) -> None:
    key = jwt.PyJWKSet.from_dict(tokens.key_set())[tokens.key_id]
    token = tokens.issue(CALLER, now=NOW)
    assert jwt.decode(token, key, algorithms=[ALGORITHM], audience=AUDIENCE)["role"] == "operator"


@pytest.mark.parametrize(
    ("role", "needed", "is_enough"),
    [
        (Role.VIEWER, Role.VIEWER, True),
        (Role.VIEWER, Role.OPERATOR, False),
        (Role.OPERATOR, Role.VIEWER, True),
        (Role.OPERATOR, Role.ADMIN, False),
        (Role.ADMIN, Role.OPERATOR, True),
    ],
)
def test_a_role_covers_those_below_it(role: Role, needed: Role, is_enough: bool) -> None:
    assert role.covers(needed) is is_enough
