"""Clocks and public holidays of the places that a load comes from.

The holidays are those of the package ``holidays``, which is imported where a country is named: it
takes a third of a second, which a scaler without any need not pay for.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from scaler.core.covariates import Event
from scaler.core.errors import ScalerError

__all__ = ["UTC_ZONE", "CalendarError", "holidays_of", "must_be_country", "offsets_of", "zone_of"]

UTC_ZONE = "UTC"
DAY_S = 86_400
Offsets = tuple[tuple[float, float], ...]


class CalendarError(ScalerError):
    """No such place; ``found`` and ``allowed`` say more."""

    def __init__(self, found: str, allowed: str) -> None:
        super().__init__(f"found {found!r}, allowed: {allowed}")
        self.found, self.allowed = found, allowed


def zone_of(name: str) -> tzinfo:
    """A time zone by its IANA name.

    Raises:
        CalendarError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CalendarError(name, "an IANA name such as Europe/Berlin, or UTC") from None


def must_be_country(code: str) -> None:
    """See that holidays of a country are known: ISO 3166, with a subdivision as in DE-BY.

    Raises:
        CalendarError: they are not; names the codes that are.
    """
    country, _, part = code.partition("-")
    known = _countries()
    if country not in known:
        raise CalendarError(code, f"a country of {', '.join(sorted(known))}, or a part as in DE-BY")
    if part and part not in known[country]:
        parts = ", ".join(f"{country}-{each}" for each in known[country])
        raise CalendarError(code, f"{country}" + (f", or a part of {parts}" if parts else ""))


def holidays_of(code: str, *, zone: tzinfo, first_s: float, last_s: float) -> tuple[Event, ...]:
    """The public holidays of a country between two Unix times, from midnight to midnight.

    Args:
        code: as `must_be_country` wants it.
        zone: whose midnight is meant.
    """
    import holidays  # noqa: PLC0415 - see the module

    country, _, part = code.partition("-")
    low, high = _date(first_s, zone), _date(last_s, zone)
    years = range(low.year, high.year + 1)
    found = holidays.country_holidays(country, subdiv=part or None, years=years)
    return tuple(
        Event(begin_s=_midnight(day, zone), end_s=_midnight(day + timedelta(days=1), zone))
        for day in sorted(found)
        if low <= day <= high
    )


def offsets_of(zone: tzinfo, *, first_s: float, last_s: float) -> Offsets:
    """How far a clock is ahead of UTC between two Unix times: (from when on, seconds), by time.

    Two changes within a day that cancel each other are not seen; no zone has any.
    """
    found = [(first_s, _offset_s(zone, first_s))]
    for low, high in _days(first_s, last_s):
        offset_s = _offset_s(zone, high)
        if offset_s != found[-1][1]:
            found.append((_change(zone, low, high), offset_s))
    return tuple(found)


@cache
def _countries() -> Mapping[str, Sequence[str]]:
    """The parts of each country that is known."""
    import holidays  # noqa: PLC0415 - see the module

    return dict(holidays.list_supported_countries(include_aliases=False))


def _days(first_s: float, last_s: float) -> Iterator[tuple[float, float]]:
    low = first_s
    while low < last_s:
        high = min(low + DAY_S, last_s)
        yield low, high
        low = high


def _change(zone: tzinfo, low: float, high: float) -> float:
    """The second at which the offset of ``high`` begins; it is another one at ``low``."""
    after, before = int(high), int(low)
    wanted = _offset_s(zone, high)
    while after - before > 1:
        middle = (after + before) // 2
        if _offset_s(zone, middle) == wanted:
            after = middle
        else:
            before = middle
    return float(after)


def _offset_s(zone: tzinfo, at_s: float) -> float:
    offset = datetime.fromtimestamp(at_s, UTC).astimezone(zone).utcoffset()
    assert offset is not None  # noqa: S101 - an aware time has one
    return offset.total_seconds()


def _date(at_s: float, zone: tzinfo) -> date:
    return datetime.fromtimestamp(at_s, zone).date()


def _midnight(day: date, zone: tzinfo) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()
