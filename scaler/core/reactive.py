"""The count that the Kubernetes autoscaler would ask for, seeing what we see.

It is the path that always holds: whatever happens to the forecast, the decision is never below it.

Source: Kubernetes docs, Horizontal Pod Autoscaling, "Algorithm details" and "Stabilization window".
"""

from math import ceil

from scaler.core.sizing import EPSILON

__all__ = ["TOLERANCE", "reactive_replicas", "stabilized"]

TOLERANCE = 0.1


def reactive_replicas(
    load: float, *, ready: int, current: int, capacity: float, target: float
) -> int:
    """Replicas that bring the load per ready replica to the target share of its capacity.

    Args:
        load: in the workload's unit, finite, >= 0.
        ready: replicas that take load now, >= 0.
        current: replicas that are asked for now, >= 0; kept while the ratio of the load to the
            target is within 10 % of 1.
        capacity: load that one ready replica sustains, > 0.
        target: share of the capacity to run at, in (0, 1].
    """
    if ready > 0:
        ratio = load / (ready * capacity * target)
        if abs(ratio - 1) <= TOLERANCE:
            return current
    return ceil(load / (capacity * target) - EPSILON)


def stabilized(wish: int, *, current: int, past: tuple[int, ...]) -> int:
    """A wish to scale in, held to the highest wish of the window; a wish to scale out as it is."""
    return wish if wish >= current else min(current, max((wish, *past)))
