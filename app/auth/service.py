"""Registration, sign-in, and refresh tokens that are used once.

A consumed token that comes again within GRACE_S gets a sister token: the answer to its first use
may have been lost, or two tabs refreshed at once. Later, it is a stolen copy, and the family ends.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.auth import repository
from app.auth.errors import EmailTaken, RefreshRefused, RefreshReused, WrongCredentials
from app.auth.models import RefreshFamily, RefreshToken
from app.core.identifiers import new_id
from app.core.identity import Principal, Role, User, canonical_email
from app.core.passwords import Passwords
from app.core.tokens import AccessTokens

__all__ = ["GRACE_S", "Grant", "refresh", "register", "sign_in", "sign_out"]

GRACE_S = 10.0
TOKEN_BYTES = 32  # 256 bits


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a client gets: an access token, and the refresh token for the next one."""

    access_token: str
    refresh_token: str
    expires_in_s: int


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """What is needed to issue tokens."""

    access: AccessTokens
    refresh_ttl_s: int


async def register(
    session: AsyncSession,
    passwords: Passwords,
    *,
    email: str,
    password: str,
    name: str,
    role: Role,
) -> User:
    """Raises EmailTaken."""
    password_hash = await passwords.hash(password)
    user = await repository.add_user(
        session, email=canonical_email(email), name=name, role=role, password_hash=password_hash
    )
    if user is None:
        raise EmailTaken
    return user


async def sign_in(
    session: AsyncSession,
    passwords: Passwords,
    issuer: Issuer,
    *,
    email: str,
    password: str,
    now: datetime,
) -> Grant:
    """Raises WrongCredentials, after the same time whether or not the user exists."""
    user = await repository.user_by_email(session, canonical_email(email))
    is_right = await passwords.matches(password, user.password_hash if user else None)
    if user is None or not is_right or user.is_disabled:
        raise WrongCredentials
    if passwords.is_outdated(user.password_hash):
        user.password_hash = await passwords.hash(password)
    await repository.delete_ended_families(session, user.id, now=now)
    family = RefreshFamily(id=new_id(), user_id=user.id, created_at=now, expires_at=now)
    session.add(family)
    await session.flush()
    return _grant(session, issuer, user, family, now=now)


async def refresh(
    session: AsyncSession, issuer: Issuer, *, token: str | None, now: datetime
) -> Grant:
    """The next access and refresh token.

    Raises:
        RefreshRefused: the token is unknown, ended or revoked, or its user is disabled.
        RefreshReused: it was consumed longer than GRACE_S ago; its family is revoked.
    """
    found = await repository.locked_token(session, _hash(token)) if token else None
    if found is None:
        raise RefreshRefused
    kept, family = found
    if family.revoked_at is not None or kept.expires_at <= now:
        raise RefreshRefused
    if kept.consumed_at is not None and now - kept.consumed_at > timedelta(seconds=GRACE_S):
        await repository.revoke_family(session, family.id, now=now)
        raise RefreshReused
    user = await repository.user_by_id(session, family.user_id)
    if user is None or user.is_disabled:
        raise RefreshRefused
    kept.consumed_at = kept.consumed_at or now
    return _grant(session, issuer, user, family, now=now)


async def sign_out(session: AsyncSession, *, token: str | None, now: datetime) -> None:
    """End the sign-in that a refresh token belongs to; an unknown token is no error."""
    found = await repository.locked_token(session, _hash(token)) if token else None
    if found is not None:
        await repository.revoke_family(session, found[1].id, now=now)


def _grant(
    session: AsyncSession, issuer: Issuer, user: User, family: RefreshFamily, *, now: datetime
) -> Grant:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    family.expires_at = now + timedelta(seconds=issuer.refresh_ttl_s)
    session.add(RefreshToken(hash=_hash(token), family_id=family.id, expires_at=family.expires_at))
    principal = Principal(id=user.id, role=Role(user.role))
    return Grant(
        access_token=issuer.access.issue(principal, now=now),
        refresh_token=token,
        expires_in_s=issuer.access.ttl_s,
    )


def _hash(token: str) -> bytes:
    # No salt and one pass: the token has 256 random bits, which nobody can guess.
    return hashlib.sha256(token.encode(errors="replace")).digest()
