"""Every setting of the run-time side, read once from the environment and never changed afterwards.

A wrong value stops the start: :func:`load` raises :class:`SettingsError`, which names the variable,
what was found and what is allowed, and never shows the value of a secret. Three sizes of the same
thing exist, so that a migration needs no signing key: :class:`DatabaseSettings`,
:class:`ServiceSettings` (worker and relay) and :class:`Settings` (API).
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app import contract

__all__ = ["DatabaseSettings", "ServiceSettings", "Settings", "SettingsError", "load"]

Port = Annotated[int, Field(ge=1, le=65535)]

T = TypeVar("T", bound="DatabaseSettings")


class SettingsError(Exception):
    """One or more settings are missing or wrong; ``problems`` has a sentence for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def _postgresql_url(value: SecretStr) -> SecretStr:
    try:
        url = make_url(value.get_secret_value())
    except ArgumentError:
        raise ValueError("postgresql://user:password@host:port/name") from None
    if url.drivername != "postgresql" or not url.host or not url.database:
        raise ValueError("postgresql://user:password@host:port/name")
    return value


def _redis_url(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().startswith(("redis://", "rediss://")):
        raise ValueError("redis://:password@host:port/number or rediss://...")
    return value


def _ed25519_key(value: SecretStr) -> SecretStr:
    try:
        key = load_pem_private_key(value.get_secret_value().encode(), password=None)
    except (ValueError, TypeError):
        raise ValueError("an Ed25519 private key, PKCS 8, PEM, without a password") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("an Ed25519 private key, PKCS 8, PEM, without a password")
    return value


class DatabaseSettings(BaseModel):
    """What a command needs that only speaks to the database."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    database_url: Annotated[SecretStr, AfterValidator(_postgresql_url)] = Field(
        validation_alias=contract.DATABASE_URL,
        description="Where PostgreSQL answers: postgresql://user:password@host:port/name.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        validation_alias=contract.LOG_LEVEL,
        description="The least important log line that is written.",
    )
    credentials_file: Path | None = Field(
        default=None,
        validation_alias=contract.CREDENTIALS_FILE,
        description="Where the first user's e-mail and password are left, mode 600; absolute path.",
    )
    first_user_password: SecretStr | None = Field(
        default=None,
        validation_alias=contract.FIRST_USER_PASSWORD,
        min_length=12,
        description="The first user's password, where it is given.",
    )


class ServiceSettings(DatabaseSettings):
    """What every long-running Python service needs."""

    host: str = Field(
        default="127.0.0.1",
        validation_alias=contract.HTTP_HOST,
        description="Address that the service and its management server listen on.",
    )
    metrics_port: Port = Field(
        default=9600,
        validation_alias=contract.METRICS_PORT,
        description="Port of /metrics, /livez, /readyz and /startupz; 1 to 65535.",
    )
    database_pool_size: int = Field(
        default=5,
        ge=1,
        le=100,
        validation_alias=contract.DATABASE_POOL_SIZE,
        description="Connections to PostgreSQL that one process may hold; 1 to 100.",
    )
    redis_url: Annotated[SecretStr, AfterValidator(_redis_url)] = Field(
        validation_alias=contract.REDIS_URL,
        description="Where Redis answers: redis://:password@host:port/number.",
    )
    data_dir: Path = Field(
        default=Path("data"),
        validation_alias=contract.DATA_DIR,
        description="Folder of the datasets and models.",
    )
    refresh_s: float = Field(
        default=5.0,
        gt=0,
        le=300,
        validation_alias=contract.REFRESH_S,
        description="Seconds between two readings of the queue figures; above 0, at most 300.",
    )
    drain_s: float = Field(
        default=20.0,
        ge=0,
        le=600,
        validation_alias=contract.DRAIN_S,
        description="Seconds that an ending replica may use for requests under way; 0 to 600.",
    )
    otlp_endpoint: AnyHttpUrl | None = Field(
        default=None,
        validation_alias=contract.OTLP_ENDPOINT,
        description="Base URL of an OpenTelemetry collector (OTLP over HTTP); unset: no traces.",
    )


class Settings(ServiceSettings):
    """What the API needs."""

    http_port: Port = Field(
        default=8000,
        validation_alias=contract.HTTP_PORT,
        description="Port of the API; 1 to 65535.",
    )
    jwt_private_key: Annotated[SecretStr, AfterValidator(_ed25519_key)] = Field(
        validation_alias=contract.JWT_PRIVATE_KEY,
        description="Ed25519 private key that signs access tokens; PKCS 8, PEM.",
    )
    jwt_access_ttl_s: int = Field(
        default=900,
        ge=10,
        le=86_400,
        validation_alias=contract.JWT_ACCESS_TTL_S,
        description="Seconds that an access token is good for; 10 to 86400.",
    )
    jwt_refresh_ttl_s: int = Field(
        default=14 * 86_400,
        ge=60,
        le=365 * 86_400,
        validation_alias=contract.JWT_REFRESH_TTL_S,
        description="Seconds that an unused refresh token is good for; 60 to 31536000.",
    )
    cors_origins: tuple[str, ...] = Field(
        default=(),
        validation_alias=contract.CORS_ORIGINS,
        description="Origins of other web applications that may call the API; JSON list.",
    )
    cookie_secure: bool = Field(
        default=False,
        validation_alias=contract.COOKIE_SECURE,
        description="Whether the refresh cookie travels over TLS only; true or false.",
    )
    default_role: Literal["viewer", "operator", "admin"] = Field(
        default="viewer",
        validation_alias=contract.DEFAULT_ROLE,
        description="Role of a user who registers.",
    )
    max_concurrent_requests: int = Field(
        default=32,
        ge=1,
        le=10_000,
        validation_alias=contract.MAX_CONCURRENT_REQUESTS,
        description="Requests that one replica works on at the same time; 1 to 10000.",
    )
    max_upload_bytes: int = Field(
        default=2 * 1024**3,
        ge=1,
        le=2**40,
        validation_alias=contract.MAX_UPLOAD_BYTES,
        description="Largest dataset that is taken, bytes; 1 to 1 TiB.",
    )
    prometheus_url: AnyHttpUrl | None = Field(
        default=None,
        validation_alias=contract.PROMETHEUS_URL,
        description="Where Prometheus answers; unset: the overview has no series.",
    )
    scaler_url: AnyHttpUrl | None = Field(
        default=None,
        validation_alias=contract.SCALER_URL,
        description="Where the scaler answers; unset: scaling is answered with 503.",
    )
    scaler_token: SecretStr | None = Field(
        default=None,
        validation_alias=contract.SCALER_TOKEN,
        description="Shown to the scaler when the history of a workload is changed.",
    )


def load(kind: type[T], environ: Mapping[str, str] | None = None) -> T:
    """Read the settings of one kind from the environment.

    Raises:
        SettingsError: a variable is missing or its value is not allowed.
    """
    found = os.environ if environ is None else environ
    known = {alias: found[alias] for alias in _aliases(kind) if found.get(alias)}
    try:
        return kind(**_decoded(known))
    except ValidationError as exc:
        problems = [_problem(kind, dict(error), found) for error in exc.errors()]
        raise SettingsError(problems) from None


def _aliases(kind: type[DatabaseSettings]) -> list[str]:
    return [str(field.validation_alias) for field in kind.model_fields.values()]


def _decoded(known: dict[str, str]) -> dict[str, Any]:
    if contract.CORS_ORIGINS not in known:
        return dict(known)
    return {**known, contract.CORS_ORIGINS: _json_list(known[contract.CORS_ORIGINS])}


def _json_list(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _problem(kind: type[DatabaseSettings], error: dict[str, Any], found: Mapping[str, str]) -> str:
    variable = str(error["loc"][0]) if error["loc"] else "settings"
    by_alias = {str(f.validation_alias): f for f in kind.model_fields.values()}
    field = by_alias.get(variable)
    allowed = field.description if field is not None else str(error["msg"])
    if variable not in found or not found[variable]:
        return f"{variable} is not set; allowed: {allowed}"
    shown = (
        f"a value of {len(found[variable])} characters"
        if variable in contract.SECRET_VARIABLES
        else repr(found[variable])
    )
    return f"{variable} is {shown}; allowed: {allowed} ({error['msg']})"
