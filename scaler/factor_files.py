"""CSV files with what moves a load from outside; errors name the file and the line.

A series: ``timestamp,value[,known_at]``, times increasing; a calendar: ``start,end,name[,weight]``
in any order. Times are ISO 8601 (UTC without a zone) or Unix seconds. The columns may stand in any
order below a header, and in this one without it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import numpy as np

from scaler.core.covariates import Event, Points
from scaler.evidence.trace import (
    TIMES_ALLOWED,
    TraceError,
    columns_in,
    is_number,
    is_time,
    lines_of,
    moment,
    time_ms,
)

__all__ = ["NamedEvent", "SeriesFile", "read_events", "read_series"]

SERIES_COLUMNS = ("timestamp", "value", "known_at")
EVENT_COLUMNS = ("start", "end", "name", "weight")
MISSING = frozenset({"", "nan", "null", "none", "na", "n/a"})
LONGEST_NAME = 100


@dataclass(frozen=True, kw_only=True, eq=False)
class SeriesFile:
    """Values at moments of their own; ``says_when_known`` where the file has that column."""

    points: Points
    says_when_known: bool


@dataclass(frozen=True, kw_only=True)
class NamedEvent:
    """An event of a calendar file."""

    name: str
    event: Event


@dataclass(frozen=True, kw_only=True)
class _Row:
    """Cells by column, at a line of a file."""

    path: Path
    line: int
    cells: Mapping[str, str]

    def time_ms(self, column: str) -> int:
        text = self.cells.get(column, "")
        try:
            return time_ms(text, are_numbers=is_number(text))
        except ValueError:
            raise self.wrong(column, repr(text) if text else "nothing", TIMES_ALLOWED) from None

    def number(self, column: str) -> float:
        text = self.cells[column]
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not isfinite(value) or "_" in text:
            raise self.wrong(column, repr(text), "a finite number")
        return value

    def wrong(self, column: str, found: str, allowed: str) -> TraceError:
        return TraceError(self.path, self.line, column, found, allowed)


def read_series(path: Path | str) -> SeriesFile:
    """The values of a series.

    Raises:
        TraceError: the file cannot be read or breaks a rule; the first line that does is named.
    """
    rows, has_known = _rows(Path(path), SERIES_COLUMNS, needed=2)
    times: list[int] = []
    known: list[int] = []
    values: list[float] = []
    for row in rows:
        at = row.time_ms("timestamp")
        if times and at <= times[-1]:
            found = moment(at).isoformat()
            found += " again" if at == times[-1] else f" after {moment(times[-1]).isoformat()}"
            raise row.wrong("timestamp", found, "times that increase, each once")
        since = row.time_ms("known_at") if row.cells.get("known_at") else at
        if since > at:
            found = moment(since).isoformat()
            raise row.wrong("known_at", found, f"at most the timestamp, {moment(at).isoformat()}")
        is_missing = row.cells["value"].lower() in MISSING
        times.append(at)
        known.append(since)
        values.append(float("nan") if is_missing else row.number("value"))
    return SeriesFile(
        points=Points(
            times_ms=np.array(times, dtype=np.int64),
            values=np.array(values),
            known_ms=np.array(known, dtype=np.int64),
        ),
        says_when_known=has_known,
    )


def read_events(path: Path | str) -> tuple[NamedEvent, ...]:
    """The events of a calendar.

    Raises:
        TraceError: the file cannot be read or breaks a rule; the first line that does is named.
    """
    found: list[NamedEvent] = []
    lines: dict[NamedEvent, int] = {}
    for row in _rows(Path(path), EVENT_COLUMNS, needed=3)[0]:
        begin, end, name = row.time_ms("start"), row.time_ms("end"), row.cells["name"]
        if end <= begin:
            found_end = moment(end).isoformat()
            raise row.wrong("end", found_end, f"after the start, {moment(begin).isoformat()}")
        if not 0 < len(name) <= LONGEST_NAME:
            said = f"{len(name)} characters" if name else "nothing"
            raise row.wrong("name", said, f"1 to {LONGEST_NAME} characters")
        size = row.number("weight") if row.cells.get("weight") else 1.0
        if size <= 0:
            raise row.wrong("weight", f"{size:g}", "more than 0")
        event = Event(begin_s=begin / 1000, end_s=end / 1000, size=size)
        named = NamedEvent(name=name, event=event)
        if named in lines:
            raise row.wrong("name", f"{name} as in line {lines[named]}", "each event once")
        lines[named] = row.line
        found.append(named)
    return tuple(found)


def _rows(path: Path, columns: Sequence[str], *, needed: int) -> tuple[list[_Row], bool]:
    """The rows below the header, if there is one, and whether they have the last column."""
    wanted = ",".join(columns[:needed]) + f"[,{columns[needed]}]"
    lines = lines_of(path, columns=wanted)
    if lines and not is_time(lines[0][1][0].strip()):
        names = _header(path, *lines.pop(0), columns=columns, needed=needed)
    else:
        names = tuple(columns)
    if not lines:
        raise TraceError(path, None, "file", "no rows", "at least one row")
    least = max(names.index(column) for column in columns[:needed]) + 1
    rows = []
    for line, cells in lines:
        if not least <= len(cells) <= len(names):
            allowed = f"{least}" if least == len(names) else f"{least} to {len(names)}"
            raise TraceError(path, line, "row", columns_in(cells), f"{allowed} columns")
        by_name = {
            name: cell.strip()
            for name, cell in zip(names, cells, strict=False)  # the last one may be left out
        }
        rows.append(_Row(path=path, line=line, cells=by_name))
    return rows, any(row.cells.get(columns[-1]) for row in rows)


def _header(
    path: Path, line: int, cells: Sequence[str], *, columns: Sequence[str], needed: int
) -> tuple[str, ...]:
    names = tuple(cell.strip().lower() for cell in cells)
    missing = [column for column in columns[:needed] if column not in names]
    if missing or len(set(names)) < len(names):
        found = ", ".join(names) or "nothing"
        allowed = f"the columns {', '.join(columns[:needed])}, and {columns[needed]} if need be"
        raise TraceError(path, line, "header", found, allowed)
    return names
