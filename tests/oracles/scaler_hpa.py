"""The Kubernetes autoscaler on a recorded load, as its documentation tells it, tick by tick."""

import math


def formula(load: float, *, ready: int, current: int, capacity: float, target: float) -> int:
    """What is asked for at one tick, before the stabilization window."""
    if ready == 0:
        return math.ceil(load / (capacity * target))
    ratio = load / (ready * capacity * target)
    return current if abs(ratio - 1) <= 0.1 else math.ceil(ready * ratio)


def ready_replicas(
    load: list[float], *, capacity: float, target: float, startup: int, window: int, maximum: int
) -> list[int]:
    """Ready replicas at each tick; ``startup`` and ``window`` are ticks."""
    current = max(1, math.ceil(load[0] / capacity - 1e-9))
    born = [-startup] * current
    wishes = [current]
    supply = []
    for tick, now in enumerate(load):
        ready = sum(1 for b in born if tick - b >= startup)
        supply.append(ready)
        wish = formula(now, ready=ready, current=current, capacity=capacity, target=target)
        wishes.append(wish)
        desired = wish if wish >= current else min(current, max(wishes[-window:]))
        desired = min(max(desired, 1), maximum)
        born += [tick] * (desired - current)
        born = sorted(born)[:desired]
        current = desired
    return supply
