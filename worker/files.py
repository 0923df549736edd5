"""The files that a run may read and write: the datasets of its owner, and a model of its own."""

from contextlib import suppress
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.core.identity import Role, User
from app.datasets.models import Dataset
from app.datasets.storage import Storage
from app.tasks.context import DatasetFile, TaskFailed
from worker.store import Run, patiently

__all__ = ["RunFiles"]

DATABASE_WAIT_S = 30.0


class RunFiles:
    """Files of one run. A model file belongs to a run, not to its task: a late run cannot overwrite
    it.
    """

    def __init__(self, run: Run, *, owner_id: UUID, engine: Engine, data_dir: Path) -> None:
        self._run = run
        self._owner_id = owner_id
        self._engine = engine
        self._storage = Storage(data_dir)
        self._models = data_dir / "models"

    def dataset(self, id: UUID) -> DatasetFile:
        """Raises TaskFailed where there is none (any more), or it is somebody else's."""
        found = patiently(lambda: self._find(id), wait_s=DATABASE_WAIT_S)
        if found is None:
            raise TaskFailed(f"dataset {id} does not exist (any more)")
        return DatasetFile(
            id=id,
            name=found.name,
            path=self._storage.path(id),
            size_bytes=found.size_bytes,
            rows=found.rows,
            columns=tuple(found.columns),
        )

    def _find(self, id: UUID) -> Dataset | None:
        with Session(self._engine) as session:
            owner_is_admin = (
                select(User.id).where(User.id == self._owner_id, User.role == Role.ADMIN).exists()
            )
            statement = select(Dataset).where(
                Dataset.id == id, (Dataset.owner_id == self._owner_id) | owner_is_admin
            )
            found: Dataset | None = session.scalar(statement)
            return found

    def model_file(self) -> Path:
        self._models.mkdir(parents=True, exist_ok=True)
        return self._models / f"{self._run.task_id}.{self._run.token}.skops"

    def keep(self) -> None:
        """The run's effect counts: remove what runs before it may have left."""
        for file in self._models.glob(f"{self._run.task_id}.*.skops"):
            if file != self.model_file():
                file.unlink(missing_ok=True)

    def discard(self) -> None:
        """The run's effect does not count."""
        with suppress(OSError):
            self.model_file().unlink(missing_ok=True)
