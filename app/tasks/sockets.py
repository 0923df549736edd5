"""Live progress over WebSocket: the present state first, then a snapshot after every change.

The first message of the client carries its access token; a socket lives no longer than such a token
may. Close codes: 4401 not signed in (or the token's time is over), 4404 no such task, 1000 the
followed task has finished.
"""

import asyncio
from collections.abc import Collection, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, WebSocket
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocketDisconnect

from app import contract
from app.core.database import Database
from app.core.deps import AppResources, first_message_principal
from app.core.errors import NotAuthenticated, Unavailable
from app.core.identity import Principal, Role
from app.tasks.live import Changes, Follower, TaskEvents
from app.tasks.models import Task, TaskState
from app.tasks.repository import TaskRepository
from app.tasks.schemas import TaskEvent, TaskView

__all__ = ["router"]

router = APIRouter(prefix=contract.API_VERSION_PREFIX + "/tasks")

NORMAL, NOT_SIGNED_IN, UNKNOWN = 1000, 4401, 4404
ACTIVE_AT_START = 200
DATABASE_AWAY_S = 1.0


def _events(connection: HTTPConnection) -> TaskEvents:
    state = connection.app.state
    if not hasattr(state, "task_events"):
        state.task_events = TaskEvents(state.resources.redis)
    events: TaskEvents = state.task_events
    return events


Events = Annotated[TaskEvents, Depends(_events)]


@router.websocket("/{id}" + contract.TASK_EVENTS_SUFFIX)
async def follow_task(
    websocket: WebSocket, id: UUID, events: Events, resources: AppResources
) -> None:
    """Follow one task to its end."""
    caller = await _signed_in(websocket)
    if caller is None:
        return
    with events.follow(lambda task_id, _owner_id: task_id == id) as follower:
        stream = _Stream(websocket, resources.database, caller, one=id)
        await _run(stream, follower, ttl_s=resources.settings.jwt_access_ttl_s)


@router.websocket(contract.TASK_EVENTS_SUFFIX)
async def follow_tasks(websocket: WebSocket, events: Events, resources: AppResources) -> None:
    """Follow all tasks of the caller (an admin: of everybody), beginning with those under way."""
    caller = await _signed_in(websocket)
    if caller is None:
        return
    sees_all = caller.role is Role.ADMIN
    with events.follow(lambda _task_id, owner_id: sees_all or owner_id == caller.id) as follower:
        stream = _Stream(websocket, resources.database, caller, one=None)
        await _run(stream, follower, ttl_s=resources.settings.jwt_access_ttl_s)


async def _signed_in(websocket: WebSocket) -> Principal | None:
    await websocket.accept()
    try:
        return await first_message_principal(websocket)
    except NotAuthenticated as exc:
        await _close(websocket, NOT_SIGNED_IN, exc.detail)
        return None


class _Stream:
    """Sends what has changed since it was last sent."""

    def __init__(
        self, websocket: WebSocket, database: Database, caller: Principal, *, one: UUID | None
    ) -> None:
        self._websocket = websocket
        self._database = database
        self._caller = caller
        self._one = one
        self._sent: dict[UUID, tuple[object, ...]] = {}  # tasks under way only

    async def show(self, changes: Changes) -> int | None:
        """Send snapshots; the code to close with, or None to go on."""
        tasks = await self._read(changes)
        for task in tasks:
            await self._send(task)
        if self._one is None:
            return None
        if not tasks:
            return UNKNOWN
        return NORMAL if TaskState(tasks[0].state).is_final else None

    async def _read(self, changes: Changes) -> Sequence[Task]:
        async with self._database.transaction() as session:
            tasks = TaskRepository(session)
            if self._one is not None:
                return await tasks.some({self._one}, self._caller)
            found: dict[UUID, Task] = {}
            wanted: Collection[UUID] = changes.ids
            if changes.look_at_all:
                active = await tasks.active(self._caller, ACTIVE_AT_START)
                found = {task.id: task for task in active}
                wanted = (changes.ids | self._sent.keys()) - found.keys()
            if wanted:
                found.update({t.id: t for t in await tasks.some(wanted, self._caller)})
            return [found[id] for id in sorted(found)]

    async def _send(self, task: Task) -> None:
        shown = (task.state, task.progress, task.message, task.attempts, task.cancel_requested)
        if self._sent.get(task.id) == shown:
            return
        event = TaskEvent(task=TaskView.model_validate(task))
        await self._websocket.send_text(event.model_dump_json())
        if TaskState(task.state).is_final:
            self._sent.pop(task.id, None)
        else:
            self._sent[task.id] = shown


async def _run(stream: _Stream, follower: Follower, *, ttl_s: float) -> None:
    follower.look_at_all()
    websocket = stream._websocket
    gone = asyncio.create_task(_until_gone(websocket))
    sending = asyncio.create_task(_send_changes(stream, follower))
    try:
        done, _ = await asyncio.wait(
            (gone, sending), timeout=ttl_s, return_when=asyncio.FIRST_COMPLETED
        )
        if sending in done:
            await _close(websocket, sending.result(), "")
        elif not done:
            await _close(websocket, NOT_SIGNED_IN, "The token's time is over; sign in again")
    except WebSocketDisconnect:
        return
    finally:
        for task in (gone, sending):
            task.cancel()
        await asyncio.gather(gone, sending, return_exceptions=True)


async def _send_changes(stream: _Stream, follower: Follower) -> int:
    while True:
        changes = await follower.changes()
        try:
            code = await stream.show(changes)
        except Unavailable:
            # The state is shown when the database is back; the socket stays.
            await asyncio.sleep(DATABASE_AWAY_S)
            follower.look_at_all()
        else:
            if code is not None:
                return code


async def _until_gone(websocket: WebSocket) -> None:
    """Nothing is expected after the first message; whatever comes is read, to hear of the end."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    try:
        await websocket.close(code, reason[:120])
    except (RuntimeError, WebSocketDisconnect):
        return  # the client was faster
