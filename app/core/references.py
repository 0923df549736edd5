"""Parameters that point at something another feature owns, such as the dataset of a task.

Features do not know each other: the one that takes a reference marks it with :class:`Reference`,
the one that owns the thing offers a :class:`Resolver`, and ``app.main`` brings them together at
``app.state.references``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.identity import Principal

__all__ = ["DATASET", "Reference", "Resolver", "Resolvers"]

DATASET = "dataset"


@dataclass(frozen=True)
class Reference:
    """Annotation of a UUID field that names a thing of this kind.

    The JSON schema shows it as ``x-reference``.
    """

    kind: str

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "x-reference": self.kind}


class Resolver(Protocol):
    """Says whether a caller may use the thing with this id."""

    async def __call__(self, session: AsyncSession, caller: Principal, id: UUID) -> bool: ...


Resolvers = Mapping[str, Resolver]
