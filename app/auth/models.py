"""Refresh tokens as they are kept: hashed, in families; one family is one sign-in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.identifiers import new_id

__all__ = ["RefreshFamily", "RefreshToken"]

Moment = DateTime(timezone=True)


class RefreshFamily(Base):
    """One sign-in on one device; revoked as a whole."""

    __tablename__ = "refresh_families"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)  # of its youngest token
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)


class RefreshToken(Base):
    """One token of a family; the token itself is known to its owner only."""

    __tablename__ = "refresh_tokens"

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)  # SHA-256
    family_id: Mapped[UUID] = mapped_column(
        ForeignKey("refresh_families.id", ondelete="CASCADE"), index=True
    )
    expires_at: Mapped[datetime] = mapped_column(Moment)
    consumed_at: Mapped[datetime | None] = mapped_column(Moment)
