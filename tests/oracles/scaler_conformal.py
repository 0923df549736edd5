"""Adaptive conformal inference for one level and one lead time, with lists."""

import math

from scaler.core.conformal import GAMMA


def quantile(values: list[float], level: float) -> float:
    ordered = sorted(v for v in values if not math.isnan(v))
    position = level * (len(ordered) - 1)
    low = math.floor(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (position - low) * (ordered[high] - ordered[low])


def offsets(start: list[float], arriving: list[float], *, level: float, keep: int) -> list[float]:
    """What is promised before each arriving residual."""
    kept, asked, promised = list(start)[-keep:], level, []
    for residual in arriving:
        offset = quantile(kept, min(max(asked, 0.0), 1.0))
        promised.append(offset)
        missed = 1.0 if residual > offset else 0.0
        asked = min(max(asked + GAMMA * (missed - (1 - level)), level / 2), 1.0)
        kept = [*kept, residual][-keep:]
    return promised
