"""A load trace: reading one from a CSV file and bringing it to even steps.

The file has the columns ``timestamp`` (ISO-8601; without an offset it is taken as UTC, ascending)
and ``value`` (a load >= 0 in any unit: only its shape is replayed). Other columns are ignored.
Errors name the file, the line, what was found and what is allowed.
"""

import csv
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

COLUMNS = ("timestamp", "value")
MAX_ROWS = 2_000_000  # 3.8 years of minutes; more would be a mistake in the choice of file


class TraceError(Exception):
    """A trace cannot be replayed; the message says where, what was found and what is allowed."""

    def __init__(self, where: str, found: str, allowed: str) -> None:
        super().__init__(f"{where}: found {found}; allowed: {allowed}")
        self.where, self.found, self.allowed = where, found, allowed


@dataclass(frozen=True, kw_only=True)
class Trace:
    """Load at even steps, oldest first.

    Attributes:
        start: time of the first step, aware UTC.
        step_s: seconds from one step to the next, > 0.
        values: (n,) load, finite, >= 0, unit as published.
    """

    start: datetime
    step_s: float
    values: Floats


def read_trace(path: Path, *, step_s: float) -> Trace:
    """The trace in a file, at steps of ``step_s`` seconds.

    Raises:
        TraceError: the file cannot be read, or a line is not as described above.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(_rows(lines, name=str(path)))
    except OSError as exc:
        raise TraceError(str(path), exc.strerror or str(exc), "a CSV file that is there") from exc
    except UnicodeDecodeError as exc:
        raise TraceError(str(path), f"byte {exc.start} that is not UTF-8", "UTF-8 text") from exc
    if len(rows) < 2:
        raise TraceError(str(path), f"{len(rows)} rows of data", "at least 2 rows")
    seconds, values = np.array(rows, dtype=np.float64).T
    return resampled(seconds, values, step_s=step_s)


def resampled(seconds: Floats, values: Floats, *, step_s: float) -> Trace:
    """Even steps from uneven points: each step's mean, straight lines over steps without one.

    Args:
        seconds: (n,) unix time, strictly ascending, n >= 2.
        values: (n,) load.
        step_s: > 0.
    """
    steps = ((seconds - seconds[0]) // step_s).astype(np.int64)
    counts = np.bincount(steps)
    known = np.flatnonzero(counts)
    means = np.bincount(steps, weights=values)[known] / counts[known]
    return Trace(
        start=datetime.fromtimestamp(float(seconds[0]), tz=UTC),
        step_s=step_s,
        values=np.interp(np.arange(len(counts)), known, means),
    )


def _rows(lines: Iterable[str], *, name: str) -> Iterator[tuple[float, float]]:
    reader = csv.reader(lines)
    header = [column.strip().lower() for column in next(reader, [])]
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        found = ", ".join(header) or "nothing"
        raise TraceError(f"{name}, line 1", found, f"a header with {' and '.join(COLUMNS)}")
    time_at, value_at = (header.index(column) for column in COLUMNS)
    before = -math.inf
    for row in reader:
        if not row:
            continue
        where = f"{name}, line {reader.line_num}"
        if len(row) != len(header):
            raise TraceError(where, f"{len(row)} fields", f"{len(header)}, as in the header")
        at = _seconds(row[time_at], where=where)
        if at <= before:
            raise TraceError(
                where, f"timestamp {row[time_at]}", "one after that of the line before"
            )
        if reader.line_num > MAX_ROWS:
            raise TraceError(where, "one more row", f"at most {MAX_ROWS} rows")
        before = at
        yield at, _load(row[value_at], where=where)


def _seconds(text: str, *, where: str) -> float:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as exc:
        allowed = "ISO-8601, as 2026-01-31T12:00:00Z"
        raise TraceError(where, f"timestamp {text!r}", allowed) from exc
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()


def _load(text: str, *, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise TraceError(where, f"value {text!r}", "a finite number of at least 0")
    return value
