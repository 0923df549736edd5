"""Labelled windows of anomalies in a trace, read from a JSON file.

Three forms are understood: that of the Numenta Anomaly Benchmark (an object whose keys are paths of
traces; the one counts whose file name is the trace's), a list of ``[start, end]`` windows, and a
list of single times. A single time becomes a window around it as in that benchmark: all windows of
a file together are a tenth of it. Windows that overlap are one.

LabelsError  a file that has no windows for this trace
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from scaler.core.errors import ScalerError
from scaler.evidence.trace import Trace

__all__ = ["LabelsError", "Window", "read_windows"]

# Of the file, for all its windows together: Lavin and Ahmad 2015, section II.B.
LABELLED_SHARE = 0.1
ALLOWED_WINDOWS = "a list of times, or of [start, end] windows, in ISO 8601"
SHOWN_KEYS = 3


class LabelsError(ScalerError):
    """A labels file cannot be used for a trace.

    Attributes:
        path: the labels file.
        field: the entry in it.
    """

    def __init__(self, path: Path, field: str, found: str, allowed: str) -> None:
        where = f"{path}: {field}" if field else f"{path}"
        super().__init__(f"{where}: found {found}, allowed {allowed}")
        self.path, self.field = path, field


@dataclass(frozen=True, kw_only=True)
class Window:
    """Steps of a trace that are labelled as anomalous, both ends included."""

    first: int
    last: int

    def __contains__(self, step: int) -> bool:
        return self.first <= step <= self.last


def read_windows(path: Path, trace: Trace) -> tuple[Window, ...]:
    """The labelled windows of a trace, in order; none where the file says that there are none.

    Raises:
        LabelsError: no such file, no JSON, no entry for this trace, or a window that is none.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as exc:
        raise LabelsError(path, "", exc.strerror or "an error", "a file to read") from exc
    except (ValueError, RecursionError) as exc:
        raise LabelsError(path, "", f"no JSON ({exc})", "a JSON file") from exc
    field, entries = _entries(path, content, trace)
    if not isinstance(entries, list):
        raise LabelsError(path, field, _shown(entries), ALLOWED_WINDOWS)
    parsed = [
        _interval(path, f"{field}[{place}]", each, trace) for place, each in enumerate(entries)
    ]
    half = (trace.end - trace.start) * LABELLED_SHARE / max(1, len(parsed)) / 2
    windows = [
        _window(start - half, end + half, trace) if start == end else _window(start, end, trace)
        for start, end in parsed
    ]
    return _joined(windows)


def _entries(path: Path, content: Any, trace: Trace) -> tuple[str, Any]:
    if not isinstance(content, dict):
        return "windows", content
    name = trace.path.name
    keys = [key for key in content if key.rsplit("/", 1)[-1] == name]
    if len(keys) == 1:
        return keys[0], content[keys[0]]
    if keys:
        raise LabelsError(path, "", f"{len(keys)} entries for {name}", "one")
    some = ", ".join(list(content)[:SHOWN_KEYS]) + (", ..." if len(content) > SHOWN_KEYS else "")
    beside = f" beside: {some}" if some else ""
    raise LabelsError(path, "", f"no window for {name}", f"an entry for it{beside}")


def _interval(path: Path, field: str, entry: Any, trace: Trace) -> tuple[datetime, datetime]:
    times = entry if isinstance(entry, list) else [entry, entry]
    try:
        start, end = (_moment(each) for each in times)
    except (TypeError, ValueError):
        raise LabelsError(path, field, _shown(entry), ALLOWED_WINDOWS) from None
    if start > end:
        raise LabelsError(path, field, f"{start} after {end}", "a window that ends after it starts")
    if end < trace.start or start > trace.end:
        allowed = f"a time from {trace.start.isoformat()} to {trace.end.isoformat()}"
        raise LabelsError(path, field, _shown(entry), allowed)
    return start, end


def _moment(text: Any) -> datetime:
    if not isinstance(text, str):
        raise TypeError
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _window(start: datetime, end: datetime, trace: Trace) -> Window:
    """The steps from a time to another one; at least the one before the end."""
    step = timedelta(milliseconds=trace.series.step_ms)
    first = trace.series.first - (trace.start - start) // step
    last = trace.series.first + (end - trace.start) // step
    last = min(max(last, trace.series.first), trace.series.last)
    return Window(first=min(max(first, trace.series.first), last), last=last)


def _joined(windows: Sequence[Window]) -> tuple[Window, ...]:
    joined: list[Window] = []
    for window in sorted(windows, key=lambda one: one.first):
        if joined and window.first <= joined[-1].last:
            last = max(window.last, joined[-1].last)
            joined[-1] = Window(first=joined[-1].first, last=last)
        else:
            joined.append(window)
    return tuple(joined)


def _shown(entry: Any) -> str:
    text = json.dumps(entry)
    return text if len(text) <= 80 else f"{text[:77]}..."
