"""Why a request about tasks is refused."""

from collections.abc import Sequence
from uuid import UUID

from app.core.errors import Conflict, FieldProblem, InvalidValue, NotFound

__all__ = [
    "BadCursor",
    "IdempotencyConflict",
    "InvalidParameters",
    "TaskFinished",
    "TaskNotFound",
    "UnknownTaskType",
]


class UnknownTaskType(InvalidValue):
    title = "There is no such task type"

    def __init__(self, found: str, known: Sequence[str]) -> None:
        allowed = "one of " + ", ".join(known)
        super().__init__(
            f"type: there is no task type {found[:100]!r}; allowed: {allowed}",
            errors=(FieldProblem(field="body.type", found=found, allowed=allowed),),
        )
        self.found, self.known = found, known


class InvalidParameters(InvalidValue):
    title = "The task's parameters are not allowed"

    def __init__(self, errors: tuple[FieldProblem, ...]) -> None:
        super().__init__("; ".join(f"{e.field}: {e.allowed}" for e in errors), errors=errors)


class BadCursor(InvalidValue):
    def __init__(self, found: str) -> None:
        allowed = "the next_cursor of an earlier page"
        super().__init__(
            f"cursor: {allowed}",
            errors=(FieldProblem(field="query.cursor", found=found, allowed=allowed),),
        )


class IdempotencyConflict(Conflict):
    title = "The idempotency key was used for another request"

    def __init__(self, key: str) -> None:
        super().__init__(
            f"Idempotency-Key {key!r} belongs to a task with another type or other parameters"
        )


class TaskNotFound(NotFound):
    def __init__(self, id: UUID) -> None:
        super().__init__(f"There is no task {id}")


class TaskFinished(Conflict):
    title = "The task has finished"

    def __init__(self, id: UUID, state: str) -> None:
        super().__init__(f"Task {id} has {state}; only a queued or running task can be cancelled")
        self.state = state
