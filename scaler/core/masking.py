"""The load that a forecaster may learn from: without what was out of the ordinary.

A spike, a dip, an hour of unrest or a stuck value says nothing about the load of other days, so its
steps become gaps. Only for so long: what stays is no anomaly but how the load is now, and a
forecaster has to learn it.
"""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from scaler.core.anomaly import SMOOTH_S, Anomaly, Kind
from scaler.core.series import Series

__all__ = ["for_training"]

# A spike or dip that has stayed for so long is a new level: no step of it is masked.
STAYS_S = 6 * 3600.0
# A value that has been stuck for so long is what the load is.
STUCK_S = 86_400.0


def for_training(series: Series, anomalies: Iterable[Anomaly]) -> Series:
    """The series with NaN at the steps of those anomalies that passed or have just begun.

    A spike or dip is masked from up to five minutes before it was seen, until the load has been
    back, nearer to what was expected than to what was observed, for five minutes. A level
    shift is not masked: when it is seen, the load has settled.
    """
    values = series.values.copy()
    for anomaly in anomalies:
        at = anomaly.at_step - series.first
        if 0 <= at < len(values):
            values[_extent(series, anomaly, at)] = np.nan
    return replace(series, values=values)


def _extent(series: Series, anomaly: Anomaly, at: int) -> slice:
    """The places in ``series.values`` to mask."""
    values = series.values
    if anomaly.kind is Kind.UNREST:
        return slice(max(0, anomaly.since_step - series.first), at + 1)
    if anomaly.kind is Kind.FLATLINE:
        since = max(0, anomaly.since_step - series.first)
        return _stretch(values != values[at], since, pause=1, most=_steps(series, STUCK_S))
    if anomaly.kind not in (Kind.SPIKE, Kind.DIP):
        return slice(0)
    middle = (anomaly.observed + anomaly.expected) / 2
    is_back = values <= middle if anomaly.kind is Kind.SPIKE else values >= middle
    smooth = max(1, _steps(series, SMOOTH_S))
    # It is seen in a mean: it began where the values that the mean is of began to differ.
    first = max(0, at - smooth + 1)
    start = first + int(np.argmin(is_back[first : at + 1]))
    return _stretch(is_back, start, pause=smooth, most=_steps(series, STAYS_S))


def _stretch(is_over: NDArray[np.bool_], start: int, *, pause: int, most: int) -> slice:
    """From ``start`` until it is over for ``pause`` steps; nothing where that takes too long."""
    last, over = start, 0
    for place in range(start, min(len(is_over), start + most + 1)):
        over = over + 1 if is_over[place] else 0
        if over == pause:
            return slice(start, last + 1)
        if not is_over[place]:
            last = place
    return slice(0) if len(is_over) > start + most else slice(start, last + 1)


def _steps(series: Series, seconds: float) -> int:
    return round(seconds / series.step_s)
