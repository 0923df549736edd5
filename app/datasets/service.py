"""What users do with datasets: upload, list, read, delete."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from anyio import CapacityLimiter, to_thread
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import Database
from app.core.identifiers import new_id
from app.core.identity import Principal
from app.datasets.errors import DatasetNotFound, TooManyUploads, UnnamedDataset
from app.datasets.incoming import Upload
from app.datasets.models import Dataset
from app.datasets.repository import DatasetRepository
from app.datasets.storage import Storage

__all__ = ["Datasets", "is_usable"]

MAX_UPLOADS = 8  # at once per replica: each holds a thread
MAX_NAME = 255
LISTED = 500


async def is_usable(session: AsyncSession, caller: Principal, id: UUID) -> bool:
    """Whether a caller may use a dataset (a resolver of :mod:`app.core.references`)."""
    return await DatasetRepository(session).get(id, caller) is not None


@dataclass(kw_only=True)
class Datasets:
    """The datasets as one replica serves them; belongs to one event loop.

    Holds no database connection while a file comes in or is removed.
    """

    database: Database
    storage: Storage
    max_uploads: int = MAX_UPLOADS
    _uploads: int = field(default=0, init=False)
    _limiter: CapacityLimiter | None = field(default=None, init=False)

    async def upload(self, caller: Principal, upload: Upload, *, name: str | None) -> Dataset:
        """Keep a CSV that is sound; nothing is left of one that is not.

        Raises:
            DatasetRefused, TooLarge, UploadStalled, StorageFull, TooManyUploads
        """
        if name is not None:
            name = _checked_name(name)
        id = new_id()
        with self._one_upload() as limiter:
            write = partial(self.storage.write, id, upload.chunks(), limit_bytes=upload.limit_bytes)
            written = await to_thread.run_sync(write, limiter=limiter)
        try:
            dataset = Dataset(
                id=id,
                owner_id=caller.id,
                name=name or _checked_name(upload.file_name),
                size_bytes=written.size_bytes,
                rows=written.shape.rows,
                columns=list(written.shape.columns),
            )
            async with self.database.transaction() as session:
                await DatasetRepository(session).add(dataset)
        except BaseException:
            self.storage.remove(id)
            raise
        return dataset

    async def newest(self, caller: Principal) -> Sequence[Dataset]:
        async with self.database.transaction() as session:
            return await DatasetRepository(session).newest(caller, LISTED)

    async def read(self, caller: Principal, id: UUID) -> Dataset:
        async with self.database.transaction() as session:
            dataset = await DatasetRepository(session).get(id, caller)
        if dataset is None:
            raise DatasetNotFound(id)
        return dataset

    async def delete(self, caller: Principal, id: UUID) -> None:
        """Remove the row, then the file.

        A task that reads the file goes on; one that has not begun fails and says why.
        """
        await self.read(caller, id)
        async with self.database.transaction() as session:
            await DatasetRepository(session).delete(id)
        await to_thread.run_sync(self.storage.remove, id)

    @contextmanager
    def _one_upload(self) -> Iterator[CapacityLimiter]:
        # Counted here, not by the limiter: who finds no place is told so and does not wait.
        if self._uploads >= self.max_uploads:
            raise TooManyUploads(self.max_uploads)
        self._limiter = self._limiter or CapacityLimiter(self.max_uploads)
        self._uploads += 1
        try:
            yield self._limiter
        finally:
            self._uploads -= 1


def _checked_name(name: str | None) -> str:
    shown = (name or "").strip()
    if not 1 <= len(shown) <= MAX_NAME or not shown.isprintable():
        raise UnnamedDataset(name)
    return shown
