"""Bodies and texts of requests: what PostgreSQL cannot hold is refused here, with the field's name.

NUL characters, lone surrogates, numbers above 64 bits and numbers that are not finite would else
reach the database and come back as an error of the server.
"""

import math
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, field_validator

__all__ = ["Body", "Text", "storable"]

MAX_INTEGER = 2**63 - 1
MAX_DEPTH = 64


def storable(value: Any, *, depth: int = 0) -> Any:
    """The value itself, when all of it can be kept in the database.

    Raises:
        ValueError: says what cannot be kept.
    """
    if depth > MAX_DEPTH:
        raise ValueError(f"nesting of at most {MAX_DEPTH} levels")
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise ValueError("whole numbers of at most 64 bits")
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("finite numbers only")
    elif isinstance(value, dict):
        for key, item in value.items():
            storable(key, depth=depth + 1)
            storable(item, depth=depth + 1)
    elif isinstance(value, list):
        for item in value:
            storable(item, depth=depth + 1)
    return value


def _check_text(value: str) -> None:
    if "\0" in value:
        raise ValueError("text without NUL characters")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("text that is valid Unicode") from None


Text = Annotated[str, AfterValidator(storable)]


class Body(BaseModel):
    """Base of every request body: unknown fields are refused, and values can be kept."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _is_storable(cls, value: Any) -> Any:
        return storable(value)
