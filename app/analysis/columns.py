"""One column of a dataset, of whatever type its values turn out to have."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from app.analysis.distinct import DistinctCount
from app.analysis.numbers import NumberSummary
from app.analysis.words import TextSummary

__all__ = ["NUMERIC_TYPES", "ColumnSummary", "timestamps"]

NUMERIC_TYPES = frozenset({"integer", "number"})
BEGINS_LIKE_A_DATE = r"\s*\d{4}-\d{2}(-\d{2})?"
LOOKED_AT = 20


class ColumnSummary:
    """Learns a column chunk by chunk; a chunk may be read with another type than the one before."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows = 0
        self.missing = 0
        self._kinds = dict.fromkeys(("boolean", "integer", "number", "timestamp", "text"), 0)
        self._distinct = DistinctCount()
        self._numbers = NumberSummary()
        self._times = NumberSummary()  # seconds since 1970
        self._text = TextSummary()

    def update(self, column: pd.Series) -> None:
        self.rows += len(column)
        values = column.dropna()
        self.missing += len(column) - len(values)
        if values.empty:
            return
        if pd.api.types.is_bool_dtype(values):
            self._add("boolean", values.astype(str))
        elif pd.api.types.is_numeric_dtype(values):
            self._add("integer" if _is_whole(values) else "number", values)
        else:
            self._update_mixed(values.astype(str))

    def _update_mixed(self, values: "pd.Series[str]") -> None:
        numbers = pd.to_numeric(values, errors="coerce")
        self._add("number", numbers.dropna())
        rest = values[numbers.isna()]
        times = timestamps(rest)
        self._add("timestamp", times.dropna())
        words = rest[times.isna()]
        self._add("boolean" if words.isin(("True", "False")).all() else "text", words)

    def _add(self, kind: str, values: pd.Series) -> None:
        if values.empty:
            return
        self._kinds[kind] += len(values)
        self._distinct.update(_hashable(kind, values))
        if kind in NUMERIC_TYPES:
            self._numbers.update(values.to_numpy(dtype=np.float64))
        elif kind == "timestamp":
            self._times.update(_seconds(values))
        else:
            self._text.update(values)

    @property
    def type(self) -> str:
        """One of the kinds, ``empty`` or ``mixed``; integers among numbers are numbers."""
        found = {kind for kind, count in self._kinds.items() if count}
        if found == NUMERIC_TYPES:
            return "number"
        if not found:
            return "empty"
        return found.pop() if len(found) == 1 else "mixed"

    def report(self, *, bins: int) -> dict[str, Any]:
        kind = self.type
        report: dict[str, Any] = {
            "name": self.name,
            "type": kind,
            "missing": self.missing,
            "missing_ratio": self.missing / self.rows if self.rows else 0.0,
            "distinct": self._distinct.estimate,
            "distinct_is_exact": self._distinct.is_exact,
        }
        if kind == "mixed":
            report["kinds"] = {name: count for name, count in self._kinds.items() if count}
        if self._numbers.count or self._numbers.infinite:
            report["numbers"] = self._numbers.report(bins=bins)
        if self._times.count:
            report["timestamps"] = _as_times(self._times.report(bins=bins))
        if self._kinds["text"] or self._kinds["boolean"]:
            report["text"] = self._text.report()
        return report


def timestamps(values: "pd.Series[str]") -> "pd.Series[pd.Timestamp]":
    """ISO 8601 dates and times as UTC; NaT where a text is none, and everywhere if none begins like
    one.
    """
    if not values.head(LOOKED_AT).str.match(BEGINS_LIKE_A_DATE).any():
        return pd.Series(pd.NaT, index=values.index, dtype="datetime64[ns, UTC]")
    return pd.to_datetime(values, errors="coerce", format="ISO8601", utc=True)


def _is_whole(values: pd.Series) -> bool:
    if pd.api.types.is_integer_dtype(values):
        return True
    # A missing value turns a column of integers into floats.
    numbers = values.to_numpy(dtype=np.float64)
    return bool(np.isfinite(numbers).all() and (numbers == np.floor(numbers)).all())


def _hashable(kind: str, values: pd.Series) -> pd.Series:
    """Equal values must hash alike, whichever type their chunk was read with."""
    if kind in NUMERIC_TYPES:
        return values.astype(np.float64) + 0.0
    if kind == "timestamp":
        return pd.Series(_seconds(values))
    return values.astype(object)


def _seconds(values: pd.Series) -> np.ndarray[Any, np.dtype[np.float64]]:
    epoch = pd.Timestamp("1970-01-01", tz="UTC")
    seconds = (values - epoch) / pd.Timedelta(seconds=1)
    return np.asarray(seconds, dtype=np.float64)


def _as_times(report: dict[str, Any]) -> dict[str, Any]:
    def text(seconds: float) -> str:
        return datetime.fromtimestamp(seconds, UTC).isoformat()

    histogram = report["histogram"]
    return {
        "minimum": text(report["minimum"]),
        "maximum": text(report["maximum"]),
        "quantiles": {level: text(value) for level, value in report["quantiles"].items()},
        "histogram": {**histogram, "edges": [text(edge) for edge in histogram["edges"]]},
    }
