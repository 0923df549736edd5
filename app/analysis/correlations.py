"""Pearson correlations of many columns, chunk by chunk, each pair over the rows where both have a
value.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["MAX_COLUMNS", "Correlations"]

Floats = NDArray[np.float64]

MAX_COLUMNS = 60  # the work grows with the square


class Correlations:
    """Keeps sums over pairs; values are shifted by the first chunk's mean, so that large ones do
    not cancel.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = tuple(columns[:MAX_COLUMNS])
        size = len(self.columns)
        self._shift: Floats | None = None
        self._n = np.zeros((size, size))
        self._x = np.zeros((size, size))  # [i, j]: sum of i where j is there too
        self._xx = np.zeros((size, size))
        self._xy = np.zeros((size, size))

    def update(self, frame: pd.DataFrame) -> None:
        if not self.columns:
            return
        values = np.column_stack([_floats(frame[name]) for name in self.columns])
        there = np.isfinite(values)
        if self._shift is None:
            counts = np.maximum(1, there.sum(axis=0))
            self._shift = np.where(there, values, 0.0).sum(axis=0) / counts
        mask = there.astype(np.float64)
        shifted = np.where(there, values - self._shift, 0.0)
        self._n += mask.T @ mask
        self._x += shifted.T @ mask
        self._xx += np.square(shifted).T @ mask
        self._xy += shifted.T @ shifted

    def matrix(self) -> Floats:
        """(columns, columns) in [-1, 1]; NaN where a column does not vary or fewer than 2 rows have
        both.
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            covariance = self._xy - self._x * self._x.T / self._n
            spread = self._xx - np.square(self._x) / self._n
            # What is left of a constant column is rounding, not variation.
            spread = np.where(spread <= 1e-12 * self._xx, 0.0, spread)
            result = covariance / np.sqrt(spread * spread.T)
        return np.where(self._n >= 2, np.clip(result, -1.0, 1.0), np.nan)


def _floats(column: pd.Series) -> Floats:
    if pd.api.types.is_bool_dtype(column):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    return pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
