"""How many distinct values a long column has, in bounded memory."""

import numpy as np
import pandas as pd

__all__ = ["DistinctCount"]

# Relative standard error 1 / sqrt(KEPT - 2), here 1.6 %; exact below.
KEPT = 4_096


class DistinctCount:
    """The k smallest hashes of all values seen; exact until k distinct values were seen.

    Source: Bar-Yossef et al., "Counting distinct elements in a data stream", RANDOM 2002 (k minimum
        values).
    """

    def __init__(self) -> None:
        self._smallest = np.empty(0, dtype=np.uint64)

    def update(self, values: pd.Series) -> None:
        """Add values without missing ones."""
        hashes = pd.util.hash_array(np.asarray(values), categorize=False)
        if len(self._smallest) == KEPT:
            hashes = hashes[hashes < self._smallest[-1]]
        self._smallest = np.unique(np.concatenate([self._smallest, hashes]))[:KEPT]

    @property
    def is_exact(self) -> bool:
        return len(self._smallest) < KEPT

    @property
    def estimate(self) -> int:
        if self.is_exact:
            return len(self._smallest)
        return round((KEPT - 1) / (float(self._smallest[-1]) / 2.0**64))
