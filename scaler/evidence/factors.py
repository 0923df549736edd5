"""What moves a recorded load from outside, as options of the commands about recorded loads."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from scaler.calendars import (
    UTC_ZONE,
    CalendarError,
    holidays_of,
    must_be_country,
    offsets_of,
    zone_of,
)
from scaler.core.covariates import NONE, Covariate, Covariates, events, held
from scaler.core.features import AHEAD
from scaler.core.series import Series
from scaler.evidence.report import Command
from scaler.evidence.trace import moment
from scaler.factor_files import read_events, read_series

__all__ = ["Given", "covariates_of", "files_of", "options"]

Given = dict[str, Any]


def options(command: Command) -> Command:
    """The options; a command gets them together, as ``factors``, and gives them to the next."""
    path = click.Path(path_type=Path)
    for option in reversed(
        [
            click.option(
                "--country", metavar="CODE", help="Its public holidays: DE, or of a part: DE-BY."
            ),
            click.option(
                "--timezone",
                default=UTC_ZONE,
                show_default=True,
                metavar="ZONE",
                help="Whose clock the load follows: an IANA name.",
            ),
            click.option(
                "--series",
                "series_files",
                multiple=True,
                type=path,
                metavar="FILE",
                help="A timestamp,value[,known_at] CSV file of what goes with the load: known from "
                "its time on, or from known_at. Repeatable.",
            ),
            click.option(
                "--planned",
                "planned_files",
                multiple=True,
                type=path,
                metavar="FILE",
                help="The same for what was known long ahead: a plan. Repeatable.",
            ),
            click.option(
                "--events",
                "event_files",
                multiple=True,
                type=path,
                metavar="FILE",
                help="A start,end,name[,weight] CSV file of what was announced. Repeatable.",
            ),
        ]
    ):
        command = option(command)
    return command


def files_of(outside: Given) -> dict[str, Sequence[Path]]:
    """The files that the options name, by option."""
    return {
        "--series": outside["series_files"],
        "--planned": outside["planned_files"],
        "--events": outside["event_files"],
    }


def covariates_of(
    series: Series,
    *,
    phase_ms: int,
    country: str | None,
    timezone: str,
    series_files: Sequence[Path],
    planned_files: Sequence[Path],
    event_files: Sequence[Path],
) -> Covariates:
    """What the options give for a load.

    Args:
        series: the load.
        phase_ms: how much later than its grid its steps were.

    Raises:
        click.ClickException: a name, a country or a zone that cannot be used.
        TraceError: a file that cannot be used.
    """
    _must_differ([*series_files, *planned_files], "--series")
    _must_differ(event_files, "--events")
    grid: Given = {
        "first": series.first,
        "count": len(series.values) + AHEAD,
        "step_ms": series.step_ms,
        "phase_ms": phase_ms,
    }
    first_s = series.time_s(series.first)
    last_s = series.time_s(series.last + AHEAD)
    end_s = series.time_s(series.last + 1)
    columns: list[Covariate] = []
    try:
        zone = zone_of(timezone)
    except CalendarError as error:
        raise click.ClickException(f"--timezone: {error}") from None
    if country:
        try:
            must_be_country(country)
        except CalendarError as error:
            raise click.ClickException(f"--country: {error}") from None
        days = holidays_of(country, zone=zone, first_s=first_s, last_s=last_s)
        columns.append(events(f"holiday in {country}", days, **grid))
    for paths, is_planned in ((series_files, False), (planned_files, True)):
        for path in paths:
            points = read_series(path).points
            _say_useless(path, "values", int(np.sum(points.times_ms / 1000 < end_s)), series)
            columns.append(held(f"series {path.stem}", points, is_planned=is_planned, **grid))
    for path in event_files:
        calendar = [named.event for named in read_events(path)]
        within = (one.begin_s < end_s and one.end_s > first_s for one in calendar)
        _say_useless(path, "events", sum(within), series)
        columns.append(events(f"events {path.stem}", calendar, **grid))
    if timezone == UTC_ZONE:
        return Covariates(columns=tuple(columns)) if columns else NONE
    offsets = offsets_of(zone, first_s=first_s, last_s=last_s)
    return Covariates(columns=tuple(columns), offsets=offsets, zone=timezone)


def _say_useless(path: Path, what: str, used: int, series: Series) -> None:
    """A file that tells nothing about the load is of another year, or of another load."""
    if not used:
        first, last = (
            moment(round(1000 * series.time_s(step))).isoformat()
            for step in (series.first, series.last)
        )
        click.echo(
            f"{path}: none of its {what} is within the load, {first} to {last}: not used", err=True
        )


def _must_differ(paths: Sequence[Path], option: str) -> None:
    twice = [stem for stem, count in Counter(path.stem for path in paths).items() if count > 1]
    if twice:
        raise click.ClickException(
            f"{option}: found two files named {twice[0]!r}, allowed: names that differ"
        )
