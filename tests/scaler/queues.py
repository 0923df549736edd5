"""Queues whose capacity is known: formulas of M/M/c, and a simulation of it minute by minute."""

import heapq
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

MINUTE = 60.0


@dataclass(frozen=True, kw_only=True)
class Replica:
    """One M/M/c queue.

    Attributes:
        slots: requests that are served at once.
        service_s: mean time of one, seconds.
    """

    slots: int
    service_s: float

    def load_at_utilisation(self, limit: float) -> float:
        """Requests/s at which the slots are in use to this share."""
        return limit * self.slots / self.service_s

    def load_at_latency(self, limit_s: float, *, level: float = 0.95) -> float:
        """Requests/s at which a quantile of the time from arrival to answer reaches its limit."""
        low, high = 0.0, 0.9999 * self.slots / self.service_s
        for _ in range(60):
            middle = (low + high) / 2
            is_held = self.longer_than(limit_s, load=middle) < 1 - level
            low, high = (middle, high) if is_held else (low, middle)
        return low

    def longer_than(self, time_s: float, *, load: float) -> float:
        """Share of the requests that take longer.

        Source: Gross and others, "Fundamentals of Queueing Theory", section on M/M/c waiting times.
        """
        rate, offered = 1 / self.service_s, load * self.service_s
        waits = self._erlang_c(offered)
        spare = self.slots - 1 - offered
        served = math.exp(-rate * time_s)
        if abs(spare) < 1e-9:
            return served * (1 + waits * rate * time_s)
        return served * (1 + waits * (1 - math.exp(-rate * time_s * spare)) / spare)

    def _erlang_c(self, offered: float) -> float:
        blocked = 1.0
        for slots in range(1, self.slots + 1):
            blocked = offered * blocked / (slots + offered * blocked)
        return blocked / (1 - offered / self.slots * (1 - blocked))


@dataclass(frozen=True, kw_only=True)
class Minute:
    load: float
    utilisation: float
    latency_s: float
    queue_wait_s: float


def simulated(
    replica: Replica, loads: Callable[[int], float], *, minutes: int, seed: int
) -> Iterator[Minute]:
    """What one replica shows each minute: requests served per second, use, 95 % latency, wait."""
    rng = np.random.default_rng(seed)
    free = [0.0] * replica.slots
    for minute in range(minutes):
        began = minute * MINUTE
        count = rng.poisson(max(loads(minute), 0) * MINUTE)
        arrivals = np.sort(rng.uniform(began, began + MINUTE, count))
        services = rng.exponential(replica.service_s, count)
        latencies, waits, busy = [], [0.0], 0.0
        for arrival, service in zip(arrivals, services, strict=True):
            start = max(arrival, heapq.heappop(free))
            heapq.heappush(free, start + service)
            waits.append(start - arrival)
            latencies.append(start + service - arrival)
            busy += service
        if count:
            yield Minute(
                load=count / MINUTE,
                utilisation=min(busy / (replica.slots * MINUTE), 1.0),
                latency_s=float(np.quantile(latencies, 0.95)),
                queue_wait_s=max(waits),
            )
