"""Queries on users and refresh tokens."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.models import RefreshFamily, RefreshToken
from app.core.identifiers import new_id
from app.core.identity import Role, User

__all__ = [
    "add_user",
    "delete_ended_families",
    "locked_token",
    "revoke_family",
    "user_by_email",
    "user_by_id",
]


async def add_user(
    session: AsyncSession, *, email: str, name: str, role: Role, password_hash: str
) -> User | None:
    """The new user, or None where the address is taken; two at the same time cannot both win."""
    values = {"id": new_id(), "email": email, "name": name, "role": role.value}
    statement = (
        insert(User)
        .values(**values, password_hash=password_hash, is_disabled=False)
        .on_conflict_do_nothing(index_elements=[User.email])
        .returning(User)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def user_by_email(session: AsyncSession, email: str) -> User | None:
    return await session.scalar(select(User).where(User.email == email))


async def user_by_id(session: AsyncSession, id: UUID) -> User | None:
    return await session.get(User, id)


async def locked_token(
    session: AsyncSession, token_hash: bytes
) -> tuple[RefreshToken, RefreshFamily] | None:
    """A token and its family, which is locked: uses of one family happen one after the other."""
    family_id = await session.scalar(
        select(RefreshToken.family_id).where(RefreshToken.hash == token_hash)
    )
    if family_id is None:
        return None
    family = await session.get(RefreshFamily, family_id, with_for_update=True)
    # Read after the lock: another use may have consumed it while this one waited.
    token = await session.get(RefreshToken, token_hash)
    return (token, family) if token is not None and family is not None else None


async def revoke_family(session: AsyncSession, family_id: UUID, *, now: datetime) -> None:
    await session.execute(
        update(RefreshFamily)
        .where(RefreshFamily.id == family_id, RefreshFamily.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def delete_ended_families(session: AsyncSession, user_id: UUID, *, now: datetime) -> None:
    await session.execute(
        delete(RefreshFamily).where(
            RefreshFamily.user_id == user_id, RefreshFamily.expires_at < now
        )
    )
