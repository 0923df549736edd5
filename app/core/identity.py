"""Who a user is: the table, the roles, and the caller of a request as its access token names it.

The role travels in the token, so that a request needs no look at the database to be allowed; a
changed role or a disabled user is therefore seen when the access token ends, and no refresh is
given.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, String, func
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.identifiers import new_id

__all__ = ["Principal", "Role", "User", "canonical_email"]


class Role(StrEnum):
    """What a user may do; each role may do what the one before may."""

    VIEWER = "viewer"  # reads
    OPERATOR = "operator"  # submits, cancels, uploads
    ADMIN = "admin"  # manages users

    def covers(self, needed: "Role") -> bool:
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, kw_only=True)
class Principal:
    """The caller of a request."""

    id: UUID
    role: Role


class User(Base):
    """A person who can sign in."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("role IN ('viewer', 'operator', 'admin')", name="role"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(String(254), unique=True)  # as canonical_email gives it
    name: Mapped[str] = mapped_column(String(200), default="")
    role: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str] = mapped_column(String(255))
    is_disabled: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


def canonical_email(email: str) -> str:
    """The form in which an address is kept and looked up: case does not tell users apart."""
    return email.strip().lower()
