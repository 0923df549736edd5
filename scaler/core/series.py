"""The load of one workload as a regular series whose gaps are explicit.

A step is a whole number since the Unix epoch: step ``k`` is the load seen at ``k * step_ms``
milliseconds. A step without a value holds NaN; it is never filled in by a guess, because the
forecaster can live with a hole and cannot know which values were invented.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from scaler.core.errors import SeriesError

__all__ = ["MAX_LOAD", "Floats", "Ints", "Series", "backfill", "step_at"]

# Sums and squares of loads stay finite. Whatever is greater was never measured.
MAX_LOAD = 1e100

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Series:
    """Load by step, oldest first; read-only, every change is a new value.

    Attributes:
        step_ms: length of a step, milliseconds, > 0.
        first: the step of ``values[0]``.
        values: (n,) load, 0 to ``MAX_LOAD``, or NaN where nothing is known.
    """

    step_ms: int
    first: int
    values: Floats

    @property
    def last(self) -> int:
        """The newest step; ``first - 1`` when there is none."""
        return self.first + len(self.values) - 1

    @property
    def step_s(self) -> float:
        return self.step_ms / 1000

    @property
    def known(self) -> int:
        """How many steps have a value."""
        return int(np.isfinite(self.values).sum())

    def time_s(self, step: int) -> float:
        """The Unix time of a step, seconds."""
        return step * self.step_ms / 1000

    def at(self, step: int) -> float:
        """The load of a step, NaN outside of what is kept."""
        index = step - self.first
        return float(self.values[index]) if 0 <= index < len(self.values) else float("nan")

    def between(self, first: int, last: int) -> Floats:
        """(last - first + 1,) the load of these steps, NaN outside of what is kept."""
        values = np.full(max(0, last - first + 1), np.nan)
        _place(values, first, self.first, self.values[: max(0, last - self.first + 1)])
        return values

    def extended(self, first: int, values: Floats, *, keep: int) -> "Series":
        """Put values from step ``first`` on; they replace what they cover, and a hole is a gap.

        Args:
            first: step of ``values[0]``.
            values: (m,) load or NaN.
            keep: how many of the newest steps remain, > 0.
        """
        if not len(values):
            return self
        end, start = first + len(values) - 1, first
        if len(self.values):
            end, start = max(end, self.last), min(start, self.first)
        start = max(start, end - keep + 1)
        merged = np.full(end - start + 1, np.nan)
        _place(merged, start, self.first, self.values)
        _place(merged, start, first, values)
        return replace(self, first=start, values=merged)

    def until(self, step: int) -> "Series":
        """The part up to and with ``step``."""
        return replace(self, values=self.values[: max(0, step - self.first + 1)])

    def since(self, step: int) -> "Series":
        """The part from ``step`` on."""
        cut = min(max(0, step - self.first), len(self.values))
        return replace(self, first=self.first + cut, values=self.values[cut:])


def step_at(time_s: float, *, step_ms: int) -> int:
    """The newest step that has begun at a Unix time."""
    return int(time_s * 1000) // step_ms


def backfill(
    values: Sequence[float], *, given_ms: int, end_s: float, step_ms: int, limit: int
) -> Series:
    """A given history as a series in steps of the scaler's own.

    A coarser history is interpolated linearly between its values.

    Args:
        values: load, 0 to ``MAX_LOAD``, oldest first; the last one belongs to ``end_s``.
        given_ms: step of ``values``, a whole multiple of ``step_ms``.
        end_s: Unix time of the last value, seconds.
        limit: most steps that may result.
    Raises:
        SeriesError: a value, the step or the length breaks its rule.
    """
    if given_ms < step_ms or given_ms % step_ms:
        allowed = f"a whole multiple of {step_ms / 1000:g} s"
        raise SeriesError("step_s", f"{given_ms / 1000:g} s", allowed)
    factor = given_ms // step_ms
    if not 0 < (len(values) - 1) * factor + 1 <= limit:
        most = (limit - 1) // factor + 1
        raise SeriesError("values", f"{len(values)} values", f"1 to {most} values at this step")
    coarse = np.asarray(values, dtype=np.float64)
    wrong = np.flatnonzero(~((coarse >= 0) & (coarse <= MAX_LOAD)))
    if len(wrong):
        index = int(wrong[0])
        raise SeriesError(
            f"values[{index}]", f"{coarse[index]}", f"a number from 0 to {MAX_LOAD:g}"
        )
    fine = np.arange((len(coarse) - 1) * factor + 1) / factor
    last = step_at(end_s, step_ms=step_ms)
    filled = np.interp(fine, np.arange(len(coarse)), coarse)
    return Series(step_ms=step_ms, first=last - len(filled) + 1, values=filled)


def _place(target: Floats, start: int, first: int, values: Floats) -> None:
    offset = first - start
    cut = max(0, -offset)
    part = values[cut:]
    target[offset + cut : offset + cut + len(part)] = part
