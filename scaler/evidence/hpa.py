"""The Kubernetes autoscaler by itself: on one target, and on many targets at a time.

It asks for ``ceil(ready * ratio)`` replicas with ``ratio = load / (ready * capacity * target)``,
changes nothing while the ratio is within the tolerance, and scales in to the highest wish of its
window. More metrics than one each make a proposal, and the highest counts.

Source: Kubernetes docs, Horizontal Pod Autoscaling, "Algorithm details"; for metrics that are not
per replica, pkg/controller/podautoscaler, ``GetExternalPerPodMetricReplicas``.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from scaler.core.series import Floats, Ints
from scaler.core.simulation import Run
from scaler.core.sizing import EPSILON
from scaler.evidence.scenario import Scenario

__all__ = ["TARGETS", "Curve", "Highest", "Hpa", "Tuned", "curve", "tuned"]

# Those that can be set: ``averageUtilization`` is a whole percentage.
TARGETS = np.arange(5, 101) / 100


class Highest:
    """The highest value of a sliding window of ticks, at a constant cost each."""

    __slots__ = ("_kept", "_length")

    def __init__(self, length: int) -> None:
        self._length = length
        self._kept: deque[tuple[int, int]] = deque()  # each below the one before it

    def of(self, tick: int, value: int) -> int:
        """With one more value; ticks do not go back."""
        kept = self._kept
        while kept and kept[-1][1] <= value:
            kept.pop()
        kept.append((tick, value))
        while kept[0][0] <= tick - self._length:
            kept.popleft()
        return kept[0][1]


class Hpa:
    """Decides as the autoscaler does on the load, and on what a prediction adds to it.

    A new one for every run.

    Args:
        target: instead of the scenario's.
        counts: (n,) replicas that something else proposes, 0 for none.
        metric: (n,) one more load to be carried at the target, such as a predicted one; 0 for none.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        target: float | None = None,
        counts: Ints | None = None,
        metric: Floats | None = None,
    ) -> None:
        self._capacity, self._tolerance = scenario.capacity, scenario.tolerance
        self._target = scenario.target if target is None else target
        self._minimum = scenario.minimum
        self._highest = Highest(scenario.window)
        nothing = [0] * len(scenario.load)
        self._counts: list[int] = nothing if counts is None else counts.tolist()
        self._metric: Sequence[float] = nothing if metric is None else metric.tolist()

    def __call__(self, tick: int, load: float, ready: int, current: int) -> int:
        if tick == 0:
            self._highest.of(0, current)  # what it finds is its first wish
        ratio = load / (ready * self._capacity * self._target)
        wish = ceil(ready * ratio)
        if -self._tolerance <= ratio - 1 <= self._tolerance:
            wish = current
        if self._metric[tick]:
            wish = max(wish, self.proposal(self._metric[tick], current))
        return self.held(tick, max(wish, self._counts[tick]), current)

    def proposal(self, load: float, current: int) -> int:
        """Replicas for a metric that counts all of them, ready or not."""
        wanted = load / (self._capacity * self._target)
        return current if abs(wanted / current - 1) <= self._tolerance else ceil(wanted - EPSILON)

    def held(self, tick: int, wish: int, current: int) -> int:
        """A wish to scale in, held to the highest of the window; never below the minimum."""
        high = self._highest.of(tick, wish)
        return max(wish if wish >= current else min(current, high), self._minimum)


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """What the autoscaler reaches at each of many targets.

    Attributes:
        targets: (k,) increasing.
        under: (k,) ticks with fewer ready replicas than the demand.
        replicas: (k,) ready replicas, summed over the ticks.
    """

    targets: Floats
    under: Ints
    replicas: Ints


class _Sliding:
    """A running minimum or maximum of the newest rows, in constant time each.

    Source: van Herk (1992) and Gil and Werman (1993): blocks of the window's length, with what lies
    behind a place of the last block and before one of the present block.
    """

    def __init__(self, operation: np.ufunc, length: int, first: Floats) -> None:
        self._operation, self._length = operation, length
        self._block = np.tile(first, (length, 1))
        self._behind = self._block.copy()
        self._before, self._result = first.copy(), first.copy()
        self._filled = 0

    def pushed(self, row: Floats) -> Floats:
        """With one more row: over the newest ``length`` ones; good until the next call."""
        self._block[self._filled] = row
        if self._filled:
            self._operation(self._before, row, out=self._before)
        else:
            self._before[:] = row
        self._filled += 1
        if self._filled < self._length:
            behind = self._behind[self._filled]
            return np.asarray(self._operation(self._before, behind, out=self._result))
        self._filled = 0
        self._operation.accumulate(self._block[::-1], axis=0, out=self._behind[::-1])
        return self._before


def curve(scenario: Scenario, targets: Floats) -> Curve:
    """A run of ``Hpa`` with each of the targets, all at a time.

    With the newest taken away first, the ready replicas are the fewest that were asked for at any
    tick of the start-up time: so long those have been there without a break.
    """
    capacity, tolerance, minimum = scenario.capacity, scenario.tolerance, scenario.minimum
    current = np.full(len(targets), float(scenario.demand[0]))
    never = np.full(len(targets), -np.inf)
    lowest = _Sliding(np.minimum, max(scenario.startup, 1), current)
    highest = _Sliding(np.maximum, scenario.window, never)
    ready, found = current.copy(), current.copy()  # what it finds is its first wish
    ratio, wish, within = (
        np.empty_like(current),
        np.empty_like(current),
        np.empty(len(targets), bool),
    )
    under, total = np.zeros(len(targets), dtype=np.int64), np.zeros(len(targets))
    for load, demand in zip(scenario.load.tolist(), scenario.demand.tolist(), strict=True):
        total += ready
        under += np.less(ready, demand, out=within)
        np.multiply(ready, capacity, out=ratio)
        ratio *= targets
        np.divide(load, ratio, out=ratio)
        np.ceil(np.multiply(ready, ratio, out=wish), out=wish)
        np.abs(np.subtract(ratio, 1, out=ratio), out=ratio)
        np.copyto(wish, current, where=np.less_equal(ratio, tolerance, out=within))
        high = highest.pushed(wish if found is never else np.maximum(wish, found))
        found = never
        # A wish to scale out is above the present count and is not held back.
        np.minimum(current, high, out=current)
        np.maximum(current, wish, out=current)
        np.maximum(current, minimum, out=current)
        ready = lowest.pushed(current)
    return Curve(targets=targets, under=under, replicas=total.astype(np.int64))


@dataclass(frozen=True, kw_only=True, eq=False)
class Tuned:
    """Targets at which the plain autoscaler is as good as something else in one respect.

    Attributes:
        same_cost: of those that cost no more, the one that is under-provisioned the shortest.
        same_under_time: of those that are under-provisioned no longer, the cheapest.

    Of equals, the one that is nearest in the respect that is held.
    """

    same_cost: float
    same_under_time: float


def tuned(ours: Run, found: Curve) -> Tuned:
    """The best of many targets, once for our cost and once for our service.

    Where none is as good in one respect, those that come nearest are compared.
    """
    replicas, under = int(ours.supply.sum()), int((ours.supply < ours.demand).sum())
    return Tuned(
        same_cost=_best(found, found.replicas, replicas, by=found.under),
        same_under_time=_best(found, found.under, under, by=found.replicas),
    )


def _best(found: Curve, held: Ints, bound: int, *, by: Ints) -> float:
    """The target that is the least by one measure while another one holds its bound."""
    able = np.flatnonzero(held <= max(bound, int(held.min())))
    return float(found.targets[able[np.lexsort((-held[able], by[able]))[0]]])
