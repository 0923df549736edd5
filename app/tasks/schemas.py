"""What the API takes and gives about tasks."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.tasks.models import TaskState

__all__ = ["TaskEvent", "TaskPage", "TaskSubmission", "TaskTypeView", "TaskView"]


class TaskSubmission(BaseModel):
    """A piece of work to be done."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"type": "load.synthetic", "parameters": {"seconds": 2.0, "mode": "wait"}}]
        },
    )

    type: str = Field(max_length=64, description="The name of a task type, see /task-types.")
    parameters: dict[str, Any] = Field(
        default_factory=dict, description="As the type's JSON schema describes them."
    )


class TaskView(BaseModel):
    """A task as its owner sees it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    type: str = Field(examples=["load.synthetic"])
    parameters: dict[str, Any]
    state: TaskState
    progress: float = Field(ge=0, le=1, description="Share of the present run that is done.")
    message: str | None = Field(description="What the task is doing, or what it waits for.")
    attempts: int = Field(description="Runs begun; more than one after a retry.")
    result: dict[str, Any] | None = None
    error: str | None = None
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    owner_id: UUID


class TaskPage(BaseModel):
    """Tasks, newest first."""

    items: list[TaskView]
    next_cursor: str | None = Field(description="Ask for the next page with it; null: the last.")


class TaskEvent(BaseModel):
    """A message of the WebSockets: the task as it is now."""

    task: TaskView


class TaskTypeView(BaseModel):
    """A kind of work that may be submitted."""

    type: str = Field(examples=["load.synthetic"])
    title: str
    description: str
    parameters: dict[str, Any] = Field(description="JSON schema of a submission's parameters.")
