"""Whose clock and whose public holidays the load of a service follows.

The scaler reads the same values again when it starts; here they are checked before anything is
changed.
"""

from collections.abc import Mapping, Sequence
from functools import cache

from pydantic import Field, field_validator

from infra.section import Section, Zone

__all__ = ["CalendarSettings"]


class CalendarSettings(Section):
    """Where the people are that make a load."""

    timezone: Zone = Field("UTC", description="IANA name of the zone whose clock their days follow")
    country: str = Field("", description="whose public holidays they have: DE, or a part: DE-BY")

    @field_validator("country")
    @classmethod
    def is_a_country(cls, code: str) -> str:
        country, _, part = code.partition("-")
        if not code:
            return code
        known = _countries()
        if country not in known:
            allowed = f"one of {', '.join(sorted(known))}, or a part of it as in DE-BY"
            raise ValueError(f"found {code!r}; allowed: {allowed}")
        if part and part not in known[country]:
            parts = ", ".join(f"{country}-{each}" for each in known[country])
            raise ValueError(
                f"found {code!r}; allowed: {', '.join(filter(None, (country, parts)))}"
            )
        return code


@cache
def _countries() -> Mapping[str, Sequence[str]]:
    """The parts of each country whose holidays are known."""
    import holidays  # noqa: PLC0415 - a third of a second, which few stacks need

    return dict(holidays.list_supported_countries(include_aliases=False))
