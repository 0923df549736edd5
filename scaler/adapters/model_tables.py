"""Kept models in the scaler's database, where replicas that have no disk in common find them.

What one replica learnt, and what it was rolled back to, is there for the one that takes over.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.dialects.postgresql import insert

from scaler.adapters import tables
from scaler.adapters.model_store import DEPENDENCY
from scaler.adapters.postgres import transaction

__all__ = ["DatabaseShelf"]


class DatabaseShelf:
    """A ``Shelf`` over two tables; the engine is its own, so a large model holds up nobody."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def close(self) -> None:
        self._engine.dispose()

    def versions(self, workload: str) -> Collection[str]:
        kept = tables.models.c
        with self._connection() as connection:
            found = connection.execute(select(kept.version).where(kept.workload == workload))
            return set(found.scalars())

    def put(self, workload: str, version: str, *, description: bytes, content: bytes) -> None:
        values = {
            "workload": workload,
            "version": version,
            "description": description,
            "content": content,
        }
        with self._connection() as connection:
            connection.execute(insert(tables.models), values)

    def description(self, workload: str, version: str) -> bytes | None:
        return self._bytes("description", workload, version)

    def content(self, workload: str, version: str) -> bytes | None:
        return self._bytes("content", workload, version)

    def forget(self, workload: str, *, but: Collection[str]) -> None:
        kept = tables.models.c
        others = (kept.workload == workload, kept.version.not_in(but))
        with self._connection() as connection:
            connection.execute(delete(tables.models).where(*others))

    def pin(self, workload: str, version: str | None) -> None:
        pins = tables.pins
        statement = insert(pins).values(workload=workload, version=version)
        statement = statement.on_conflict_do_update(
            index_elements=["workload"], set_={"version": statement.excluded.version}
        )
        with self._connection() as connection:
            if version is None:
                connection.execute(delete(pins).where(pins.c.workload == workload))
            else:
                connection.execute(statement)

    def pinned(self, workload: str) -> str | None:
        pins = tables.pins.c
        with self._connection() as connection:
            found: str | None = connection.execute(
                select(pins.version).where(pins.workload == workload)
            ).scalar_one_or_none()
        return found

    def _bytes(self, column: str, workload: str, version: str) -> bytes | None:
        kept = tables.models.c
        wanted = select(kept[column]).where(kept.workload == workload, kept.version == version)
        with self._connection() as connection:
            found: bytes | None = connection.execute(wanted).scalar_one_or_none()
        return found

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        with transaction(self._engine, dependency=DEPENDENCY) as connection:
            yield connection
