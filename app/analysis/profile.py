"""Profile of a dataset in one pass: every column, and how the numeric ones move together."""

import math
from typing import Any

import numpy as np

from app.analysis.chunks import Progress, chunks
from app.analysis.columns import NUMERIC_TYPES, ColumnSummary
from app.analysis.correlations import MAX_COLUMNS, Correlations
from app.tasks.context import DatasetFile

__all__ = ["profile"]

QUANTILE_RANK_ERROR = 0.01


def profile(dataset: DatasetFile, *, bins: int, progress: Progress) -> dict[str, Any]:
    """Types, missing values, quantiles, histograms and correlations.

    Memory does not grow with the file: a chunk of about 8 MiB of text, and sketches per column.

    Raises:
        TaskFailed: the file is gone or cannot be read.
    """
    columns = {name: ColumnSummary(name) for name in dataset.columns}
    correlations: Correlations | None = None
    rows = 0
    for frame in chunks(dataset, progress):
        frame.columns = list(dataset.columns)
        rows += len(frame)
        for name, summary in columns.items():
            summary.update(frame[name])
        if correlations is None:
            # Which columns are numeric is known after the first chunk; what is not a number later
            # counts as missing.
            numeric = [name for name, column in columns.items() if column.type in NUMERIC_TYPES]
            correlations = Correlations(numeric)
        correlations.update(frame)
    report = {
        "dataset": {"id": str(dataset.id), "name": dataset.name},
        "rows": rows,
        "size_bytes": dataset.size_bytes,
        "quantile_rank_error": QUANTILE_RANK_ERROR,
        "columns": [summary.report(bins=bins) for summary in columns.values()],
        "correlations": _matrix(correlations, columns),
    }
    plain: dict[str, Any] = _plain(report)
    return plain


def _matrix(correlations: Correlations | None, columns: dict[str, ColumnSummary]) -> dict[str, Any]:
    numeric = [name for name, column in columns.items() if column.type in NUMERIC_TYPES]
    if correlations is None:
        return {"columns": [], "matrix": [], "left_out": len(numeric)}
    kept = [place for place, name in enumerate(correlations.columns) if name in set(numeric)]
    names = [correlations.columns[place] for place in kept]
    matrix = correlations.matrix()[np.ix_(kept, kept)]
    return {
        "columns": names,
        "matrix": [[round(float(value), 6) for value in row] for row in matrix],
        "left_out": len(numeric) - len(names),
        "limit": MAX_COLUMNS,
    }


def _plain(value: Any) -> Any:
    """The same without NaN and infinity, which JSON cannot hold."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
