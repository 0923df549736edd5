"""``autoserve scaler series`` and ``events``: registers what moves loads from outside.

A file is read and checked as a whole before anything is sent.
"""

import json
from collections.abc import Callable
from math import isnan
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import click

from scaler import contract
from scaler.core.errors import ScalerError
from scaler.remote import IN_ENVIRONMENT, Remote, actor
from scaler.terminal import figure, print_table, time_of

__all__ = ["events_group", "series_group"]

Command = TypeVar("Command", bound=Callable[..., Any])
SERIES, EVENTS = "series", "events"


@click.group(name="series")
def series_group() -> None:
    """Series that go with loads: what was measured, what is planned, a forecast of the weather."""


@click.group(name="events")
def events_group() -> None:
    """Calendars of what moves loads: campaigns, matches, sales."""


GROUPS = {
    SERIES: (series_group, contract.SERIES_PATH),
    EVENTS: (events_group, contract.EVENTS_PATH),
}
for_option = click.option(
    "--for",
    "workloads",
    multiple=True,
    metavar="TARGET",
    help="The target that it is for; repeatable. Default: all.",
)


def factor_command(kind: str, name: str) -> Callable[[Command], Command]:
    """A command of one of the two groups: with ``--json``, in the scaler's environment."""

    def decorate(command: Command) -> Command:
        as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
        GROUPS[kind][0].command(name=name, context_settings=IN_ENVIRONMENT)(as_json(command))
        return command

    return decorate


@factor_command(SERIES, "list")
def list_series(*, as_json: bool) -> None:
    """What is registered, for which targets, and up to when."""
    _list_factors(SERIES, as_json=as_json)


@factor_command(EVENTS, "list")
def list_events(*, as_json: bool) -> None:
    """What is registered, for which targets, and up to when."""
    _list_factors(EVENTS, as_json=as_json)


@factor_command(SERIES, "show")
@click.argument("name")
def show_series(*, name: str, as_json: bool) -> None:
    """The values of the series NAME."""
    found = Remote.found().get(_factor(SERIES, name))
    if as_json:
        return _emit(found)
    rows = [
        (time_of(row["at"]), figure(row["value"]), time_of(row["known_at"] or row["at"]))
        for row in found["entries"]
    ]
    print_table(("time", "value", "known since"), rows)
    return None


@factor_command(EVENTS, "show")
@click.argument("name")
def show_events(*, name: str, as_json: bool) -> None:
    """The events of the calendar NAME."""
    found = Remote.found().get(_factor(EVENTS, name))
    if as_json:
        return _emit(found)
    rows = [
        (time_of(row["start"]), time_of(row["end"]), figure(row["weight"]), row["name"])
        for row in found["entries"]
    ]
    print_table(("start", "end", "weight", "name"), rows, left=(0, 1, 3))
    return None


@factor_command(SERIES, "put")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@for_option
@click.option("--planned", is_flag=True, help="All of it was known long ahead: a plan.")
def put_series(
    *, name: str, file: Path, workloads: tuple[str, ...], planned: bool, as_json: bool
) -> None:
    """Register the series NAME, or replace it, by FILE: timestamp,value[,known_at] in CSV.

    A value holds until the next one. One of the past was known from its time on, one of the future
    is known from now on, unless known_at says otherwise.
    """
    body = {"values": _values(file), "workloads": workloads, "planned": planned, "actor": actor()}
    _put_factor(SERIES, name, body, as_json=as_json)


@factor_command(EVENTS, "put")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@for_option
def put_events(*, name: str, file: Path, workloads: tuple[str, ...], as_json: bool) -> None:
    """Register the calendar NAME, or replace it, by FILE: start,end,name[,weight] in CSV."""
    body = {"events": _calendar(file), "workloads": workloads, "actor": actor()}
    _put_factor(EVENTS, name, body, as_json=as_json)


@factor_command(SERIES, "remove")
@click.argument("name")
def remove_series(*, name: str, as_json: bool) -> None:
    """Remove the series NAME; until the next fit the forecasters go on with it missing."""
    _remove_factor(SERIES, name, as_json=as_json)


@factor_command(EVENTS, "remove")
@click.argument("name")
def remove_events(*, name: str, as_json: bool) -> None:
    """Remove the calendar NAME."""
    _remove_factor(EVENTS, name, as_json=as_json)


def _factor(kind: str, name: str) -> str:
    return f"{GROUPS[kind][1]}/{quote(name, safe='')}"


def _list_factors(kind: str, *, as_json: bool) -> None:
    found = Remote.found().get(GROUPS[kind][1])
    if as_json:
        return _emit(found)
    rows = [
        (
            one["name"],
            ", ".join(one["workloads"]) or "all",
            str(one["count"]),
            f"{time_of(one['first'])} to {time_of(one['last'])}",
            "planned" if kind == SERIES and one["is_planned"] else "",
            f"{time_of(one['registered_at'])} by {one['registered_by']}",
        )
        for one in found
    ]
    header = ("name", "targets", "entries", "from", "", "registered")
    print_table(header, rows, left=(0, 1, 3, 4, 5))
    return None


def _put_factor(kind: str, name: str, body: dict[str, Any], *, as_json: bool) -> None:
    found = Remote.found().change("PUT", _factor(kind, name), json=body)
    if as_json:
        return _emit(found)
    targets_ = ", ".join(found["workloads"]) or "all targets"
    click.echo(
        f"{kind} {name}: {found['count']} entries from {time_of(found['first'])} to "
        f"{time_of(found['last'])} for {targets_}; forecasters learn with it from the next fit on"
    )
    return None


def _remove_factor(kind: str, name: str, *, as_json: bool) -> None:
    Remote.found().change("DELETE", _factor(kind, name), params={"actor": actor()})
    if as_json:
        return _emit({"kind": kind, "name": name, "removed": True})
    click.echo(f"{kind} {name} is removed")
    return None


def _values(file: Path) -> list[dict[str, Any]]:
    """A series as the API takes it; a wrong file ends the command before anything is sent."""
    from scaler.factor_files import read_series  # noqa: PLC0415 - numpy, for these commands alone

    try:
        found = read_series(file)
    except ScalerError as error:
        raise click.ClickException(str(error)) from error
    points = found.points
    rows = []
    for at, value, known in zip(
        points.times_ms.tolist(), points.values.tolist(), points.known_ms.tolist(), strict=True
    ):
        row: dict[str, Any] = {"at": at / 1000, "value": None if isnan(value) else value}
        rows.append(row | ({"known_at": known / 1000} if found.says_when_known else {}))
    return rows


def _calendar(file: Path) -> list[dict[str, Any]]:
    """The same for a calendar."""
    from scaler.factor_files import read_events  # noqa: PLC0415 - numpy, for these commands alone

    try:
        found = read_events(file)
    except ScalerError as error:
        raise click.ClickException(str(error)) from error
    return [
        {
            "name": one.name,
            "start": one.event.begin_s,
            "end": one.event.end_s,
            "weight": one.event.size,
        }
        for one in found
    ]


def _emit(value: Any) -> None:
    click.echo(json.dumps(value, indent=2))
