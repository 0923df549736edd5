"""What every simulated autoscaler is given: the same load, capacity, start-up and clock."""

from dataclasses import dataclass
from functools import cached_property
from math import ceil

import numpy as np

from scaler.core.series import Floats, Ints
from scaler.core.simulation import Asked, Run, run
from scaler.core.sizing import replicas_for

__all__ = ["Scenario"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Scenario:
    """A load at the ticks of a control loop, and the rules that hold for all.

    Attributes:
        load: (n,) load at each tick, finite, >= 0.
        capacity: load that one ready replica sustains, > 0.
        target: share of the capacity that reactive paths run at, in (0, 1].
        tick_s: between two decisions, seconds.
        startup_s: from asking for a replica until it is ready, seconds.
        stabilization_s: scale in only to the highest wish of this window, seconds.
        tolerance: a ratio of the load to the target this close to 1 changes nothing.
        minimum: fewest replicas, >= 1.
    """

    load: Floats
    capacity: float
    target: float = 0.8
    tick_s: float = 15.0
    startup_s: float = 180.0
    stabilization_s: float = 300.0
    tolerance: float = 0.1
    minimum: int = 1

    @cached_property
    def demand(self) -> Ints:
        """(n,) least replicas that carry the load."""
        return np.maximum(1, replicas_for(self.load, capacity=self.capacity))

    @property
    def startup(self) -> int:
        """Ticks from asking for a replica until it is ready."""
        return round(self.startup_s / self.tick_s)

    @property
    def window(self) -> int:
        """Ticks whose wishes count, the present one included."""
        return max(1, ceil(self.stabilization_s / self.tick_s - 1e-9))

    def run(self, asked: Asked) -> Run:
        """Let something decide at every tick."""
        return run(
            self.load, asked, capacity=self.capacity, startup=self.startup, tick_s=self.tick_s
        )
