"""A recorded load from a ``timestamp,value`` CSV file, with errors that name the file and the line.

Times are ISO 8601 (``2021-08-11T00:00:00Z``, ``2021-08-11 00:00:00+02:00``; without a zone they are
UTC) or Unix seconds. The step is the most common difference of two rows. A row that is absent, or
whose value is empty or NaN, is a gap; it is never filled in.

TraceError  a file that is no trace, or a time outside of it
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scaler.core.errors import ScalerError
from scaler.core.series import MAX_LOAD, Ints, Series, step_at

__all__ = [
    "TIMES_ALLOWED",
    "Gap",
    "Trace",
    "TraceError",
    "columns_in",
    "is_number",
    "is_time",
    "lines_of",
    "moment",
    "read_trace",
    "time_ms",
]

TIME_COLUMN, VALUE_COLUMN = "timestamp", "value"
MIN_ROWS = 10
# A few gaps in a file of a minute's step must not ask for the memory of centuries.
MAX_STEPS = 10_000_000
# So many equal differences in a row are a second step; gaps that chance makes are not that regular.
MIXED_RUN = 10
MAX_TIME_S = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
MISSING = frozenset({"", "nan", "null", "none", "na", "n/a"})
TIMES_ALLOWED = "an ISO 8601 time or Unix seconds"


class TraceError(ScalerError):
    """A file breaks a rule of traces.

    Attributes:
        path: the file.
        line: where, counted from 1; ``None`` where the whole file is meant.
        field: the column or the setting.
    """

    def __init__(
        self, path: Path | str, line: int | None, field: str, found: str, allowed: str
    ) -> None:
        where = f"{path}:{line}" if line else f"{path}"
        super().__init__(f"{where}: {field}: found {found}, allowed {allowed}")
        self.path, self.line, self.field = path, line, field


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Rows that are absent before a line."""

    line: int
    steps: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Trace:
    """A recorded load.

    Attributes:
        path: where it was read from.
        series: the load in the trace's own step, NaN where nothing is known.
        phase_ms: how much later than the series' grid the rows are, in [0, step).
        rows: rows of the file.
        half: the step of the row in the middle of the file.
        gaps: absent rows, in the order of the file.
        empty: lines of rows without a value.
    """

    path: Path
    series: Series
    phase_ms: int
    rows: int
    half: int
    gaps: tuple[Gap, ...]
    empty: tuple[int, ...]

    @property
    def step_s(self) -> float:
        return self.series.step_s

    @property
    def start(self) -> datetime:
        return self.time(self.series.first)

    @property
    def end(self) -> datetime:
        """The time of the last row."""
        return self.time(self.series.last)

    def time(self, step: int) -> datetime:
        """When a step was recorded."""
        return moment(step * self.series.step_ms + self.phase_ms)

    def scored_from(self, until: str | None) -> int:
        """The first step of the scored part; what lies before is the training part.

        Args:
            until: a time as in the file; without it, half of the rows are trained on.

        Raises:
            TraceError: no time, or one that leaves nothing to train on or to score.
        """
        if until is None:
            return self.half
        allowed = f"a time after {self.start.isoformat()} and not after {self.end.isoformat()}"
        try:
            at_ms = time_ms(until.strip(), are_numbers=is_number(until))
        except ValueError:
            raise TraceError(self.path, None, "--train-until", repr(until), allowed) from None
        first_ms = self.series.first * self.series.step_ms + self.phase_ms
        step = self.series.first - (first_ms - at_ms) // self.series.step_ms
        if not self.series.first < step <= self.series.last:
            raise TraceError(self.path, None, "--train-until", until, allowed)
        return step


def read_trace(path: Path | str, *, column: str | None = None) -> Trace:
    """A trace from a CSV file.

    Args:
        path: of a file with a header that has ``timestamp`` (else the first column is the time) and
            ``value`` (else the only other column), or without a header: time and value.
        column: name of the value's column instead of ``value``.

    Raises:
        TraceError: the file cannot be read, or breaks a rule; the first line that does is named.
    """
    path = Path(path)
    lines = lines_of(path, columns=f"{TIME_COLUMN},{VALUE_COLUMN}")
    if not lines:
        raise TraceError(path, None, "file", "no rows", f"at least {MIN_ROWS} rows")
    (time_at, value_at), has_header = _columns(path, *lines[0], column=column)
    columns = len(lines[0][1])
    lines = lines[1:] if has_header else lines
    numbers = np.array([line for line, _ in lines])
    times, values = _cells(path, lines, time_at=time_at, value_at=value_at, columns=columns)
    _must_increase(path, numbers, times)
    # Last of all: whoever mends a line of a short file should not have to come back for it.
    if len(lines) < MIN_ROWS:
        raise TraceError(path, None, "file", f"{len(lines)} rows", f"at least {MIN_ROWS} rows")
    if np.isnan(values).all():
        raise TraceError(path, None, "value", f"none in {len(lines)} rows", "at least one number")
    step_ms = _step(path, numbers, times)
    return _trace(path, numbers, times, values, step_ms=step_ms)


def lines_of(path: Path, *, columns: str) -> list[tuple[int, list[str]]]:
    """The rows of a CSV file that are not empty, each with its line.

    Args:
        columns: that it should have, for errors.

    Raises:
        TraceError: the file cannot be read, or holds no comma-separated values.
    """
    rows = csv.reader(StringIO(_text(path, columns), newline=""), strict=True)
    found, line = list[tuple[int, list[str]]](), 1
    try:
        for row in rows:
            if any(cell.strip() for cell in row):
                found.append((line, row))
            line = rows.line_num + 1
    except csv.Error as exc:
        # Where the row begins: a quote that nothing closes is found out at the end of the file.
        raise TraceError(path, line, "row", f"{exc}", "comma-separated values") from exc
    return found


def _text(path: Path, columns: str) -> str:
    allowed = f"a CSV file with the columns {columns}"
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise TraceError(path, None, "file", "no such file", allowed) from None
    except IsADirectoryError:
        raise TraceError(path, None, "file", "a folder", allowed) from None
    except OSError as exc:
        raise TraceError(path, None, "file", exc.strerror or str(exc), allowed) from exc
    except UnicodeDecodeError as exc:
        line = exc.object.count(b"\n", 0, exc.start) + 1
        raise TraceError(path, line, "file", "no UTF-8 text", allowed) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise TraceError(path, line, "file", "a zero byte", allowed)
    return text


def _columns(
    path: Path, line: int, first: Sequence[str], *, column: str | None
) -> tuple[tuple[int, int], bool]:
    """Places of time and value in a row, and whether the first row is a header."""
    names = [name.strip() for name in first]
    if len(names) < 2:
        raise TraceError(path, line, "row", columns_in(names), "at least two columns")
    if is_time(names[0]):
        if column is not None:
            raise TraceError(path, line, "--column", "no header", f"a header that has {column!r}")
        if len(names) > 2:
            allowed = "two columns, or a header that names them"
            raise TraceError(path, line, "row", columns_in(names), allowed)
        return (0, 1), False
    lower = [name.lower() for name in names]
    twice = [name for place, name in enumerate(names) if name and names.index(name) < place]
    if twice:
        raise TraceError(path, line, "header", f"{twice[0]!r} twice", "each column once")
    time_at = lower.index(TIME_COLUMN) if TIME_COLUMN in lower else 0
    others = [name for place, name in enumerate(names) if place != time_at]
    if column is not None:
        if column not in others:
            raise TraceError(path, line, "--column", repr(column), f"one of {', '.join(others)}")
        return (time_at, names.index(column)), True
    if VALUE_COLUMN in lower:
        return (time_at, lower.index(VALUE_COLUMN)), True
    if len(others) == 1:
        return (time_at, names.index(others[0])), True
    allowed = f"a column {VALUE_COLUMN!r}, or one of them named by --column"
    raise TraceError(path, line, "header", ", ".join(names), allowed)


def _cells(
    path: Path,
    lines: Sequence[tuple[int, Sequence[str]]],
    *,
    time_at: int,
    value_at: int,
    columns: int,
) -> tuple[Ints, NDArray[np.float64]]:
    times, values = np.empty(len(lines), dtype=np.int64), np.empty(len(lines))
    first = lines[0][1] if lines else ()
    are_numbers = len(first) > time_at and is_number(first[time_at])
    for place, (line, row) in enumerate(lines):
        if len(row) != columns:
            # A comma in a number is one column more, and half a number taken for all of it.
            allowed = f"{columns} columns, as in the first row"
            raise TraceError(path, line, "row", columns_in(row), allowed)
        time, value = row[time_at].strip(), row[value_at].strip()
        try:
            times[place] = time_ms(time, are_numbers=are_numbers)
        except ValueError:
            found = repr(time) if time else "nothing"
            allowed = "Unix seconds" if are_numbers else TIMES_ALLOWED
            raise TraceError(path, line, TIME_COLUMN, found, allowed) from None
        try:
            values[place] = _value(value)
        except ValueError:
            allowed = f"a number from 0 to {MAX_LOAD:g}, or nothing"
            raise TraceError(path, line, VALUE_COLUMN, repr(value), allowed) from None
    return times, values


def _must_increase(path: Path, numbers: Ints, times: Ints) -> None:
    wrong = np.flatnonzero(np.diff(times) <= 0)
    if len(wrong):
        at = int(wrong[0]) + 1
        before = moment(int(times[at - 1])).isoformat()
        found = moment(int(times[at])).isoformat()
        found += " again" if times[at] == times[at - 1] else f" after {before}"
        raise TraceError(
            path, int(numbers[at]), TIME_COLUMN, found, "times that increase, each once"
        )


def _step(path: Path, numbers: Ints, times: Ints) -> int:
    """The step in milliseconds; times increase by whole multiples of it."""
    differences = np.diff(times)
    lengths, counts = np.unique(differences, return_counts=True)
    step_ms = int(lengths[np.argmax(counts)])
    allowed = f"whole multiples of the step, {step_ms / 1000:g} s"
    off = np.flatnonzero(differences % step_ms)
    if len(off):
        found = f"{differences[off[0]] / 1000:g} s after the row before"
        raise TraceError(path, int(numbers[off[0] + 1]), TIME_COLUMN, found, allowed)
    mixed = _mixed(differences, step_ms)
    if mixed is not None:
        found = f"a second step, {differences[mixed] / 1000:g} s"
        allowed = f"one step, here {step_ms / 1000:g} s"
        raise TraceError(path, int(numbers[mixed + 1]), TIME_COLUMN, found, allowed)
    return step_ms


def _mixed(differences: Ints, step_ms: int) -> int | None:
    """Where another step begins: differences that repeat, or that are as common as the step."""
    other = np.flatnonzero(differences != step_ms)
    if 2 * len(other) >= len(differences):
        return int(other[0])
    edges = np.flatnonzero(np.diff(differences)) + 1
    starts, ends = np.concatenate([[0], edges]), np.concatenate([edges, [len(differences)]])
    repeated = (ends - starts >= MIXED_RUN) & (differences[starts] != step_ms)
    return int(starts[repeated][0]) if repeated.any() else None


def _trace(
    path: Path, numbers: Ints, times: Ints, values: NDArray[np.float64], *, step_ms: int
) -> Trace:
    places = (times - times[0]) // step_ms
    if places[-1] >= MAX_STEPS:
        found = f"{places[-1] + 1} steps of {step_ms / 1000:g} s"
        raise TraceError(path, None, TIME_COLUMN, found, f"at most {MAX_STEPS} steps")
    load = np.full(int(places[-1]) + 1, np.nan)
    load[places] = values
    first = step_at(int(times[0]) / 1000, step_ms=step_ms)
    absent = np.diff(places) - 1
    return Trace(
        path=path,
        series=Series(step_ms=step_ms, first=first, values=load),
        phase_ms=int(times[0]) - first * step_ms,
        rows=len(times),
        half=first + int(places[len(places) // 2]),
        gaps=tuple(
            Gap(line=int(numbers[at + 1]), steps=int(absent[at])) for at in np.flatnonzero(absent)
        ),
        empty=tuple(numbers[np.isnan(values)].tolist()),
    )


def is_time(text: str) -> bool:
    try:
        time_ms(text, are_numbers=is_number(text))
    except ValueError:
        return False
    return True


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def time_ms(text: str, *, are_numbers: bool) -> int:
    """Milliseconds since the Unix epoch.

    Args:
        are_numbers: whether Unix seconds are meant.

    Raises:
        ValueError: the text is no time.
    """
    if are_numbers:
        seconds = float(text)
        # A year has four digits: milliseconds, taken for seconds, are found out here.
        if not 0 <= seconds < MAX_TIME_S:
            raise ValueError(text)
        return round(seconds * 1000)
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, tz=UTC)


def _value(text: str) -> float:
    if text.lower() in MISSING:
        return float("nan")
    value = float(text)
    if not 0 <= value <= MAX_LOAD or "_" in text:
        raise ValueError(text)
    return value


def columns_in(row: Sequence[str]) -> str:
    """How many there are, for errors."""
    return "1 column" if len(row) == 1 else f"{len(row)} columns"
