"""When scaling in has to wait, because the load that is seen may not be the load that is there.

A load that is missing, has only just come back, has suddenly fallen or is stuck is a poor reason to
take replicas away: the metrics may be at fault, or a failure elsewhere keeps users out who will all
be back at once. Each hold ends by itself. Nothing here speaks of scaling out, and no upward anomaly
holds anything.
"""

from collections.abc import Iterable

import numpy as np

from scaler.core.anomaly import SMOOTH_S, Anomaly, Kind
from scaler.core.series import Series

__all__ = ["DIP_STAYS_S", "SETTLES_S", "scale_in_hold"]

# A dip that has lasted for so long is how the load is now.
DIP_STAYS_S = 1800.0
# After a gap the first values are often those of a part of the replicas.
SETTLES_S = 300.0


def scale_in_hold(series: Series, anomalies: Iterable[Anomaly], *, step: int) -> str | None:
    """Why nothing may be scaled in at a step, a clause; ``None`` where nothing speaks against it.

    Held is

    - while the load is missing, and after a gap for as long as it was, at most five minutes;
    - from a dip on until the load, and its mean of five minutes, are nearer to what was expected
      than to what was seen; at most half an hour, after which the dip is how the load is now;
    - while the load is stuck at one value, half an hour from when that was seen.

    Args:
        series: the load up to ``step`` at least.
        anomalies: those of the last half hour at least, in any order.
        step: the newest step that took place.
    """
    clause = _gap(series, step)
    if clause:
        return clause
    oldest = step - DIP_STAYS_S / series.step_s
    recent = [one for one in anomalies if oldest < one.at_step <= step]
    for anomaly in sorted(recent, key=lambda one: one.at_step, reverse=True):
        left_s = DIP_STAYS_S - (step - anomaly.at_step) * series.step_s
        if _lasts(series, anomaly, step):
            what = "a dip" if anomaly.kind is Kind.DIP else "a stuck value"
            return f"{what} is waited out for at most {left_s:.6g} s more: {anomaly.explanation}"
    return None


def _gap(series: Series, step: int) -> str | None:
    """Why the newest values are too few, as far as the series reaches."""
    values = series.until(step).values
    settled = int(SETTLES_S / series.step_s) + 1
    if series.last >= step and len(values) >= settled and np.isfinite(values[-settled:]).all():
        return None  # nearly always; what lies further back changes nothing
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return "no load has been reported yet"
    missing = step - series.first - int(known[-1])
    if missing:
        return f"no load has been reported for {missing * series.step_s:.6g} s"
    ends = np.flatnonzero(np.diff(known) > 1)
    if not len(ends):
        return None
    after = int(ends[-1]) + 1
    gap_s = (known[after] - known[after - 1] - 1) * series.step_s
    back_s = (len(known) - after) * series.step_s
    if back_s > min(gap_s, SETTLES_S):
        return None
    return f"the load is back for only {back_s:.6g} s after a gap of {gap_s:.6g} s"


def _lasts(series: Series, anomaly: Anomaly, step: int) -> bool:
    """Whether a dip or a stuck value is still there."""
    if anomaly.kind is Kind.FLATLINE:
        return series.at(step) == anomaly.observed
    if anomaly.kind is not Kind.DIP:
        return False
    recent = series.until(step).values[-max(1, round(SMOOTH_S / series.step_s)) :]
    load = min(float(np.mean(recent[np.isfinite(recent)])), series.at(step))
    return load < (anomaly.observed + anomaly.expected) / 2
