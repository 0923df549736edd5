"""Local clocks and holidays, on the days when clocks are changed too."""

from datetime import UTC, datetime

import numpy as np
import pytest

from scaler.calendars import CalendarError, holidays_of, must_be_country, offsets_of, zone_of
from scaler.core.covariates import Covariates
from scaler.core.series import Series

BERLIN = "Europe/Berlin"
HOUR_MS = 3_600_000


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def test_a_clock_is_changed_at_the_hour_that_the_zone_says() -> None:
    found = offsets_of(zone_of(BERLIN), first_s=at("2026-03-01"), last_s=at("2026-11-30"))
    assert found == (
        (at("2026-03-01"), 3_600),
        (at("2026-03-29T01:00"), 7_200),
        (at("2026-10-25T01:00"), 3_600),
    )
    assert offsets_of(zone_of("UTC"), first_s=0, last_s=1e9) == ((0, 0),)


def test_a_change_of_half_an_hour_is_found() -> None:
    zone = zone_of("Australia/Lord_Howe")
    found = offsets_of(zone, first_s=at("2026-04-01"), last_s=at("2026-04-30"))
    assert found == ((at("2026-04-01"), 39_600), (at("2026-04-04T15:00"), 37_800))


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        pytest.param("2026-03-29", 23, id="clocks-go-forward"),
        pytest.param("2026-03-30", 24, id="any"),
        pytest.param("2026-10-25", 25, id="clocks-go-back"),
    ],
)
def test_a_local_day_has_the_hours_that_its_clock_shows(day: str, hours: int) -> None:
    midnight = at(day) - 7_200
    first = int(midnight // 3_600) - 48
    offsets = offsets_of(zone_of(BERLIN), first_s=3_600.0 * first, last_s=3_600.0 * (first + 120))
    series = Series(step_ms=HOUR_MS, first=first, values=np.zeros(120))
    clock = Covariates(offsets=offsets, zone=BERLIN).clock(series)
    local_day = int(at(day) // 86_400)
    assert int((clock // 24 == local_day).sum()) == hours


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        pytest.param("2024-12-25", 24, id="christmas"),
        pytest.param("2024-03-31", 23, id="an-easter-on-which-clocks-go-forward"),
    ],
)
def test_a_holiday_lasts_from_midnight_to_midnight_of_its_clock(day: str, hours: int) -> None:
    zone = zone_of(BERLIN)
    begin = datetime.fromisoformat(day).replace(tzinfo=zone).timestamp()
    (found,) = holidays_of("DE-BB", zone=zone, first_s=begin, last_s=begin + 60)
    assert (found.begin_s, found.end_s) == (begin, begin + hours * 3_600)


def test_a_part_of_a_country_has_holidays_of_its_own() -> None:
    zone = zone_of(BERLIN)
    bounds = {"first_s": at("2026-01-01"), "last_s": at("2026-12-31")}
    whole, part = (holidays_of(code, zone=zone, **bounds) for code in ("DE", "DE-BY"))
    assert set(whole) < set(part)


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        pytest.param("XX", "AD, AE,", id="no-country"),
        pytest.param("de", "AD, AE,", id="lower-case"),
        pytest.param("DE-ZZ", "DE-BY", id="no-part"),
        pytest.param("", "AD, AE,", id="nothing"),
    ],
)
def test_an_unknown_country_is_refused_with_those_that_are_known(code: str, allowed: str) -> None:
    with pytest.raises(CalendarError) as caught:
        must_be_country(code)
    assert caught.value.found == code
    assert allowed in caught.value.allowed


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Europe"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(CalendarError, match="Europe/Berlin"):
        zone_of(name)
