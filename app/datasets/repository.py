"""Queries about datasets. A caller sees the own ones; an admin sees all."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.identity import Principal, Role
from app.datasets.models import Dataset

__all__ = ["DatasetRepository"]


class DatasetRepository:
    """Bound to one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, dataset: Dataset) -> None:
        self._session.add(dataset)
        await self._session.flush()
        await self._session.refresh(dataset)

    async def get(self, id: UUID, caller: Principal) -> Dataset | None:
        found: Dataset | None = await self._session.scalar(_visible(caller).where(Dataset.id == id))
        return found

    async def newest(self, caller: Principal, limit: int) -> Sequence[Dataset]:
        statement = _visible(caller).order_by(Dataset.id.desc()).limit(limit)
        return (await self._session.scalars(statement)).all()

    async def delete(self, id: UUID) -> None:
        await self._session.execute(delete(Dataset).where(Dataset.id == id))


def _visible(caller: Principal) -> Select[Dataset]:
    statement = select(Dataset)
    if caller.role is Role.ADMIN:
        return statement
    return statement.where(Dataset.owner_id == caller.id)
