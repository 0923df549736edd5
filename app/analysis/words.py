"""Summary of a long column of text in bounded memory: lengths and most frequent values."""

from typing import Any

import pandas as pd

__all__ = ["TextSummary"]

SHOWN = 20
SHOWN_CHARACTERS = 100
# Distinct values counted at most; above, the rarest are forgotten and counts become lower bounds.
COUNTED = 10_000


class TextSummary:
    """Learns texts chunk by chunk."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._forgot = False
        self._total = 0
        self._characters = 0
        self._shortest: int | None = None
        self._longest = 0

    def update(self, values: "pd.Series[str]") -> None:
        """Add texts, none of them missing."""
        if values.empty:
            return
        found = values.value_counts(sort=False)
        for value, count in found.items():
            shown = str(value)[:SHOWN_CHARACTERS]
            self._counts[shown] = self._counts.get(shown, 0) + int(count)
        lengths = values.str.len()
        self._total += len(values)
        self._characters += int(lengths.sum())
        shortest = int(lengths.min())
        self._shortest = shortest if self._shortest is None else min(self._shortest, shortest)
        self._longest = max(self._longest, int(lengths.max()))
        if len(self._counts) > COUNTED:
            self._forget_rare()

    def _forget_rare(self) -> None:
        self._forgot = True
        by_count = sorted(self._counts.items(), key=lambda item: -item[1])
        self._counts = dict(by_count[: COUNTED // 2])

    def report(self) -> dict[str, Any]:
        top = sorted(self._counts.items(), key=lambda item: (-item[1], item[0]))[:SHOWN]
        return {
            "shortest": self._shortest or 0,
            "longest": self._longest,
            "mean_length": self._characters / self._total if self._total else 0.0,
            "top": [{"value": value, "count": count} for value, count in top],
            "top_is_exact": not self._forgot,
        }
