"""Queries on users."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.identity import Role, User

__all__ = ["locked_admin_ids", "page", "user_by_id"]


async def user_by_id(session: AsyncSession, id: UUID) -> User | None:
    return await session.get(User, id)


async def page(session: AsyncSession, *, after: UUID | None, limit: int) -> Sequence[User]:
    """Users in the order in which they were made."""
    query = select(User).order_by(User.id).limit(limit)
    if after is not None:
        query = query.where(User.id > after)
    return (await session.scalars(query)).all()


async def locked_admin_ids(session: AsyncSession) -> set[UUID]:
    """Administrators who can sign in, locked: two who demote each other go one after the other."""
    query = (
        select(User.id)
        .where(User.role == Role.ADMIN.value, User.is_disabled.is_(False))
        .order_by(User.id)
        .with_for_update()
    )
    return set((await session.scalars(query)).all())
