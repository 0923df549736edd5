"""From which load per replica on an objective no longer holds, from binned samples.

Everything is asked of sums by bin of load: a sample costs the same however many came before. A
signal answers with an interval: below `low` the objective was seen to hold, above `high` it was
seen not to. It never answers far beyond the load that was seen.

Sources: the utilisation law (Denning and Buzen, "The Operational Analysis of Queueing Network
Models", 1978); regression through the origin that minimises absolute errors, whose slope is the
weighted median of the ratios (Koenker, "Quantile Regression", 2005, section 1.3); where an isotonic
regression crosses a level (Barlow and others, "Statistical Inference under Order Restrictions",
1972), which is the minimum of a running sum.
"""

from dataclasses import dataclass

import numpy as np

from scaler.core.series import Floats

__all__ = ["Evidence", "from_delay", "from_utilisation", "weighted_median"]

# The linear law holds a little beyond what was seen; a delay bends, and is followed less far.
REACH = 1.5
REACH_OF_DELAY = 1.1
# A delay is within its objective where so large a share of the samples is.
HELD = 0.8
# Above it utilisation no longer grows with the load: work waits instead.
SATURATED = 0.95
# Two loads that are nearer than this leave no room for a third between them.
ADJACENT = 1.25
# Units of evidence without which nothing is said.
LEAST = 3.0
# A utilisation that is lower than this at the highest loads says nothing.
LEAST_UTILISATION = 0.02


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What one signal says of the capacity.

    Attributes:
        says: a clause that follows "One replica serves so much:".
        low: it is at least this; 0 where nothing shows it.
        high: it is at most this; infinite where nothing shows it.
        weight_low, weight_high: units of evidence behind each.
        spread: standard error of either, as a share of it.
    """

    says: str
    low: float = 0.0
    high: float = float("inf")
    weight_low: float = 0.0
    weight_high: float = 0.0
    spread: float = 0.5


def from_utilisation(
    *, weight: Floats, load: Floats, used: Floats, idle: float, limit: float
) -> Evidence:
    """The load at which the utilisation reaches its limit.

    Args:
        weight: (bins,) units of evidence, >= 0.
        load: (bins,) sum of weight times load per replica, bins in increasing order of load.
        used: (bins,) sum of weight times utilisation, each in [0, 1].
        idle: utilisation of a replica without load, in [0, limit / 2].
        limit: of the utilisation, in (0, 1].
    Returns:
        An open interval where there is too little, or where utilisation does not follow the load.
    """
    seen = weight > 0
    w, x, u = weight[seen], load[seen] / weight[seen], used[seen] / weight[seen]
    if w.sum() < LEAST:
        return Evidence(says="too little is known of its utilisation")
    # A limit at which utilisation is already flat is approached along the law from below it.
    bend = min(limit, SATURATED)
    beyond = (limit - idle) / (bend - idle)
    cut, above = _crossing(used[seen] - bend * w, w)
    straight = u < SATURATED
    if not straight.any():
        first = float(x[0]) * beyond
        says = "utilisation was full at every load seen"
        return Evidence(high=first, weight_high=above, spread=0.1, says=says)
    slope, spread = _slope(w[straight], x[straight], u[straight] - idle)
    top = _quantile(x, w, 0.98)
    if slope * top < LEAST_UTILISATION or not _follows(w, x, u - idle, slope):
        return Evidence(says="its utilisation does not follow the load")
    at = (bend - idle) / slope
    says = f"there utilisation reaches its limit of {limit:g}"
    total = float(w.sum())
    if above >= LEAST:
        # Below the lowest load that was seen the law alone speaks.
        inside = np.clip(at, x[cut - 1] if cut else 0.0, x[cut]) * beyond
        return Evidence(
            low=float(inside),
            high=float(inside),
            weight_low=total,
            weight_high=total,
            spread=spread,
            says=says,
        )
    at *= beyond
    low = min(at, REACH * top)
    if low < at:
        says = f"utilisation is far below its limit of {limit:g} at the highest loads seen"
    return Evidence(low=low, high=at, weight_low=total, weight_high=total, spread=spread, says=says)


def from_delay(
    *,
    weight: Floats,
    load: Floats,
    missed: Floats,
    share: Floats,
    name: str,
    limit_s: float,
    least: float,
    full: float = float("inf"),
) -> Evidence:
    """The load up to which a delay stays within its limit.

    Args:
        weight: (bins,) units of evidence, >= 0.
        load: (bins,) sum of weight times load per replica, bins in increasing order of load.
        missed: (bins,) units in which the delay was above its limit.
        share: (bins,) sum of weight times the delay as a share of its limit.
        name: of the delay, for the sentence.
        limit_s: the limit, seconds, for the sentence.
        least: a delay that is too long even at this load is not explained by load.
        full: load at which a replica is in use wholly, where that is known.
    Returns:
        An open interval where there is too little, or where the delay has other reasons than load.
    """
    seen = weight > 0
    w, m, d = weight[seen], missed[seen], share[seen]
    if w.sum() < LEAST:
        return Evidence(says=f"too little is known of its {name}")
    x = load[seen] / w
    idle = x <= least
    if w[idle].sum() >= LEAST and m[idle].sum() > (1 - HELD) * w[idle].sum():
        return Evidence(says=f"its {name} is too long without load as well, so load is not why")
    cut, above = _crossing(m - (1 - HELD) * w, m)
    held = float(w[:cut].sum())
    high, low = float("inf"), 0.0
    if above >= LEAST:
        high = float(x[min(cut, len(x) - 1)])
    if held >= LEAST:
        # The highest loads at which it held, not the highest single sample.
        low = min(_quantile(x[:cut], w[:cut], 0.98), high)
        if not np.isfinite(high):
            top = x[:cut] >= 0.8 * low
            low *= _reach_of_delay(d[:cut][top].sum() / w[:cut][top].sum(), used=low / full)
    if high <= ADJACENT * low:
        # Between the last load that held and the first that did not, with nothing seen between.
        low = high = float(np.sqrt(low * high))
    if np.isfinite(high):
        says = f"above it the {name} passed its limit of {limit_s:g} s"
    else:
        says = f"the {name} held its limit of {limit_s:g} s at all loads seen"
    return Evidence(low=low, high=high, weight_low=held, weight_high=above, spread=0.05, says=says)


def weighted_median(values: Floats, weights: Floats) -> float:
    """The value that halves the weight.

    Args:
        values: (n,) n > 0.
        weights: (n,) >= 0, with a positive sum.
    """
    order = np.argsort(values)
    running = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(running, running[-1] / 2)]])


def _crossing(excess: Floats, weight: Floats) -> tuple[int, float]:
    """How many of the lowest bins are on the near side, and the weight on the far one.

    The minimum of the running excess is where an isotonic fit of the level crosses it.
    """
    running = np.concatenate([[0.0], np.cumsum(excess)])
    # Of equal minima the last: a bin exactly at the level is on the near side.
    cut = len(running) - 1 - int(np.argmin(running[::-1]))
    return cut, float(weight[cut:].sum())


def _reach_of_delay(share: float, *, used: float) -> float:
    """How much further than seen the load may go while a delay of this share of its limit holds it.

    In M/M/1 the delay grows as 1 / (1 - utilisation), and no faster than that with more servers.
    Where utilisation is not known (0) nothing tells how near the end is.
    """
    if used <= 0:
        return REACH_OF_DELAY if share < 0.5 else 1.0
    at_limit = 1 - share * (1 - used)
    return float(min(max(at_limit / used, 1.0), REACH))


def _slope(w: Floats, x: Floats, u: Floats) -> tuple[float, float]:
    """Utilisation per unit of load, and its standard error as a share of it."""
    ratios, weights = u / x, w * x
    slope = max(weighted_median(ratios, weights), 1e-12)
    error = weighted_median(np.abs(ratios / slope - 1), weights)
    effective = weights.sum() ** 2 / (weights**2).sum()
    return slope, float(np.clip(1.48 * error / np.sqrt(effective), 0.01, 0.5))


def _follows(w: Floats, x: Floats, u: Floats, slope: float) -> bool:
    """Whether utilisation grows with the load, where the loads differ enough to tell."""
    if x[-1] < 2 * x[0]:
        return True
    line = np.minimum(slope * x, 1.0)
    by_load = (w * np.abs(u - line)).sum()
    constant = (w * np.abs(u - weighted_median(u, w))).sum()
    return bool(by_load <= constant)


def _quantile(x: Floats, w: Floats, level: float) -> float:
    """A weighted quantile of values in increasing order."""
    running = np.cumsum(w)
    return float(x[min(int(np.searchsorted(running, level * running[-1])), len(x) - 1)])
