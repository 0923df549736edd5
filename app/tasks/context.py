"""What a task type may use while it runs, and the errors it may end with.

TaskFailed          the task can never succeed; its text is shown to the user as it is
TransientFailure    trying again later may help; counted as an attempt
TaskStopped         not raised by types, but through them, from :meth:`Context.progress`; let it
pass ├── TaskCancelled   the user asked for it ├── TaskOverran     the time limit has passed └──
LeaseLost       another worker has taken the task over; whatever this one still does is thrown away
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

__all__ = [
    "Context",
    "DatasetFile",
    "LeaseLost",
    "Result",
    "TaskCancelled",
    "TaskFailed",
    "TaskOverran",
    "TaskStopped",
    "TransientFailure",
]

Result = Mapping[str, Any]  # JSON values only


class TaskFailed(Exception):
    """The task can never succeed; the message is for the user."""


class TransientFailure(Exception):
    """Something outside failed; another attempt may succeed."""


class TaskStopped(BaseException):
    """Ends a run from outside; no Exception, so that no ``except Exception`` of a library swallows
    it.
    """


class TaskCancelled(TaskStopped):
    pass


class TaskOverran(TaskStopped):
    pass


class LeaseLost(TaskStopped):
    pass


@dataclass(frozen=True, kw_only=True)
class DatasetFile:
    """A dataset as a task reads it: UTF-8 CSV with a header, every row of the header's length."""

    id: UUID
    name: str
    path: Path
    size_bytes: int
    rows: int
    columns: Sequence[str]


class Context(Protocol):
    """One run of a task. Belongs to the thread that runs the type."""

    @property
    def task_id(self) -> UUID: ...

    @property
    def attempt(self) -> int:
        """1 for the first run."""

    def progress(self, fraction: float, message: str | None = None) -> None:
        """Show how far the run is; cheap enough for every step of a loop, and the place where a run
        is stopped.

        Args:
            fraction: in [0, 1]; a smaller one than before is ignored.
        Raises:
            TaskStopped: the run must end.
        """

    def dataset(self, id: UUID) -> DatasetFile:
        """A dataset that the task's owner may use.

        Raises:
            TaskFailed: there is none (any more).
        """

    def model_file(self) -> Path:
        """Where this run may write a model; kept if the run succeeds, else removed."""
