"""The simulated autoscalers, tick by tick, with every replica and every wish written down."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Fleet:
    """Replicas by the tick they were asked for; the newest are taken away first."""

    startup: int
    born: list[int] = field(default_factory=list)

    def ready(self, tick: int) -> int:
        return sum(1 for born in self.born if tick - born >= self.startup)

    def ask(self, count: int, tick: int) -> None:
        self.born = sorted(self.born + [tick] * (count - len(self.born)))[:count]


def supply(
    load: list[float],
    wish_of: Callable[[int, float, int, int], int],
    *,
    capacity: float,
    startup: int,
    window: int,
) -> list[int]:
    """Ready replicas at each tick; ``wish_of`` gets tick, load, ready and current."""
    fleet = Fleet(startup)
    fleet.ask(max(1, math.ceil(load[0] / capacity - 1e-9)), -startup)
    wishes = [len(fleet.born)]
    ready = []
    for tick, now in enumerate(load):
        ready.append(fleet.ready(tick))
        current = len(fleet.born)
        wish = wish_of(tick, now, ready[-1], current)
        wishes.append(wish)
        if wish < current:
            wish = min(current, max(wishes[-window:]))
        fleet.ask(max(wish, 1), tick)
    return ready


def metric_wish(load: float, *, share: float, current: int, tolerance: float) -> int:
    """For a metric that is not per replica; ``share`` is what one replica shall carry."""
    if abs(load / (current * share) - 1) <= tolerance:
        return current
    return math.ceil(load / share - 1e-9)


def hpa_supply(
    load: list[float],
    *,
    capacity: float,
    target: float,
    startup: int,
    window: int,
    tolerance: float = 0.1,
    counts: list[int] | None = None,
    metric: list[float] | None = None,
) -> list[int]:
    def wish_of(tick: int, now: float, ready: int, current: int) -> int:
        ratio = now / (ready * capacity * target)
        wishes = [current if abs(ratio - 1) <= tolerance else math.ceil(ready * ratio)]
        if counts is not None:
            wishes.append(counts[tick])
        if metric is not None and metric[tick] > 0:
            share = capacity * target
            wishes.append(
                metric_wish(metric[tick], share=share, current=current, tolerance=tolerance)
            )
        return max(wishes)

    return supply(load, wish_of, capacity=capacity, startup=startup, window=window)


def queue_supply(
    load: list[float],
    *,
    capacity: float,
    target: float,
    startup: int,
    window: int,
    polling: int,
    tick_s: float,
) -> list[int]:
    waiting = [0.0]
    seen = [0.0]

    def wish_of(tick: int, now: float, ready: int, current: int) -> int:
        if tick % polling == 0:
            seen.append(waiting[-1] + now)
        arrived, served = now * tick_s / 60, ready * capacity * tick_s / 60
        waiting.append(max(0.0, waiting[-1] + arrived - served))
        return metric_wish(seen[-1], share=capacity * target, current=current, tolerance=0.1)

    return supply(load, wish_of, capacity=capacity, startup=startup, window=window)
