"""What all groups of settings share."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

__all__ = ["Section", "Zone"]


class Section(BaseModel):
    """Frozen, camelCase keys, nothing unknown, no silent casts."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, alias_generator=to_camel, populate_by_name=True
    )


def _known(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"found {name!r}; allowed: an IANA name such as Europe/Berlin") from None
    return name


# The name of a time zone.
Zone = Annotated[str, AfterValidator(_known)]
