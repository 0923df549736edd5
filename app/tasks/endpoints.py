"""Tasks over HTTP; :mod:`app.tasks.sockets` has their live progress."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Depends, Header, Query, Request

from app import contract
from app.core.database import Session
from app.core.deps import AppResources, Operator, RequireRole, Viewer
from app.core.errors import NotAllowed, NotAuthenticated, Unavailable, problems
from app.core.identity import Role
from app.tasks.catalogue import catalogue
from app.tasks.errors import (
    IdempotencyConflict,
    InvalidParameters,
    TaskFinished,
    TaskNotFound,
    UnknownTaskType,
)
from app.tasks.events import publish
from app.tasks.models import Task, TaskState
from app.tasks.schemas import TaskPage, TaskSubmission, TaskTypeView, TaskView
from app.tasks.service import TaskService
from app.telemetry.metrics import TASKS_SUBMITTED

__all__ = ["router", "types_router"]

router = APIRouter(prefix=contract.API_VERSION_PREFIX + "/tasks", tags=["tasks"])
types_router = APIRouter(prefix=contract.API_VERSION_PREFIX + "/task-types", tags=["tasks"])


def _service(request: Request, session: Session) -> TaskService:
    return TaskService(
        session=session, catalogue=catalogue(), resolvers=request.app.state.references
    )


Tasks = Annotated[TaskService, Depends(_service)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        pattern=r"^[!-~]+$",
        description="The same key with the same body gives the same task, never a second one.",
        examples=["3b6d0e0a-order-17"],
    ),
]


@types_router.get(
    "", responses=problems(NotAuthenticated), dependencies=[Depends(RequireRole(Role.VIEWER))]
)
async def list_task_types() -> list[TaskTypeView]:
    """The kinds of work that may be submitted, with the JSON schema of their parameters."""
    return [
        TaskTypeView(
            type=kind.name,
            title=kind.title,
            description=kind.description,
            parameters=kind.parameters.model_json_schema(),
        )
        for kind in catalogue()
    ]


@router.post(
    "",
    status_code=202,
    responses=problems(
        NotAuthenticated,
        NotAllowed,
        IdempotencyConflict,
        UnknownTaskType,
        InvalidParameters,
        Unavailable,
    ),
)
async def submit_task(
    *,
    body: TaskSubmission,
    caller: Operator,
    tasks: Tasks,
    resources: AppResources,
    background: BackgroundTasks,
    idempotency_key: IdempotencyKey = None,
) -> TaskView:
    """Accept a piece of work; once this is answered it is done, whatever fails meanwhile."""
    task, is_new = await tasks.submit(caller, body, idempotency_key=idempotency_key)
    if is_new:
        background.add_task(_accepted, resources, task)
    return TaskView.model_validate(task)


@router.get("", responses=problems(NotAuthenticated, Unavailable))
async def list_tasks(
    *,
    caller: Viewer,
    tasks: Tasks,
    state: TaskState | None = None,
    type: Annotated[str | None, Query(max_length=64)] = None,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> TaskPage:
    """Your tasks (an admin's: all), newest first, without their results."""
    return await tasks.page(caller, state=state, type=type, cursor=cursor, limit=limit)


@router.get("/{id}", responses=problems(NotAuthenticated, TaskNotFound, Unavailable))
async def read_task(id: UUID, caller: Viewer, tasks: Tasks) -> TaskView:
    """One task with its result."""
    return TaskView.model_validate(await tasks.read(caller, id))


@router.post(
    "/{id}/cancel",
    status_code=202,
    responses=problems(NotAuthenticated, NotAllowed, TaskNotFound, TaskFinished, Unavailable),
)
async def cancel_task(
    id: UUID, caller: Operator, tasks: Tasks, resources: AppResources, background: BackgroundTasks
) -> TaskView:
    """Cancel a task: a queued one at once, a running one within seconds."""
    task = await tasks.cancel(caller, id)
    background.add_task(publish, resources.redis, task.id, task.owner_id)
    return TaskView.model_validate(task)


async def _accepted(resources: AppResources, task: Task) -> None:
    TASKS_SUBMITTED.labels(task.type).inc()
    await publish(resources.redis, task.id, task.owner_id)
