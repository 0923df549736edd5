"""The signed-in user, and for administrators all users."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app import contract
from app.core.database import Session
from app.core.deps import Admin, Viewer
from app.core.errors import NotAllowed, NotAuthenticated, problems
from app.users import service
from app.users.errors import LastAdmin, UserUnknown
from app.users.schemas import User, UserChange, UserPage

__all__ = ["router"]

router = APIRouter(
    prefix=contract.API_VERSION_PREFIX + "/users",
    tags=["users"],
    responses=problems(NotAuthenticated, NotAllowed),
)


@router.get("/me", responses=problems(UserUnknown))
async def read_me(caller: Viewer, session: Session) -> User:
    """The user whose token this is."""
    return User.model_validate(await service.read(session, caller.id))


@router.get("")
async def list_users(
    _caller: Admin,
    session: Session,
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> UserPage:
    """All users, oldest first."""
    users, next_cursor = await service.page(session, after=cursor, limit=limit)
    return UserPage(items=[User.model_validate(user) for user in users], next_cursor=next_cursor)


@router.patch("/{id}", responses=problems(UserUnknown, LastAdmin))
async def change_user(id: UUID, body: UserChange, _caller: Admin, session: Session) -> User:
    """Give a user another role, or disable it; seen when its access token ends."""
    user = await service.change(session, id, role=body.role, is_disabled=body.is_disabled)
    return User.model_validate(user)
