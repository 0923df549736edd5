"""What an endpoint may ask for: the resources of the process, and a caller whose role is enough.

A WebSocket has no header a browser can set, so its first message carries the token:
:func:`first_message_principal`.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import httpx
from fastapi import Depends, WebSocket
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocketDisconnect

from app.core.cache import Redis
from app.core.database import Database
from app.core.errors import NotAllowed, NotAuthenticated
from app.core.identity import Principal, Role
from app.core.passwords import Passwords
from app.core.settings import Settings
from app.core.tokens import AccessTokens

__all__ = [
    "Admin",
    "AppResources",
    "Operator",
    "RequireRole",
    "Resources",
    "Viewer",
    "first_message_principal",
]

FIRST_MESSAGE_S = 5.0
FIRST_MESSAGE_BYTES = 16_384

_bearer = HTTPBearer(
    auto_error=False, bearerFormat="JWT", description="The access_token of a sign-in."
)


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What one process of the API holds open; made at its start, at ``app.state.resources``."""

    settings: Settings
    database: Database
    redis: Redis
    tokens: AccessTokens
    passwords: Passwords
    prometheus: httpx.AsyncClient | None  # None: not configured
    scaler: httpx.AsyncClient | None


def _resources(connection: HTTPConnection) -> Resources:
    resources: Resources = connection.app.state.resources
    return resources


AppResources = Annotated[Resources, Depends(_resources)]


def _principal(
    resources: AppResources,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Principal:
    if credentials is None:
        raise NotAuthenticated("The header Authorization: Bearer <access_token> is missing")
    return resources.tokens.verify(credentials.credentials)


def RequireRole(needed: Role) -> Callable[[Principal], Principal]:  # noqa: N802 - reads as a type
    """A dependency that lets callers pass whose role is ``needed`` or above."""

    def check(principal: Annotated[Principal, Depends(_principal)]) -> Principal:
        if not principal.role.covers(needed):
            raise NotAllowed(f"Your role is {principal.role}; needed: {needed}")
        return principal

    return check


Viewer = Annotated[Principal, Depends(RequireRole(Role.VIEWER))]
Operator = Annotated[Principal, Depends(RequireRole(Role.OPERATOR))]
Admin = Annotated[Principal, Depends(RequireRole(Role.ADMIN))]


async def first_message_principal(websocket: WebSocket) -> Principal:
    """The caller of an accepted WebSocket, from its first message ``{"access_token": "..."}``.

    Raises:
        NotAuthenticated: no such message within FIRST_MESSAGE_S, or the token is not good; close
        with 4401.
    """
    try:
        async with asyncio.timeout(FIRST_MESSAGE_S):
            message = await websocket.receive_text()
        token = _token_of(message)
    except (TimeoutError, KeyError, WebSocketDisconnect) as exc:
        raise NotAuthenticated(
            f'No message {{"access_token": "..."}} came within {FIRST_MESSAGE_S:g} s'
        ) from exc
    return _resources(websocket).tokens.verify(token)


def _token_of(message: str) -> str:
    if len(message) > FIRST_MESSAGE_BYTES:
        raise KeyError("access_token")
    try:
        body = json.loads(message)
    except ValueError as exc:
        raise KeyError("access_token") from exc
    if not isinstance(body, dict) or not isinstance(body.get("access_token"), str):
        raise KeyError("access_token")
    return str(body["access_token"])
