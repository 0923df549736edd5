"""Register, sign in, refresh, sign out; and the public keys of the access tokens."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Cookie, Depends, Header, Request, Response

from app import contract
from app.auth import service
from app.auth.errors import (
    EmailTaken,
    RefreshRefused,
    RefreshReused,
    TooManyAttempts,
    WrongCredentials,
)
from app.auth.limits import Limit, forgive, spend
from app.auth.schemas import Credentials, KeySet, RefreshBody, Registered, Registration, Tokens
from app.core.database import Session
from app.core.deps import AppResources
from app.core.errors import problems
from app.core.identity import Role, canonical_email
from app.telemetry import metrics

__all__ = ["router"]

PATH = contract.API_VERSION_PREFIX + "/auth"
COOKIE = "autoserve_refresh"
# By address and user: a guesser is slowed, and cannot lock the user out from elsewhere.
SIGN_IN = Limit(name="sign-in", attempts=10, window_s=60)
SIGN_IN_ADDRESS = Limit(name="sign-in-address", attempts=120, window_s=60)
REGISTER = Limit(name="register", attempts=60, window_s=60)

router = APIRouter(prefix=PATH, tags=["auth"])

Client = Annotated[
    Literal["web", "mobile"],
    Header(alias="X-Client", description="mobile: the refresh token travels in the body."),
]
RefreshCookie = Annotated[str | None, Cookie(alias=COOKIE, include_in_schema=False)]


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


Address = Annotated[str, Depends(_address)]


def _issuer(resources: AppResources) -> service.Issuer:
    return service.Issuer(
        access=resources.tokens, refresh_ttl_s=resources.settings.jwt_refresh_ttl_s
    )


Issuer = Annotated[service.Issuer, Depends(_issuer)]


@router.post("/register", status_code=201, responses=problems(EmailTaken, TooManyAttempts))
async def register(
    body: Registration, session: Session, resources: AppResources, address: Address
) -> Registered:
    """Create a user with the platform's default role."""
    await spend(resources.redis, REGISTER, address)
    user = await service.register(
        session,
        resources.passwords,
        email=body.email,
        password=body.password,
        name=body.name,
        role=Role(resources.settings.default_role),
    )
    metrics.REGISTRATIONS.inc()
    return Registered.model_validate(user)


@router.post("/sign-in", responses=problems(WrongCredentials, TooManyAttempts))
async def sign_in(
    *,
    body: Credentials,
    response: Response,
    session: Session,
    resources: AppResources,
    issuer: Issuer,
    address: Address,
    client: Client = "web",
) -> Tokens:
    """Exchange e-mail and password for tokens."""
    who = (canonical_email(body.email), address)
    await spend(resources.redis, SIGN_IN_ADDRESS, address)
    await spend(resources.redis, SIGN_IN, *who)
    grant = await service.sign_in(
        session,
        resources.passwords,
        issuer,
        email=body.email,
        password=body.password,
        now=datetime.now(UTC),
    )
    await forgive(resources.redis, SIGN_IN, *who)
    return _answer(grant, response, resources, client)


@router.post("/refresh", responses=problems(RefreshRefused, RefreshReused))
async def refresh(
    *,
    response: Response,
    session: Session,
    resources: AppResources,
    issuer: Issuer,
    cookie: RefreshCookie = None,
    body: RefreshBody | None = None,
    client: Client = "web",
) -> Tokens:
    """Exchange a refresh token, which is then used up, for new tokens."""
    token = _presented(client, body, cookie)
    grant = await service.refresh(session, issuer, token=token, now=datetime.now(UTC))
    return _answer(grant, response, resources, client)


@router.post("/sign-out", status_code=204)
async def sign_out(
    *,
    response: Response,
    session: Session,
    resources: AppResources,
    cookie: RefreshCookie = None,
    body: RefreshBody | None = None,
    client: Client = "web",
) -> None:
    """End this sign-in; other devices stay signed in."""
    token = _presented(client, body, cookie)
    await service.sign_out(session, token=token, now=datetime.now(UTC))
    secure = resources.settings.cookie_secure
    response.delete_cookie(COOKIE, path=PATH, secure=secure, httponly=True, samesite="strict")


@router.get("/keys")
async def keys(resources: AppResources, response: Response) -> KeySet:
    """The public keys that access tokens can be checked with."""
    response.headers["Cache-Control"] = "public, max-age=300"
    return KeySet.model_validate(resources.tokens.key_set())


def _presented(client: str, body: RefreshBody | None, cookie: str | None) -> str | None:
    if client == "mobile":
        return body.refresh_token if body else None
    return cookie


def _answer(
    grant: service.Grant, response: Response, resources: AppResources, client: str
) -> Tokens:
    tokens = Tokens(access_token=grant.access_token, expires_in=grant.expires_in_s)
    if client == "mobile":
        return tokens.model_copy(update={"refresh_token": grant.refresh_token})
    response.set_cookie(
        COOKIE,
        grant.refresh_token,
        max_age=resources.settings.jwt_refresh_ttl_s,
        path=PATH,
        secure=resources.settings.cookie_secure,
        httponly=True,
        samesite="strict",
    )
    return tokens
