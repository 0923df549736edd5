"""Users, as they are shown and changed."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.core.identity import Role
from app.core.schemas import Body

__all__ = ["User", "UserChange", "UserPage"]


class User(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(examples=["0198c1f2-6b1e-7c3a-9d41-0a8f5a3c7e10"])
    email: str = Field(examples=["ada@example.com"])
    name: str = Field(examples=["Ada Lovelace"])
    role: Role
    is_disabled: bool
    created_at: datetime


class UserPage(BaseModel):
    items: list[User]
    next_cursor: UUID | None = Field(description="Ask with it for what follows; null at the end.")


class UserChange(Body):
    """What is left out stays as it is."""

    role: Role | None = Field(default=None, examples=["operator"])
    is_disabled: bool | None = None
