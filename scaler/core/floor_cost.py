"""What the forecast's floor cost above the reactive path alone, and what it is worth, by estimate.

The reactive path alone did not run, so what it would have had ready is estimated: a replica counts
a lead time after it was asked for, and what is taken away is gone at once. That is the lowest of
the counts that were asked for within the lead time. The same estimate stands for both sides, so
that their difference is the floor's and nobody else's.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from scaler.core.series import Floats
from scaler.core.sizing import replicas_for

__all__ = ["FloorCost", "floor_cost"]


@dataclass(frozen=True, kw_only=True)
class FloorCost:
    """Sums over the steps in which the load and both counts are known.

    Attributes:
        known_s: how long that is together, seconds.
        replica_hours: decided.
        reactive_replica_hours: what the reactive path alone would have asked for.
        short_s: time with fewer replicas ready than the load needed, by estimate, seconds.
        reactive_short_s: the same for the reactive path alone.
    """

    known_s: float
    replica_hours: float
    reactive_replica_hours: float
    short_s: float
    reactive_short_s: float

    @property
    def extra_replica_hours(self) -> float:
        return self.replica_hours - self.reactive_replica_hours

    @property
    def avoided_short_s(self) -> float:
        """Time with too few replicas that the floor spared the load, by estimate."""
        return self.reactive_short_s - self.short_s


def floor_cost(
    *,
    load: Floats,
    reactive: Floats,
    desired: Floats,
    capacity: float,
    step_s: float,
    startup_s: float,
) -> FloorCost:
    """Cost and worth of a floor.

    Args:
        load: (n,) at each step, NaN where unknown.
        reactive: (n,) replicas that the reactive path alone asked for, NaN where unknown.
        desired: (n,) replicas that were decided, NaN where unknown.
        capacity: load that one ready replica sustains, > 0.
        step_s: between two steps, > 0.
        startup_s: from asking for a replica until it is ready, >= 0.
    """
    known = np.isfinite(load) & np.isfinite(reactive) & np.isfinite(desired)
    demand = np.maximum(1, replicas_for(load[known], capacity=capacity))
    steps = int(np.ceil(startup_s / step_s))
    hours = step_s / 3_600
    return FloorCost(
        known_s=float(known.sum() * step_s),
        replica_hours=float(desired[known].sum() * hours),
        reactive_replica_hours=float(reactive[known].sum() * hours),
        short_s=float((demand > _ready(desired, steps)[known]).sum() * step_s),
        reactive_short_s=float((demand > _ready(reactive, steps)[known]).sum() * step_s),
    )


def _ready(asked: Floats, steps: int) -> Floats:
    """The lowest count asked for within so many steps before; unknown ones do not count."""
    if not len(asked):
        return asked
    padded = np.concatenate([np.full(steps, np.inf), np.where(np.isfinite(asked), asked, np.inf)])
    lowest: Floats = sliding_window_view(padded, steps + 1).min(axis=1)
    return lowest
