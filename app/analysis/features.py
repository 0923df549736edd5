"""What of a table a model learns from: numbers, dates taken apart, and text with few values."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from app.analysis.columns import timestamps

__all__ = ["MAX_CATEGORIES", "Features", "features_of"]

MAX_CATEGORIES = 50
# Share of a column's texts that must be dates for it to be taken as one.
DATES_RATIO = 0.95
PARTS = ("year", "month", "day", "day_of_week", "hour")


@dataclass(kw_only=True)
class Features:
    """A table that a model can take, and what became of each column."""

    table: pd.DataFrame
    numeric: list[str] = field(default_factory=list)
    categorical: list[str] = field(default_factory=list)
    derived: dict[str, list[str]] = field(default_factory=dict)  # a date's parts, by column
    dropped: dict[str, str] = field(default_factory=dict)  # why, by column


def features_of(frame: pd.DataFrame, columns: Sequence[str]) -> Features:
    """Decide for each column by its values in this sample."""
    found = Features(table=pd.DataFrame(index=frame.index))
    made: dict[str, pd.Series] = {}
    for name in columns:
        made.update(_from_column(name, frame[name], found))
    found.table = pd.DataFrame(made, index=frame.index)
    return found


def _from_column(name: str, column: pd.Series, found: Features) -> dict[str, pd.Series]:
    values = column.dropna()
    distinct = values.nunique()
    if distinct < 2:
        found.dropped[name] = "it has one value" if distinct else "it is empty"
        return {}
    if pd.api.types.is_numeric_dtype(column):  # booleans are, too
        numbers = column.astype(np.float64).replace([np.inf, -np.inf], np.nan)
        found.numeric.append(name)
        return {name: numbers}
    texts = column.astype(str).where(column.notna())
    times = timestamps(texts.dropna())
    if times.notna().mean() >= DATES_RATIO:
        return _date_parts(name, times.reindex(column.index), found)
    if distinct > MAX_CATEGORIES:
        found.dropped[name] = f"text with {distinct} values; at most {MAX_CATEGORIES} are used"
        return {}
    found.categorical.append(name)
    return {name: texts.fillna("").astype(object)}


def _date_parts(name: str, times: pd.Series, found: Features) -> dict[str, pd.Series]:
    parts = {
        f"{name}.{part}": getattr(times.dt, part).astype(np.float64)
        for part in PARTS
        if getattr(times.dt, part).nunique() > 1
    }
    found.numeric += parts
    found.derived[name] = list(parts)
    return parts
