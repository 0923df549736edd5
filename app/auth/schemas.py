"""Bodies of the sign-in endpoints."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, EmailStr, Field

from app.core.identity import Role
from app.core.schemas import Body

__all__ = ["Credentials", "KeySet", "RefreshBody", "Registered", "Registration", "Tokens"]

MIN_PASSWORD = 10
MAX_PASSWORD = 256


class Registration(Body):
    email: EmailStr = Field(max_length=254, examples=["ada@example.com"])
    password: str = Field(
        min_length=MIN_PASSWORD, max_length=MAX_PASSWORD, examples=["correct horse battery"]
    )
    name: str = Field(default="", max_length=200, examples=["Ada Lovelace"])


class Registered(BaseModel):
    """A user, as it was registered."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(examples=["0198c1f2-6b1e-7c3a-9d41-0a8f5a3c7e10"])
    email: str = Field(examples=["ada@example.com"])
    name: str = Field(examples=["Ada Lovelace"])
    role: Role
    created_at: datetime


class Credentials(Body):
    email: str = Field(min_length=1, max_length=254, examples=["ada@example.com"])
    password: str = Field(min_length=1, max_length=MAX_PASSWORD, examples=["correct horse battery"])


class RefreshBody(Body):
    """Mobile clients send the token here; browsers send the cookie and no body."""

    refresh_token: str | None = Field(default=None, max_length=128)


class Tokens(BaseModel):
    access_token: str = Field(description="Send it as Authorization: Bearer <access_token>.")
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the name of a scheme
    expires_in: int = Field(description="Seconds until the access token ends.", examples=[900])
    refresh_token: str | None = Field(
        default=None, description="Only for X-Client: mobile; browsers get a cookie."
    )


class Key(BaseModel):
    kty: str = Field(examples=["OKP"])
    crv: str = Field(examples=["Ed25519"])
    x: str
    kid: str
    alg: str = Field(examples=["EdDSA"])
    use: str = Field(examples=["sig"])


class KeySet(BaseModel):
    """Public keys that access tokens are signed with (RFC 7517)."""

    keys: list[Key]
