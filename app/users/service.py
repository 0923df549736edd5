"""Reading and changing users; there is always an administrator who can sign in."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.identity import Role, User
from app.users import repository
from app.users.errors import LastAdmin, UserUnknown

__all__ = ["change", "page", "read"]


async def read(session: AsyncSession, id: UUID) -> User:
    """Raises UserUnknown."""
    user = await repository.user_by_id(session, id)
    if user is None:
        raise UserUnknown(id)
    return user


async def page(
    session: AsyncSession, *, after: UUID | None, limit: int
) -> tuple[Sequence[User], UUID | None]:
    """Users and the cursor of the next page, None at the end."""
    found = await repository.page(session, after=after, limit=limit + 1)
    shown = found[:limit]
    return shown, shown[-1].id if len(found) > limit else None


async def change(
    session: AsyncSession, id: UUID, *, role: Role | None, is_disabled: bool | None
) -> User:
    """Raises UserUnknown, LastAdmin."""
    admins = await repository.locked_admin_ids(session)
    user = await read(session, id)
    loses_role = role is not None and role is not Role.ADMIN
    if admins == {id} and (loses_role or is_disabled):
        raise LastAdmin
    if role is not None:
        user.role = role.value
    if is_disabled is not None:
        user.is_disabled = is_disabled
    await session.flush()
    return user
